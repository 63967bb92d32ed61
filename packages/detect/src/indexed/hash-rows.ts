import type { Needle } from './hits.ts'

/** Spreads numbers over all bits of a hash. @see Knuth, multiplicative hashing. */
export const SPREAD = 0x9e3779b1

/** Places of a filter for every hash, at least; small filters stay in the fastest memory. */
const FILTER_LOAD = 16
const FILTER_BITS = { min: 8, max: 16 }

/** A needle under a number made of some of its characters. */
export interface HashEntry<Item extends Needle> {
  readonly hash: number
  readonly needle: Item
  /** Index in the needle of the first character that the number is made of. */
  readonly offset: number
}

/**
 * Needles by a number made of some of their characters; those of one number stand in a row. Open
 * addressing over typed arrays: a lookup makes no object.
 */
export class HashRows<Item extends Needle> {
  /** By the highest bits of a spread hash: 0 when there is no such row. */
  readonly filter: Uint8Array
  readonly filterShift: number
  readonly #mask: number
  readonly #hashes: Int32Array
  /** Where the row begins, plus one; 0 is a free place. */
  readonly #starts: Int32Array
  readonly #ends: Int32Array
  readonly needles: Item[] = []
  readonly offsets: number[] = []

  constructor(entries: readonly HashEntry<Item>[]) {
    const rows = Map.groupBy(entries, ({ hash }) => hash)
    const bits = Math.ceil(Math.log2(rows.size * FILTER_LOAD + 1))
    const filterBits = Math.min(FILTER_BITS.max, Math.max(FILTER_BITS.min, bits))
    this.filter = new Uint8Array(2 ** filterBits)
    this.filterShift = 32 - filterBits
    let size = 8
    while (size < rows.size * 3) size *= 2
    this.#mask = size - 1
    this.#hashes = new Int32Array(size)
    this.#starts = new Int32Array(size)
    this.#ends = new Int32Array(size)
    for (const [hash, row] of rows) this.#insert(hash, row)
  }

  #insert(hash: number, row: readonly HashEntry<Item>[]): void {
    const spread = Math.imul(hash, SPREAD)
    this.filter[spread >>> this.filterShift] = 1
    let place = spread & this.#mask
    while (this.#starts[place] !== 0) place = (place + 1) & this.#mask
    this.#hashes[place] = hash
    this.#starts[place] = this.needles.length + 1
    for (const { needle, offset } of row) {
      this.needles.push(needle)
      this.offsets.push(offset)
    }
    this.#ends[place] = this.needles.length
  }

  /** Whether there may be a row for this number. */
  mayHave(hash: number): boolean {
    return this.filter[Math.imul(hash, SPREAD) >>> this.filterShift] !== 0
  }

  /** The place of a row, or -1. */
  find(hash: number): number {
    let place = Math.imul(hash, SPREAD) & this.#mask
    for (;;) {
      if (this.#starts[place] === 0) return -1
      if (this.#hashes[place] === hash) return place
      place = (place + 1) & this.#mask
    }
  }

  /** Index of a row's first needle in `needles` and `offsets`. */
  start(place: number): number {
    return (this.#starts[place] ?? 0) - 1
  }

  /** Index after a row's last needle. */
  end(place: number): number {
    return this.#ends[place] ?? 0
  }
}
