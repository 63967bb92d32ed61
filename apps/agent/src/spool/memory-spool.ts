import type { Acknowledgement, Delivery, DeliveryLimits, SpoolReader } from './reader.ts'

/** One item as the spool is given it. */
export interface HeldItem {
  readonly sequence: number
  readonly kind: 'event' | 'alert'
  /** JSON text of the event, or of the `HostAlert`. */
  readonly text: string
  /** Whatever the owner wants to know again when the item is settled. */
  readonly mark?: bigint
}

/** What a spool in memory stands on. */
export interface MemorySpoolOptions {
  readonly epoch: number
  readonly streamId: string
  readonly run: string
  readonly bootId: string
  /** Items beyond which the oldest that was never given out is dropped. */
  readonly itemsMax: number
  /** Told of each item whose fate is known. */
  readonly onSettled?: (item: HeldItem, fate: SpoolFate) => void
}

/** What became of an item. */
export type SpoolFate = 'acknowledged' | 'dropped' | 'discarded'

/** `put = acknowledged + dropped + discarded + held`. */
export interface MemorySpoolCounts {
  readonly put: number
  readonly acknowledged: number
  /** Given up for want of room. */
  readonly dropped: number
  /** Given up because the server will never take them. */
  readonly discarded: number
  readonly held: number
}

/**
 * A spool without a disk, for simulated fleets and tests: one stream, one class, bounded. What it
 * holds is gone with its process.
 */
export class MemorySpool implements SpoolReader {
  readonly #options: MemorySpoolOptions
  readonly #counts = { put: 0, acknowledged: 0, dropped: 0, discarded: 0 }
  #items: HeldItem[] = []
  /** Items before this index are settled; they are cut off now and then. */
  #head = 0
  #givenUntil = -1
  #arrival = Promise.withResolvers<void>()

  constructor(options: MemorySpoolOptions) {
    this.#options = options
  }

  /** Takes one item; its sequence is above all earlier ones. */
  put(item: HeldItem): void {
    this.#counts.put += 1
    this.#items.push(item)
    if (this.#held() > this.#options.itemsMax) this.#drop()
    this.#arrival.resolve()
  }

  next(limits: DeliveryLimits): Promise<Delivery | undefined> {
    const { epoch, streamId, run, bootId } = this.#options
    const taken = this.#take(limits)
    const [first] = taken
    const last = taken.at(-1)
    if (first === undefined || last === undefined) return Promise.resolve(undefined)
    this.#givenUntil = Math.max(this.#givenUntil, last.sequence)
    const texts = (kind: HeldItem['kind']): readonly string[] =>
      taken.flatMap((item) => (item.kind === kind ? [item.text] : []))
    return Promise.resolve({
      epoch,
      streamId,
      run,
      bootId,
      firstSequence: first.sequence,
      lastSequence: last.sequence,
      events: texts('event'),
      alerts: texts('alert'),
    })
  }

  async ready(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#held() > 0) return
    this.#arrival = Promise.withResolvers()
    const { promise, reject } = this.#arrival
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      await promise
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  acknowledge({ epoch, lastSequence }: Acknowledgement): number {
    if (epoch !== this.#options.epoch) return 0
    const before = this.#counts.acknowledged
    this.#settle(lastSequence, 'acknowledged')
    return this.#counts.acknowledged - before
  }

  discard(delivery: Delivery): void {
    this.#settle(delivery.lastSequence, 'discarded')
  }

  counts(): MemorySpoolCounts {
    return { ...this.#counts, held: this.#held() }
  }

  #held(): number {
    return this.#items.length - this.#head
  }

  #take({ itemsMax, bytesMax }: DeliveryLimits): readonly HeldItem[] {
    let bytes = 0
    let end = this.#head
    while (end < this.#items.length && end - this.#head < itemsMax) {
      bytes += this.#items[end]?.text.length ?? 0
      if (bytes > bytesMax && end > this.#head) break
      end += 1
    }
    return this.#items.slice(this.#head, end)
  }

  /** Gives up the oldest item that was never given out: the server may have all before it. */
  #drop(): void {
    const index = this.#items.findIndex(({ sequence }) => sequence > this.#givenUntil)
    if (index < this.#head) return
    const [item] = this.#items.splice(index, 1)
    if (item !== undefined) this.#fate(item, 'dropped')
  }

  #settle(lastSequence: number, fate: 'acknowledged' | 'discarded'): void {
    for (;;) {
      const item = this.#items[this.#head]
      if (item === undefined || item.sequence > lastSequence) break
      this.#head += 1
      this.#fate(item, fate)
    }
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
  }

  #fate(item: HeldItem, fate: SpoolFate): void {
    this.#counts[fate] += 1
    this.#options.onSettled?.(item, fate)
  }
}
