import { type HostId, TENANT_DEFAULT } from '@pomona/schema'
import { completenessOf } from '../fleet/completeness.ts'
import { withoutResult } from '../fleet/fleet.ts'
import { HttpProblem } from '../http/problem.ts'
import { type ApiParts, hostIdOf } from './parts.ts'
import type { Handlers } from './routes.ts'

type FleetApiHandlers = Pick<
  Handlers,
  | 'agentRefusals'
  | 'hostAgent'
  | 'hostCompleteness'
  | 'hostLedgerVerify'
  | 'commandIssue'
  | 'commandsOfHost'
  | 'commandShow'
  | 'commandCancel'
  | 'rolloutShow'
  | 'rolloutChange'
  | 'rolloutOffer'
  | 'rolloutHalt'
  | 'rolloutResume'
  | 'rolloutBack'
>

const COMMANDS_SHOWN_MAX = 100

/** Health, completeness, commands and bundles of the fleet, for people. */
export function fleetHandlers(parts: ApiParts): FleetApiHandlers {
  const { fleet, records, log, clock } = parts
  const { commands, rollout, views } = fleet
  return {
    agentRefusals: async () => fleet.refusals(),
    hostAgent: async ({ params }) => await views.detail(await existing(parts, params.id)),
    hostCompleteness: async ({ params, query }) => {
      const hostId = await existing(parts, params.id)
      return await completenessOf({ records, log, clock }, hostId, query)
    },
    hostLedgerVerify: async ({ params }) =>
      await records.reports.verify(TENANT_DEFAULT, await existing(parts, params.id)),
    commandIssue: async ({ params, body, user }) =>
      await commands.issue(await existing(parts, params.id), body, user),
    commandsOfHost: async ({ params }) => {
      const items = await commands.ofHost(hostIdOf(params.id), COMMANDS_SHOWN_MAX)
      return { items: items.map(withoutResult) }
    },
    commandShow: async ({ params }) => {
      const command = await records.commands.command(TENANT_DEFAULT, params.id)
      if (command === undefined) throw notFound('command')
      return command
    },
    commandCancel: async ({ params, user }) => await commands.cancel(params.id, user),
    rolloutShow: async () => rollout.view(),
    rolloutChange: async ({ body, user }) => {
      await rollout.change(body, user.name)
      return rollout.view()
    },
    rolloutOffer: async ({ user }) => {
      await rollout.offer(user.name)
      return rollout.view()
    },
    rolloutHalt: async ({ user }) => {
      await rollout.halt(user.name, `Halted by ${user.name}.`)
      return rollout.view()
    },
    rolloutResume: async ({ user }) => {
      await rollout.resume(user.name)
      return rollout.view()
    },
    rolloutBack: async ({ body, user }) => {
      await rollout.rollBack(user.name, body.to)
      return rollout.view()
    },
  }
}

async function existing({ records }: ApiParts, id: string): Promise<HostId> {
  const hostId = hostIdOf(id)
  if ((await records.host(TENANT_DEFAULT, hostId)) === undefined) throw notFound('host')
  return hostId
}

function notFound(what: string): HttpProblem {
  return new HttpProblem('not_found', `There is no ${what} with this id.`)
}
