import type { Keyword, Predicate } from '@pomona/rules'
import { compileCondition, type Condition } from '../condition.ts'
import { EventView, type FieldLookup } from '../event-view.ts'
import { foldCase } from '../fold.ts'
import { compilePattern, type TextMatcher } from '../pattern.ts'
import { compileFieldTest, compileValueTest, textOf, type ValueTest } from '../value-test.ts'
import { EventSlots } from './event-slots.ts'
import type { JsonLine } from './flat-line.ts'
import { type Leaf, leafKey, type PlainLeaf, plainLeaf } from './leaf.ts'
import { regexLiterals, withPlainS } from './regex-literals.ts'
import { TextSet } from './text-set.ts'
import type { ValueFacts } from './value-facts.ts'

// The shapes nearly all predicates of public rules have are compared without a call.
const EXACT = 0
const PREFIX = 1
const SUFFIX = 2
const INSIDE = 3
/** What takes longer, asked of a field: any of many texts, expressions, patterns with gaps. */
const SLOW = 4
/** Texts in any text of the event. */
const KEYWORD = 5
/** What is not asked of one value. */
const OTHER = 6

const UNKNOWN = 0
const FALSE = 1
const TRUE = 2

/** What evaluating a predicate costs beside another: figures for ordering, no unit. */
const COSTS = {
  plain: 1,
  inside: 3,
  set: 4,
  pattern: 6,
  other: 10,
  keyword: 40,
  regex: 60,
  whole: 80,
}

/** Fewer alternatives are asked one by one. */
const SET_SIZE_MIN = 3

const GENERATION_MAX = 2 ** 30

const SHAPES = { whole: EXACT, prefix: PREFIX, suffix: SUFFIX, inside: INSIDE } as const

type EventTest = () => boolean
type SlowTest = Exclude<Predicate['test'], { kind: 'absent' | 'exists' | 'field' }>
type PatternTest = Extract<Predicate['test'], { kind: 'pattern' }>

/**
 * Every distinct predicate of all filters once, and for the event at hand what is already known of
 * it: a predicate that a hundred filters share is evaluated at most once an event.
 */
export class PredicateTable {
  readonly slots: EventSlots
  readonly #ids = new Map<string, number>()
  readonly #keys = new WeakMap<Leaf, string>()
  /** Predicates that hold when a leaf does, by the leaf's key. */
  readonly #implied = new Map<string, number[]>()
  /** How many filters ask for a leaf, by its key. */
  readonly #popularity = new Map<string, number>()
  #filters = 0
  readonly #shapes: number[] = []
  readonly #fields: number[] = []
  readonly #texts: string[] = []
  readonly #values: ValueTest[] = []
  /** Whether a plain text is compared as it is, not folded. */
  readonly #cased: boolean[] = []
  readonly #sets: TextSet[] = []
  readonly #slow: ((facts: ValueFacts) => boolean)[] = []
  /** Of a slow predicate, its place among those of its field. */
  readonly #slowPlaces: number[] = []
  /** How many slow predicates a field has. */
  readonly #slowCounts: number[] = []
  readonly #tests: (EventTest | undefined)[] = []
  readonly #costs: number[] = []
  /** For leaves only the judge's own code evaluates. */
  readonly #view: EventView
  #viewGeneration = 0
  #generation = 0
  // Twice the generation for false, one more for true.
  #memo = new Int32Array(0)

  constructor(lookup: FieldLookup, valuesMax: number) {
    this.slots = new EventSlots(lookup, valuesMax)
    this.#view = new EventView(lookup)
  }

  /** Gives a leaf the index of its predicate; equal ones share it. Before the first event only. */
  indexOf(leaf: Leaf): number {
    const key = this.#keyOf(leaf)
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const index = this.#shapes.length
    this.#ids.set(key, index)
    this.#addLeaf(leaf)
    this.#imply(key, index)
    return index
  }

  // Computed once a leaf, which compiling asks for several times.
  #keyOf(leaf: Leaf): string {
    const key = this.#keys.get(leaf) ?? leafKey(leaf)
    this.#keys.set(leaf, key)
    return key
  }

  #imply(key: string, index: number): void {
    const implied = this.#implied.get(key)
    if (implied === undefined) this.#implied.set(key, [index])
    else implied.push(index)
  }

  #addLeaf(leaf: Leaf): void {
    const plain = plainLeaf(leaf)
    if (leaf.kind === 'test') this.#addTest(leaf.predicate, plain)
    else if (leaf.kind === 'keyword') this.#addKeyword(leaf.keyword, plain)
    else this.#addWhole(compileCondition(leaf, this.#view))
  }

  /**
   * Gives the index of a predicate that holds when any of these leaves does, or `undefined` when
   * they are not all plain texts asked of one field, or too few to be worth it.
   */
  indexOfSet(leaves: readonly Leaf[]): number | undefined {
    if (leaves.length < SET_SIZE_MIN) return undefined
    const texts: PlainLeaf[] = []
    for (const leaf of leaves) {
      const plain = plainLeaf(leaf)
      if (plain === undefined || !isAlike(plain, texts[0] ?? plain)) return undefined
      texts.push(plain)
    }
    const keys = leaves.map((leaf) => this.#keyOf(leaf))
    const key = JSON.stringify(keys)
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const field = texts[0]?.field
    const index =
      field === undefined
        ? this.#add(KEYWORD, COSTS.keyword)
        : this.#addPlaced(SLOW, { slot: this.slots.slotOf(field), cost: COSTS.set })
    this.#ids.set(key, index)
    const set = new TextSet(texts)
    const cased = texts[0]?.cased ?? false
    this.#sets[index] = set
    this.#cased[index] = cased
    this.#values[index] = (value) => {
      const text = textOf(value)
      return text !== undefined && set.holds(cased ? text : foldCase(text))
    }
    for (const one of keys) this.#imply(one, index)
    return index
  }

  /** The predicates that hold when a leaf does: its own, and those it is one alternative of. */
  impliedBy(leaf: Leaf): readonly number[] {
    return this.#implied.get(this.#keyOf(leaf)) ?? []
  }

  /** Counts a filter that asks for these leaves, whatever it makes of the answers. */
  noteFilter(leaves: Iterable<Leaf>): void {
    this.#filters += 1
    for (const key of new Set(Iterator.from(leaves).map((leaf) => this.#keyOf(leaf)))) {
      this.#popularity.set(key, (this.#popularity.get(key) ?? 0) + 1)
    }
  }

  /** The share of filters that ask for a leaf. What many rules name is what many events have. */
  popularityOf(leaf: Leaf): number {
    return (this.#popularity.get(this.#keyOf(leaf)) ?? 0) / Math.max(1, this.#filters)
  }

  /** What evaluating a predicate costs beside another. */
  costOf(index: number): number {
    return this.#costs[index] ?? 0
  }

  /** Turns to the next event. */
  turnTo(document: object): void {
    this.#begin()
    this.slots.turnTo(document)
  }

  /** The same for an event on a line; see {@link EventSlots.turnToLine}. */
  turnToLine(line: JsonLine): boolean {
    this.#begin()
    return this.slots.turnToLine(line)
  }

  #begin(): void {
    if (this.#memo.length !== this.#shapes.length) this.#memo = new Int32Array(this.#shapes.length)
    this.#generation += 1
    if (this.#generation === GENERATION_MAX) {
      this.#generation = 1
      this.#viewGeneration = 0
      this.#memo.fill(0)
    }
  }

  /** Notes that a predicate holds for the event at hand, as the index found out. */
  noteHeld(index: number): void {
    this.#memo[index] = this.#generation * 2 + 1
  }

  /** Whether a predicate holds for the event at hand. */
  holds(index: number): boolean {
    const known = this.#memo[index] ?? 0
    if (known >>> 1 === this.#generation) return (known & 1) === 1
    const isHeld = this.#evaluate(index)
    this.#memo[index] = this.#generation * 2 + (isHeld ? 1 : 0)
    return isHeld
  }

  #evaluate(index: number): boolean {
    const shape = this.#shapes[index] ?? OTHER
    if (shape === OTHER) return this.#tests[index]?.() ?? false
    if (shape === KEYWORD) return this.#matchesJoined(index)
    const slot = this.#fields[index] ?? 0
    const value = this.slots.value(slot)
    if (value === undefined) return false
    if (typeof value === 'string') return this.#passes(index, this.slots.facts(slot, value))
    const passes = this.#values[index] ?? never
    if (!Array.isArray(value)) return passes(value)
    const facts = this.slots.elementFacts(slot, value)
    return value.some((element, at) => {
      const known = facts[at]
      return known === undefined ? passes(element) : this.#passes(index, known)
    })
  }

  #matchesJoined(index: number): boolean {
    const texts = this.slots.joinedTexts()
    return this.#sets[index]?.holds(texts) ?? texts.includes(this.#texts[index] ?? '')
  }

  #passes(index: number, facts: ValueFacts): boolean {
    const text = this.#cased[index] === true ? facts.text : facts.folded
    const wanted = this.#texts[index] ?? ''
    switch (this.#shapes[index]) {
      case INSIDE:
        return text.includes(wanted)
      case SUFFIX:
        return text.endsWith(wanted)
      case PREFIX:
        return text.startsWith(wanted)
      case EXACT:
        return text === wanted
      default:
        return this.#passesSlowly(index, facts)
    }
  }

  #passesSlowly(index: number, facts: ValueFacts): boolean {
    const place = this.#slowPlaces[index] ?? 0
    const known = facts.known?.[place] ?? UNKNOWN
    if (known !== UNKNOWN) return known === TRUE
    const text = this.#cased[index] === true ? facts.text : facts.folded
    const isHeld = this.#sets[index]?.holds(text) ?? this.#slow[index]?.(facts) ?? false
    if (facts.isKept) {
      facts.known ??= new Uint8Array(this.#slowCounts[this.#fields[index] ?? 0] ?? 0)
      facts.known[place] = isHeld ? TRUE : FALSE
    }
    return isHeld
  }

  #add(shape: number, cost: number): number {
    this.#costs.push(cost)
    return this.#shapes.push(shape) - 1
  }

  #addTest({ field, test }: Predicate, plain: PlainLeaf | undefined): void {
    const { slots } = this
    const slot = slots.slotOf(field)
    if (plain !== undefined && test.kind === 'pattern') {
      this.#addPlain(plain, { slot, test })
    } else if (test.kind === 'absent') {
      this.#addOther(COSTS.plain, () => isAbsent(slots.value(slot)))
    } else if (test.kind === 'exists') {
      const { value: wanted } = test
      this.#addOther(COSTS.plain, () => (slots.value(slot) !== undefined) === wanted)
    } else if (test.kind === 'field') {
      const otherSlot = slots.slotOf(test.other)
      const relates = compileFieldTest(test.affix, test.cased)
      this.#addOther(COSTS.other, () => {
        const others = elementsOf(slots.value(otherSlot))
        return elementsOf(slots.value(slot)).some((element) =>
          others.some((other) => relates(element, other)),
        )
      })
    } else {
      this.#addSlow(slot, test)
    }
  }

  #addPlain(
    { place, text }: PlainLeaf,
    { slot, test }: { readonly slot: number; readonly test: PatternTest },
  ): void {
    const index = this.#add(SHAPES[place], place === 'inside' ? COSTS.inside : COSTS.plain)
    this.#fields[index] = slot
    this.#texts[index] = text
    this.#cased[index] = test.cased
    this.#values[index] = compileValueTest(test)
  }

  #addSlow(slot: number, test: SlowTest): void {
    const passes = compileValueTest(test)
    const cost = test.kind === 'regex' ? COSTS.regex : COSTS.other
    const index = this.#addPlaced(SLOW, { slot, cost })
    this.#values[index] = passes
    if (test.kind === 'pattern' && !test.cased) {
      const matches = compilePattern(test.pattern, false)
      this.#slow[index] = ({ folded }) => matches(folded)
      return
    }
    const mayPass = test.kind === 'regex' ? regexGuard(test.source) : undefined
    this.#slow[index] = ({ text, folded }) => {
      return (mayPass === undefined || mayPass(folded)) && passes(text)
    }
  }

  /** Adds a predicate whose answer is kept with the text it was found for. */
  #addPlaced(shape: number, { slot, cost }: { slot: number; cost: number }): number {
    const index = this.#add(shape, cost)
    const place = this.#slowCounts[slot] ?? 0
    this.#slowCounts[slot] = place + 1
    this.#slowPlaces[index] = place
    this.#fields[index] = slot
    return index
  }

  #addOther(cost: number, test: EventTest): void {
    this.#tests[this.#add(OTHER, cost)] = test
  }

  #addKeyword({ test }: Keyword, plain: PlainLeaf | undefined): void {
    const { slots } = this
    if (plain !== undefined) {
      this.#texts[this.#add(KEYWORD, COSTS.keyword)] = plain.text
      return
    }
    if (test.kind === 'regex') {
      const passes = compileValueTest(test)
      const mayPass = regexGuard(test.source)
      this.#addOther(COSTS.regex, () => {
        const folded = slots.textsFolded()
        return slots.texts().some((text, index) => {
          return (mayPass === undefined || mayPass(folded[index] ?? '')) && passes(text)
        })
      })
      return
    }
    const matches = compilePattern(test.pattern, test.cased)
    this.#addOther(
      COSTS.keyword,
      test.cased ? () => slots.texts().some(matches) : () => slots.textsFolded().some(matches),
    )
  }

  #addWhole({ holds }: Condition): void {
    this.#addOther(COSTS.whole, () => {
      if (this.#viewGeneration !== this.#generation) {
        this.#viewGeneration = this.#generation
        this.#view.turnTo(this.slots.document)
      }
      return holds(this.#view)
    })
  }
}

// Expressions run slowly; a text they need is found quickly.
function regexGuard(source: string): TextMatcher | undefined {
  const literals = regexLiterals(source)
  if (literals === undefined) return undefined
  return (folded) => {
    const text = withPlainS(folded)
    return literals.some((literal) => text.includes(literal))
  }
}

function elementsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function isAlike(left: PlainLeaf, right: PlainLeaf): boolean {
  return left.field === right.field && left.cased === right.cased
}

function never(): boolean {
  return false
}

function isAbsent(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((element) => element === null)
  return value === undefined || value === null
}
