import type { DeadLetter, StageCounts } from '@pomona/schema'
import type { Logger } from 'pino'
import type { EventQueries, ProjectorSettings } from './ipc.ts'
import { type ProjectorExit, ProjectorProcess, queriesOf } from './process.ts'
import type { ProjectorProgress } from './projector.ts'

/** What is kept alive, and how long to wait between lives. */
export interface ProjectorSupervisorOptions {
  readonly settings: ProjectorSettings
  readonly logger: Logger
  readonly keepLetters: (letters: readonly DeadLetter[]) => Promise<void>
  readonly backoffMsMin?: number
  readonly backoffMsMax?: number
}

const EMPTY: StageCounts = {
  stage: 'projector_events',
  received: 0,
  sent: 0,
  held: 0,
  discarded: [],
}

/** Restarts in a row without any progress after which the health says "crash loop". */
const CRASHES_MAX = 3

/**
 * Keeps a projector alive: starts it again with a growing pause, and adds up what its lives
 * counted.
 */
export class ProjectorSupervisor {
  readonly description = 'Events copied from the log into the event store'
  readonly queries: EventQueries
  readonly #options: Required<ProjectorSupervisorOptions>
  #process: ProjectorProcess | undefined
  #timer: NodeJS.Timeout | undefined
  #stopping = false
  #crashes = 0
  #restarts = 0
  #past: StageCounts = EMPTY
  #progress: ProjectorProgress | undefined
  #exit: ProjectorExit | undefined

  constructor(options: ProjectorSupervisorOptions) {
    this.#options = { backoffMsMin: 200, backoffMsMax: 30_000, ...options }
    this.queries = queriesOf(() => this.#process)
  }

  /** Next log offset to project, as last heard. */
  get offset(): number {
    return this.#progress?.offset ?? 0
  }

  get restarts(): number {
    return this.#restarts
  }

  /** Pid of the process that lives now. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Why events do not reach the store; absent while they do. */
  get problem(): string | undefined {
    if (this.#process?.ready === true) return this.#progress?.problem
    const why = this.#exit?.reason ?? this.#exit?.signal ?? this.#exit?.exitCode
    if (why === undefined) return 'The projector is starting.'
    const often = this.#crashes >= CRASHES_MAX ? `ended ${this.#crashes} times in a row` : 'ended'
    return `The projector ${often}: ${why}.`
  }

  start(): void {
    const { settings, logger, keepLetters } = this.#options
    this.#timer = undefined
    this.#process = new ProjectorProcess({
      settings,
      logger,
      keepLetters,
      onProgress: (progress) => {
        if (progress.counts.sent > 0) this.#crashes = 0
        this.#progress = progress
      },
      onExit: (exit) => this.#ended(exit),
    })
  }

  wake(): void {
    this.#process?.wake()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#timer)
    await this.#process?.stop()
  }

  /**
   * What all lives counted together; what a life held when it ended is read again by the next one.
   */
  counts(): StageCounts {
    return added(this.#past, this.#progress?.counts ?? EMPTY)
  }

  #ended(exit: ProjectorExit): void {
    this.#process = undefined
    if (this.#progress !== undefined) {
      const { counts, offset } = this.#progress
      this.#past = added(this.#past, {
        ...counts,
        received: counts.received - counts.held,
        held: 0,
      })
      this.#progress = { offset, counts: EMPTY }
    }
    if (this.#stopping) return
    this.#exit = exit
    this.#crashes += 1
    this.#restarts += 1
    const { backoffMsMin, backoffMsMax, logger } = this.#options
    const pauseMs = Math.min(backoffMsMin * 2 ** (this.#crashes - 1), backoffMsMax)
    logger.error({ exit, pause_ms: pauseMs }, 'The projector ended; it is started again.')
    this.#timer = setTimeout(() => this.start(), pauseMs)
  }
}

function added(past: StageCounts, now: StageCounts): StageCounts {
  const discarded = new Map(past.discarded.map((discard) => [discard.reason, discard]))
  for (const { reason, intentional, count } of now.discarded) {
    const before = discarded.get(reason)?.count ?? 0
    discarded.set(reason, { reason, intentional, count: before + count })
  }
  return {
    stage: past.stage,
    received: past.received + now.received,
    sent: past.sent + now.sent,
    held: past.held + now.held,
    discarded: [...discarded.values()],
  }
}
