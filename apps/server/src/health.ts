import type { PipelineHealth } from '@pomona/schema'
import type { Log, Records } from '@pomona/store'
import { messageOf } from './errors.ts'
import type { MetricsRegistry } from './metrics/registry.ts'

/** A reader of the log, as health sees it. */
export interface LogFollower {
  /** Next log offset. */
  readonly offset: number
  /** Why it makes no progress; absent while it does. */
  readonly problem: string | undefined
}

/** What health looks at. */
export interface HealthOptions {
  readonly log: Log
  readonly records: Records
  readonly metrics: MetricsRegistry
  readonly engine: LogFollower
  readonly projector: LogFollower
  /** Rules that do not run because of errors in them. */
  readonly failedRules: () => number
  /** What rules had to do with less than they should have. */
  readonly notices: () => readonly string[]
}

const DEAD_LETTERS_SHOWN = 100

/** What the operator is told about the way from the agents to the screen. */
export class Health {
  readonly #options: HealthOptions
  #ready = false
  #failure: string | undefined

  constructor(options: HealthOptions) {
    this.#options = options
  }

  /** Whether batches are taken. */
  get ready(): boolean {
    return this.#ready && this.#failure === undefined
  }

  setReady(ready: boolean): void {
    this.#ready = ready
  }

  /** Says that the server cannot go on and has to be started again. */
  fail(message: string): void {
    this.#failure ??= message
  }

  /** @throws StoreError when the records cannot be read. */
  async pipeline(): Promise<PipelineHealth> {
    const { engine, projector, metrics, records } = this.#options
    const { end, failure } = await this.#logEnd()
    const problems = [
      failure,
      problemOf('Engine', engine.problem),
      problemOf('Event store', projector.problem),
      this.#rulesProblem(),
      ...this.#options.notices(),
    ].filter((problem) => problem !== undefined)
    return {
      status: failure === undefined ? (problems.length === 0 ? 'ok' : 'degraded') : 'down',
      problems,
      stages: [...metrics.stages()],
      lag: { log_end: end, engine_offset: engine.offset, projector_offset: projector.offset },
      dead_letters: [...(await records.letters.newest(DEAD_LETTERS_SHOWN))],
    }
  }

  async #logEnd(): Promise<{ readonly end: number; readonly failure: string | undefined }> {
    try {
      return { end: await this.#options.log.end(), failure: this.#failure }
    } catch (error) {
      return { end: this.#options.engine.offset, failure: `Log: ${messageOf(error)}` }
    }
  }

  #rulesProblem(): string | undefined {
    const failed = this.#options.failedRules()
    return failed === 0 ? undefined : `${failed} rules do not load because of errors in them.`
  }
}

function problemOf(part: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${part}: ${problem}`
}
