import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import {
  BATCH_ALERTS_MAX,
  BatchOverlap,
  BatchReceipt,
  type Clock,
  formatTime,
  type HostDescription,
} from '@pomona/schema'
import type { Acknowledgement, Delivery, SpoolReader } from '../spool/reader.ts'
import { Counter } from './counter.ts'
import type { Link, LinkAnswer } from './link.ts'
import { readJson, readProblem } from './problem.ts'

/** How much one delivery holds. */
export interface ShipperLimits {
  readonly itemsMax: number
  readonly bytesMax: number
}

/** What a shipper stands on. */
export interface ShipperOptions {
  readonly link: Link
  readonly spool: SpoolReader
  readonly host: HostDescription
  readonly sessionId: string
  /** Starts of the agent; deliveries of earlier ones are made by the present one. */
  readonly epoch: number
  readonly clock: Clock
  readonly limits?: ShipperLimits
  /** Another way to compress a body with zstd; the default does it beside the event loop. */
  readonly compress?: (text: string) => Promise<Buffer>
  /** Told of what the server will never take. */
  readonly onDiscard?: (delivery: Delivery, reason: string) => void
}

/** What a shipper did. */
export interface ShipperCounts {
  readonly batches: number
  /** Events and alerts the server has on stable storage. */
  readonly delivered: number
  /** Deliveries the server had already. */
  readonly duplicates: number
  /** Deliveries of which the server had a part. */
  readonly overlaps: number
  /** Events the server set aside as dead letters; they are part of `delivered`. */
  readonly deadLetters: number
  /** Events and alerts the server will never take, by reason. */
  readonly discarded: Readonly<Record<string, number>>
  /** Bytes of the bodies before and after compression. */
  readonly bytes: number
  readonly wireBytes: number
}

const PATH = '/agent/v1/batches'
/** A batch is far smaller than what the server takes: losing an answer costs little. */
const LIMITS: ShipperLimits = { itemsMax: 1_000, bytesMax: 2 * 1024 * 1024 }
const TIMEOUT_MS = 60_000
const ANSWER_BYTES_MAX = 64 * 1024
const REASONS_MAX = 16
/** Refusals of what a batch holds; any other refusal is not the fault of an event. */
const BLAMED: ReadonlySet<string> = new Set([
  'batch_unreadable',
  'batch_too_complex',
  'batch_invalid',
  'batch_digest_mismatch',
  'body_too_large',
])
const CONFLICT = 'batch_conflict'
const FOREIGN = 'foreign_stream'
/**
 * Events set aside one after the other without a delivery that went well between them. From then
 * on each costs a long wait: more likely server and agent do not understand each other, and an
 * agent must not empty its spool into that.
 */
const DISCARDS_IN_ROW = 3

/**
 * Level 3 of zstd: measured on 1,000 simulated events in `docs/benchmarks.md`; levels above cost a
 * multiple of the time for a few percent.
 */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }
const zstd = promisify(zstdCompress)

function compressed(text: string): Promise<Buffer> {
  return zstd(text, COMPRESSION)
}

/**
 * Delivers what the spool holds, in order, one batch at a time, each until the server has it on
 * stable storage. Repeating a delivery changes nothing: stream, range and digest are its identity,
 * and what the server has already it says so.
 *
 * What the server refuses for good is halved until the one event that it will not take stands
 * alone; that one is given up, counted, and the rest goes on.
 */
export class Shipper {
  readonly #options: ShipperOptions
  readonly #limits: ShipperLimits
  readonly #discarded = new Counter(REASONS_MAX)
  readonly #counts = { batches: 0, delivered: 0, duplicates: 0, overlaps: 0, deadLetters: 0 }
  readonly #volume = { bytes: 0, wireBytes: 0 }
  #itemsMax: number
  /** Up to here the server has something else under the same sequences. */
  #conflictUntil: Acknowledgement | undefined
  #discardsInRow = 0
  #puzzled = 0

  constructor(options: ShipperOptions) {
    this.#options = options
    this.#limits = options.limits ?? LIMITS
    this.#itemsMax = this.#limits.itemsMax
  }

  /**
   * Delivers until the signal is aborted.
   *
   * @throws The signal's reason; whatever the spool throws.
   */
  async run(signal: AbortSignal): Promise<never> {
    const { spool } = this.#options
    for (;;) {
      signal.throwIfAborted()
      if (!(await this.deliverNext(signal))) await spool.ready(signal)
    }
  }

  /** @returns Whether there was something to deliver. */
  async deliverNext(signal: AbortSignal): Promise<boolean> {
    const delivery = await this.#next()
    if (delivery === undefined) return false
    const { link } = this.#options
    const body = await this.#encode(delivery)
    const answer = await link.call({
      method: 'POST',
      path: PATH,
      headers: { 'content-type': 'application/json', 'content-encoding': 'zstd' },
      body,
      timeoutMs: TIMEOUT_MS,
      answerBytesMax: ANSWER_BYTES_MAX,
      signal,
    })
    this.#volume.wireBytes += body.length
    await this.#settle(delivery, answer, signal)
    return true
  }

  counts(): ShipperCounts {
    return { ...this.#counts, ...this.#volume, discarded: this.#discarded.record() }
  }

  async #next(): Promise<Delivery | undefined> {
    const { spool } = this.#options
    const { bytesMax } = this.#limits
    const delivery = await spool.next({ itemsMax: this.#itemsMax, bytesMax })
    if (delivery === undefined || delivery.alerts.length <= BATCH_ALERTS_MAX) return delivery
    return await spool.next({ itemsMax: Math.min(this.#itemsMax, BATCH_ALERTS_MAX), bytesMax })
  }

  async #encode(delivery: Delivery): Promise<Buffer> {
    const { host, sessionId, epoch, clock, compress = compressed } = this.#options
    const events = `[${delivery.events.join(',')}]`
    const alerts = delivery.alerts.length === 0 ? '' : `[${delivery.alerts.join(',')}]`
    const envelope = {
      host,
      boot_id: delivery.bootId,
      stream_id: delivery.streamId,
      run: delivery.run,
      first_sequence: delivery.firstSequence,
      last_sequence: delivery.lastSequence,
      digest: createHash('sha256').update(events).update(alerts).digest('hex'),
      agent: { session_id: sessionId, epoch, sent_at: formatTime(clock.nowNs()) },
    }
    // The digest is over the texts as sent, so they are spliced in and not made again.
    const tail = alerts === '' ? '' : `,"alerts":${alerts}`
    const text = `${JSON.stringify(envelope).slice(0, -1)},"events":${events}${tail}}`
    this.#volume.bytes += text.length
    return await compress(text)
  }

  async #settle(delivery: Delivery, answer: LinkAnswer, signal: AbortSignal): Promise<void> {
    if (answer.status === 200 || answer.status === 201) {
      const receipt = BatchReceipt.safeParse(readJson(answer.body))
      if (receipt.success) return this.#stored(delivery, receipt.data)
    }
    const { code, message } = readProblem(answer)
    const overlap = BatchOverlap.safeParse(readJson(answer.body))
    if (answer.status === 409 && overlap.success) {
      const { last_sequence: lastSequence } = overlap.data
      if (lastSequence >= delivery.firstSequence) return this.#overlapped(delivery, lastSequence)
    }
    if (code === FOREIGN && delivery.epoch !== this.#options.epoch) {
      // Of an earlier run, when this Mac was another host: nobody will ever take it from us.
      return this.#discard(delivery, code, message)
    }
    const blamed = code !== undefined && (code === CONFLICT || BLAMED.has(code))
    if (!blamed) return await this.#wait(answer, this.#puzzled++, signal)
    this.#puzzled = 0
    if (code === CONFLICT) this.#conflictUntil ??= delivery
    const items = delivery.events.length + delivery.alerts.length
    if (items > 1) {
      this.#itemsMax = Math.floor(items / 2)
      return
    }
    if (this.#discardsInRow >= DISCARDS_IN_ROW) await this.#wait(answer, Infinity, signal)
    this.#discardsInRow += 1
    this.#discard(delivery, code, message)
  }

  async #wait(answer: LinkAnswer, attempt: number, signal: AbortSignal): Promise<void> {
    await this.#options.link.pause(answer, { attempt, signal })
  }

  #stored(delivery: Delivery, receipt: BatchReceipt): void {
    this.#puzzled = 0
    this.#discardsInRow = 0
    this.#itemsMax = Math.min(this.#limits.itemsMax, this.#itemsMax * 2)
    const { epoch, lastSequence } = delivery
    if (receipt.status === 'duplicate') {
      this.#counts.duplicates += 1
      if (this.#conflicts(delivery)) {
        // The server has this range, but not with what we hold: to call it delivered were a lie.
        return this.#discard(delivery, CONFLICT, 'The server has something else in this range.')
      }
    }
    this.#counts.batches += 1
    this.#counts.deadLetters += receipt.rejected
    this.#counts.delivered += this.#options.spool.acknowledge({ epoch, lastSequence })
  }

  #overlapped(delivery: Delivery, lastSequence: number): void {
    this.#puzzled = 0
    const items = delivery.events.length + delivery.alerts.length
    if (items > 1 && this.#conflicts({ ...delivery, lastSequence })) {
      // The part that the server has is not what we hold: it has to stand alone.
      this.#itemsMax = Math.floor(items / 2)
      return
    }
    this.#counts.overlaps += 1
    const { epoch } = delivery
    this.#counts.delivered += this.#options.spool.acknowledge({
      epoch,
      lastSequence: Math.min(lastSequence, delivery.lastSequence),
    })
  }

  #conflicts({ epoch, lastSequence }: Acknowledgement): boolean {
    const until = this.#conflictUntil
    if (until === undefined) return false
    if (epoch === until.epoch && lastSequence <= until.lastSequence) return true
    this.#conflictUntil = undefined
    return false
  }

  #discard(delivery: Delivery, reason: string, message: string): void {
    const { spool, onDiscard } = this.#options
    this.#discarded.add(reason, delivery.events.length + delivery.alerts.length)
    spool.discard(delivery, reason)
    onDiscard?.(delivery, `${reason}: ${message}`)
  }
}
