import { LedgerRow, PriorityClass } from '@pomona/schema'
import { z } from 'zod'
import { BookState, LedgerBook } from '../ledger/book.ts'
import { EntryState, LedgerEntry } from '../ledger/entry.ts'
import { Tally, TallyRows } from './tally.ts'

/** What a stream of one start of the agent is known by. */
export const EpochState = z.strictObject({
  epoch: z.int().min(0),
  streamId: z.string(),
  /** Empty in files of a version that did not write it down. */
  run: z.string().default(''),
  bootId: z.string(),
})
export type EpochState = z.infer<typeof EpochState>

/** The name of a start of the agent, from which the id of its stream is derived. */
export function runOf(installation: string, epoch: number): string {
  return `agent-${installation}-${epoch}`
}

/** A place in the order of delivery: epoch, then sequence. */
export const Place = z.strictObject({ epoch: z.int().min(0), sequence: z.int().min(-1) })
export type Place = z.infer<typeof Place>

/** What may have been given to the server: up to which place, and in which segments it lies. */
export const Offer = Place.extend({ segments: z.array(z.int().min(0)) })
export type Offer = z.infer<typeof Offer>

const CountChange = z.strictObject({
  kind: z.literal('count'),
  sensor: z.string(),
  hourMs: z.int(),
  entry: EntryState,
})

/** One step of the spool's accounts. Applied in order they give its state. */
export const Change = z.discriminatedUnion('kind', [
  /** The agent started. */
  EpochState.extend({ kind: z.literal('epoch') }),
  /** Items went into a segment, which begins with the first frame. */
  z.strictObject({
    kind: z.literal('frame'),
    segment: z.int().min(0),
    priority: PriorityClass,
    epoch: z.int().min(0),
    endBytes: z.int().min(0),
    tally: TallyRows,
  }),
  CountChange,
  /** Sensors that are watched from now on. */
  z.strictObject({ kind: z.literal('watched'), sensors: z.array(z.string()) }),
  /** Items up to here may have been given to the server; they lie in these segments. */
  Offer.extend({ kind: z.literal('offered') }),
  /** Items up to here are done with: sent, or refused with a reason. */
  Place.extend({
    kind: z.literal('settled'),
    reason: z.string().optional(),
    settled: z.array(z.strictObject({ segment: z.int().min(0), tally: TallyRows })),
  }),
  /** A segment leaves; what is left of it counts as dropped. */
  z.strictObject({ kind: z.literal('gone'), segment: z.int().min(0), reason: z.string() }),
  /** Rows were cut of the ledger. */
  z.strictObject({ kind: z.literal('rows'), rows: z.array(LedgerRow) }),
  /** The server has all rows before this one. */
  z.strictObject({ kind: z.literal('confirmed'), next: z.int().min(0) }),
  /** Nothing more comes of this epoch, and nothing was in memory. */
  z.strictObject({ kind: z.literal('end') }),
])
export type Change = z.infer<typeof Change>

/** Changes that became durable together. */
export const Commit = z.strictObject({
  commit: z.int().min(0),
  /** When what they tell of was taken out of memory; milliseconds since 1970. */
  atMs: z.int(),
  changes: z.array(Change),
})
export type Commit = z.infer<typeof Commit>

const SegmentSnapshot = z.strictObject({
  id: z.int().min(0),
  priority: PriorityClass,
  epoch: z.int().min(0),
  bytes: z.int().min(0),
  left: TallyRows,
})

/** The whole state, as an account file begins with it. */
export const Snapshot = z.strictObject({
  format: z.literal(1),
  /** Drawn when the spool was made: streams of another one are others. */
  installation: z.string(),
  commit: z.int().min(0),
  atMs: z.int(),
  isEnded: z.boolean(),
  epochs: z.array(EpochState),
  segmentNext: z.int().min(0),
  segments: z.array(SegmentSnapshot),
  settled: Place,
  offered: Offer,
  sensors: z.array(z.string()),
  book: BookState,
})
export type Snapshot = z.infer<typeof Snapshot>

/** A file of items of one class and one epoch, in order of sequence. */
export interface Segment {
  readonly id: number
  readonly priority: PriorityClass
  readonly epoch: number
  /** Bytes of the file that count; what lies beyond was never claimed to be durable. */
  bytes: number
  /** Items that were neither sent nor given up. */
  readonly left: Tally
}

const NOWHERE: Place = { epoch: 0, sequence: -1 }

/**
 * What is durable, as the accounts tell it. It changes by {@link apply} alone, at run time and when
 * the accounts are read again, so that both come to the same.
 */
export class SpoolState {
  readonly installation: string
  commit = 0
  atMs: number
  isEnded = true
  segmentNext = 0
  readonly epochs = new Map<number, EpochState>()
  readonly segments = new Map<number, Segment>()
  settled: Place = NOWHERE
  offered: Offer = { ...NOWHERE, segments: [] }
  /** Sensors that are watched. */
  sensors: readonly string[] = []
  book = new LedgerBook()

  constructor(start: { readonly installation: string; readonly atMs: number }) {
    this.installation = start.installation
    this.atMs = start.atMs
  }

  static of(snapshot: Snapshot): SpoolState {
    const state = new SpoolState(snapshot)
    state.commit = snapshot.commit
    state.isEnded = snapshot.isEnded
    state.segmentNext = snapshot.segmentNext
    state.settled = snapshot.settled
    state.offered = snapshot.offered
    state.book = LedgerBook.of(snapshot.book)
    for (const epoch of snapshot.epochs) state.#begin(epoch)
    state.sensors = snapshot.sensors
    for (const { left, ...segment } of snapshot.segments) {
      state.segments.set(segment.id, { ...segment, left: Tally.of(left) })
    }
    return state
  }

  /** The newest epoch; 0 before the first. */
  get epoch(): number {
    return Math.max(0, ...this.epochs.keys())
  }

  /** Items that are neither sent nor given up. */
  get held(): number {
    let held = 0
    for (const { left } of this.segments.values()) held += left.total
    return held
  }

  /** Bytes of all segments. */
  get bytes(): number {
    let bytes = 0
    for (const segment of this.segments.values()) bytes += segment.bytes
    return bytes
  }

  snapshot(): Snapshot {
    return {
      format: 1,
      installation: this.installation,
      commit: this.commit,
      atMs: this.atMs,
      isEnded: this.isEnded,
      epochs: [...this.epochs.values()],
      segmentNext: this.segmentNext,
      segments: Array.from(this.segments.values(), ({ left, ...segment }) => ({
        ...segment,
        left: left.rows(),
      })),
      settled: this.settled,
      offered: this.offered,
      sensors: [...this.sensors],
      book: this.book.state(),
    }
  }

  apply({ commit, atMs, changes }: Commit): void {
    this.commit = commit
    this.atMs = atMs
    for (const change of changes) this.#apply(change)
  }

  #begin({ epoch, streamId, run, bootId }: EpochState): void {
    const name = run === '' ? runOf(this.installation, epoch) : run
    this.epochs.set(epoch, { epoch, streamId, run: name, bootId })
  }

  #apply(change: Change): void {
    switch (change.kind) {
      case 'epoch':
        this.#begin(change)
        this.isEnded = false
        this.#forgetEpochs()
        return
      case 'frame':
        return this.#frame(change)
      case 'count':
        return this.book.add(change, LedgerEntry.of(change.entry))
      case 'watched':
        this.sensors = change.sensors
        return
      case 'offered':
        this.offered = {
          epoch: change.epoch,
          sequence: change.sequence,
          segments: change.segments,
        }
        return
      case 'settled':
        return this.#settle(change)
      case 'gone':
        return this.#remove(change.segment, change.reason)
      case 'rows':
        return this.book.take(change.rows)
      case 'confirmed':
        return this.book.confirm(change.next)
      case 'end':
        this.isEnded = true
        return
    }
  }

  #frame(change: Extract<Change, { kind: 'frame' }>): void {
    const { segment: id, priority, epoch, endBytes } = change
    const known = this.segments.get(id)
    const segment = known ?? { id, priority, epoch, bytes: 0, left: new Tally() }
    this.segments.set(id, segment)
    this.segmentNext = Math.max(this.segmentNext, id + 1)
    segment.bytes = endBytes
    const tally = Tally.of(change.tally)
    segment.left.addAll(tally)
    for (const { sensor, hourMs, count } of tally.entries()) {
      this.book.at(sensor, hourMs).sensed += count
    }
  }

  #settle({ epoch, sequence, reason, settled }: Extract<Change, { kind: 'settled' }>): void {
    this.settled = { epoch, sequence }
    for (const { segment: id, tally: rows } of settled) {
      const segment = this.segments.get(id)
      if (segment === undefined) continue
      const tally = Tally.of(rows)
      segment.left.subtract(tally)
      this.#leave(tally, { reason, priority: segment.priority })
    }
    this.#forgetEpochs()
  }

  #remove(id: number, reason: string): void {
    const segment = this.segments.get(id)
    if (segment === undefined) return
    this.segments.delete(id)
    this.#leave(segment.left, { reason, priority: segment.priority })
  }

  /** Items leave: sent, or given up where there is a reason. */
  #leave(tally: Tally, { reason, priority }: Leaving): void {
    for (const { sensor, hourMs, type, count, fromMs, toMs } of tally.entries()) {
      const entry = this.book.at(sensor, hourMs)
      if (reason === undefined) entry.sent += count
      else entry.drop({ reason, type, priority, count, fromMs, toMs })
    }
  }

  // Of past epochs only those matter that something is left of.
  #forgetEpochs(): void {
    const needed = new Set([this.epoch])
    for (const { epoch } of this.segments.values()) needed.add(epoch)
    for (const epoch of this.epochs.keys()) if (!needed.has(epoch)) this.epochs.delete(epoch)
  }
}

interface Leaving {
  readonly reason: string | undefined
  readonly priority: PriorityClass
}

/** Which of two places comes first in the order of delivery: below zero when it is `a`. */
export function comparePlaces(a: Place, b: Place): number {
  return a.epoch - b.epoch || a.sequence - b.sequence
}
