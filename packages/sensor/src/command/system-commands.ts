import { type ChildProcess, spawn } from 'node:child_process'
import { isAbsolute } from 'node:path'
import type { Clock } from '@pomona/schema'
import { SensorError } from '../errors.ts'
import type { Timer } from '../timer.ts'
import {
  COMMAND_ENVIRONMENT,
  type CommandEnd,
  type CommandFailure,
  type CommandHandlers,
  type CommandLine,
  type Commands,
  type CommandStop,
  type RunningCommand,
} from './command.ts'

const GRACE_MS = 2_000
// A grandchild may hold the pipe open after its parent is gone; its output is not waited for.
const DRAIN_MS = 1_000
const NS_PER_MS = 1_000_000

/** Starts real programs. */
export function systemCommands(time: { readonly clock: Clock; readonly timer: Timer }): Commands {
  return {
    start(command, handlers) {
      if (!isAbsolute(command.path)) {
        throw new SensorError(
          'ERR_COMMAND_INVALID',
          `The program ${command.path} must be given by its absolute path.`,
          { details: { path: command.path } },
        )
      }
      return new SystemCommand(command, handlers, time)
    },
  }
}

class SystemCommand implements RunningCommand {
  readonly pid: number | undefined
  readonly #child: ChildProcess
  readonly #handlers: CommandHandlers
  readonly #clock: Clock
  readonly #timer: Timer
  readonly #startedNs: bigint
  #stop: CommandStop | undefined
  #failure: CommandFailure | undefined
  #cancelKill: (() => void) | undefined
  #cancelDrain: (() => void) | undefined
  #ended = false

  constructor(
    { path, args, environment = COMMAND_ENVIRONMENT }: CommandLine,
    handlers: CommandHandlers,
    { clock, timer }: { readonly clock: Clock; readonly timer: Timer },
  ) {
    this.#handlers = handlers
    this.#clock = clock
    this.#timer = timer
    this.#startedNs = clock.monotonicNs()
    this.#child = spawn(path, [...args], {
      cwd: '/',
      env: { ...environment },
      // Its own session and process group.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: false,
    })
    this.pid = this.#child.pid
    this.#child.stdout?.on('data', (bytes: Uint8Array) => handlers.stdout(bytes))
    this.#child.stderr?.on('data', (bytes: Uint8Array) => handlers.stderr(bytes))
    // A pipe that breaks ends with its program; what there is to say of it, the end says.
    this.#child.stdout?.on('error', () => undefined)
    this.#child.stderr?.on('error', () => undefined)
    this.#child.once('error', (error) => this.#failed(error))
    this.#child.once('exit', () => this.#exited())
    this.#child.once('close', () => this.#finish())
  }

  stop(reason: CommandStop = 'stopped', graceMs = GRACE_MS): void {
    if (this.#ended || this.#stop !== undefined) return
    this.#stop = reason
    this.#signal('SIGTERM')
    this.#cancelKill = this.#timer.after(graceMs, () => this.#signal('SIGKILL'))
  }

  askForCounts(): void {
    if (this.pid === undefined || this.#ended) return
    try {
      // The program alone, not what it may have started.
      process.kill(this.pid, process.platform === 'darwin' ? 'SIGINFO' : 'SIGUSR1')
    } catch {
      // It is gone; its end tells more.
    }
  }

  // A program that never started has no exit and, on some runtimes, no close.
  #failed(error: Error): void {
    if (this.pid !== undefined) return
    this.#failure = failureOf(error)
    this.#finish()
  }

  #exited(): void {
    this.#cancelKill?.()
    // What it started and left behind in its group goes with it.
    this.#signal('SIGKILL')
    this.#cancelDrain = this.#timer.after(DRAIN_MS, () => {
      this.#child.stdout?.destroy()
      this.#child.stderr?.destroy()
      this.#finish()
    })
  }

  #finish(): void {
    if (this.#ended) return
    this.#ended = true
    this.#cancelKill?.()
    this.#cancelDrain?.()
    this.#handlers.ended(this.#end())
  }

  #end(): CommandEnd {
    const { exitCode, signalCode } = this.#child
    return {
      ...(exitCode !== null && this.#failure === undefined && { code: exitCode }),
      ...(signalCode !== null && { signal: signalCode }),
      ...(this.#failure !== undefined && { failure: this.#failure }),
      ...(this.#stop !== undefined && { stop: this.#stop }),
      ranMs: Number(this.#clock.monotonicNs() - this.#startedNs) / NS_PER_MS,
    }
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.pid === undefined) return
    try {
      process.kill(-this.pid, signal)
    } catch {
      // The group is gone, which is what was wanted.
    }
  }
}

function failureOf(error: Error): CommandFailure {
  const code = 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'not_found'
  return code === 'EACCES' || code === 'EPERM' ? 'not_permitted' : 'not_started'
}
