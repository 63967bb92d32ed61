import { foldCase } from '../fold.ts'
import { numberOf } from '../value-test.ts'
import { AnchoredIndex } from './anchored-index.ts'
import type { Hits, Needle } from './hits.ts'
import { InsideIndex } from './inside-index.ts'
import type { Place } from './leaf.ts'
import { withPlainS } from './predicate-table.ts'
import type { Atom } from './witness.ts'

const DIGIT_0 = 48
const DIGIT_9 = 57

/** The atoms of one field, found from one of its values. */
export class FieldIndex {
  readonly #present: readonly number[]
  readonly #numbers: ReadonlyMap<number, number>
  readonly #anchored: readonly AnchoredIndex[]
  readonly #inside: InsideIndex | undefined
  readonly #regexInside: InsideIndex | undefined
  readonly #hasTexts: boolean

  /** @param atoms Distinct ones, each with the number by which it is reported. */
  constructor(atoms: readonly { readonly atom: Atom; readonly id: number }[]) {
    const needles = (place: Place, isRegex: boolean): Needle[] =>
      atoms.flatMap(({ atom: { kind, text, isRegex: found }, id }) => {
        return kind === place && found === isRegex ? [{ text, id }] : []
      })
    const idsOf = (wanted: Atom['kind']): number[] =>
      atoms.flatMap(({ atom: { kind }, id }) => (kind === wanted ? [id] : []))
    this.#present = idsOf('present')
    this.#numbers = new Map(
      atoms.flatMap(({ atom: { kind, text }, id }) => {
        return kind === 'number' ? [[Number(text), id] as const] : []
      }),
    )
    this.#anchored = (['whole', 'prefix', 'suffix'] as const).flatMap((place) => {
      const found = needles(place, false)
      return found.length === 0 ? [] : [new AnchoredIndex(place, found)]
    })
    const inside = needles('inside', false)
    const regexInside = needles('inside', true)
    this.#inside = inside.length === 0 ? undefined : new InsideIndex(inside)
    this.#regexInside = regexInside.length === 0 ? undefined : new InsideIndex(regexInside)
    this.#hasTexts = this.#anchored.length + inside.length + regexInside.length > 0
  }

  /** Adds the atoms that a field's value shows; `folded` when the value is a text. */
  search(value: unknown, folded: string, hits: Hits): void {
    for (const id of this.#present) hits.add(id)
    if (typeof value === 'string') this.#searchText(value, folded, hits)
    else if (!Array.isArray(value)) this.#searchOther(value, hits)
    else {
      for (const element of value) {
        if (typeof element === 'string') this.#searchText(element, foldCase(element), hits)
        else this.#searchOther(element, hits)
      }
    }
  }

  #searchOther(value: unknown, hits: Hits): void {
    if (typeof value !== 'number' && typeof value !== 'boolean') return
    if (typeof value === 'number') this.#searchNumber(value, hits)
    if (!this.#hasTexts) return
    const text = String(value)
    this.searchTexts(foldCase(text), hits)
  }

  // oxlint-disable-next-line max-params -- a text and the same text folded
  #searchText(text: string, folded: string, hits: Hits): void {
    if (this.#numbers.size > 0 && mayBeNumber(text)) {
      const number = numberOf(text)
      if (number !== undefined) this.#searchNumber(number, hits)
    }
    if (this.#hasTexts) this.searchTexts(folded, hits)
  }

  #searchNumber(number: number, hits: Hits): void {
    const id = this.#numbers.get(number)
    if (id !== undefined) hits.add(id)
  }

  /** Adds the atoms that a folded text shows. */
  searchTexts(folded: string, hits: Hits): void {
    for (const index of this.#anchored) index.search(folded, hits)
    this.#inside?.search(folded, hits)
    this.#regexInside?.search(withPlainS(folded), hits)
  }
}

// Numbers begin with a digit, a sign or a point; asking first spares most texts two expressions.
function mayBeNumber(text: string): boolean {
  const first = text.charCodeAt(0)
  const isDigit = first >= DIGIT_0 && first <= DIGIT_9
  return isDigit || text.startsWith('-') || text.startsWith('+') || text.startsWith('.')
}
