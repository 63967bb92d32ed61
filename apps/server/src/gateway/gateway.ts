import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import {
  type AgentMark,
  type ApiProblemCode,
  type BatchReceipt,
  type BootId,
  type Clock,
  formatTime,
  type HostId,
  type StreamId,
  streamId,
  TENANT_DEFAULT,
} from '@pomona/schema'
import type { AppendResult, Log, LogAppend, Records, StoredLetter } from '@pomona/store'
import type { Logger } from 'pino'
import { assertNever, codeOf, messageOf } from '../errors.ts'
import type { AgentIdentity } from '../pki/identity.ts'
import type { Stage } from '../metrics/stage.ts'
import { type CheckedAlerts, checkAlerts } from './alert-check.ts'
import { decodeBatch, type Delivery, type Envelope, type Refusal, refuse } from './body.ts'
import type { ByteBudget, ByteReservation } from './budget.ts'
import { type CheckedEvents, checkEvents } from './event-check.ts'
import type { RateLimiter } from './rate.ts'

/** What the gateway works with. */
export interface GatewayOptions {
  readonly log: Log
  readonly records: Records
  readonly clock: Clock
  readonly logger: Logger
  readonly budget: ByteBudget
  /** Events by host id. */
  readonly fairness: RateLimiter
  /** Alerts that hosts tell of, by host id. */
  readonly alertRate: RateLimiter
  readonly batches: Stage
  readonly events: Stage
  /** Told what senders do. */
  readonly witness: GatewayWitness
  /** Called after a batch is on stable storage. */
  readonly onStored: (stored: StoredBatch) => void
  /** Called when the log says that it must be opened anew before it can take anything again. */
  readonly onLogFailed: (error: unknown) => void
}

/** What is remembered of a sender beside its events. */
export interface GatewayWitness {
  refuse(code: ApiProblemCode, sender: AgentIdentity): void
  mark(sender: AgentIdentity, mark: AgentMark): void
  repeat(sender: AgentIdentity): void
  suspect(sender: AgentIdentity, reason: 'batch_conflict'): void
}

/** A batch that is on stable storage. */
export interface StoredBatch {
  readonly hostId: HostId
  /** Offset in the log. */
  readonly offset: number
}

/** 409: starts inside what is stored. */
export interface Overlap {
  readonly ok: false
  readonly overlap: true
  readonly lastSequence: number
}

/** What became of a delivery. */
export type Taken = { readonly ok: true; readonly receipt: BatchReceipt } | Refusal | Overlap

/** A batch after each of its events and alerts was judged. */
interface Checked {
  readonly events: CheckedEvents['accepted']
  readonly alerts: CheckedAlerts['accepted']
  readonly newest: string | undefined
  readonly refused: readonly (readonly [reason: string, count: number])[]
  readonly letters: readonly StoredLetter[]
}

const compress = promisify(zstdCompress)
const LETTERS_PER_BATCH_MAX = 20
const KEPT: ReadonlySet<AppendResult['status']> = new Set(['stored', 'duplicate'])
const LOG_FULL_RETRY_SECONDS = 30

/**
 * Takes deliveries of agents: decodes, judges every event, appends to the log and answers after the
 * log is on stable storage. Nothing here depends on the engine or the projector being alive.
 */
export class Gateway {
  readonly #options: GatewayOptions

  constructor(options: GatewayOptions) {
    this.#options = options
  }

  /** Counts a request that was refused before its body was read. */
  refuseUnread(reason: ApiProblemCode): void {
    this.#options.batches.take(1)
    this.#options.batches.discard(1, { reason })
  }

  /**
   * Holds memory for a body before it is read. The caller releases it when the request is over.
   *
   * @param bytes What the request announces, or the most a body may have.
   * @returns Nothing when there is no room; count the refusal with {@link refuseUnread}.
   */
  admit(bytes: number): ByteReservation | undefined {
    const reservation = this.#options.budget.open()
    return reservation.take(bytes) ? reservation : undefined
  }

  /** @returns The receipt, or why nothing was stored. Never throws for what an agent sent. */
  async take(delivery: Delivery): Promise<Taken> {
    const { batches, logger, witness } = this.#options
    const { sender } = delivery
    batches.take(1)
    const taken = await this.#decodeAndStore(delivery).catch((error: unknown) => {
      logger.error({ error: { message: messageOf(error) } }, 'A delivery could not be stored.')
      return refuse('unavailable', 'The delivery could not be stored.', 5)
    })
    if (taken.ok || 'overlap' in taken) return taken
    batches.discard(1, { reason: taken.code })
    witness.refuse(taken.code, sender)
    return taken
  }

  async #decodeAndStore(delivery: Delivery): Promise<Taken> {
    const { witness } = this.#options
    const { sender } = delivery
    const decoded = await decodeBatch(delivery)
    if (!decoded.ok) return decoded
    const { batch } = decoded
    if (batch.host.id !== sender.hostId) {
      return refuse('foreign_host', 'The batch is of another host than the certificate.')
    }
    if (batch.stream_id !== ownStream(batch, sender)) {
      return refuse('foreign_stream', 'The stream is none of this host, boot and run.')
    }
    if (batch.agent !== undefined) witness.mark(sender, batch.agent)
    const taken = await this.#takeBatch(batch)
    if (taken.ok && taken.receipt.status === 'duplicate') witness.repeat(sender)
    const isConflict = !taken.ok && 'code' in taken && taken.code === 'batch_conflict'
    if (isConflict) witness.suspect(sender, 'batch_conflict')
    return taken
  }

  async #takeBatch(batch: Envelope): Promise<Taken> {
    const { events, fairness, clock, records } = this.#options
    const count = countOf(batch)
    const wait = fairness.take(batch.host.id, count)
    if (wait > 0) return refuse('rate_limited', 'This host sends too much.', wait)
    events.take(count)
    let settled = 0
    try {
      const ingested = formatTime(clock.nowNs())
      const checked = this.#check(batch, ingested)
      const result = await this.#append(batch, checked, ingested)
      // After the log: what it turns away comes again cut otherwise, and would be set aside twice.
      // Before the answer: without one the batch comes again, and its letters with the same ids.
      const isKept = 'status' in result && KEPT.has(result.status)
      if (isKept && checked.letters.length > 0) await records.letters.add(checked.letters)
      settled = count
      return await this.#settle(batch, { checked, ingested, result })
    } finally {
      // Only when something above threw: the events are neither stored nor judged.
      events.discard(count - settled, { reason: 'store_failed' })
    }
  }

  #check(batch: Envelope, ingested: string): Checked {
    const lettersMax = LETTERS_PER_BATCH_MAX
    const events = checkEvents(batch, { ingested, lettersMax })
    const alerts = checkAlerts(batch, { time: ingested, lettersMax, rate: this.#options.alertRate })
    return {
      events: events.accepted,
      alerts: alerts.accepted,
      newest: events.newest,
      refused: [...events.refused, ...alerts.refused],
      letters: [...events.letters, ...alerts.letters],
    }
  }

  async #append(
    batch: Envelope,
    checked: Checked,
    ingested: string,
  ): Promise<AppendResult | Refusal> {
    const { events, alerts } = checked
    const list = `[${events.join(',')}]`
    const text =
      alerts.length === 0 ? list : `{"events":${list},"alerts":${JSON.stringify(alerts)}}`
    const entry: LogAppend = {
      tenantId: TENANT_DEFAULT,
      // Checked by the envelope's pattern; the brand only marks what the text stands for.
      hostId: batch.host.id as HostId,
      streamId: batch.stream_id as StreamId,
      firstSequence: batch.first_sequence,
      lastSequence: batch.last_sequence,
      digest: batch.digest,
      ingested,
      eventsCount: events.length,
      delivered: countOf(batch),
      ...(batch.agent !== undefined && { epoch: batch.agent.epoch }),
      payload: await compress(text),
    }
    try {
      return await this.#options.log.append(entry)
    } catch (error) {
      if (codeOf(error) !== 'ERR_LOG_FULL') {
        this.#options.onLogFailed(error)
        throw error
      }
      return refuse('log_full', 'The log has no room left.', LOG_FULL_RETRY_SECONDS)
    }
  }

  async #settle(
    batch: Envelope,
    {
      checked,
      ingested,
      result,
    }: { checked: Checked; ingested: string; result: AppendResult | Refusal },
  ): Promise<Taken> {
    const { batches, events } = this.#options
    const count = countOf(batch)
    if ('ok' in result) {
      events.discard(count, { reason: result.code })
      return result
    }
    switch (result.status) {
      case 'stored': {
        for (const [reason, refused] of checked.refused) events.discard(refused, { reason })
        events.send(checked.events.length + checked.alerts.length)
        batches.send(1)
        await this.#noteStored(batch, { checked, ingested, offset: result.offset })
        return { ok: true, receipt: receiptOf('stored', result.offset, checked) }
      }
      case 'duplicate': {
        events.discard(count, { reason: 'duplicate', intentional: true })
        batches.discard(1, { reason: 'duplicate', intentional: true })
        return { ok: true, receipt: receiptOf('duplicate', result.offset, checked) }
      }
      case 'overlap': {
        events.discard(count, { reason: 'batch_overlap' })
        batches.discard(1, { reason: 'batch_overlap' })
        return { ok: false, overlap: true, lastSequence: result.lastSequence }
      }
      case 'conflict': {
        events.discard(count, { reason: 'batch_conflict' })
        return refuse('batch_conflict', 'The range is stored with another digest.')
      }
      default:
        return assertNever(result)
    }
  }

  /** The batch is stored already: a failure here loses a count on the host page, never an event. */
  async #noteStored(
    batch: Envelope,
    { checked, ingested, offset }: { checked: Checked; ingested: string; offset: number },
  ): Promise<void> {
    const { records, logger, onStored } = this.#options
    const hostId = batch.host.id as HostId // Checked by the envelope's pattern.
    onStored({ hostId, offset })
    try {
      await records.sightHost({
        tenantId: TENANT_DEFAULT,
        host: batch.host,
        seen: ingested,
        events: checked.events.length,
        ...(checked.newest === undefined ? {} : { lastEvent: checked.newest }),
        ...(batch.counts === undefined ? {} : { counts: batch.counts }),
      })
    } catch (error) {
      logger.warn({ error: { message: messageOf(error) } }, 'A host sighting was not recorded.')
    }
  }
}

/**
 * The stream that a batch of this host, boot and run must be of. Events are known by stream and
 * sequence everywhere, so whoever could name another host's stream could take the place of its
 * events before they come; host and tenant are those of the certificate.
 */
function ownStream({ boot_id, run }: Envelope, { tenantId, hostId }: AgentIdentity): StreamId {
  // Any text may stand there; the brand only marks what it stands for.
  return streamId({ tenantId, hostId, bootId: boot_id as BootId, sensor: run })
}

function receiptOf(
  status: BatchReceipt['status'],
  offset: number,
  { events, alerts, refused }: Checked,
): BatchReceipt {
  const rejected = refused.reduce((sum, [, count]) => sum + count, 0)
  return { status, offset, accepted: events.length + alerts.length, rejected }
}

function countOf({ events, alerts = [] }: Envelope): number {
  return events.length + alerts.length
}
