import { type ChildProcess, fork, type Serializable } from 'node:child_process'
import { join } from 'node:path'
import type { DeadLetter } from '@pomona/schema'
import { connectEventStore, type MessagePort, StoreError } from '@pomona/store'
import type { Logger } from 'pino'
import { messageOf } from '../errors.ts'
import type { EventQueries, FromProjector, ProjectorSettings, ToProjector } from './ipc.ts'
import type { ProjectorProgress } from './projector.ts'

/** One life of the projector: settings, and who is told what. */
export interface ProjectorProcessOptions {
  readonly settings: ProjectorSettings
  readonly logger: Logger
  readonly keepLetters: (letters: readonly DeadLetter[]) => Promise<void>
  readonly onProgress: (progress: ProjectorProgress) => void
  /** The process is gone; it cannot be used any more. */
  readonly onExit: (exit: ProjectorExit) => void
  readonly onRebuilt?: (events: number) => void
}

/** How a life of the projector ended. */
export interface ProjectorExit {
  /** Why it could not go on, when it said so. */
  readonly reason: string | undefined
  readonly exitCode: number | undefined
  readonly signal: string | undefined
}

const MAIN = join(import.meta.dirname, 'main.ts')
const QUERIES_MAX = 256
const QUERY_MS_MAX = 30_000
const STOP_TIMEOUT_MS = 6_000
const STDERR_CHARACTERS_MAX = 2_000

/**
 * One life of the projector's process. chDB is native code and lives there alone, so that a crash
 * of it costs a restart and no delivery.
 */
export class ProjectorProcess {
  readonly #options: ProjectorProcessOptions
  readonly #child: ChildProcess
  readonly #events: EventQueries
  readonly #exited: Promise<void>
  #ready = false
  #reason: string | undefined

  constructor(options: ProjectorProcessOptions) {
    this.#options = options
    this.#child = fork(MAIN, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr?.setEncoding('utf8')
    this.#child.stderr?.on('data', (text: string) => {
      // Under a name of its own: `message` is the line's, and readers of JSON keep the last of two.
      const error = { message: text.slice(0, STDERR_CHARACTERS_MAX) }
      options.logger.warn({ error }, 'The projector wrote to stderr.')
    })
    const calls = { callsMax: QUERIES_MAX, callMsMax: QUERY_MS_MAX }
    this.#events = connectEventStore(portOf(this.#child), calls)
    // Both ends are this program, of one version: the messages are of the declared form.
    this.#child.on('message', (message) => this.#take(message as FromProjector))
    this.#child.on('error', (error) => {
      this.#reason ??= messageOf(error)
    })
    this.#exited = new Promise((resolve) => {
      // Unlike `exit`, `close` comes after the last message was delivered, and also when fork
      // failed.
      this.#child.once('close', (code, signal) => {
        this.#end({ exitCode: code ?? undefined, signal: signal ?? undefined })
        resolve()
      })
    })
    this.#send({ kind: 'start', settings: options.settings })
  }

  get ready(): boolean {
    return this.#ready
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  wake(): void {
    this.#send({ kind: 'wake' })
  }

  /** The event store of this life; `undefined` until it is open. */
  get events(): EventQueries | undefined {
    return this.#ready ? this.#events : undefined
  }

  /** Asks the process to end and waits; ends it by force when it does not. */
  async stop(): Promise<void> {
    this.#send({ kind: 'stop' })
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await this.#exited
    clearTimeout(timer)
  }

  async exited(): Promise<void> {
    await this.#exited
  }

  #take(message: FromProjector): void {
    // Answers of the event store go their own way; they have no kind.
    switch (message.kind) {
      case 'ready':
        this.#ready = true
        break
      case 'progress':
        this.#options.onProgress(message.progress)
        break
      case 'letters':
        void this.#keep(message.call, message.letters)
        break
      case 'failed':
        this.#reason = message.reason
        break
      case 'rebuilt':
        this.#options.onRebuilt?.(message.events)
        break
    }
  }

  async #keep(call: number, letters: readonly DeadLetter[]): Promise<void> {
    let ok = true
    try {
      await this.#options.keepLetters(letters)
    } catch (error) {
      ok = false
      this.#options.logger.error(
        { error: { message: messageOf(error) } },
        'Dead letters were not kept.',
      )
    }
    this.#send({ kind: 'letters_kept', call, ok })
  }

  #send(message: ToProjector): void {
    // A channel that closes meanwhile is told by `close`; there is nothing else to do about it
    // here.
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  #end(exit: Omit<ProjectorExit, 'reason'>): void {
    this.#ready = false
    this.#options.onExit({ ...exit, reason: this.#reason })
  }
}

function portOf(child: ChildProcess): MessagePort {
  return {
    send: (message) => {
      // A channel that closes meanwhile is told by `onClose`; there is nothing else to do about it.
      if (child.connected) child.send(message as Serializable, () => undefined)
    },
    onMessage: (listener) => void child.on('message', listener),
    onClose: (listener) => void child.once('close', listener),
  }
}

/** An event store that answers through whatever process lives now. */
export function queriesOf(current: () => ProjectorProcess | undefined): EventQueries {
  const events = (): EventQueries => {
    const now = current()?.events
    if (now !== undefined) return now
    const message = 'The event store is starting or restarting; try again in a moment.'
    throw new StoreError('ERR_EVENTS_UNAVAILABLE', message)
  }
  return {
    get: async (ids) => await events().get(ids),
    search: async (query) => await events().search(query),
    actions: async (query) => await events().actions(query),
    processes: async (selection) => await events().processes(selection),
    processTree: async (...given) => await events().processTree(...given),
    size: async () => await events().size(),
  }
}
