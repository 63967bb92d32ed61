import { DecodeStop, type GrowingBytes } from './decoded.ts'

/** What the properties byte of LZMA says. */
export interface LzmaProperties {
  /** Bits of the previous byte that choose the literal coder, 0..8. */
  readonly literalContextBits: number
  /** Bits of the position that choose the literal coder, 0..4. */
  readonly literalPositionBits: number
  /** Bits of the position that choose the state's coders, 0..4. */
  readonly positionBits: number
}

const PROPERTIES_COUNT = 225
const STATES = 12
const POSITION_STATES_MAX = 16
const LENGTH_MIN = 2
const LENGTH_STATES = 4
const ALIGN_BITS = 4
const DIRECT_MODEL_FIRST = 4
const DIRECT_MODEL_END = 14
const FULL_DISTANCES = 128
const TREE_LENGTH_LOW = 8
const TREE_LENGTH_HIGH = 256
const PROBABILITY_INITIAL = 1_024
const PROBABILITY_BITS = 11
const PROBABILITY_SHIFT = 5
const RANGE_TOP = 0x1_00_00_00
const DISTANCE_END = 0xff_ff_ff_ff

/** The properties a byte stands for; undefined when it stands for none. */
export function lzmaProperties(byte: number): LzmaProperties | undefined {
  if (byte >= PROPERTIES_COUNT) return undefined
  return {
    literalContextBits: byte % 9,
    literalPositionBits: Math.floor(byte / 9) % 5,
    positionBits: Math.floor(byte / 45),
  }
}

function probabilities(count: number): Uint16Array {
  return new Uint16Array(count).fill(PROBABILITY_INITIAL)
}

/** Lengths: a low and a middle tree for each position, one high tree for all. */
class LengthModel {
  readonly choice = probabilities(2)
  readonly low = probabilities(POSITION_STATES_MAX * TREE_LENGTH_LOW)
  readonly middle = probabilities(POSITION_STATES_MAX * TREE_LENGTH_LOW)
  readonly high = probabilities(TREE_LENGTH_HIGH)
}

/**
 * LZMA: a range coder over adaptive bits. One object holds the dictionary's model across the chunks
 * of LZMA2; the output itself is the dictionary.
 *
 * @see LZMA specification (Igor Pavlov, public domain), whose names are kept where they are known.
 */
export class LzmaDecoder {
  readonly #output: GrowingBytes
  #properties: LzmaProperties = { literalContextBits: 3, literalPositionBits: 0, positionBits: 2 }
  #literal = probabilities(0)
  #isMatch = probabilities(STATES * POSITION_STATES_MAX)
  #isRep = probabilities(STATES)
  #isRep0 = probabilities(STATES)
  #isRep1 = probabilities(STATES)
  #isRep2 = probabilities(STATES)
  #isRep0Long = probabilities(STATES * POSITION_STATES_MAX)
  #slots = probabilities(LENGTH_STATES * 64)
  #special = probabilities(FULL_DISTANCES)
  #align = probabilities(1 << ALIGN_BITS)
  #matchLength = new LengthModel()
  #repLength = new LengthModel()
  #state = 0
  #reps = new Uint32Array(4)
  /** Length of the output where the dictionary was last reset. */
  #origin = 0
  #dictionaryBytes = DISTANCE_END

  #input: Uint8Array = new Uint8Array()
  #at = 0
  #range = 0
  #code = 0

  constructor(output: GrowingBytes) {
    this.#output = output
  }

  /** Offset in the input behind what was read. */
  get offset(): number {
    return this.#at
  }

  resetDictionary(dictionaryBytes: number): void {
    this.#origin = this.#output.length
    this.#dictionaryBytes = dictionaryBytes
  }

  resetState(properties?: LzmaProperties): void {
    this.#properties = properties ?? this.#properties
    const { literalContextBits, literalPositionBits } = this.#properties
    this.#literal = probabilities(0x300 << (literalContextBits + literalPositionBits))
    this.#isMatch.fill(PROBABILITY_INITIAL)
    for (const model of [this.#isRep, this.#isRep0, this.#isRep1, this.#isRep2]) {
      model.fill(PROBABILITY_INITIAL)
    }
    this.#isRep0Long.fill(PROBABILITY_INITIAL)
    this.#slots.fill(PROBABILITY_INITIAL)
    this.#special.fill(PROBABILITY_INITIAL)
    this.#align.fill(PROBABILITY_INITIAL)
    this.#matchLength = new LengthModel()
    this.#repLength = new LengthModel()
    this.#state = 0
    this.#reps.fill(0)
  }

  /**
   * Decodes one range-coded run.
   *
   * @param size Bytes to write; undefined means up to the end marker.
   * @returns    Whether it ended with the end marker.
   * @throws DecodeStop
   */
  run(input: Uint8Array, at: number, size?: number): boolean {
    this.#input = input
    this.#at = at
    this.#range = DISTANCE_END
    this.#code = 0
    if (this.#byte() !== 0) throw new DecodeStop('damaged')
    for (let count = 0; count < 4; count++) this.#code = ((this.#code << 8) | this.#byte()) >>> 0
    const end = size === undefined ? Infinity : this.#output.length + size
    while (this.#output.length < end) {
      if (this.#step(end)) continue
      if (this.#range < RANGE_TOP) this.#normalize()
      return true
    }
    return false
  }

  /** One literal or match; false at the end marker. */
  #step(end: number): boolean {
    const position = this.#output.length - this.#origin
    const positionState = position & ((1 << this.#properties.positionBits) - 1)
    const index = this.#state * POSITION_STATES_MAX + positionState
    if (this.#bit(this.#isMatch, index) === 0) {
      this.#writeLiteral(position)
      return true
    }
    let length: number
    if (this.#bit(this.#isRep, this.#state) === 0) {
      this.#reps.copyWithin(1, 0, 3)
      length = this.#length(this.#matchLength, positionState)
      this.#state = this.#state < 7 ? 7 : 10
      this.#reps[0] = this.#distance(length)
      if (this.#reps[0] === DISTANCE_END) return false
    } else {
      const chosen = this.#chooseRep(index)
      if (chosen === 'short') return true
      length = this.#length(this.#repLength, positionState)
      this.#state = this.#state < 7 ? 8 : 11
    }
    const distance = (this.#reps[0] ?? 0) + 1
    const seen = this.#output.length - this.#origin
    if (distance > seen || distance > this.#dictionaryBytes) throw new DecodeStop('damaged')
    const total = length + LENGTH_MIN
    if (this.#output.length + total > end) throw new DecodeStop('damaged')
    this.#output.copy({ distance, length: total })
    return true
  }

  #chooseRep(index: number): 'long' | 'short' {
    const reps = this.#reps
    const [first = 0, second = 0, third = 0, fourth = 0] = reps
    if (this.#bit(this.#isRep0, this.#state) === 0) {
      if (this.#bit(this.#isRep0Long, index) === 1) return 'long'
      this.#state = this.#state < 7 ? 9 : 11
      if (this.#output.length === this.#origin) throw new DecodeStop('damaged')
      this.#output.copy({ distance: first + 1, length: 1 })
      return 'short'
    }
    if (this.#bit(this.#isRep1, this.#state) === 0) reps.set([second, first])
    else if (this.#bit(this.#isRep2, this.#state) === 0) reps.set([third, first, second])
    else reps.set([fourth, first, second, third])
    return 'long'
  }

  #writeLiteral(position: number): void {
    const { literalContextBits, literalPositionBits } = this.#properties
    const previous = position === 0 ? 0 : this.#output.back(1)
    const low = (position & ((1 << literalPositionBits) - 1)) << literalContextBits
    const base = 0x300 * (low + (previous >>> (8 - literalContextBits)))
    let symbol = 1
    if (this.#state >= 7) {
      const distance = (this.#reps[0] ?? 0) + 1
      if (distance > position) throw new DecodeStop('damaged')
      let match = this.#output.back(distance)
      while (symbol < 0x100) {
        const matchBit = (match >>> 7) & 1
        match <<= 1
        const bit = this.#bit(this.#literal, base + ((1 + matchBit) << 8) + symbol)
        symbol = (symbol << 1) | bit
        if (matchBit !== bit) break
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(this.#literal, base + symbol)
    this.#output.push(symbol & 0xff)
    if (this.#state < 4) this.#state = 0
    else this.#state -= this.#state < 10 ? 3 : 6
  }

  #length(model: LengthModel, positionState: number): number {
    const offset = positionState * TREE_LENGTH_LOW
    if (this.#bit(model.choice, 0) === 0) return this.#tree(model.low, offset, 3)
    if (this.#bit(model.choice, 1) === 0) return 8 + this.#tree(model.middle, offset, 3)
    return 16 + this.#tree(model.high, 0, 8)
  }

  #distance(length: number): number {
    const lengthState = Math.min(length, LENGTH_STATES - 1)
    const slot = this.#tree(this.#slots, lengthState * 64, 6)
    if (slot < DIRECT_MODEL_FIRST) return slot
    const directBits = (slot >>> 1) - 1
    const base = (2 | (slot & 1)) * 2 ** directBits
    if (slot < DIRECT_MODEL_END) {
      return base + this.#reverseTree(this.#special, base - slot, directBits)
    }
    const high = this.#direct(directBits - ALIGN_BITS) * (1 << ALIGN_BITS)
    return base + high + this.#reverseTree(this.#align, 0, ALIGN_BITS)
  }

  #tree(model: Uint16Array, offset: number, bits: number): number {
    let symbol = 1
    for (let count = 0; count < bits; count++) {
      symbol = (symbol << 1) | this.#bit(model, offset + symbol)
    }
    return symbol - (1 << bits)
  }

  #reverseTree(model: Uint16Array, offset: number, bits: number): number {
    let [node, symbol] = [1, 0]
    for (let count = 0; count < bits; count++) {
      const bit = this.#bit(model, offset + node)
      node = (node << 1) | bit
      symbol |= bit << count
    }
    return symbol
  }

  #direct(bits: number): number {
    let value = 0
    for (let count = 0; count < bits; count++) {
      if (this.#range < RANGE_TOP) this.#normalize()
      this.#range >>>= 1
      const bit = this.#code >= this.#range ? 1 : 0
      if (bit === 1) this.#code = (this.#code - this.#range) >>> 0
      value = value * 2 + bit
    }
    return value
  }

  #bit(model: Uint16Array, index: number): number {
    if (this.#range < RANGE_TOP) this.#normalize()
    const probability = model[index] ?? PROBABILITY_INITIAL
    const bound = (this.#range >>> PROBABILITY_BITS) * probability
    if (this.#code < bound) {
      this.#range = bound
      model[index] = probability + (((1 << PROBABILITY_BITS) - probability) >>> PROBABILITY_SHIFT)
      return 0
    }
    this.#range -= bound
    this.#code -= bound
    model[index] = probability - (probability >>> PROBABILITY_SHIFT)
    return 1
  }

  #normalize(): void {
    this.#range = (this.#range << 8) >>> 0
    this.#code = ((this.#code << 8) | this.#byte()) >>> 0
  }

  #byte(): number {
    const byte = this.#input[this.#at]
    if (byte === undefined) throw new DecodeStop('truncated')
    this.#at += 1
    return byte
  }
}
