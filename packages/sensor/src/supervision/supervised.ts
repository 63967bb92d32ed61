import type { Clock, TimeNs } from '@pomona/schema'
import {
  type CommandEnd,
  type CommandLine,
  type Commands,
  howEnded,
  type RunningCommand,
} from '../command/command.ts'
import type { SensorProblem, SensorState } from '../sensor.ts'
import type { Timer } from '../timer.ts'
import { Backoff, BACKOFF_LIMITS, type BackoffLimits } from './backoff.ts'
import { LastLines } from './last-lines.ts'

/** Who runs programs for a sensor, and by whose time. */
export interface SupervisionTools {
  readonly commands: Commands
  readonly clock: Clock
  readonly timer: Timer
}

/** A program that is quiet for so long is asked for a sign of life. */
export interface SilenceLimits {
  readonly afterMs: number
  /**
   * Does something that the sensor must report. Without it a silent sensor is only told of; with
   * it, one that stays silent for `answerMs` more is started again.
   */
  readonly probe?: () => void
  readonly answerMs: number
}

/** What is supervised. */
export interface SupervisedOptions {
  /** The program to start now, or why none can be. Asked at every start. */
  readonly prepare: () => Promise<CommandLine | SensorProblem>
  readonly started: (pid: number | undefined) => void
  readonly stdout: (bytes: Uint8Array) => void
  /** What it says on stderr, beside what `explain` is told at its end. */
  readonly stderr?: (bytes: Uint8Array) => void
  readonly ended: (end: CommandEnd) => void
  /** What the program's last words say about its end; undefined when they say nothing known. */
  readonly explain: (lines: readonly string[], end: CommandEnd) => SensorProblem | undefined
  readonly backoff?: Partial<BackoffLimits>
  readonly silence?: SilenceLimits
}

/**
 * Keeps one program running: starts it again when it ends, later and later while it keeps ending,
 * and says in words why it does not run.
 */
export class Supervised {
  readonly #options: SupervisedOptions
  readonly #tools: SupervisionTools
  readonly #backoff: Backoff
  readonly #settleMs: number
  readonly #stderr = new LastLines()
  #running: RunningCommand | undefined
  #state: SensorState = 'off'
  #sinceNs: TimeNs
  #problem: SensorProblem | undefined
  #restarts = 0
  #lastRecordNs: TimeNs | undefined
  #activity = 0
  #wanted = false
  #generation = 0
  readonly #timers = new Set<() => void>()
  #stopped: (() => void)[] = []

  constructor(options: SupervisedOptions, tools: SupervisionTools) {
    this.#options = options
    this.#tools = tools
    this.#backoff = new Backoff(options.backoff)
    this.#settleMs = options.backoff?.ranMsMin ?? BACKOFF_LIMITS.ranMsMin
    this.#sinceNs = tools.clock.nowNs()
  }

  get state(): SensorState {
    return this.#state
  }

  /** Since when it is in this state. */
  get sinceNs(): TimeNs {
    return this.#sinceNs
  }

  get problem(): SensorProblem | undefined {
    return this.#problem
  }

  /** Starts after the first. */
  get restarts(): number {
    return this.#restarts
  }

  get lastRecordNs(): TimeNs | undefined {
    return this.#lastRecordNs
  }

  /** The process, and its group, while it runs. */
  get pid(): number | undefined {
    return this.#running?.pid
  }

  /** Begins to keep the program running. */
  start(): void {
    if (this.#wanted) return
    this.#wanted = true
    this.#turn('starting')
    void this.#launch()
  }

  /** Ends the program for good; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#wanted = false
    this.#clearTimers()
    this.#generation += 1
    if (this.#running !== undefined) {
      const gone = new Promise<void>((resolve) => this.#stopped.push(resolve))
      this.#running.stop()
      await gone
    }
    this.#turn('off')
  }

  /** Starts the program again now, whatever it does. */
  restart(): void {
    if (!this.#wanted) return
    this.#clearTimers()
    if (this.#running === undefined) void this.#launch(true)
    else this.#running.stop()
  }

  /** Asks the program to print its counts; only for one known to take it. */
  askForCounts(): void {
    this.#running?.askForCounts()
  }

  /** Takes notice of records: the program works. */
  noteRecords(atNs: TimeNs): void {
    this.#lastRecordNs = atNs
    this.#activity += 1
    if (this.#state !== 'running') this.#turn('running')
  }

  async #launch(again = false): Promise<void> {
    this.#clearTimers()
    if (again) this.#restarts += 1
    const generation = ++this.#generation
    const command = await this.#options.prepare()
    // Stopped, or started again, while it was prepared.
    if (generation !== this.#generation || !this.#wanted) return
    if ('code' in command) {
      this.#turn('failed', command)
      this.#later(this.#backoff.delayMs(0), () => void this.#launch(true))
      return
    }
    this.#stderr.clear()
    this.#running = this.#tools.commands.start(command, {
      stdout: this.#options.stdout,
      stderr: (bytes) => {
        this.#stderr.add(bytes)
        this.#options.stderr?.(bytes)
      },
      ended: (end) => this.#ended(end),
    })
    this.#options.started(this.#running.pid)
    this.#later(this.#settleMs, () => {
      if (this.#problem?.code !== SILENT) this.#turn('running')
      this.#watch()
    })
  }

  #ended(end: CommandEnd): void {
    this.#running = undefined
    this.#clearTimers()
    this.#options.ended(end)
    for (const resolve of this.#stopped.splice(0)) resolve()
    if (!this.#wanted) return
    const asked = end.stop !== undefined
    const atOnce = !asked && this.#backoff.isAtOnce(end.ranMs)
    const problem = this.#options.explain(this.#stderr.all(), end) ?? plainProblem(end, atOnce)
    // One that was started again on purpose keeps what was said of it until it speaks.
    if (!asked) this.#turn(atOnce || end.failure !== undefined ? 'failed' : 'degraded', problem)
    const delayMs = this.#backoff.delayMs(end.ranMs)
    this.#later(asked ? 0 : delayMs, () => void this.#launch(true))
  }

  // Looks whether something came since; asks once for a sign of life, then starts again.
  #watch(): void {
    const { silence } = this.#options
    if (silence === undefined) return
    const before = this.#activity
    this.#later(silence.afterMs, () => {
      if (this.#activity !== before) this.#watch()
      else this.#silent(silence)
    })
  }

  #silent({ afterMs, answerMs, probe }: SilenceLimits): void {
    const before = this.#activity
    if (probe === undefined) {
      this.#turn('degraded', silentProblem(afterMs))
      this.#watch()
      return
    }
    probe()
    this.#later(answerMs, () => {
      if (this.#activity !== before) {
        this.#watch()
        return
      }
      this.#turn('degraded', silentProblem(afterMs + answerMs))
      this.#running?.stop()
    })
  }

  #turn(state: SensorState, problem?: SensorProblem): void {
    const isSame = state === this.#state && problem?.code === this.#problem?.code
    this.#state = state
    this.#problem = problem
    if (!isSame) this.#sinceNs = this.#tools.clock.nowNs()
  }

  #later(delayMs: number, work: () => void): void {
    const cancel = this.#tools.timer.after(delayMs, () => {
      this.#timers.delete(cancel)
      work()
    })
    this.#timers.add(cancel)
  }

  #clearTimers(): void {
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }
}

const SILENT = 'silent'

function silentProblem(silentMs: number): SensorProblem {
  return {
    code: SILENT,
    message: `Nothing came from the sensor for ${Math.round(silentMs / 1_000)} seconds.`,
  }
}

function plainProblem(end: CommandEnd, atOnce: boolean): SensorProblem {
  const how = howEnded(end)
  return atOnce
    ? { code: 'exits_at_once', message: `The program ends as soon as it is started (${how}).` }
    : { code: 'ended', message: `The program ended (${how}) and is started again.` }
}
