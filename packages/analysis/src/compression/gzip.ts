import { crc32 } from 'node:zlib'
import type { Decoded } from './decoded.ts'
import { unpackDeflate } from './zlib.ts'

const HEADER_BYTES = 10
const TRAILER_BYTES = 8
const FLAG_HEADER_SUM = 2
const FLAG_EXTRA = 4
const FLAG_NAME = 8
const FLAG_COMMENT = 16
const NAME_BYTES_MAX = 4_096
const MEMBERS_MAX = 10_000

/** Whether a gzip member with deflated content begins here. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8 && ((bytes[3] ?? 0) & 0xe0) === 0
}

/** What a gzip header says; undefined when the header is cut. */
interface GzipHeader {
  readonly bytes: number
  readonly name?: string
}

function headerOf(input: Uint8Array): GzipHeader | undefined {
  const flags = input[3] ?? 0
  let at = HEADER_BYTES
  if (flags & FLAG_EXTRA) at += 2 + ((input[at] ?? 0) | ((input[at + 1] ?? 0) << 8))
  const texts: string[] = []
  for (const flag of [FLAG_NAME, FLAG_COMMENT]) {
    if ((flags & flag) === 0) continue
    const end = input.indexOf(0, at)
    if (end === -1) return undefined
    const text = input.subarray(at, Math.min(end, at + NAME_BYTES_MAX))
    if (flag === FLAG_NAME) texts.push(Buffer.from(text).toString('latin1'))
    at = end + 1
  }
  if (flags & FLAG_HEADER_SUM) at += 2
  if (at > input.length) return undefined
  const [name] = texts
  return name === undefined ? { bytes: at } : { bytes: at, name }
}

/** The file name a gzip member carries. */
export function gzipName(input: Uint8Array): string | undefined {
  return isGzip(input) ? headerOf(input)?.name : undefined
}

/**
 * Unpacks gzip: all members that follow each other; what follows the last is left.
 *
 * ```
 * 1f 8b 08, flags (1), time (4), hints (2), [extra], [name], [comment], [sum], deflate,
 * CRC-32 (4), size modulo 2^32 (4)
 * ```
 *
 * @see RFC 1952
 */
export function unpackGzip(input: Uint8Array, bytesMax: number): Decoded {
  const parts: Uint8Array[] = []
  let [length, consumed] = [0, 0]
  const ended = (problem?: Decoded['problem']): Decoded => {
    const bytes = parts.length === 1 ? (parts[0] ?? new Uint8Array()) : Buffer.concat(parts)
    return problem === undefined ? { bytes, consumed } : { bytes, consumed, problem }
  }
  for (let member = 0; member < MEMBERS_MAX; member++) {
    const rest = input.subarray(consumed)
    if (!isGzip(rest)) return ended(member === 0 ? 'damaged' : undefined)
    const header = headerOf(rest)
    if (header === undefined) return ended('truncated')
    const body = unpackDeflate(rest.subarray(header.bytes), bytesMax - length)
    parts.push(body.bytes)
    length += body.bytes.length
    if (body.problem !== undefined) return ended(body.problem)
    const trailerAt = header.bytes + body.consumed
    consumed += trailerAt
    const trailer = rest.subarray(trailerAt, trailerAt + TRAILER_BYTES)
    if (trailer.length < TRAILER_BYTES) return ended('truncated')
    consumed += TRAILER_BYTES
    const stated = Buffer.from(trailer)
    const isRight =
      stated.readUInt32LE(0) === crc32(body.bytes) &&
      stated.readUInt32LE(4) === body.bytes.length % 2 ** 32
    if (!isRight) return ended('checksum')
  }
  return ended('limit')
}
