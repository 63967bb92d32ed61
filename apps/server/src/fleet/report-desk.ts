import {
  type AgentReport,
  type Clock,
  formatTime,
  type HostId,
  parseTime,
  type ReportAnswer,
  type TenantId,
} from '@pomona/schema'
import type { AgentStanding, ReceivedReport, Records, TakenReport } from '@pomona/store'
import type { Logger } from 'pino'
import { messageOf } from '../errors.ts'
import { RateLimiter } from '../gateway/rate.ts'
import { HttpProblem } from '../http/problem.ts'
import type { MetricsRegistry } from '../metrics/registry.ts'
import { Stage } from '../metrics/stage.ts'

/** Whose report it is, by the certificate. */
export interface Reporter {
  readonly tenantId: TenantId
  readonly hostId: HostId
}

/** What the desk works with. */
export interface ReportDeskOptions {
  readonly records: Records
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  /** How often a host that runs this bundle is to report. */
  readonly intervalSeconds: (applied: string | undefined) => number
  /** When the host enrolled last. */
  readonly enrolled: (reporter: Reporter) => string | undefined
  /** The bundle a host should run. */
  readonly bundleFor: (agent: AgentStanding) => string | undefined
  /** Told of each report after it is stored. Must not throw. */
  readonly onTaken: (taken: TakenReport) => void
}

interface Waiting {
  readonly received: ReceivedReport
  readonly resolve: (taken: TakenReport) => void
  readonly reject: (error: unknown) => void
}

const NS_PER_MS = 1_000_000n
/** Reports of one transaction. */
const COMMIT_REPORTS_MAX = 64
/** Reports that may wait for one. */
const WAITING_MAX = 5_000
const RATE = { burst: 60, perSecond: 1, keysMax: 100_000 } as const
const HOSTS_MAX = 100_000

/**
 * Takes reports of agents. Those that come while a transaction runs share the next one, so that a
 * fleet that reports at the same time costs few commits.
 */
export class ReportDesk {
  readonly #options: ReportDeskOptions
  readonly #rate: RateLimiter
  readonly #reports = new Stage({ name: 'agent_reports', description: 'Reports of agents' })
  readonly #rows = new Stage({
    name: 'agent_ledger_rows',
    description: 'Ledger rows in reports that were taken',
  })
  /** Hosts as they described themselves last. */
  readonly #described = new Map<HostId, string>()
  #waiting: Waiting[] = []
  #running = false

  constructor(options: ReportDeskOptions) {
    this.#options = options
    this.#rate = new RateLimiter({ ...RATE, clock: options.clock })
    options.metrics.stage(this.#reports)
    options.metrics.stage(this.#rows)
  }

  /** @throws HttpProblem when the report is not taken; StoreError. */
  async take(reporter: Reporter, report: AgentReport): Promise<ReportAnswer> {
    const received = this.#received(reporter, report)
    this.#reports.take(1)
    const refusal = this.#refusal(reporter, report)
    if (refusal !== undefined) {
      this.#reports.discard(1, { reason: refusal.code })
      throw refusal
    }
    let taken: TakenReport
    try {
      taken = await this.#stored(received)
    } catch (error) {
      this.#reports.discard(1, { reason: 'store_failed' })
      throw error
    }
    this.#reports.send(1)
    this.#countRows(report.ledger.length, taken)
    await this.#describe(received)
    this.#options.onTaken(taken)
    return this.#answer(taken)
  }

  #received(reporter: Reporter, report: AgentReport): ReceivedReport {
    const nowNs = this.#options.clock.nowNs()
    const sentNs = parseTime(report.sent_at) ?? nowNs
    const enrolled = this.#options.enrolled(reporter)
    return {
      ...reporter,
      report,
      received: formatTime(nowNs),
      skewMs: Number((sentNs - nowNs) / NS_PER_MS),
      intervalSeconds: this.#options.intervalSeconds(report.bundle.applied),
      ...(enrolled !== undefined && { enrolled }),
    }
  }

  #refusal({ hostId }: Reporter, report: AgentReport): HttpProblem | undefined {
    if (report.host.id !== hostId) {
      return new HttpProblem('foreign_host', 'The report is of another host than the certificate.')
    }
    const wait = this.#rate.take(hostId, 1)
    if (wait > 0) {
      return new HttpProblem('rate_limited', 'This host reports too often.', {
        retryAfterSeconds: wait,
      })
    }
    if (this.#waiting.length < WAITING_MAX) return undefined
    return new HttpProblem('overloaded', 'Too many reports at once.', { retryAfterSeconds: 5 })
  }

  async #stored(received: ReceivedReport): Promise<TakenReport> {
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ received, resolve, reject })
      void this.#run()
    })
  }

  async #run(): Promise<void> {
    if (this.#running) return
    this.#running = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, COMMIT_REPORTS_MAX)
      // oxlint-disable-next-line no-await-in-loop -- one transaction after the other
      await this.#commit(batch)
    }
    this.#running = false
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const taken = await this.#options.records.reports.take(batch.map(({ received }) => received))
      for (const [index, { resolve, reject }] of batch.entries()) {
        const one = taken[index]
        if (one === undefined) reject(new Error('A report was not answered.'))
        else resolve(one)
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  #countRows(offered: number, { rows, problem }: TakenReport): void {
    this.#rows.take(offered)
    this.#rows.send(rows)
    // Known rows come before the one that was refused, and all after it were not looked at.
    const rest = offered - rows
    if (problem === undefined) this.#rows.discard(rest, { reason: 'known', intentional: true })
    else this.#rows.discard(rest, { reason: problem })
  }

  /** Keeps name and versions of the host current; a failure loses those, not the report. */
  async #describe({ tenantId, hostId, report, received }: ReceivedReport): Promise<void> {
    const { records, logger } = this.#options
    const text = JSON.stringify(report.host)
    if (this.#described.get(hostId) === text) return
    if (this.#described.size >= HOSTS_MAX) this.#described.clear()
    try {
      await records.sightHost({ tenantId, host: report.host, seen: received, events: 0 })
      this.#described.set(hostId, text)
    } catch (error) {
      logger.warn({ error: { message: messageOf(error) } }, 'A host was not described.')
    }
  }

  #answer({ agent, wanted, problem }: TakenReport): ReportAnswer {
    const bundle = this.#options.bundleFor(agent)
    return {
      server_time: formatTime(this.#options.clock.nowNs()),
      ledger_next: wanted,
      ...(problem !== undefined && { ledger_problem: problem }),
      ...(bundle !== undefined && { bundle }),
    }
  }
}
