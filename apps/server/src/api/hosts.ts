import { type EventId, type ProcessEntityId, type TimelineQuery } from '@pomona/schema'
import type { EventQuery, ProcessSelection } from '@pomona/store'
import { HttpProblem } from '../http/problem.ts'
import type { Handlers } from './routes.ts'
import { type ApiParts, hostIdOf } from './parts.ts'
import { withAlerts } from './processes.ts'

type HostHandlers = Pick<
  Handlers,
  'hostList' | 'hostShow' | 'hostTimeline' | 'hostProcesses' | 'processTree' | 'eventShow'
>

const TREE = { ancestorsMax: 32, descendantsMax: 400, siblingsMax: 100 } as const

/** Hosts, what happened on them, and their processes. */
export function hostHandlers(parts: ApiParts): HostHandlers {
  const { events, fleet } = parts
  return {
    hostList: async () => ({ items: [...(await fleet.views.all())] }),
    hostShow: async ({ params }) => {
      const host = await fleet.views.one(hostIdOf(params.id))
      if (host === undefined) throw notFound('host')
      return host
    },
    hostTimeline: async ({ params, query }) => {
      const eventQuery = eventQueryOf(params.id, query)
      const [page, actions] = await Promise.all([
        events.search(eventQuery),
        events.actions(eventQuery),
      ])
      return {
        items: [...page.events],
        actions: [...actions],
        ...(page.nextCursor === undefined ? {} : { next_cursor: page.nextCursor }),
      }
    },
    hostProcesses: async ({ params, query }) => {
      const { q, signer, running, cursor, limit } = query
      const selection: ProcessSelection = {
        hostId: hostIdOf(params.id),
        limit,
        ...(q === undefined ? {} : { text: q }),
        ...(signer === undefined ? {} : { signers: signer }),
        ...(running === undefined ? {} : { running: running === 'true' }),
        ...(cursor === undefined ? {} : { cursor }),
      }
      const page = await events.processes(selection)
      return {
        items: await withAlerts(parts, page.processes),
        ...(page.nextCursor === undefined ? {} : { next_cursor: page.nextCursor }),
      }
    },
    processTree: async ({ params }) => {
      const entityId = entityIdOf(params.entityId)
      const tree = await events.processTree(hostIdOf(params.hostId), entityId, TREE)
      if (tree.nodes.length === 0) throw notFound('process')
      return {
        focus: params.entityId,
        nodes: await withAlerts(parts, tree.nodes),
        truncated: tree.truncated,
      }
    },
    eventShow: async ({ params }) => {
      const [event] = await events.get([eventIdOf(params.id)])
      if (event === undefined) throw notFound('event')
      return { ...event }
    },
  }
}

function eventQueryOf(hostId: string, query: TimelineQuery): EventQuery {
  const { from, to, action, category, process, q, cursor, limit } = query
  return {
    hostId: hostIdOf(hostId),
    limit,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(action === undefined ? {} : { actions: action }),
    ...(category === undefined ? {} : { categories: category }),
    ...(process === undefined ? {} : { processEntityId: entityIdOf(process) }),
    ...(q === undefined ? {} : { text: q }),
    ...(cursor === undefined ? {} : { cursor }),
  }
}

/** Any text may be asked for: an unknown id finds nothing. */
function entityIdOf(text: string): ProcessEntityId {
  return text as ProcessEntityId
}

/** Any text may be asked for: an unknown id finds nothing. */
function eventIdOf(text: string): EventId {
  return text as EventId
}

function notFound(what: string): HttpProblem {
  return new HttpProblem('not_found', `There is no ${what} with this id.`)
}
