import { Cursor, type PlacedItem, type View } from './cursor.ts'
import type { FileSystem } from './file-system.ts'
import { tallyOf } from './item.ts'
import type { Acknowledgement, Delivery, DeliveryLimits } from './reader.ts'
import { type Change, comparePlaces, type EpochState, type Offer, type Place } from './state.ts'

/** Alerts of one delivery. */
const ALERTS_MAX = 500

/** What is out: offered to the server, and settled by it. */
export class Outbox {
  readonly #cursor: Cursor
  /** Offered and not settled, in order. */
  #offered: PlacedItem[] = []
  /** Settled, not written into the accounts yet. */
  #settling: { readonly items: readonly PlacedItem[]; readonly reason: string | undefined }[] = []

  #settled: Place | undefined

  constructor(fileSystem: FileSystem, folder: string) {
    this.#cursor = new Cursor(fileSystem, folder)
  }

  /** Items that were settled and still count as held. */
  get settlingCount(): number {
    return this.#settling.reduce((sum, { items }) => sum + items.length, 0)
  }

  /** Whether something was settled that the accounts do not say yet. */
  get isSettling(): boolean {
    return this.#settling.length > 0
  }

  /** Up to where everything was settled since the start, whether the accounts say so or not. */
  get settled(): Place | undefined {
    return this.#settled
  }

  /** What is offered now. */
  get offer(): Offer | undefined {
    const last = this.#offered.at(-1)
    if (last === undefined) return undefined
    return { ...last.place, segments: [...new Set(this.#offered.map(({ segment }) => segment))] }
  }

  /** Segments that were read to their end and of which nothing is on its way. */
  finished(): readonly number[] {
    const busy = new Set(this.#offered.map(({ segment }) => segment))
    return [...this.#cursor.finished].filter((segment) => !busy.has(segment))
  }

  /** A segment is gone. */
  forget(segment: number): Promise<void> {
    return this.#cursor.forget(segment)
  }

  /** Lets go of all files. */
  close(): Promise<void> {
    return this.#cursor.close()
  }

  /** Offers the next items, unless some are offered already. @returns Whether any are. */
  async fill(view: View, { limits, until }: Filling): Promise<boolean> {
    if (this.#offered.length > 0) return true
    let bytes = 0
    let alerts = 0
    while (this.#offered.length < limits.itemsMax) {
      const next = await this.#cursor.peek(view)
      if (next === undefined) break
      const first = this.#offered[0] ?? next
      bytes += Buffer.byteLength(next.item.text)
      if (next.item.kind === 'alert') alerts += 1
      const isFull = bytes > limits.bytesMax || alerts > ALERTS_MAX
      const isBeyond = until !== undefined && comparePlaces(next.place, until) > 0
      const isFirst = this.#offered.length === 0
      if (!isFirst && (isFull || isBeyond || next.place.epoch !== first.place.epoch)) break
      this.#cursor.take(next)
      this.#offered.push(next)
    }
    return this.#offered.length > 0
  }

  /** As much of what is offered as the limits allow, as a delivery. */
  delivery(epochs: ReadonlyMap<number, EpochState>, limits: DeliveryLimits): Delivery | undefined {
    const items = this.#within(limits)
    const [first] = items
    const last = items.at(-1)
    const epoch = epochs.get(first?.place.epoch ?? -1)
    if (first === undefined || last === undefined || epoch === undefined) return undefined
    const texts = (kind: string): readonly string[] =>
      items.filter(({ item }) => item.kind === kind).map(({ item }) => item.text)
    return {
      epoch: epoch.epoch,
      streamId: epoch.streamId,
      run: epoch.run,
      bootId: epoch.bootId,
      firstSequence: first.item.sequence,
      lastSequence: last.item.sequence,
      events: texts('event'),
      alerts: texts('alert'),
    }
  }

  #within({ itemsMax, bytesMax }: DeliveryLimits): readonly PlacedItem[] {
    let bytes = 0
    const end = this.#offered.findIndex(({ item }, index) => {
      bytes += Buffer.byteLength(item.text)
      return index > 0 && (index >= itemsMax || bytes > bytesMax)
    })
    return end < 0 ? this.#offered : this.#offered.slice(0, end)
  }

  /** Settles what is offered up to a place: sent, or refused with a reason. @returns Items. */
  settle({ epoch, lastSequence }: Acknowledgement, reason?: string): number {
    const upTo: Place = { epoch, sequence: lastSequence }
    const index = this.#offered.findIndex(({ place }) => comparePlaces(place, upTo) > 0)
    const count = index < 0 ? this.#offered.length : index
    if (count === 0) return 0
    const items = this.#offered.splice(0, count)
    this.#settled = items.at(-1)?.place ?? this.#settled
    this.#settling.push({ items, reason })
    return count
  }

  /** What was settled, as changes of the accounts. */
  takeSettled(): readonly Change[] {
    const changes = this.#settling.flatMap(({ items, reason }): Change[] => {
      const last = items.at(-1)
      if (last === undefined) return []
      const settled = [...bySegment(items)].map(([segment, placed]) => ({
        segment,
        tally: tallyOf(placed.map(({ item }) => item)).rows(),
      }))
      const why = reason === undefined ? {} : { reason }
      return [{ kind: 'settled', ...last.place, ...why, settled }]
    })
    this.#settling = []
    return changes
  }
}

interface Filling {
  readonly limits: DeliveryLimits
  /** Nothing behind this place is offered along with what is before it. */
  readonly until: Place | undefined
}

function bySegment(items: readonly PlacedItem[]): ReadonlyMap<number, readonly PlacedItem[]> {
  const segments = new Map<number, PlacedItem[]>()
  for (const item of items) {
    const known = segments.get(item.segment)
    if (known === undefined) segments.set(item.segment, [item])
    else known.push(item)
  }
  return segments
}
