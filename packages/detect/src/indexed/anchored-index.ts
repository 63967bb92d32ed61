import { HashRows } from './hash-rows.ts'
import type { Hits, Needle } from './hits.ts'
import type { Place } from './leaf.ts'

/**
 * How many characters a needle is looked up by: the most that it has. Paths share short ends, such
 * as `.exe`.
 */
const TIERS = [16, 8, 4, 3, 2, 1]
/** @see FNV-1a. */
const FNV = { basis: 0x811c9dc5, prime: 0x01000193 }

/** Finds which of many needles a text begins with, ends with, or is. */
export class AnchoredIndex {
  readonly #place: Exclude<Place, 'inside'>
  readonly #tiers: readonly { readonly length: number; readonly rows: HashRows<Needle> }[]
  readonly #empty: readonly Needle[]

  constructor(place: Exclude<Place, 'inside'>, needles: readonly Needle[]) {
    this.#place = place
    this.#empty = needles.filter(({ text }) => text === '')
    const byTier = Map.groupBy(needles, ({ text }) => {
      return TIERS.find((length) => length <= text.length)
    })
    this.#tiers = TIERS.flatMap((length) => {
      const group = byTier.get(length)
      if (group === undefined) return []
      const entries = group.map((needle) => {
        return { hash: this.#hash(needle.text, length), needle, offset: 0 }
      })
      return [{ length, rows: new HashRows(entries) }]
    })
  }

  /** Adds the needles that stand in this place of the text. */
  search(text: string, hits: Hits): void {
    if (this.#empty.length > 0 && text === '') for (const { id } of this.#empty) hits.add(id)
    for (const { length, rows } of this.#tiers) {
      if (text.length < length) continue
      const hash = this.#hash(text, length)
      if (!rows.mayHave(hash)) continue
      const place = rows.find(hash)
      if (place < 0) continue
      const end = rows.end(place)
      for (let index = rows.start(place); index < end; index += 1) {
        const needle = rows.needles[index]
        if (needle !== undefined && this.#isAt(text, needle.text)) hits.add(needle.id)
      }
    }
  }

  #hash(text: string, length: number): number {
    const from = this.#place === 'prefix' ? 0 : text.length - length
    let hash = FNV.basis
    for (let at = from; at < from + length; at += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(at), FNV.prime)
    }
    return hash
  }

  // oxlint-disable-next-line max-params -- two texts in the order of the question
  #isAt(text: string, needle: string): boolean {
    if (this.#place === 'suffix') return text.endsWith(needle)
    return this.#place === 'prefix' ? text.startsWith(needle) : text === needle
  }
}
