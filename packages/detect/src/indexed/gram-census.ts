import { SPREAD } from './hash-rows.ts'

/** Counters for every text counted, at least. */
const PLACES_LOAD = 16
const PLACES_BITS = { min: 8, max: 16 }

/**
 * How often groups of neighbouring bytes stand in the texts of rules: what is common there is
 * common in events. Groups share counters, which only makes some seem more common than they are.
 */
export class GramCensus {
  readonly #counts: Uint32Array
  readonly #shift: number

  /** @param textsCount About how many texts will be counted. */
  constructor(textsCount: number) {
    const bits = Math.ceil(Math.log2(textsCount * PLACES_LOAD + 1))
    const placesBits = Math.min(PLACES_BITS.max, Math.max(PLACES_BITS.min, bits))
    this.#counts = new Uint32Array(2 ** placesBits)
    this.#shift = 32 - placesBits
  }

  /** Counts the groups that a text has. */
  add(grams: Int32Array): void {
    for (const gram of grams) {
      const place = this.#placeOf(gram)
      this.#counts[place] = (this.#counts[place] ?? 0) + 1
    }
  }

  /** How often a group was counted, at most. */
  countOf(gram: number): number {
    return this.#counts[this.#placeOf(gram)] ?? 0
  }

  #placeOf(gram: number): number {
    return Math.imul(gram, SPREAD) >>> this.#shift
  }
}
