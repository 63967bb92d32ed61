import {
  type AgentRefusals,
  type Clock,
  type CommandRecord,
  formatTime,
  type HostId,
  type StreamMessage,
} from '@pomona/schema'
import type { Records } from '@pomona/store'
import type { Logger } from 'pino'
import type { AgentPresence } from '../agents/presence.ts'
import type { AgentHandlers } from '../agents/routes.ts'
import { messageOf } from '../errors.ts'
import { HttpProblem } from '../http/problem.ts'
import { ANSWERED } from '../http/registry.ts'
import type { MetricsRegistry } from '../metrics/registry.ts'
import type { HostContent } from './bundle-content.ts'
import { CommandDesk, type Signer } from './command-desk.ts'
import { HostViews } from './host-views.ts'
import { HostWatch } from './host-watch.ts'
import { LetterWatch } from './letter-watch.ts'
import { ReportDesk } from './report-desk.ts'
import { Rollout } from './rollout.ts'

/** What the fleet is led with. */
export interface FleetOptions {
  readonly records: Records
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  readonly presence: AgentPresence
  readonly signer: Signer
  /** Questions for commands that may wait at once. */
  readonly commandWaitersMax: number
  /** Days that ledger rows, and the sums of their hours, are kept. */
  readonly ledgerDays: { readonly rows: number; readonly hours: number }
  /** Tells open consoles. Must not throw. */
  readonly publish: (message: StreamMessage) => void
  /** Told of hosts that have changed. Must not throw. */
  readonly onHosts: (hostIds: readonly HostId[]) => void
}

/** Handlers of the agents' routes that lead the fleet. */
export type FleetHandlers = Pick<
  AgentHandlers,
  'report' | 'commandList' | 'commandState' | 'bundle'
>

const LOOK_MS = 5_000
const FORGET_MS = 3_600_000
const NS_PER_DAY = 86_400_000_000_000n

/** How agents are and what they are told: reports, commands, bundles, and who is silent. */
export class Fleet {
  readonly #options: FleetOptions
  readonly watch: HostWatch
  readonly letters: LetterWatch
  readonly rollout: Rollout
  readonly commands: CommandDesk
  readonly views: HostViews
  readonly #reports: ReportDesk
  #timers: readonly NodeJS.Timeout[] = []
  #looking: Promise<void> = Promise.resolve()

  private constructor(options: FleetOptions) {
    this.#options = options
    const { records, clock, presence, publish, onHosts } = options
    this.watch = new HostWatch({ ...options, onChange: onHosts })
    this.letters = new LetterWatch({ ...options, onChange: onHosts })
    this.rollout = new Rollout({
      ...options,
      stateOf: (hostId) => this.watch.stateOf(hostId),
      onChange: () => publish({ kind: 'rollout' }),
    })
    this.commands = new CommandDesk({
      ...options,
      waitingMax: options.commandWaitersMax,
      onChange: (command) => publish({ kind: 'command', command: withoutResult(command) }),
    })
    this.views = new HostViews({
      ...{ records, clock, watch: this.watch, rollout: this.rollout, letters: this.letters },
      contactOf: (tenantId, hostId) => presence.contactOf(tenantId, hostId),
    })
    this.#reports = new ReportDesk({
      ...options,
      intervalSeconds: (applied) => this.rollout.intervalSeconds(applied),
      enrolled: ({ tenantId, hostId }) => presence.contactOf(tenantId, hostId)?.enrolled,
      bundleFor: ({ hostId, report }) => this.rollout.bundleFor(hostId, report.bundle.applied),
      onTaken: ({ agent }) => {
        this.watch.heard(agent)
        this.rollout.reported(agent)
        onHosts([agent.hostId])
      },
    })
  }

  /** Reads what is known of the fleet, and begins to watch it. @throws StoreError. */
  static async open(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(options)
    await fleet.watch.open()
    await fleet.rollout.open()
    await fleet.letters.look()
    fleet.#timers = [
      setInterval(() => void fleet.look(), LOOK_MS),
      setInterval(() => void fleet.#forget(), FORGET_MS),
    ]
    for (const timer of fleet.#timers) timer.unref()
    return fleet
  }

  /** The server's content is another one: what is new of it is offered to hosts. Never throws. */
  async contentChanged(content: HostContent | undefined, actor: string): Promise<void> {
    if (content === undefined) return
    await this.#guarded('A bundle could not be offered.', () =>
      this.rollout.contentChanged(content, actor),
    )
  }

  /** Looks at what passes with time: silent hosts, commands and rings that are over. */
  async look(): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      await this.#guarded('Dead letters could not be counted.', () => this.letters.look())
      await this.#guarded('The fleet could not be looked at.', async () => {
        this.watch.look()
        await this.commands.expire()
        await this.rollout.look()
      })
    })
    await this.#looking
  }

  /** The routes of agents. */
  handlers(): FleetHandlers {
    const { presence } = this.#options
    return {
      report: async ({ agent, body }) => {
        const answer = await this.#reports.take(agent, body)
        const { session_id, epoch, sent_at } = body
        presence.mark(agent, { session_id, epoch, sent_at })
        return answer
      },
      commandList: async ({ agent, query, reply }) => {
        const gone = new AbortController()
        reply.raw.once('close', () => gone.abort())
        const { signal } = gone
        return await this.commands.poll(agent, { waitSeconds: query.wait_seconds, signal })
      },
      commandState: async ({ agent, params, body }) => ({
        state: await this.commands.report(agent, params.id, body),
      }),
      bundle: async ({ agent, query, reply }) => {
        const { current } = query
        const id = this.rollout.bundleFor(agent.hostId, current)
        if (id !== undefined && id === current) {
          await reply.code(304).send()
          return ANSWERED
        }
        const bundle = id === undefined ? undefined : await this.rollout.bundle(id)
        if (bundle === undefined) throw new HttpProblem('not_found', 'There is no bundle.')
        return bundle
      },
    }
  }

  /** What was refused at the agents' port since the start. */
  refusals(): AgentRefusals {
    return this.#options.presence.refusals.view()
  }

  /** Answers agents that wait; they come back when the server is there again. */
  release(): void {
    this.commands.close()
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.release()
    await this.#looking
  }

  async #forget(): Promise<void> {
    const { records, clock, ledgerDays } = this.#options
    const daysAgo = (days: number): string => formatTime(clock.nowNs() - BigInt(days) * NS_PER_DAY)
    await this.#guarded('Old ledger rows could not be removed.', async () => {
      await records.reports.forget({
        rows: daysAgo(ledgerDays.rows),
        hours: daysAgo(ledgerDays.hours),
      })
    })
  }

  async #guarded(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#options.logger.error({ error: { message: messageOf(error) } }, what)
    }
  }
}

/** A command as lists and live messages carry it: what it brought may be large. */
export function withoutResult(command: CommandRecord): Omit<CommandRecord, 'result'> {
  const { result: _, ...shown } = command
  return shown
}
