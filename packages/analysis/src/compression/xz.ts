import { crc32 } from 'node:zlib'
import { type Decoded, decodedBy, DecodeStop, GrowingBytes } from './decoded.ts'
import { LzmaDecoder, lzmaProperties } from './lzma.ts'

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]
const FOOTER_MAGIC = [0x59, 0x5a]
const HEADER_BYTES = 12
const FOOTER_BYTES = 12
const FILTER_LZMA2 = 0x21
const FILTERS_MAX = 4
const CHECK_CRC32 = 1
/** Bytes of the check for each kind 0..15. */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64]
const ALONE_HEADER_BYTES = 13
const SIZE_UNKNOWN = 0xff_ff_ff_ff
const DICTIONARY_MAX = 0xff_ff_ff_ff
const DICTIONARY_MIN = 4_096

/** Whether an xz stream begins here. */
export function isXz(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte)
}

/** Whether this may be the old `.lzma` form: usual properties and a sane size. */
export function isLzmaAlone(bytes: Uint8Array): boolean {
  if (bytes.length < ALONE_HEADER_BYTES + 5 || bytes[0] !== 0x5d || bytes[13] !== 0) return false
  const dictionary = u32(bytes, 1)
  const isPower = dictionary >= DICTIONARY_MIN && (dictionary & (dictionary - 1)) === 0
  const high = u32(bytes, 9)
  return isPower && (high === SIZE_UNKNOWN || high < 0x1_00)
}

/**
 * Unpacks the old `.lzma` form.
 *
 * ```
 * properties (1), dictionary bytes (4), size (8, all ones when unknown), range-coded data
 * ```
 */
export function unpackLzmaAlone(input: Uint8Array, bytesMax: number): Decoded {
  const output = new GrowingBytes(bytesMax)
  const decoder = new LzmaDecoder(output)
  const state = {
    output,
    get consumed() {
      return decoder.offset
    },
  }
  return decodedBy(state, () => {
    if (input.length < ALONE_HEADER_BYTES) throw new DecodeStop('truncated')
    const properties = lzmaProperties(input[0] ?? 0)
    if (properties === undefined) throw new DecodeStop('damaged')
    const [low, high] = [u32(input, 5), u32(input, 9)]
    const isUnknown = low === SIZE_UNKNOWN && high === SIZE_UNKNOWN
    decoder.resetDictionary(Math.max(u32(input, 1), DICTIONARY_MIN))
    decoder.resetState(properties)
    decoder.run(input, ALONE_HEADER_BYTES, isUnknown ? undefined : high * 2 ** 32 + low)
  })
}

/**
 * Unpacks xz with LZMA2, and further streams that follow. Branch filters (BCJ, delta) end as
 * `unsupported`: nothing that macOS writes uses them. Of the checks only CRC-32 is verified.
 *
 * ```
 * stream  header, blocks, index, footer
 * header  magic (6), flags (2), CRC-32 of the flags
 * block   header size (1), flags (1), sizes (variable), filters, CRC-32; LZMA2 data; padding; check
 * ```
 *
 * @see The .xz file format 1.1.0.
 */
export function unpackXz(input: Uint8Array, bytesMax: number): Decoded {
  const output = new GrowingBytes(bytesMax)
  const state = { output, consumed: 0 }
  return decodedBy(state, () => {
    while (isXz(input.subarray(state.consumed))) {
      state.consumed = readStream(input, state.consumed, output)
      // Streams are padded with zeros to four bytes.
      while (state.consumed + 4 <= input.length && u32(input, state.consumed) === 0) {
        state.consumed += 4
      }
    }
    if (state.consumed === 0) throw new DecodeStop('damaged')
  })
}

function readStream(input: Uint8Array, start: number, output: GrowingBytes): number {
  if (start + HEADER_BYTES > input.length) throw new DecodeStop('truncated')
  if (crc32(input.subarray(start + 6, start + 8)) !== u32(input, start + 8)) {
    throw new DecodeStop('checksum')
  }
  const check = (input[start + 7] ?? 0) & 0x0f
  let at = start + HEADER_BYTES
  for (;;) {
    const size = input[at]
    if (size === undefined) throw new DecodeStop('truncated')
    if (size === 0) return readIndex(input, at)
    at = readBlock(input, at, { output, check })
  }
}

interface BlockOptions {
  readonly output: GrowingBytes
  readonly check: number
}

function readBlock(input: Uint8Array, start: number, { output, check }: BlockOptions): number {
  const headerBytes = ((input[start] ?? 0) + 1) * 4
  const header = input.subarray(start, start + headerBytes)
  if (header.length < headerBytes) throw new DecodeStop('truncated')
  if (crc32(header.subarray(0, -4)) !== u32(header, headerBytes - 4)) {
    throw new DecodeStop('checksum')
  }
  const dictionaryBytes = dictionaryOf(header)
  const dataAt = start + headerBytes
  const outputAt = output.length
  let at = unpackLzma2(input, dataAt, { output, dictionaryBytes })
  while ((at - dataAt) % 4 !== 0) at += 1
  const checkBytes = CHECK_BYTES[check] ?? 0
  if (at + checkBytes > input.length) throw new DecodeStop('truncated')
  if (check === CHECK_CRC32 && crc32(output.since(outputAt)) !== u32(input, at)) {
    throw new DecodeStop('checksum')
  }
  return at + checkBytes
}

function dictionaryOf(header: Uint8Array): number {
  const flags = header[1] ?? 0
  const filters = (flags & 3) + 1
  const reader = { at: 2 }
  if (flags & 0x40) variable(header, reader)
  if (flags & 0x80) variable(header, reader)
  if (filters > FILTERS_MAX || filters !== 1) throw new DecodeStop('unsupported')
  if (variable(header, reader) !== FILTER_LZMA2) throw new DecodeStop('unsupported')
  if (variable(header, reader) !== 1) throw new DecodeStop('damaged')
  const bits = header[reader.at] ?? 0
  if (bits > 40) throw new DecodeStop('damaged')
  return bits === 40 ? DICTIONARY_MAX : (2 | (bits & 1)) * 2 ** (Math.floor(bits / 2) + 11)
}

interface Lzma2Options {
  readonly output: GrowingBytes
  readonly dictionaryBytes: number
}

/**
 * LZMA2 chunks up to the end marker.
 *
 * ```
 * 0x00          end
 * 0x01, 0x02    plain: size - 1 (2); 0x01 resets the dictionary
 * 0x80..0xff    LZMA: size - 1 (21 bits, 5 of them in the control), packed size - 1 (2), properties
 * ```
 */
function unpackLzma2(input: Uint8Array, start: number, options: Lzma2Options): number {
  const { output, dictionaryBytes } = options
  const decoder = new LzmaDecoder(output)
  let at = start
  let isFirst = true
  let hasProperties = false
  for (;;) {
    const control = input[at]
    if (control === undefined) throw new DecodeStop('truncated')
    if (control === 0) return at + 1
    const resetsDictionary = control === 1 || control >= 0xe0
    if (isFirst && !resetsDictionary) throw new DecodeStop('damaged')
    if (resetsDictionary) decoder.resetDictionary(dictionaryBytes)
    isFirst = false
    if (control < 0x80) {
      if (control > 2) throw new DecodeStop('damaged')
      const size = u16Big(input, at + 1) + 1
      const plain = input.subarray(at + 3, at + 3 + size)
      output.append(plain)
      if (plain.length < size) throw new DecodeStop('truncated')
      at += 3 + size
      continue
    }
    const size = (control & 0x1f) * 0x1_00_00 + u16Big(input, at + 1) + 1
    const packedBytes = u16Big(input, at + 3) + 1
    at += 5
    if (control >= 0xc0) {
      const properties = lzmaProperties(input[at++] ?? 0)
      const bits = (properties?.literalContextBits ?? 9) + (properties?.literalPositionBits ?? 0)
      if (properties === undefined || bits > 4) throw new DecodeStop('damaged')
      decoder.resetState(properties)
      hasProperties = true
    } else if (control >= 0xa0) decoder.resetState()
    if (!hasProperties) throw new DecodeStop('damaged')
    if (decoder.run(input.subarray(0, at + packedBytes), at, size)) throw new DecodeStop('damaged')
    at += packedBytes
  }
}

/** The index repeats sizes that are known by now; its place and the footer's magic are checked. */
function readIndex(input: Uint8Array, start: number): number {
  const reader = { at: start + 1 }
  const records = variable(input, reader)
  for (let count = 0; count < records; count++) {
    variable(input, reader)
    variable(input, reader)
  }
  let at = reader.at
  while ((at - start) % 4 !== 0) at += 1
  const end = at + 4 + FOOTER_BYTES
  if (end > input.length) throw new DecodeStop('truncated')
  if (!FOOTER_MAGIC.every((byte, index) => input[end - 2 + index] === byte)) {
    throw new DecodeStop('damaged')
  }
  return end
}

function variable(input: Uint8Array, reader: { at: number }): number {
  let value = 0
  for (let shift = 0; shift < 9; shift++) {
    const byte = input[reader.at++]
    if (byte === undefined) throw new DecodeStop('truncated')
    value += (byte & 0x7f) * 2 ** (7 * shift)
    if (byte < 0x80) return value
  }
  throw new DecodeStop('damaged')
}

function u16Big(bytes: Uint8Array, at: number): number {
  const [high, low] = [bytes[at], bytes[at + 1]]
  if (high === undefined || low === undefined) throw new DecodeStop('truncated')
  return high * 0x1_00 + low
}

function u32(bytes: Uint8Array, at: number): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes.subarray(at, at + 4)
  return (first | (second << 8) | (third << 16) | (fourth << 24)) >>> 0
}

/** How much may come and how much is promised. */
export interface LzmaBounds {
  readonly bytesMax: number
  readonly size: number
}

/**
 * Unpacks LZMA as ZIP holds it: version (2), length of the properties (2), properties and
 * dictionary size (5), range-coded data. The size stands in the directory of the archive; with an
 * end marker as well, that comes first.
 */
export function unpackLzmaZip(input: Uint8Array, bounds: LzmaBounds): Decoded {
  const output = new GrowingBytes(bounds.bytesMax)
  const decoder = new LzmaDecoder(output)
  const state = {
    output,
    get consumed() {
      return decoder.offset
    },
  }
  return decodedBy(state, () => {
    const properties = lzmaProperties(input[4] ?? 0)
    if (properties === undefined || input[2] !== 5) throw new DecodeStop('damaged')
    decoder.resetDictionary(Math.max(u32(input, 5), DICTIONARY_MIN))
    decoder.resetState(properties)
    decoder.run(input, 9, bounds.size)
  })
}
