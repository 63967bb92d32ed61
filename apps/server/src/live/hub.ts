import type { StreamMessage } from '@pomona/schema'
import type { Stage } from '../metrics/stage.ts'

/** A message with the id by which a reader asks for what came after it. */
export interface LiveMessage {
  readonly id: string
  readonly message: StreamMessage
}

/** Bounds and books of the hub. */
export interface LiveHubOptions {
  /** Tells this run of the server from others: an id of another run cannot be resumed. */
  readonly epoch: string
  /** Messages kept for readers that reconnect. */
  readonly ringMax: number
  readonly subscribersMax: number
  /** Counts one message for each reader. */
  readonly deliveries: Stage
}

/**
 * Takes one message. Must not block.
 * @returns Whether it was taken; a reader that does not keep up is dropped and resumes by id.
 */
export type LiveSubscriber = (message: LiveMessage) => boolean

/** Fans messages out to the consoles that are open, and replays what a reconnecting one missed. */
export class LiveHub {
  readonly #options: LiveHubOptions
  readonly #ring: LiveMessage[] = []
  readonly #subscribers = new Map<LiveSubscriber, () => void>()
  #sequence = 0

  constructor(options: LiveHubOptions) {
    this.#options = options
  }

  get subscribers(): number {
    return this.#subscribers.size
  }

  publish(message: StreamMessage): void {
    this.#sequence += 1
    const live: LiveMessage = { id: this.#id(this.#sequence), message }
    this.#ring.push(live)
    if (this.#ring.length > this.#options.ringMax) this.#ring.shift()
    for (const subscriber of this.#subscribers.keys()) this.#deliver(subscriber, live)
  }

  /**
   * Adds a reader after replaying what it missed.
   *
   * @param options.lastId The last id it saw; when that is gone it gets `reset` and reads
   * everything anew.
   * @param options.onDrop Called once when the hub lets the reader go.
   * @returns Removes the reader; `undefined` when there are too many readers.
   */
  subscribe(
    subscriber: LiveSubscriber,
    options: { readonly lastId: string | undefined; readonly onDrop: () => void },
  ): (() => void) | undefined {
    if (this.#subscribers.size >= this.#options.subscribersMax) return undefined
    this.#subscribers.set(subscriber, options.onDrop)
    for (const missed of this.#missed(options.lastId)) this.#deliver(subscriber, missed)
    return () => {
      this.#subscribers.delete(subscriber)
    }
  }

  close(): void {
    for (const subscriber of this.#subscribers.keys()) this.#drop(subscriber)
  }

  #deliver(subscriber: LiveSubscriber, live: LiveMessage): void {
    if (!this.#subscribers.has(subscriber)) return
    const { deliveries } = this.#options
    deliveries.take(1)
    if (subscriber(live)) {
      deliveries.send(1)
      return
    }
    deliveries.discard(1, { reason: 'slow_reader' })
    this.#drop(subscriber)
  }

  #drop(subscriber: LiveSubscriber): void {
    const onDrop = this.#subscribers.get(subscriber)
    this.#subscribers.delete(subscriber)
    onDrop?.()
  }

  #missed(lastId: string | undefined): readonly LiveMessage[] {
    if (lastId === undefined) return []
    const last = this.#sequenceOf(lastId)
    const oldest = this.#sequence - this.#ring.length
    if (last === undefined || last < oldest || last > this.#sequence) {
      return [{ id: this.#id(this.#sequence), message: { kind: 'reset' } }]
    }
    return this.#ring.slice(last - oldest)
  }

  #id(sequence: number): string {
    return `${this.#options.epoch}-${sequence}`
  }

  #sequenceOf(id: string): number | undefined {
    const prefix = `${this.#options.epoch}-`
    const digits = id.startsWith(prefix) ? id.slice(prefix.length) : ''
    return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined
  }
}
