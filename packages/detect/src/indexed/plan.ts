import type { AtomTable } from './atom-table.ts'
import { FieldIndex, type NumberedAtom } from './field-index.ts'
import type { Hits } from './hits.ts'
import type { InsideSearches } from './inside-search.ts'
import type { PredicateTable } from './predicate-table.ts'
import type { ValueFacts } from './value-facts.ts'
import { ANY_FIELD, type Atom } from './witness.ts'

/** The atoms of one field, and the index over them, made when it is first asked for. */
class FieldAtoms {
  readonly atoms: NumberedAtom[] = []
  #index: FieldIndex | undefined

  index(searches: InsideSearches): FieldIndex {
    this.#index ??= new FieldIndex(this.atoms, searches)
    return this.#index
  }
}

/**
 * The index over one set of filters: from what an event shows to the filters that may hold. Made
 * once for every set of filters that gates and routes let through.
 */
export class Plan {
  readonly #table: AtomTable
  readonly #number: number
  /** By slot: the atoms of a field, and their index once an event had the field. */
  readonly #fields: (FieldAtoms | undefined)[] = []
  /** The slots that have atoms. */
  readonly #slots: readonly number[]
  readonly #ofAnyField = new FieldAtoms()
  readonly #anyField: FieldAtoms | undefined
  /** Filters that no atom announces: tried on every event. */
  readonly #always: Int32Array
  /** Filters by atom: those of atom `a` stand from `#starts[a]` to `#starts[a + 1]`. */
  readonly #starts: Int32Array
  readonly #filters: Int32Array
  readonly #stamps: Int32Array
  #stamp = 0
  /** Filters to try on the event at hand, the first `count` of them. */
  readonly candidates: Int32Array
  count = 0

  /** @param members The filters to be found, by their index in the table. */
  constructor(members: readonly number[], table: AtomTable) {
    this.#table = table
    this.#number = table.numberPlan()
    this.#always = Int32Array.from(members.filter((index) => table.byFilter[index] === undefined))
    const counts = new Int32Array(table.atoms.length)
    for (const index of members) {
      for (const atom of table.byFilter[index] ?? []) counts[atom] = (counts[atom] ?? 0) + 1
    }
    this.#starts = new Int32Array(counts.length + 1)
    for (const [atom, count] of counts.entries()) {
      this.#starts[atom + 1] = (this.#starts[atom] ?? 0) + count
    }
    this.#filters = new Int32Array(this.#starts.at(-1) ?? 0)
    for (const index of members) {
      for (const atom of table.byFilter[index] ?? []) {
        counts[atom] = (counts[atom] ?? 0) - 1
        this.#filters[(this.#starts[atom] ?? 0) + (counts[atom] ?? 0)] = index
      }
    }
    this.#stamps = new Int32Array(table.byFilter.length)
    this.candidates = new Int32Array(members.length)
    for (const [id, atom] of table.atoms.entries()) {
      if (this.#starts[id] !== this.#starts[id + 1]) this.#addAtom(atom, id)
    }
    this.#slots = [...this.#fields.keys()].filter((slot) => this.#fields[slot] !== undefined)
    this.#anyField = this.#ofAnyField.atoms.length === 0 ? undefined : this.#ofAnyField
  }

  #addAtom(atom: Atom, id: number): void {
    const field =
      atom.slot === ANY_FIELD ? this.#ofAnyField : (this.#fields[atom.slot] ??= new FieldAtoms())
    field.atoms.push({ atom, id })
  }

  /** Makes every index ready before the first event that needs it. */
  prepare(): void {
    for (const slot of this.#slots) this.#fields[slot]?.index(this.#table.searches)
    this.#anyField?.index(this.#table.searches)
  }

  /** Finds the filters that may hold for the event at hand. */
  collect(predicates: PredicateTable): void {
    this.#stamp += 1
    if (this.#stamp === 2 ** 31 - 1) {
      this.#stamp = 1
      this.#stamps.fill(0)
    }
    this.candidates.set(this.#always)
    this.count = this.#always.length
    const { slots } = predicates
    const asked = slots.isListed ? slots.present : this.#slots
    const askedCount = slots.isListed ? slots.presentCount : this.#slots.length
    for (let index = 0; index < askedCount; index += 1) {
      const slot = asked[index] ?? 0
      const value = slots.value(slot)
      if (value === undefined) continue
      const field = this.#fields[slot]?.index(this.#table.searches)
      if (field === undefined) continue
      if (typeof value === 'string') this.#collectText(field, slots.facts(slot, value), predicates)
      else this.#collectOther(field, slot, predicates)
    }
    const anyField = this.#anyField?.index(this.#table.searches)
    if (anyField !== undefined) this.#collectAnyField(anyField, predicates)
  }

  // oxlint-disable-next-line max-params -- called for every value of every event
  #collectText(field: FieldIndex, facts: ValueFacts, predicates: PredicateTable): void {
    const known = facts.atomsOf(this.#number)
    if (known !== undefined) {
      for (let at = 0; at < known.length; at += 1) this.#announce(known[at] ?? 0, predicates)
      return
    }
    const { hits } = this.#table
    hits.clear()
    field.searchText(facts, hits)
    if (facts.isKept) facts.keepAtoms(this.#number, hits)
    this.#announceAll(hits, predicates)
  }

  // oxlint-disable-next-line max-params -- called for every value of every event
  #collectOther(field: FieldIndex, slot: number, predicates: PredicateTable): void {
    const value = predicates.slots.value(slot)
    if (Array.isArray(value)) {
      for (const facts of predicates.slots.elementFacts(slot, value)) {
        if (facts !== undefined) this.#collectText(field, facts, predicates)
      }
    }
    const { hits } = this.#table
    hits.clear()
    field.searchOther(value, hits)
    this.#announceAll(hits, predicates)
  }

  #collectAnyField(field: FieldIndex, predicates: PredicateTable): void {
    const { slots } = predicates
    const { hits } = this.#table
    hits.clear()
    const bytes = slots.textBytes
    const isSearched = bytes !== undefined && field.searchBytes(bytes, hits)
    if (!isSearched) field.searchInside(slots.joinedTexts(), hits)
    if (field.hasAnchored) {
      for (const text of slots.textsFolded()) field.searchAnchored(text, hits)
    }
    this.#announceAll(hits, predicates)
  }

  #announceAll(hits: Hits, predicates: PredicateTable): void {
    for (let at = 0; at < hits.count; at += 1) this.#announce(hits.ids[at] ?? 0, predicates)
  }

  #announce(atom: number, predicates: PredicateTable): void {
    for (const predicate of this.#table.atoms[atom]?.implied ?? []) predicates.noteHeld(predicate)
    const end = this.#starts[atom + 1] ?? 0
    for (let at = this.#starts[atom] ?? 0; at < end; at += 1) {
      const filter = this.#filters[at] ?? 0
      if (this.#stamps[filter] === this.#stamp) continue
      this.#stamps[filter] = this.#stamp
      this.candidates[this.count] = filter
      this.count += 1
    }
  }
}
