import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Alert, EcsEvent } from '@pomona/schema'
import { StoreError } from '../errors.ts'

/** Bytes of JSON text one payload may unfold to: a full batch, and what the server stamps on it. */
export const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024
/**
 * Deepest nesting of a payload's JSON; beyond it, writing the value again would overflow the stack.
 */
export const PAYLOAD_DEPTH_MAX = 256

const LEVEL = 3
const OPEN_BRACE = 123
const OPEN_BRACKET = 91
const CLOSE_BRACE = 125
const CLOSE_BRACKET = 93
const QUOTE = 34
const BACKSLASH = 92

/**
 * Packs events the way the log keeps them: JSON text, zstd, with zstd's own checksum.
 *
 * @throws StoreError ERR_QUERY_INVALID when the text exceeds {@link PAYLOAD_BYTES_MAX}.
 */
export function encodeEvents(events: readonly EcsEvent[]): Uint8Array {
  const text = Buffer.from(JSON.stringify(events))
  if (text.length > PAYLOAD_BYTES_MAX) {
    throw new StoreError('ERR_QUERY_INVALID', 'The delivery is too large; send smaller ones.', {
      details: { bytes: text.length, bytes_max: PAYLOAD_BYTES_MAX },
    })
  }
  return zstdCompressSync(text, {
    params: {
      [constants.ZSTD_c_compressionLevel]: LEVEL,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  })
}

/**
 * Unpacks what {@link encodeEvents} packed.
 *
 * @throws StoreError ERR_STORE_CORRUPT when the bytes are damaged, unfold beyond
 *         {@link PAYLOAD_BYTES_MAX}, nest beyond {@link PAYLOAD_DEPTH_MAX} or are no list of
 *         objects.
 */
export function decodeEvents(payload: Uint8Array): readonly EcsEvent[] {
  return decodePayload(payload).events
}

/** What {@link decodePayload} found. */
export interface DecodedPayload {
  readonly events: readonly EcsEvent[]
  /** What the engine on the host found. */
  readonly alerts: readonly Alert[]
  /** Events that an earlier entry holds and that are to be evaluated once more. */
  readonly again: readonly EcsEvent[]
  /** Size of the JSON text: what the events take in memory, about. */
  readonly bytes: number
}

/**
 * The same as {@link decodeEvents}, with the alerts of the host and the size, by which a reader
 * bounds what it holds at once. A payload is a list of events, or an object with the lists
 * `events`, `alerts` and `again`, of which those that are empty may be absent.
 */
export function decodePayload(payload: Uint8Array): DecodedPayload {
  let value: unknown
  let bytes: number
  try {
    const text = zstdDecompressSync(payload, { maxOutputLength: PAYLOAD_BYTES_MAX })
    bytes = text.length
    if (depthOf(text) > PAYLOAD_DEPTH_MAX) throw new RangeError('nested too deeply')
    value = JSON.parse(text.toString('utf8'))
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error), error)
  }
  const parts: Fields = isObject(value) ? value : { events: value }
  const { events = [], alerts = [], again = [] } = parts
  if (!isObjects(events) || !isObjects(alerts) || !isObjects(again)) {
    throw damaged('not a list of events')
  }
  // Their fields were checked before they were stored.
  return { events, alerts: alerts as unknown as Alert[], again, bytes }
}

type Fields = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isObjects(value: unknown): value is readonly Fields[] {
  return Array.isArray(value) && value.every(isObject)
}

// Counts brackets outside strings; the parser itself would accept millions of levels. Most bytes
// stand in strings, so those have a loop of their own: three times as fast as one with a flag.
function depthOf(text: Uint8Array): number {
  let depth = 0
  let deepest = 0
  for (let index = 0; index < text.length; index++) {
    const byte = text[index]
    if (byte === QUOTE) {
      index = stringEnd(text, index)
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth++
      if (depth > deepest) deepest = depth
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--
    }
  }
  return deepest
}

// Where the string that opens at `quoteIndex` closes; the end of the text when it never does.
function stringEnd(text: Uint8Array, quoteIndex: number): number {
  let index = quoteIndex + 1
  while (index < text.length && text[index] !== QUOTE) index += text[index] === BACKSLASH ? 2 : 1
  return index
}

function damaged(reason: string, cause?: unknown): StoreError {
  return new StoreError(
    'ERR_STORE_CORRUPT',
    `A delivery in the log cannot be read (${reason}). Restore the log from a backup, or skip this entry.`,
    { cause },
  )
}
