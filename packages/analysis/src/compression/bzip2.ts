import { type Decoded, decodedBy, DecodeStop, GrowingBytes } from './decoded.ts'

const BLOCK_MAGIC = 0x31_41_59_26_53_59
const END_MAGIC = 0x17_72_45_38_50_90
const BLOCK_UNIT_BYTES = 100_000
const GROUP_SYMBOLS = 50
const CODE_BITS_MAX = 20
const TABLES_MAX = 6
const SELECTORS_MAX = 18_002
const RUN_B = 1
const POLYNOMIAL = 0x04_c1_1d_b7

/** Whether a bzip2 stream begins here. */
export function isBzip2(bytes: Uint8Array): boolean {
  const [b, z, h, level = 0] = bytes
  return b === 0x42 && z === 0x5a && h === 0x68 && level >= 0x31 && level <= 0x39
}

/**
 * Unpacks bzip2, and further streams that follow without a gap.
 *
 * ```
 * stream  "BZh", level "1".."9", blocks, end magic (48 bits), CRC (32), padding to a byte
 * block   magic (48), CRC (32), randomised (1), origin (24), used symbols (16 + 16 × n),
 *         tables (3), selectors (15), selectors in move-to-front unary, code lengths, symbols
 * ```
 */
export function unpackBzip2(input: Uint8Array, bytesMax: number): Decoded {
  const output = new GrowingBytes(bytesMax)
  const state = { output, consumed: 0 }
  return decodedBy(state, () => {
    while (isBzip2(input.subarray(state.consumed))) {
      const reader = new BitReader(input, state.consumed + 4)
      const level = (input[state.consumed + 3] ?? 0) - 0x30
      readStream(reader, { level, output })
      state.consumed = reader.byteOffset()
    }
    if (state.consumed === 0) throw new DecodeStop('damaged')
  })
}

/** Bits from the highest down. */
class BitReader {
  readonly #input: Uint8Array
  #at: number
  #held = 0
  #heldBits = 0

  constructor(input: Uint8Array, at: number) {
    this.#input = input
    this.#at = at
  }

  /** @param count At most 24. */
  bits(count: number): number {
    while (this.#heldBits < count) {
      const byte = this.#input[this.#at]
      if (byte === undefined) throw new DecodeStop('truncated')
      this.#at += 1
      this.#held = ((this.#held << 8) | byte) & 0xff_ff_ff_ff
      this.#heldBits += 8
    }
    this.#heldBits -= count
    return (this.#held >>> this.#heldBits) & ((1 << count) - 1)
  }

  bits48(): number {
    return this.bits(24) * 0x1_00_00_00 + this.bits(24)
  }

  bits32(): number {
    return this.bits(16) * 0x1_00_00 + this.bits(16)
  }

  byteOffset(): number {
    return this.#at - Math.floor(this.#heldBits / 8)
  }
}

interface StreamOptions {
  readonly level: number
  readonly output: GrowingBytes
}

function readStream(reader: BitReader, { level, output }: StreamOptions): void {
  let sum = 0
  for (;;) {
    const magic = reader.bits48()
    const stated = reader.bits32()
    if (magic === END_MAGIC) {
      if (stated !== sum) throw new DecodeStop('checksum')
      return
    }
    if (magic !== BLOCK_MAGIC) throw new DecodeStop('damaged')
    const start = output.length
    readBlock(reader, { level, output })
    if (blockSum(output.since(start)) !== stated) throw new DecodeStop('checksum')
    sum = (((sum << 1) | (sum >>> 31)) ^ stated) >>> 0
  }
}

function readBlock(reader: BitReader, { level, output }: StreamOptions): void {
  // Randomised blocks come from versions before 1.0 of 1997 only.
  if (reader.bits(1) === 1) throw new DecodeStop('unsupported')
  const origin = reader.bits(24)
  const symbols = readSymbols(reader)
  const tables = readTables(reader, symbols.length + 2)
  const column = readColumn(reader, { symbols, tables, bytesMax: level * BLOCK_UNIT_BYTES })
  if (origin >= column.length) throw new DecodeStop('damaged')
  writeRuns(column, { origin, output })
}

function readSymbols(reader: BitReader): number[] {
  const groups = reader.bits(16)
  const symbols: number[] = []
  for (let group = 0; group < 16; group++) {
    if ((groups & (0x80_00 >>> group)) === 0) continue
    const used = reader.bits(16)
    for (let bit = 0; bit < 16; bit++) if (used & (0x80_00 >>> bit)) symbols.push(group * 16 + bit)
  }
  if (symbols.length === 0) throw new DecodeStop('damaged')
  return symbols
}

interface Tables {
  readonly selectors: Uint8Array
  readonly codes: readonly HuffmanCode[]
}

function readTables(reader: BitReader, alphabet: number): Tables {
  const count = reader.bits(3)
  const selectorCount = reader.bits(15)
  if (count < 2 || count > TABLES_MAX || selectorCount === 0) throw new DecodeStop('damaged')
  const order = Array.from({ length: count }, (_, index) => index)
  const selectors = new Uint8Array(Math.min(selectorCount, SELECTORS_MAX))
  for (let index = 0; index < selectorCount; index++) {
    let place = 0
    while (reader.bits(1) === 1) if (++place >= count) throw new DecodeStop('damaged')
    const [table = 0] = order.splice(place, 1)
    order.unshift(table)
    // Some encoders write more selectors than a block can use; they are read and ignored.
    if (index < selectors.length) selectors[index] = table
  }
  const codes = Array.from({ length: count }, () => {
    const lengths = new Uint8Array(alphabet)
    let length = reader.bits(5)
    for (let symbol = 0; symbol < alphabet; symbol++) {
      while (reader.bits(1) === 1) length += reader.bits(1) === 1 ? -1 : 1
      if (length < 1 || length > CODE_BITS_MAX) throw new DecodeStop('damaged')
      lengths[symbol] = length
    }
    return new HuffmanCode(lengths)
  })
  return { selectors, codes }
}

/** A canonical code, decoded length by length: first code and first place of every length. */
class HuffmanCode {
  readonly #counts = new Int32Array(CODE_BITS_MAX + 1)
  readonly #order: Uint16Array

  constructor(lengths: Uint8Array) {
    for (const length of lengths) this.#counts[length] = (this.#counts[length] ?? 0) + 1
    const starts = new Int32Array(CODE_BITS_MAX + 2)
    for (let length = 1; length <= CODE_BITS_MAX; length++) {
      starts[length + 1] = (starts[length] ?? 0) + (this.#counts[length] ?? 0)
    }
    this.#order = new Uint16Array(lengths.length)
    for (const [symbol, length] of lengths.entries()) {
      const place = starts[length] ?? 0
      this.#order[place] = symbol
      starts[length] = place + 1
    }
  }

  next(reader: BitReader): number {
    let [code, first, index] = [0, 0, 0]
    for (let length = 1; length <= CODE_BITS_MAX; length++) {
      code |= reader.bits(1)
      const count = this.#counts[length] ?? 0
      if (code - first < count) return this.#order[index + code - first] ?? 0
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    throw new DecodeStop('damaged')
  }
}

interface ColumnOptions {
  readonly symbols: number[]
  readonly tables: Tables
  readonly bytesMax: number
}

/** The last column of the Burrows-Wheeler matrix: Huffman, zero runs and move-to-front undone. */
function readColumn(reader: BitReader, options: ColumnOptions): Uint8Array {
  const { symbols, tables, bytesMax } = options
  const end = symbols.length + 1
  const front = Uint8Array.from(symbols)
  const column = new Uint8Array(bytesMax)
  let length = 0
  let [run, weight] = [0, 1]
  for (let group = 0; ; group++) {
    const code = tables.codes[tables.selectors[group] ?? 0]
    if (code === undefined || group >= tables.selectors.length) throw new DecodeStop('damaged')
    for (let count = 0; count < GROUP_SYMBOLS; count++) {
      const symbol = code.next(reader)
      if (symbol <= RUN_B) {
        run += weight << symbol
        weight <<= 1
        if (run > bytesMax) throw new DecodeStop('damaged')
        continue
      }
      if (run > 0) {
        if (length + run > bytesMax) throw new DecodeStop('damaged')
        column.fill(front[0] ?? 0, length, length + run)
        length += run
        run = 0
        weight = 1
      }
      if (symbol === end) return column.subarray(0, length)
      if (length >= bytesMax) throw new DecodeStop('damaged')
      const byte = front[symbol - 1] ?? 0
      front.copyWithin(1, 0, symbol - 1)
      front[0] = byte
      column[length++] = byte
    }
  }
}

interface RunOptions {
  readonly origin: number
  readonly output: GrowingBytes
}

/** Follows the matrix from its origin; four equal bytes are followed by a count of more. */
function writeRuns(column: Uint8Array, { origin, output }: RunOptions): void {
  const starts = new Int32Array(257)
  for (let at = 0; at < column.length; at++) {
    const slot = (column[at] ?? 0) + 1
    starts[slot] = (starts[slot] ?? 0) + 1
  }
  for (let byte = 0; byte < 256; byte++) {
    starts[byte + 1] = (starts[byte + 1] ?? 0) + (starts[byte] ?? 0)
  }
  const links = new Int32Array(column.length)
  for (let at = 0; at < column.length; at++) {
    const byte = column[at] ?? 0
    const place = starts[byte] ?? 0
    links[place] = at
    starts[byte] = place + 1
  }
  let at = links[origin] ?? 0
  let [last, equal] = [-1, 0]
  for (let count = 0; count < column.length; count++) {
    const byte = column[at] ?? 0
    at = links[at] ?? 0
    if (equal === 4) {
      output.fill(last, byte)
      equal = 0
      last = -1
      continue
    }
    equal = byte === last ? equal + 1 : 1
    last = byte
    output.push(byte)
  }
}

const SUMS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24
  for (let bit = 0; bit < 8; bit++) {
    sum = sum & 0x80_00_00_00 ? (sum << 1) ^ POLYNOMIAL : sum << 1
  }
  return sum
})

/** CRC-32 with the highest bit first, unlike that of zlib. */
function blockSum(bytes: Uint8Array): number {
  let sum = -1
  for (let at = 0; at < bytes.length; at++) {
    sum = (sum << 8) ^ (SUMS[((sum >>> 24) ^ (bytes[at] ?? 0)) & 0xff] ?? 0)
  }
  return ~sum >>> 0
}
