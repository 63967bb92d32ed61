import { FieldIndex } from './field-index.ts'
import { Hits } from './hits.ts'
import type { PredicateTable } from './predicate-table.ts'
import type { ValueFacts } from './value-facts.ts'
import { ANY_FIELD, type Atom, type Witness } from './witness.ts'

/** A filter to be found, with what events that it holds for show. */
export interface PlannedFilter {
  readonly index: number
  readonly witness: Witness | undefined
}

/**
 * The index over one set of filters: from what an event shows to the filters that may hold. Made
 * once for every set of filters that gates and routes let through.
 */
export class Plan {
  /** By slot. */
  readonly #fields: (FieldIndex | undefined)[] = []
  /** The slots that have an index. */
  readonly #slots: readonly number[]
  readonly #anyField: FieldIndex | undefined
  /** Filters that no atom announces: tried on every event. */
  readonly always: Int32Array
  readonly #hits: Hits
  /** Predicates that an atom proves, by atom. */
  readonly #implied: readonly (readonly number[])[]
  /** Filters by atom: those of atom `a` stand from `#starts[a]` to `#starts[a + 1]`. */
  readonly #starts: Int32Array
  readonly #filters: Int32Array
  readonly #stamps: Int32Array
  #stamp = 0
  /** Filters to try on the event at hand, the first `count` of them. */
  readonly candidates: Int32Array
  count = 0

  /** @param filtersCount How many filters there are in all, not only in this plan. */
  constructor(filters: readonly PlannedFilter[], filtersCount: number) {
    const always = filters.filter(({ witness }) => witness === undefined)
    this.always = Int32Array.from(always, ({ index }) => index)
    const { atoms, filtersByAtom } = inverted(filters)
    this.#hits = new Hits(atoms.length)
    this.#implied = atoms.map(({ implied }) => implied)
    const postings = filtersByAtom.flat()
    this.#filters = Int32Array.from(postings)
    this.#starts = new Int32Array(atoms.length + 1)
    for (const [id, row] of filtersByAtom.entries()) {
      this.#starts[id + 1] = (this.#starts[id] ?? 0) + row.length
    }
    this.#stamps = new Int32Array(filtersCount)
    this.candidates = new Int32Array(filters.length)
    const numbered = atoms.map((atom, id) => ({ atom, id }))
    const bySlot = Map.groupBy(numbered, ({ atom }) => atom.slot)
    for (const [slot, group] of bySlot) {
      if (slot !== ANY_FIELD) this.#fields[slot] = new FieldIndex(group)
    }
    this.#slots = [...bySlot.keys()].filter((slot) => slot !== ANY_FIELD)
    const anywhere = bySlot.get(ANY_FIELD)
    this.#anyField = anywhere === undefined ? undefined : new FieldIndex(anywhere)
  }

  /** Finds the filters that may hold for the event at hand. */
  collect(predicates: PredicateTable): void {
    this.#stamp += 1
    if (this.#stamp === 2 ** 31 - 1) {
      this.#stamp = 1
      this.#stamps.fill(0)
    }
    this.candidates.set(this.always)
    this.count = this.always.length
    const { slots } = predicates
    const asked = slots.isListed ? slots.present : this.#slots
    const askedCount = slots.isListed ? slots.presentCount : this.#slots.length
    for (let index = 0; index < askedCount; index += 1) {
      const slot = asked[index] ?? 0
      const field = this.#fields[slot]
      if (field === undefined) continue
      const value = slots.value(slot)
      if (typeof value === 'string') this.#collectText(field, slots.facts(slot, value), predicates)
      else if (value !== undefined) this.#collectOther(field, slot, predicates)
    }
    if (this.#anyField !== undefined) this.#collectAnyField(this.#anyField, predicates)
  }

  // oxlint-disable-next-line max-params -- called for every value of every event
  #collectText(field: FieldIndex, facts: ValueFacts, predicates: PredicateTable): void {
    if (facts.plan === this) {
      for (let at = 0; at < facts.atoms.length; at += 1) {
        this.#announce(facts.atoms[at] ?? 0, predicates)
      }
      return
    }
    const hits = this.#hits
    hits.clear()
    field.searchText(facts, hits)
    if (facts.isKept) facts.keepAtoms(this, hits)
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
    const hits = this.#hits
    hits.clear()
    field.searchOther(value, hits)
    this.#announceAll(hits, predicates)
  }

  #collectAnyField(field: FieldIndex, predicates: PredicateTable): void {
    const { slots } = predicates
    const hits = this.#hits
    hits.clear()
    field.searchInside(slots.joinedTexts(), hits)
    if (field.hasAnchored) {
      for (const text of slots.textsFolded()) field.searchAnchored(text, hits)
    }
    this.#announceAll(hits, predicates)
  }

  #announceAll(hits: Hits, predicates: PredicateTable): void {
    for (let at = 0; at < hits.count; at += 1) this.#announce(hits.ids[at] ?? 0, predicates)
  }

  #announce(atom: number, predicates: PredicateTable): void {
    for (const predicate of this.#implied[atom] ?? []) predicates.noteHeld(predicate)
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

/** The distinct atoms of filters, and for each the filters it announces. */
function inverted(filters: readonly PlannedFilter[]): {
  readonly atoms: readonly Atom[]
  readonly filtersByAtom: readonly number[][]
} {
  const ids = new Map<string, number>()
  const atoms: Atom[] = []
  const filtersByAtom: number[][] = []
  for (const { index, witness } of filters) {
    for (const atom of witness?.atoms ?? []) {
      const key = `${atom.slot} ${atom.kind} ${atom.isRegex} ${atom.text}`
      const id = ids.get(key) ?? atoms.push(atom) - 1
      ids.set(key, id)
      // Of those who ask for the same, one may name the predicates that it proves.
      if (atom.implied.length > 0) atoms[id] = atom
      const row = (filtersByAtom[id] ??= [])
      if (row.at(-1) !== index) row.push(index)
    }
  }
  return { atoms, filtersByAtom }
}
