import { promisify } from 'node:util'
import { createZstdDecompress, zstdDecompress } from 'node:zlib'
import {
  type ApiProblemCode,
  BATCH_ALERTS_MAX,
  BATCH_BYTES_MAX,
  BATCH_DEPTH_MAX,
  BATCH_EVENTS_MAX,
  BATCH_VALUES_MAX,
  EventBatch,
} from '@pomona/schema'
import { z } from 'zod'
import { sha256 } from '../digest.ts'
import type { AgentIdentity } from '../pki/identity.ts'
import type { ByteReservation } from './budget.ts'
import { scanJson } from './json-scan.ts'

/** The body of a request, and the memory it may use. */
export interface Delivery {
  readonly wire: Buffer
  /** Value of `content-encoding`, `identity` when absent. */
  readonly encoding: string
  /** Covers `wire` already; grows with what is inflated. */
  readonly reservation: ByteReservation
  /** Whose events are taken, by the certificate. */
  readonly sender: AgentIdentity
}

/** Why a delivery is not taken, as the agent and the metrics see it. */
export interface Refusal {
  readonly ok: false
  readonly code: ApiProblemCode
  readonly message: string
  readonly retryAfterSeconds?: number
}

/** A delivery whose envelope is right; its events are not looked at yet. */
export interface DecodedBatch {
  readonly ok: true
  readonly batch: Envelope
}

/**
 * The envelope alone: events stay untouched here, because each is judged on its own against the
 * field table and a bad one must not take the others down.
 */
export const Envelope = EventBatch.extend({
  events: z.array(z.unknown()).max(BATCH_EVENTS_MAX),
  alerts: z.array(z.unknown()).min(1).max(BATCH_ALERTS_MAX).optional(),
})
export type Envelope = z.infer<typeof Envelope>

const inflateAtOnce = promisify(zstdDecompress)
/** Bodies of this size or less cannot inflate beyond what is cheap to hold; no stream is set up. */
const INFLATE_CHUNK_BYTES = 256 * 1024

/**
 * Turns the bytes of a request into a delivery: inflate under a limit, bound depth and size, parse,
 * check the envelope, compare the digest. In this order, so that each step only sees what the one
 * before bounded.
 */
export async function decodeBatch(delivery: Delivery): Promise<DecodedBatch | Refusal> {
  const inflated = await inflate(delivery)
  if (!Buffer.isBuffer(inflated)) return inflated
  const scan = scanJson(inflated, {
    depthMax: BATCH_DEPTH_MAX,
    valuesMax: BATCH_VALUES_MAX,
    keys: ['events', 'alerts'],
  })
  if (!scan.ok) {
    return refuse('batch_too_complex', `The batch is refused unread: ${scan.reason}.`)
  }
  const value = parse(inflated)
  if (value === undefined) {
    return refuse('batch_unreadable', 'The batch is not JSON in UTF-8.')
  }
  const envelope = Envelope.safeParse(value.json)
  if (!envelope.success) return refuse('batch_invalid', problemText(envelope.error))
  const batch = envelope.data
  if (batch.last_sequence < batch.first_sequence) {
    return refuse('batch_invalid', 'last_sequence is below first_sequence.')
  }
  if (batch.events.length === 0 && batch.alerts === undefined) {
    return refuse('batch_invalid', 'The batch holds neither an event nor an alert.')
  }
  const texts = scan.spans.flatMap((span) => (span ? [inflated.subarray(span.from, span.to)] : []))
  if (texts.length > 1 && !delivery.reservation.take(inflated.length)) {
    return refuse('overloaded', OVERLOADED, 1)
  }
  const digest = await sha256(texts.length === 1 && texts[0] ? texts[0] : Buffer.concat(texts))
  if (digest !== batch.digest) {
    return refuse('batch_digest_mismatch', 'The digest is not that of `events` and `alerts`.')
  }
  return { ok: true, batch }
}

/** Makes a {@link Refusal}. */
export function refuse(code: ApiProblemCode, message: string, retryAfterSeconds?: number): Refusal {
  const refusal = { ok: false, code, message } as const
  return retryAfterSeconds === undefined ? refusal : { ...refusal, retryAfterSeconds }
}

const OVERLOADED = 'The server holds as many deliveries as it may; send again.'

async function inflate(delivery: Delivery): Promise<Buffer | Refusal> {
  const { wire, encoding, reservation } = delivery
  if (encoding === 'identity') return wire
  if (encoding !== 'zstd') {
    return refuse('unsupported_encoding', 'content-encoding must be zstd or identity.')
  }
  try {
    const small = await inflateSmall(wire)
    if (small !== undefined) {
      return reservation.take(small.length) ? small : refuse('overloaded', OVERLOADED, 1)
    }
    return await inflateStream(wire, reservation)
  } catch {
    // The stream's codes differ between frames and versions; all mean that the bytes are not zstd.
    return refuse('batch_unreadable', 'The body is not a complete zstd stream.')
  }
}

async function inflateSmall(wire: Buffer): Promise<Buffer | undefined> {
  try {
    return await inflateAtOnce(wire, { maxOutputLength: INFLATE_CHUNK_BYTES })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Inflates chunk by chunk, so that memory is accounted for before it is used. */
async function inflateStream(
  wire: Buffer,
  reservation: ByteReservation,
): Promise<Buffer | Refusal> {
  const stream = createZstdDecompress({ chunkSize: INFLATE_CHUNK_BYTES })
  const chunks: Buffer[] = []
  let bytes = 0
  stream.end(wire)
  for await (const chunk of stream) {
    // A zlib stream without an encoding yields Buffers.
    const buffer = chunk as Buffer
    bytes += buffer.length
    if (bytes > BATCH_BYTES_MAX) {
      return refuse('body_too_large', `The batch inflates beyond ${BATCH_BYTES_MAX} bytes.`)
    }
    if (!reservation.take(buffer.length)) return refuse('overloaded', OVERLOADED, 1)
    chunks.push(buffer)
  }
  return Buffer.concat(chunks, bytes)
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

function parse(bytes: Uint8Array): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(UTF8.decode(bytes)) }
  } catch {
    return undefined
  }
}

function problemText(error: z.ZodError): string {
  const issues = error.issues.slice(0, 3)
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
}
