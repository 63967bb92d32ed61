import type { Buffer } from 'node:buffer'
import { formatTime, padTime, type TimeNs } from '@pomona/schema'
import { Drops } from '../drops.ts'
import { Budgets, type TypeBudget } from '../filter/budgets.ts'
import { KEEP_EVERYTHING, type SourceFilter } from '../filter/source-filter.ts'
import type { SensedBatch, SensedGap, SensorCounts } from '../sensor.ts'
import { Tally } from '../tally.ts'
import { type Glance, glance } from './glance.ts'
import { readLine, type RawRecord } from './line.ts'
import { LineSplitter } from './line-splitter.ts'
import { eventName, LossCounter, type LossCounts } from './loss.ts'

/** Bounds of an {@link Intake}. */
export interface IntakeLimits {
  /** Longest line in bytes. */
  readonly lineBytesMax: number
  /** Bytes of lines that wait to be handed out; beyond, new ones are dropped and counted. */
  readonly queueBytesMax: number
  /** Records of one batch. */
  readonly batchRecordsMax: number
  /** Bytes of lines of one batch; a longer line goes alone. */
  readonly batchBytesMax: number
}

/** Defaults of {@link IntakeLimits}. */
export const INTAKE_LIMITS: IntakeLimits = {
  lineBytesMax: 4 * 1024 * 1024,
  queueBytesMax: 16 * 1024 * 1024,
  batchRecordsMax: 500,
  batchBytesMax: 2 * 1024 * 1024,
}

interface Waiting {
  readonly text: string
  readonly bytes: number
  readonly created: string
  /** Parsed already, because its head could not be read otherwise. */
  readonly value?: RawRecord['value']
}

/** Gaps told of at most; a reader that never comes must not make them grow. */
const GAPS_MAX = 16

/**
 * What happens to the bytes of one eslogger: the lines are counted, what the filter can refuse by a
 * glance leaves at once, the rest waits as text, and is parsed when somebody takes it. Taking in
 * never waits for anybody, so the pipe is always read.
 */
export class Intake {
  readonly #sensor: string
  readonly #limits: IntakeLimits
  readonly #filter: SourceFilter
  readonly #budgets: Budgets
  #splitter: LineSplitter | undefined
  #loss = new LossCounter({ whole: true })
  #lossTold: LossCounts = NO_LOSS
  #queue: Waiting[] = []
  #head = 0
  #queueBytes = 0
  #ordinal = 0
  #bytes = 0
  #finished = 0
  #sent = 0
  #created = ''
  #gaps: SensedGap[] = []
  readonly #discarded = new Tally()
  readonly #lost = new Tally()
  readonly #filtered = new Tally()
  readonly #refused = new Tally()
  readonly #drops = new Drops()
  readonly #lostNow = new Tally()
  #lostCount = 0
  #lostTaken = 0

  constructor(options: {
    readonly sensor: string
    readonly limits?: Partial<IntakeLimits>
    readonly filter?: SourceFilter
    readonly budgets?: Readonly<Record<string, TypeBudget>>
  }) {
    this.#sensor = options.sensor
    this.#limits = { ...INTAKE_LIMITS, ...options.limits }
    this.#filter = options.filter ?? KEEP_EVERYTHING
    this.#budgets = new Budgets(options.budgets ?? {})
  }

  /** Begins with a new process, which numbers its records from 0. */
  beginRun(): void {
    this.endRun()
    this.#loss = new LossCounter({ whole: true })
    this.#lossTold = NO_LOSS
    this.#splitter = new LineSplitter(this.#limits.lineBytesMax, {
      line: (bytes, unterminated) => this.#line(bytes, unterminated),
      tooLong: () => this.#refuse('too_long'),
    })
  }

  /** Takes in bytes that came at a time. */
  push(bytes: Uint8Array, atNs: TimeNs): void {
    this.#bytes += bytes.length
    this.#created = formatTime(atNs)
    this.#splitter?.push(bytes)
  }

  /** Takes in the end of a process. */
  endRun(): void {
    this.#splitter?.end()
    this.#splitter = undefined
    this.#tellLoss()
  }

  /** Notes a time in which nobody looked. */
  noteGap(gap: SensedGap): void {
    const last = this.#gaps.at(-1)
    if (this.#gaps.length < GAPS_MAX || last === undefined) this.#gaps.push(gap)
    else this.#gaps[this.#gaps.length - 1] = { ...last, to: gap.to }
  }

  /** Whether there is something to take. */
  get hasNews(): boolean {
    return (
      this.#head < this.#queue.length ||
      !this.#filtered.isEmpty ||
      !this.#refused.isEmpty ||
      !this.#drops.isEmpty ||
      this.#gaps.length > 0
    )
  }

  /** Whether records wait. */
  get hasRecords(): boolean {
    return this.#head < this.#queue.length
  }

  /** Records missing so far, by event type and in all. */
  get lost(): { readonly total: number; readonly byType: Readonly<Record<string, number>> } {
    this.#tellLoss()
    return { total: this.#lostCount, byType: this.#lost.read() }
  }

  /** Takes what came since the last time, at most one batch of it. */
  take(): SensedBatch | undefined {
    if (!this.hasNews) return undefined
    const first = this.#ordinal
    const records = this.#parse()
    const lostBefore = this.#lostTaken
    this.#tellLoss()
    this.#lostTaken = this.#lostCount
    const dropped = this.#drops.take()
    const filtered = this.#filtered.take()
    const refused = this.#refused.take()
    for (const { count } of dropped) this.#ordinal += count
    for (const count of Object.values(filtered)) this.#ordinal += count
    for (const count of Object.values(refused)) this.#ordinal += count
    const gaps = this.#gaps
    this.#gaps = []
    this.#sent += records.length
    return {
      sensor: this.#sensor,
      records,
      sensed: this.#ordinal - first,
      filtered,
      refused,
      dropped,
      lostByType: this.#lostNow.take(),
      lost: this.#lostCount - lostBefore,
      gaps,
    }
  }

  counts(): SensorCounts {
    const unfinished = this.#splitter?.isHolding === true ? 1 : 0
    return {
      received: this.#finished + unfinished,
      sent: this.#sent,
      discarded: this.#discarded.read(),
      held: this.#queue.length - this.#head + unfinished,
      bytes: this.#bytes,
    }
  }

  #line(bytes: Buffer, unterminated: boolean): void {
    // Invalid UTF-8 is replaced rather than refused: one stray byte must not hide an execution.
    const text = bytes.toString('utf8')
    const seen = glance(text)
    if (seen === undefined) {
      this.#unclear(text, { bytes: bytes.length, unterminated })
      return
    }
    this.#finished += 1
    this.#loss.observeNumbers(seen)
    const reason = this.#filter.ofLine(seen, text)
    if (reason !== undefined) this.#leaveOut(reason)
    else if (!this.#budgets.take(seen)) this.#leaveOut('over_budget')
    else this.#keep({ text, bytes: bytes.length, created: this.#created }, seen)
  }

  // A line whose head is not plain is parsed at once: its numbers must be counted in their order.
  #unclear(text: string, line: { bytes: number; unterminated: boolean }): void {
    const read = readLine(text, 0)
    if (!read.ok) {
      this.#refuse(line.unterminated && read.reason === 'syntax' ? 'partial' : read.reason)
      return
    }
    this.#finished += 1
    const { value } = read.record
    this.#loss.observe(value)
    const time = value['time']
    const head = { type: eventName(value), time: typeof time === 'string' ? time : this.#created }
    const waiting = { text, bytes: line.bytes, created: this.#created, value }
    this.#keep(waiting, head)
  }

  #keep(waiting: Waiting, head: Pick<Glance, 'type' | 'time'>): void {
    const isFull = this.#queueBytes + waiting.bytes > this.#limits.queueBytesMax
    // One line always finds room: a line as long as allowed must not be dropped for being long.
    if (isFull && this.hasRecords) {
      this.#discarded.add('queue_full')
      const time = padTime(head.time) ?? this.#created
      this.#drops.add({ reason: 'queue_full', type: head.type, time })
      return
    }
    this.#queue.push(waiting)
    this.#queueBytes += waiting.bytes
  }

  #parse(): RawRecord[] {
    const { batchRecordsMax, batchBytesMax } = this.#limits
    const records: RawRecord[] = []
    let bytes = 0
    while (this.#head < this.#queue.length && records.length < batchRecordsMax) {
      const waiting = this.#queue[this.#head]
      if (waiting === undefined || (bytes > 0 && bytes + waiting.bytes > batchBytesMax)) break
      this.#head += 1
      bytes += waiting.bytes
      this.#queueBytes -= waiting.bytes
      const record = this.#read(waiting)
      if (record !== undefined) records.push(record)
    }
    if (this.#head === this.#queue.length || this.#head > QUEUE_GONE_MAX) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
    return records
  }

  #read({ text, created, value: known }: Waiting): RawRecord | undefined {
    const sequence = this.#ordinal
    let value = known
    if (value === undefined) {
      const read = readLine(text, sequence)
      if (!read.ok) {
        this.#discarded.add(read.reason)
        this.#refused.add(read.reason)
        return undefined
      }
      ;({ value } = read.record)
    }
    const reason = this.#filter.ofRecord(value)
    if (reason !== undefined) {
      this.#leaveOut(reason)
      return undefined
    }
    this.#ordinal += 1
    return { sequence, text, value, created }
  }

  #leaveOut(reason: string): void {
    this.#discarded.add(reason)
    this.#filtered.add(reason)
  }

  #refuse(reason: string): void {
    this.#finished += 1
    this.#discarded.add(reason)
    this.#refused.add(reason)
  }

  #tellLoss(): void {
    const now = this.#loss.counts()
    const before = this.#lossTold
    this.#lossTold = now
    this.#lostCount += now.missing - before.missing
    for (const [type, missing] of Object.entries(now.missingByType)) {
      const more = missing - (before.missingByType[type] ?? 0)
      if (more === 0) continue
      this.#lost.add(type, more)
      this.#lostNow.add(type, more)
    }
  }
}

const QUEUE_GONE_MAX = 4_096
const NO_LOSS: LossCounts = { missing: 0, missingByType: {}, restarts: 0, unnumbered: 0 }
