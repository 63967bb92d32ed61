import { type Decoded, decodedBy, DecodeStop, GrowingBytes } from './decoded.ts'
import { runLzvn } from './lzvn.ts'

const BLOCK_END = 0x24_78_76_62
const BLOCK_PLAIN = 0x2d_78_76_62
const BLOCK_V1 = 0x31_78_76_62
const BLOCK_V2 = 0x32_78_76_62
const BLOCK_LZVN = 0x6e_78_76_62

const L_SYMBOLS = 20
const M_SYMBOLS = 20
const D_SYMBOLS = 64
const LITERAL_SYMBOLS = 256
const L_STATES = 64
const M_STATES = 64
const D_STATES = 256
const LITERAL_STATES = 1_024
const LITERALS_MAX = 40_000
const MATCHES_MAX = 10_000
const LITERAL_STREAMS = 4
const V1_HEADER_BYTES = 772
const V2_FIXED_BYTES = 32

const L_EXTRA = [...zeros(16), 2, 3, 5, 8]
const L_BASE = [...counting(16), 16, 20, 28, 60]
const M_EXTRA = [...zeros(16), 3, 5, 8, 11]
const M_BASE = [...counting(16), 16, 24, 56, 312]
const D_EXTRA = counting(64).map((symbol) => symbol >> 2)
const D_BASE = D_EXTRA.map((_, symbol) =>
  D_EXTRA.slice(0, symbol).reduce((sum, bits) => sum + 2 ** bits, 0),
)

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0)
}

function counting(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

/** Whether an LZFSE stream begins here. */
export function isLzfse(bytes: Uint8Array): boolean {
  const isBlock = [0x6e, 0x2d, 0x31, 0x32].includes(bytes[3] ?? 0)
  return bytes[0] === 0x62 && bytes[1] === 0x76 && bytes[2] === 0x78 && isBlock
}

/**
 * Unpacks LZFSE: blocks that begin with "bvx" and a kind, up to `bvx$`.
 *
 * ```
 * -   plain: size (4), bytes
 * n   LZVN: size (4), packed size (4), instructions
 * 1   finite-state entropy with plain tables;  2: with packed tables
 * ```
 *
 * @see lzfse reference implementation (BSD-3-Clause); names follow it.
 */
export function unpackLzfse(input: Uint8Array, bytesMax: number): Decoded {
  const output = new GrowingBytes(bytesMax)
  const state = { output, consumed: 0 }
  return decodedBy(state, () => {
    for (;;) {
      const view = input.subarray(state.consumed)
      if (view.length < 4) throw new DecodeStop('truncated')
      const magic = u32(view, 0)
      if (magic === BLOCK_END) {
        state.consumed += 4
        return
      }
      state.consumed += readBlock(view, magic, output)
    }
  })
}

function readBlock(view: Uint8Array, magic: number, output: GrowingBytes): number {
  if (magic === BLOCK_PLAIN) {
    const size = u32(view, 4)
    const plain = view.subarray(8, 8 + size)
    output.append(plain)
    if (plain.length < size) throw new DecodeStop('truncated')
    return 8 + size
  }
  if (magic === BLOCK_LZVN) {
    const [size, packedBytes] = [u32(view, 4), u32(view, 8)]
    const end = output.length + size
    const packed = view.subarray(12, 12 + packedBytes)
    runLzvn(packed, output)
    if (output.length !== end) throw new DecodeStop('damaged')
    return 12 + packedBytes
  }
  if (magic !== BLOCK_V1 && magic !== BLOCK_V2) throw new DecodeStop('damaged')
  const header = magic === BLOCK_V1 ? headerV1(view) : headerV2(view)
  return readEntropyBlock(view, header, output)
}

interface BlockHeader {
  readonly headerBytes: number
  readonly size: number
  readonly literals: number
  readonly matches: number
  readonly literalBytes: number
  readonly lmdBytes: number
  readonly literalBits: number
  readonly lmdBits: number
  readonly literalStates: readonly number[]
  readonly lmdStates: readonly [number, number, number]
  /** Frequencies of L, M, D and literals, one after the other. */
  readonly frequencies: Uint16Array
}

const FREQUENCIES = L_SYMBOLS + M_SYMBOLS + D_SYMBOLS + LITERAL_SYMBOLS

function headerV1(view: Uint8Array): BlockHeader {
  if (view.length < V1_HEADER_BYTES) throw new DecodeStop('truncated')
  const frequencies = new Uint16Array(FREQUENCIES)
  for (let index = 0; index < FREQUENCIES; index++) {
    frequencies[index] = u16(view, V1_HEADER_BYTES - FREQUENCIES * 2 - 2 + index * 2)
  }
  return {
    headerBytes: V1_HEADER_BYTES,
    size: u32(view, 4),
    literals: u32(view, 12),
    matches: u32(view, 16),
    literalBytes: u32(view, 20),
    lmdBytes: u32(view, 24),
    literalBits: u32(view, 28) | 0,
    literalStates: [32, 34, 36, 38].map((at) => u16(view, at)),
    lmdBits: u32(view, 40) | 0,
    lmdStates: [u16(view, 44), u16(view, 46), u16(view, 48)],
    frequencies,
  }
}

/** Header fields packed into three little-endian numbers of 64 bits; tables in a prefix code. */
function headerV2(view: Uint8Array): BlockHeader {
  if (view.length < V2_FIXED_BYTES) throw new DecodeStop('truncated')
  const packed = new DataView(view.buffer, view.byteOffset, V2_FIXED_BYTES)
  const words = [8, 16, 24].map((at) => packed.getBigUint64(at, true))
  const field = (word: number, shift: number, bits: number): number =>
    Number(((words[word] ?? 0n) >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n))
  const headerBytes = field(2, 0, 32)
  if (headerBytes < V2_FIXED_BYTES || headerBytes > view.length) throw new DecodeStop('damaged')
  return {
    headerBytes,
    size: u32(view, 4),
    literals: field(0, 0, 20),
    literalBytes: field(0, 20, 20),
    matches: field(0, 40, 20),
    literalBits: field(0, 60, 3) - 7,
    literalStates: [0, 10, 20, 30].map((shift) => field(1, shift, 10)),
    lmdBytes: field(1, 40, 20),
    lmdBits: field(1, 60, 3) - 7,
    lmdStates: [field(2, 32, 10), field(2, 42, 10), field(2, 52, 10)],
    frequencies: packedFrequencies(view.subarray(V2_FIXED_BYTES, headerBytes)),
  }
}

const FREQUENCY_BITS = [
  2, 3, 2, 5, 2, 3, 2, 8, 2, 3, 2, 5, 2, 3, 2, 14, 2, 3, 2, 5, 2, 3, 2, 8, 2, 3, 2, 5, 2, 3, 2, 14,
]
const FREQUENCY_VALUES = [
  0, 2, 1, 4, 0, 3, 1, -1, 0, 2, 1, 5, 0, 3, 1, -1, 0, 2, 1, 6, 0, 3, 1, -1, 0, 2, 1, 7, 0, 3, 1,
  -1,
]

function packedFrequencies(bytes: Uint8Array): Uint16Array {
  const frequencies = new Uint16Array(FREQUENCIES)
  // No tables at all: a block of nothing but the end.
  if (bytes.length === 0) return frequencies
  let [held, heldBits, at] = [0, 0, 0]
  for (let index = 0; index < FREQUENCIES; index++) {
    while (heldBits <= 16 && at < bytes.length) {
      held |= (bytes[at++] ?? 0) << heldBits
      heldBits += 8
    }
    const code = held & 31
    const bits = FREQUENCY_BITS[code] ?? 0
    if (bits > heldBits) throw new DecodeStop('damaged')
    const known = FREQUENCY_VALUES[code] ?? 0
    if (known >= 0) frequencies[index] = known
    else frequencies[index] = bits === 8 ? 8 + ((held >>> 4) & 15) : 24 + ((held >>> 4) & 1_023)
    held >>>= bits
    heldBits -= bits
  }
  return frequencies
}

/** Bits from the end of a run of bytes backwards. */
class BackwardBits {
  readonly #bytes: Uint8Array
  #at: number
  #held = 0
  #heldBits = 0

  /** @param spare 0 or negative: how many bits of the last byte are not used. */
  constructor(bytes: Uint8Array, spare: number) {
    if (spare > 0 || spare < -7) throw new DecodeStop('damaged')
    this.#bytes = bytes
    this.#at = bytes.length
    if (spare < 0) {
      this.#fill()
      this.#heldBits += spare
      this.#held &= 2 ** this.#heldBits - 1
    }
  }

  /** @param count At most 15. */
  take(count: number): number {
    while (this.#heldBits < count) this.#fill()
    this.#heldBits -= count
    const value = this.#held >>> this.#heldBits
    this.#held &= (1 << this.#heldBits) - 1
    return value
  }

  #fill(): void {
    if (this.#at === 0) throw new DecodeStop('damaged')
    this.#held = (this.#held << 8) | (this.#bytes[--this.#at] ?? 0)
    this.#heldBits += 8
  }
}

/** A decoding table: for every state how many bits to read, what to add, and the symbol. */
interface StateTable {
  readonly bits: Uint8Array
  readonly next: Int32Array
  readonly symbols: Uint8Array
}

function stateTable(frequencies: Uint16Array, states: number): StateTable {
  const bits = new Uint8Array(states)
  const next = new Int32Array(states)
  const symbols = new Uint8Array(states)
  const stateBits = Math.log2(states)
  let at = 0
  for (const [symbol, frequency] of frequencies.entries()) {
    if (frequency === 0) continue
    if (at + frequency > states) throw new DecodeStop('damaged')
    const most = stateBits - Math.floor(Math.log2(frequency))
    const split = ((2 * states) >> most) - frequency
    for (let index = 0; index < frequency; index++, at++) {
      symbols[at] = symbol
      bits[at] = index < split ? most : most - 1
      const base = index < split ? (frequency + index) << most : (index - split) << (most - 1)
      next[at] = index < split ? base - states : base
    }
  }
  return { bits, next, symbols }
}

/** Steps a state and returns its symbol. */
class EntropyState {
  readonly #table: StateTable
  #state: number

  constructor(table: StateTable, state: number) {
    if (state >= table.symbols.length) throw new DecodeStop('damaged')
    this.#table = table
    this.#state = state
  }

  next(reader: BackwardBits): number {
    const { bits, next, symbols } = this.#table
    const symbol = symbols[this.#state] ?? 0
    this.#state = (next[this.#state] ?? 0) + reader.take(bits[this.#state] ?? 0)
    return symbol
  }
}

function readEntropyBlock(view: Uint8Array, header: BlockHeader, output: GrowingBytes): number {
  const { headerBytes, literalBytes, lmdBytes } = header
  const end = headerBytes + literalBytes + lmdBytes
  if (end > view.length) throw new DecodeStop('truncated')
  if (header.literals > LITERALS_MAX || header.matches > MATCHES_MAX) {
    throw new DecodeStop('damaged')
  }
  const lFrom = L_SYMBOLS
  const mTo = lFrom + M_SYMBOLS
  const dTo = mTo + D_SYMBOLS
  const { frequencies } = header
  const literals = readLiterals(
    view.subarray(headerBytes, headerBytes + literalBytes),
    header,
    stateTable(frequencies.subarray(dTo), LITERAL_STATES),
  )
  const reader = new BackwardBits(view.subarray(headerBytes + literalBytes, end), header.lmdBits)
  const [lState, mState, dState] = header.lmdStates
  const l = new EntropyState(stateTable(frequencies.subarray(0, lFrom), L_STATES), lState)
  const m = new EntropyState(stateTable(frequencies.subarray(lFrom, mTo), M_STATES), mState)
  const d = new EntropyState(stateTable(frequencies.subarray(mTo, dTo), D_STATES), dState)
  const outputEnd = output.length + header.size
  let [literal, last] = [0, 0]
  for (let match = 0; match < header.matches; match++) {
    const plain = valueOf(l.next(reader), reader, { base: L_BASE, extra: L_EXTRA })
    const length = valueOf(m.next(reader), reader, { base: M_BASE, extra: M_EXTRA })
    const distance = valueOf(d.next(reader), reader, { base: D_BASE, extra: D_EXTRA })
    if (distance > 0) last = distance
    if (literal + plain > literals.length) throw new DecodeStop('damaged')
    output.append(literals.subarray(literal, literal + plain))
    literal += plain
    if (length > 0) output.copy({ distance: last, length })
    if (output.length > outputEnd) throw new DecodeStop('damaged')
  }
  if (output.length !== outputEnd) throw new DecodeStop('damaged')
  return end
}

interface ValueTable {
  readonly base: readonly number[]
  readonly extra: readonly number[]
}

function valueOf(symbol: number, reader: BackwardBits, { base, extra }: ValueTable): number {
  return (base[symbol] ?? 0) + reader.take(extra[symbol] ?? 0)
}

/** Four streams of literals, interleaved. */
function readLiterals(bytes: Uint8Array, header: BlockHeader, table: StateTable): Uint8Array {
  const reader = new BackwardBits(bytes, header.literalBits)
  const states = header.literalStates.map((state) => new EntropyState(table, state))
  const rounded = Math.ceil(header.literals / LITERAL_STREAMS) * LITERAL_STREAMS
  const literals = new Uint8Array(rounded)
  for (let at = 0; at < rounded; at++) {
    literals[at] = states[at % LITERAL_STREAMS]?.next(reader) ?? 0
  }
  return literals
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
}

function u32(bytes: Uint8Array, at: number): number {
  return (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0
}
