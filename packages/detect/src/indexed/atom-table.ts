import { Hits } from './hits.ts'
import { InsideSearches } from './inside-search.ts'
import type { Atom, Witness } from './witness.ts'

/** The distinct atoms of all filters, numbered, and which of them announce each filter. */
export class AtomTable {
  readonly atoms: Atom[] = []
  /** By filter: its atoms; `undefined` for one that no atom announces. */
  readonly byFilter: readonly (Int32Array | undefined)[]
  /** What one value or text of the event at hand shows; for one use after the other. */
  readonly hits: Hits
  readonly searches: InsideSearches
  #plans = 0
  readonly #ids = new Map<string, number>()

  /** @param witnesses By filter. */
  constructor(witnesses: readonly (Witness | undefined)[]) {
    this.byFilter = witnesses.map((witness) => {
      if (witness === undefined) return undefined
      return Int32Array.from(new Set(witness.atoms.map((atom) => this.#idOf(atom))))
    })
    this.hits = new Hits(this.atoms.length)
    this.searches = new InsideSearches(this.atoms.map(({ text }) => text))
  }

  /** A number for an index over some of the filters. */
  numberPlan(): number {
    this.#plans += 1
    return this.#plans - 1
  }

  #idOf(atom: Atom): number {
    const key = `${atom.slot} ${atom.kind} ${atom.isRegex} ${atom.text}`
    const known = this.#ids.get(key)
    if (known === undefined) {
      this.#ids.set(key, this.atoms.length)
      return this.atoms.push(atom) - 1
    }
    // Of those who ask for the same, one may name the predicates that it proves.
    if (atom.implied.length > 0) this.atoms[known] = atom
    return known
  }
}
