import {
  type AgentReport,
  type Clock,
  formatTime,
  LEDGER_ROWS_MAX,
  type LedgerProblem,
  type LedgerRow,
  ReportAnswer,
} from '@pomona/schema'
import { AgentError } from '../errors.ts'
import type { Sleep } from '../machine.ts'
import type { Link } from './link.ts'
import { readAnswer, readProblem } from './problem.ts'

/** What a report says, but for what the uplink adds. */
export type ReportBody = Omit<AgentReport, 'session_id' | 'sent_at' | 'ledger' | 'bundle'>

/** The rows of the completeness ledger that the server may not have yet. */
export interface ReportedLedger {
  /** Rows from `index` on, in order, without holes; fewer than asked for when there are no more. */
  rows(index: number, rowsMax: number): Promise<readonly LedgerRow[]>
  /** The server has every row before this index. */
  confirm(index: number): void
  /** Everything that was counted by now is to be told: it may be the last time. */
  hurry(): void
}

/** What a reporter stands on. */
export interface ReporterOptions {
  readonly link: Link
  readonly clock: Clock
  readonly sleep: Sleep
  readonly sessionId: string
  readonly body: () => Promise<ReportBody>
  readonly bundle: () => AgentReport['bundle']
  readonly ledger: ReportedLedger
  /** Time between reports. */
  readonly intervalMs: () => number
  /** Told of the bundle this host should run, at every answer that names one. */
  readonly onBundle: (id: string) => void
  /** Told when the server does not take rows of the ledger. */
  readonly onLedgerProblem: (problem: LedgerProblem) => void
}

const PATH = '/agent/v1/reports'
const TIMEOUT_MS = 30_000
const ANSWER_BYTES_MAX = 64 * 1024
/** Reports in a row that only carry rows of the ledger, before the interval is kept again. */
const CATCH_UP_MAX = 200

/**
 * Tells the server how the agent is, every interval and when something changed, on a request of its
 * own: however much waits in the spool, health is not behind it. Rows of the ledger are told until
 * the server says that it has them.
 */
export class Reporter {
  readonly #options: ReporterOptions
  /** Index of the first row the server does not have, once it said so. */
  #ledgerNext: number | undefined
  #poke = new AbortController()
  #sent = 0

  constructor(options: ReporterOptions) {
    this.#options = options
  }

  /** Reports that were taken. */
  get sent(): number {
    return this.#sent
  }

  /** Reports now instead of after the interval. */
  poke(): void {
    this.#poke.abort()
  }

  /** Reports until the signal is aborted. @throws The signal's reason. */
  async run(signal: AbortSignal): Promise<never> {
    const { sleep, intervalMs } = this.#options
    for (;;) {
      await this.report(signal)
      try {
        await sleep(intervalMs(), AbortSignal.any([signal, this.#poke.signal]))
      } catch (error) {
        if (!this.#poke.signal.aborted) throw error
      }
      signal.throwIfAborted()
      this.#poke = new AbortController()
    }
  }

  /**
   * Reports once, and then as often as there are rows of the ledger to tell.
   *
   * @param stopping Says that it is the last report of this start.
   */
  async report(signal: AbortSignal, stopping = false): Promise<void> {
    // Not before: a delivery that was under way may have been answered until now.
    if (stopping) this.#options.ledger.hurry()
    for (let round = 0; round < CATCH_UP_MAX; round++) {
      if (!(await this.#reportOnce(signal, stopping))) return
    }
  }

  /** @returns Whether rows of the ledger are left to tell. */
  async #reportOnce(signal: AbortSignal, stopping: boolean): Promise<boolean> {
    const { link, clock, sessionId, body, bundle, ledger } = this.#options
    // What the server has only it knows: the first report asks, and carries none.
    const from = this.#ledgerNext
    const rows = from === undefined ? [] : await ledger.rows(from, LEDGER_ROWS_MAX)
    const report: AgentReport = {
      ...(await body()),
      ...(stopping ? { stopping } : {}),
      session_id: sessionId,
      sent_at: formatTime(clock.nowNs()),
      bundle: bundle(),
      ledger: [...rows],
    }
    const answer = await link.call({
      method: 'POST',
      path: PATH,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(report)),
      timeoutMs: TIMEOUT_MS,
      answerBytesMax: ANSWER_BYTES_MAX,
      signal,
    })
    if (answer.status !== 200) {
      const { message } = readProblem(answer)
      throw new AgentError('ERR_UPLINK_ANSWER', `The server does not take reports: ${message}`, {
        details: { status: answer.status },
      })
    }
    const said = readAnswer(answer, ReportAnswer)
    this.#sent += 1
    link.skew.learn(said.server_time, answer.exchange)
    return await this.#learn(said, from)
  }

  async #learn(said: ReportAnswer, from: number | undefined): Promise<boolean> {
    const { ledger, onBundle, onLedgerProblem } = this.#options
    const { ledger_next: next, ledger_problem: problem, bundle } = said
    this.#ledgerNext = next
    ledger.confirm(next)
    if (bundle !== undefined) onBundle(bundle)
    if (problem !== undefined) onLedgerProblem(problem)
    // Rows that were not taken are told again at the next interval, not at once and for ever.
    const stuck = problem !== undefined || next === from
    return !stuck && (await ledger.rows(next, 1)).length > 0
  }
}
