import { SPREAD } from './hash-rows.ts'

const PLACES_BITS = 16

/**
 * How often groups of neighbouring bytes stand in the texts of rules: what is common there is
 * common in events. Groups share counters, which only makes some seem more common than they are.
 */
export class GramCensus {
  readonly #counts = new Uint32Array(2 ** PLACES_BITS)

  /** Counts the groups that a text has. */
  add(grams: Int32Array): void {
    for (const gram of grams) {
      const place = placeOf(gram)
      this.#counts[place] = (this.#counts[place] ?? 0) + 1
    }
  }

  /** How often a group was counted, at most. */
  countOf(gram: number): number {
    return this.#counts[placeOf(gram)] ?? 0
  }
}

function placeOf(gram: number): number {
  return Math.imul(gram, SPREAD) >>> (32 - PLACES_BITS)
}
