import { foldCase } from '../fold.ts'
import type { Hits } from './hits.ts'

const NO_ATOMS = new Int32Array(0)

/** Longer texts rarely come again. */
const TEXT_CHARS_MAX = 512
/** Lookups after which a field's memory is judged, and how many it sits out if it was no use. */
const TRIAL = 4_096
const BREAK = 65_536

/** What was found out about one text of one field; true of every event that has it. */
export class ValueFacts {
  readonly text: string
  /** Whether the next event with this text will see these facts again. */
  readonly isKept: boolean
  /** What the text shows to each index, by its number. */
  #atoms: (Int32Array | undefined)[] | undefined = undefined
  /** Of the field's slow predicates: 0 unknown, 1 false, 2 true. */
  known: Uint8Array | undefined = undefined
  #folded: string | undefined = undefined

  constructor(text: string, isKept: boolean) {
    this.text = text
    this.isKept = isKept
  }

  get folded(): string {
    this.#folded ??= foldCase(this.text)
    return this.#folded
  }

  /** What the text shows to the index of this number, when that is known. */
  atomsOf(plan: number): Int32Array | undefined {
    return this.#atoms?.[plan]
  }

  /** Notes what the text shows to the index of this number. */
  keepAtoms(plan: number, { ids, count }: Hits): void {
    this.#atoms ??= []
    this.#atoms[plan] = count === 0 ? NO_ATOMS : ids.slice(0, count)
  }
}

/** The facts of one field's texts. */
class FieldMemory {
  readonly facts = new Map<string, ValueFacts>()
  /** Those asked for last: events of one process follow one another. */
  last: ValueFacts | undefined = undefined
  lookups = 0
  found = 0
  /** Lookups that are left out. */
  pause = 0
}

/**
 * Remembers what was found out about texts that come again: most fields of process and file events
 * have few different values. A field whose texts do not come again is left alone for a while.
 */
export class ValueMemory {
  readonly #valuesMax: number
  readonly #fields: FieldMemory[] = []
  #values = 0

  /** @param valuesMax Texts kept over all fields; beyond it all are forgotten. 0 keeps none. */
  constructor(valuesMax: number) {
    this.#valuesMax = valuesMax
  }

  /** Counts a text of a field that was found again without asking here. */
  countFound(slot: number): void {
    const field = (this.#fields[slot] ??= new FieldMemory())
    field.lookups += 1
    field.found += 1
  }

  /** The facts of a field's text, remembered or new. */
  of(slot: number, text: string): ValueFacts {
    const field = (this.#fields[slot] ??= new FieldMemory())
    if (field.last?.text === text) return field.last
    if (field.pause > 0) {
      field.pause -= 1
      return new ValueFacts(text, false)
    }
    if (text.length > TEXT_CHARS_MAX || this.#valuesMax === 0) return new ValueFacts(text, false)
    field.lookups += 1
    const known = field.facts.get(text)
    if (known !== undefined) {
      field.found += 1
      field.last = known
      return known
    }
    return this.#keep(field, text)
  }

  #keep(field: FieldMemory, text: string): ValueFacts {
    if (field.lookups >= TRIAL) {
      if (field.found * 2 < field.lookups) {
        this.#values -= field.facts.size
        field.facts.clear()
        field.pause = BREAK
      }
      field.lookups = 0
      field.found = 0
    }
    if (this.#values >= this.#valuesMax) {
      for (const one of this.#fields) one?.facts.clear()
      this.#values = 0
    }
    const facts = new ValueFacts(text, true)
    field.facts.set(text, facts)
    this.#values += 1
    return facts
  }
}
