import type { Clock } from '@pomona/schema'
import type {
  CommandEnd,
  CommandHandlers,
  CommandLine,
  Commands,
  CommandStop,
  RunningCommand,
} from '../command/command.ts'

/** A program of a test's script, as it runs: the test says what it prints and when it ends. */
export class ScriptedCommand implements RunningCommand {
  readonly command: CommandLine
  readonly pid: number
  /** Why it was told to end, once it was. */
  stopped: CommandStop | undefined
  /** How often it was asked for its counts. */
  asked = 0
  readonly #handlers: CommandHandlers
  readonly #clock: Clock
  readonly #startedNs: bigint
  #ended = false

  constructor(start: {
    readonly command: CommandLine
    readonly pid: number
    readonly handlers: CommandHandlers
    readonly clock: Clock
  }) {
    this.command = start.command
    this.pid = start.pid
    this.#handlers = start.handlers
    this.#clock = start.clock
    this.#startedNs = start.clock.monotonicNs()
  }

  get isRunning(): boolean {
    return !this.#ended
  }

  print(text: string | Uint8Array): void {
    if (!this.#ended) this.#handlers.stdout(bytesOf(text))
  }

  complain(text: string): void {
    if (!this.#ended) this.#handlers.stderr(bytesOf(text))
  }

  /** Ends it; with code 0 unless said otherwise. */
  end(end: Omit<CommandEnd, 'ranMs'> = { code: 0 }): void {
    if (this.#ended) return
    this.#ended = true
    const ranMs = Number(this.#clock.monotonicNs() - this.#startedNs) / 1e6
    const { stopped } = this
    this.#handlers.ended({ ...end, ...(stopped !== undefined && { stop: stopped }), ranMs })
  }

  /** Ends by SIGTERM when it is told to. */
  stop(reason: CommandStop = 'stopped'): void {
    if (this.#ended || this.stopped !== undefined) return
    this.stopped = reason
    queueMicrotask(() => this.end({ signal: 'SIGTERM' }))
  }

  askForCounts(): void {
    this.asked += 1
  }
}

/** What a test's script does with a program that was just started. */
export type Script = (command: ScriptedCommand) => void

/**
 * Commands of which a test says how they behave. The script is asked after the start has returned,
 * as output of real programs comes later too.
 */
export class ScriptedCommands implements Commands {
  /** All that were started, in order. */
  readonly started: ScriptedCommand[] = []
  readonly #clock: Clock
  readonly #script: Script
  #pid = 1_000

  constructor(clock: Clock, script: Script = () => undefined) {
    this.#clock = clock
    this.#script = script
  }

  start(command: CommandLine, handlers: CommandHandlers): ScriptedCommand {
    this.#pid += 1
    const running = new ScriptedCommand({ command, pid: this.#pid, handlers, clock: this.#clock })
    this.started.push(running)
    queueMicrotask(() => this.#script(running))
    return running
  }

  /** Those still running whose arguments hold a word. */
  running(word: string): readonly ScriptedCommand[] {
    return this.started.filter(({ isRunning, command }) => isRunning && command.args.includes(word))
  }
}

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? Buffer.from(text) : text
}
