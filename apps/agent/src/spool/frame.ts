/*
 * Everything the spool writes is a row of frames:
 *
 *   magic         4 bytes   "PmF1"
 *   header length 4 bytes   little endian
 *   body length   4 bytes   little endian
 *   digest       32 bytes   SHA-256 over both lengths, header and body
 *   header                  JSON in UTF-8
 *   body                    whatever the header says
 *
 * A frame is whole or it is nothing: what the digest does not cover is found damaged.
 */
import { createHash } from 'node:crypto'

const MAGIC = Buffer.from('PmF1', 'latin1')
const LENGTHS_AT = 4
const DIGEST_AT = 12
const DIGEST_BYTES = 32
/** Bytes of a frame before its header. */
export const FRAME_PREFIX_BYTES = DIGEST_AT + DIGEST_BYTES
/** Bytes of a header or a body; more is no frame of ours. */
const PART_BYTES_MAX = 64 * 1024 * 1024
const NOTHING = Buffer.alloc(0)

/** A frame that was read and is whole. */
export interface Frame {
  /** Parsed JSON, to be checked by whoever knows what it should be. */
  readonly header: unknown
  readonly body: Buffer
  /** Bytes of the whole frame. */
  readonly lengthBytes: number
}

/** Writes a frame. */
export function encodeFrame(header: object, body: Uint8Array = NOTHING): Buffer {
  const text = Buffer.from(JSON.stringify(header), 'utf8')
  const frame = Buffer.allocUnsafe(FRAME_PREFIX_BYTES + text.length + body.length)
  MAGIC.copy(frame, 0)
  frame.writeUInt32LE(text.length, LENGTHS_AT)
  frame.writeUInt32LE(body.length, LENGTHS_AT + 4)
  text.copy(frame, FRAME_PREFIX_BYTES)
  frame.set(body, FRAME_PREFIX_BYTES + text.length)
  digestOf(frame).copy(frame, DIGEST_AT)
  return frame
}

/**
 * Bytes that the frame at a place claims to have, by its first {@link FRAME_PREFIX_BYTES}.
 *
 * @returns `undefined` when no frame begins there.
 */
export function frameLength(bytes: Buffer, at = 0): number | undefined {
  if (bytes.length - at < FRAME_PREFIX_BYTES) return undefined
  if (bytes.compare(MAGIC, 0, MAGIC.length, at, at + MAGIC.length) !== 0) return undefined
  const header = bytes.readUInt32LE(at + LENGTHS_AT)
  const body = bytes.readUInt32LE(at + LENGTHS_AT + 4)
  if (header > PART_BYTES_MAX || body > PART_BYTES_MAX) return undefined
  return FRAME_PREFIX_BYTES + header + body
}

/** Reads the frame at a place. @returns `undefined` unless all of it is there and undamaged. */
export function decodeFrame(bytes: Buffer, at = 0): Frame | undefined {
  const lengthBytes = frameLength(bytes, at)
  if (lengthBytes === undefined || at + lengthBytes > bytes.length) return undefined
  const frame = bytes.subarray(at, at + lengthBytes)
  const digest = frame.subarray(DIGEST_AT, FRAME_PREFIX_BYTES)
  if (!digestOf(frame).equals(digest)) return undefined
  const bodyAt = FRAME_PREFIX_BYTES + frame.readUInt32LE(LENGTHS_AT)
  const text = frame.toString('utf8', FRAME_PREFIX_BYTES, bodyAt)
  try {
    return { header: JSON.parse(text), body: frame.subarray(bodyAt), lengthBytes }
  } catch {
    // The digest was right, so that somebody wrote a frame that is not ours.
    return undefined
  }
}

/** Where the next frame may begin, after a place where none was found; -1 when nowhere. */
export function nextFrame(bytes: Buffer, at: number): number {
  return bytes.indexOf(MAGIC, at + 1)
}

function digestOf(frame: Buffer): Buffer {
  const lengths = frame.subarray(LENGTHS_AT, DIGEST_AT)
  return createHash('sha256').update(lengths).update(frame.subarray(FRAME_PREFIX_BYTES)).digest()
}
