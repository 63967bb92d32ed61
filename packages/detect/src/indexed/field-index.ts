import { foldCase } from '../fold.ts'
import { numberOf } from '../value-test.ts'
import { AnchoredIndex } from './anchored-index.ts'
import type { AsciiBytes } from './automaton.ts'
import type { Hits, Needle } from './hits.ts'
import type { InsideSearch, InsideSearches } from './inside-search.ts'
import type { Place } from './leaf.ts'
import { withPlainS } from './regex-literals.ts'
import type { ValueFacts } from './value-facts.ts'
import type { Atom } from './witness.ts'

const DIGIT_0 = 48
const DIGIT_9 = 57

/** An atom and the number by which it is reported. */
export interface NumberedAtom {
  readonly atom: Atom
  readonly id: number
}

/** The atoms of one field, found from one of its values. */
export class FieldIndex {
  readonly #present: readonly number[]
  readonly #numbers: ReadonlyMap<number, number>
  readonly #anchored: readonly AnchoredIndex[]
  readonly #inside: InsideSearch | undefined
  readonly #regexInside: InsideSearch | undefined
  readonly #hasTexts: boolean

  /** @param atoms Distinct ones. */
  constructor(atoms: readonly NumberedAtom[], searches: InsideSearches) {
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
    this.#inside = inside.length === 0 ? undefined : searches.searchFor(inside)
    this.#regexInside = regexInside.length === 0 ? undefined : searches.searchFor(regexInside)
    this.#hasTexts = this.#anchored.length + inside.length + regexInside.length > 0
  }

  /** Adds the atoms that a text shows. */
  searchText({ text, folded }: ValueFacts, hits: Hits): void {
    for (const id of this.#present) hits.add(id)
    if (this.#numbers.size > 0 && mayBeNumber(text)) {
      const number = numberOf(text)
      if (number !== undefined) this.#searchNumber(number, hits)
    }
    this.searchAnchored(folded, hits)
    this.searchInside(folded, hits)
  }

  /** Adds the atoms that a value that is no text shows; of a list, all but its texts. */
  searchOther(value: unknown, hits: Hits): void {
    for (const id of this.#present) hits.add(id)
    if (Array.isArray(value)) for (const element of value) this.#searchPlain(element, hits)
    else this.#searchPlain(value, hits)
  }

  #searchPlain(value: unknown, hits: Hits): void {
    if (typeof value !== 'number' && typeof value !== 'boolean') return
    if (typeof value === 'number') this.#searchNumber(value, hits)
    if (!this.#hasTexts) return
    const text = foldCase(String(value))
    this.searchAnchored(text, hits)
    this.searchInside(text, hits)
  }

  #searchNumber(number: number, hits: Hits): void {
    const id = this.#numbers.get(number)
    if (id !== undefined) hits.add(id)
  }

  get hasAnchored(): boolean {
    return this.#anchored.length > 0
  }

  /** Adds what a folded text is, begins with, or ends with. */
  searchAnchored(folded: string, hits: Hits): void {
    for (const index of this.#anchored) index.search(folded, hits)
  }

  /**
   * Adds what stands anywhere in a text of ASCII.
   *
   * @returns false when it has to be asked for the folded text instead.
   */
  searchBytes(text: AsciiBytes, hits: Hits): boolean {
    for (const search of [this.#inside, this.#regexInside]) {
      if (search === undefined) continue
      if (search.searchBytes === undefined) return false
      search.searchBytes(text, hits)
    }
    return true
  }

  /** Adds what stands anywhere in a folded text. */
  searchInside(folded: string, hits: Hits): void {
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
