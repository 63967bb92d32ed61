import type { LineageRelation } from '@pomona/rules'
import { fieldPath } from '@pomona/schema'
import { foldCase } from './fold.ts'

/**
 * How a field's name leads to its value.
 * `nested`: the parts of the name are keys of nested objects, as in our events.
 * `literal`: the name itself is a key of the document; when it is not, as `nested`; and when that
 * finds
 *   nothing, the key that differs by blanks only, because Windows writes `Source Name` in some
 *   event data where Sigma's taxonomy says `SourceName`.
 */
export type FieldLookup = 'nested' | 'literal'

/** Asks the event of an earlier step of a sequence for a field, by the index the view gave it. */
export type EarlierValue = (step: number, index: number) => unknown

const TEXTS_MAX = 10_000
const DEPTH_MAX = 32
const ABSENT = Symbol('not looked up yet')

/** What is known of an event beside the event, where rules over several events are evaluated. */
export interface EventContext {
  /**
   * Whether the event's process stands in this relation to an event the subject holds for.
   *
   * @param subjectId See `filterId` in `@pomona/rules`.
   */
  comesFrom(relation: LineageRelation, subjectId: string): boolean
}

/**
 * One event as rules see it: each field is looked up, and each text folded, at most once an event.
 * Mutable and reused from event to event.
 */
export class EventView {
  readonly #lookup: FieldLookup
  readonly #names: string[] = []
  readonly #paths: (readonly string[])[] = []
  readonly #indexes = new Map<string, number>()
  #document: object = {}
  #context: EventContext | undefined
  #values: unknown[] = []
  #folded: (string | undefined)[] = []
  #blankless: ReadonlyMap<string, unknown> | undefined
  #texts: readonly string[] | undefined
  #textsFolded: readonly string[] | undefined
  #earlier: EarlierValue | undefined

  constructor(lookup: FieldLookup) {
    this.#lookup = lookup
  }

  /** Gives a field its index; the same name always has the same. Before the first event only. */
  indexOf(name: string): number {
    const known = this.#indexes.get(name)
    if (known !== undefined) return known
    const index = this.#names.push(name) - 1
    this.#paths.push(fieldPath(name))
    this.#indexes.set(name, index)
    this.#values.push(ABSENT)
    this.#folded.push(undefined)
    return index
  }

  /** The name a field has its index by. */
  nameOf(index: number): string {
    return this.#names[index] ?? ''
  }

  /** Turns to the next event. Without context nothing is known of other events. */
  turnTo(document: object, context?: EventContext): void {
    this.#document = document
    this.#context = context
    this.#values.fill(ABSENT)
    this.#folded.fill(undefined)
    this.#blankless = undefined
    this.#texts = undefined
    this.#textsFolded = undefined
    this.#earlier = undefined
  }

  /**
   * Gives access to the events of earlier steps, until the next event. Without it their fields are
   * absent.
   */
  lookBack(earlier: EarlierValue): void {
    this.#earlier = earlier
  }

  /** The value of a field in the event of an earlier step, `undefined` when absent. */
  earlier(step: number, index: number): unknown {
    return this.#earlier?.(step, index)
  }

  /** The value of a field in another document than the one at hand; it is not remembered. */
  valueIn(document: object, index: number): unknown {
    return this.#look(document, index)
  }

  get context(): EventContext | undefined {
    return this.#context
  }

  /** The value of a field, `undefined` when absent. */
  value(index: number): unknown {
    const known = this.#values[index]
    if (known !== ABSENT) return known
    const value = this.#look(this.#document, index)
    this.#values[index] = value
    return value
  }

  /** The folded text of a field whose value is this text. */
  folded(index: number, text: string): string {
    const known = this.#folded[index]
    if (known !== undefined) return known
    const folded = foldCase(text)
    this.#folded[index] = folded
    return folded
  }

  #look(document: object, index: number): unknown {
    const path = this.#paths[index] ?? []
    if (this.#lookup === 'nested') return valueAt(document, path, 0)
    const name = this.#names[index] ?? ''
    if (Object.hasOwn(document, name)) {
      return (document as Record<string, unknown>)[name] // An own key, checked above.
    }
    const value = valueAt(document, path, 0)
    if (value !== undefined) return value
    if (document !== this.#document) return withoutBlanks(document).get(name)
    this.#blankless ??= withoutBlanks(document)
    return this.#blankless.get(name)
  }

  /** All texts, numbers and booleans of the event as text, for keyword searches. At most 10,000. */
  texts(): readonly string[] {
    this.#texts ??= collectTexts(this.#document, this.#lookup)
    return this.#texts
  }

  /** The same, folded. */
  textsFolded(): readonly string[] {
    this.#textsFolded ??= this.texts().map(foldCase)
    return this.#textsFolded
  }
}

const NONE: ReadonlyMap<string, unknown> = new Map()

/** The entries of a document whose keys hold blanks, by the keys without them. */
export function withoutBlanks(document: object): ReadonlyMap<string, unknown> {
  let found: Map<string, unknown> | undefined
  for (const [key, value] of Object.entries(document)) {
    if (!key.includes(' ')) continue
    found ??= new Map()
    found.set(key.replaceAll(' ', ''), value)
  }
  return found ?? NONE
}

/**
 * The value a path leads to from a node, or `undefined`. Only own properties count. Through a list
 * of objects the path goes into each of them.
 *
 * @param from Index of the path's key that is asked of the node.
 */
export function valueAt(node: unknown, path: readonly string[], from: number): unknown {
  let value = node
  for (let index = from; index < path.length; index += 1) {
    if (Array.isArray(value)) return valuesAt(value, path, index)
    const key = path[index] ?? ''
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key] // An own property, checked above.
  }
  return value
}

function valuesAt(items: readonly unknown[], path: readonly string[], from: number): unknown {
  const found = items
    .slice(0, TEXTS_MAX)
    .flatMap((item) => (Array.isArray(item) ? [] : [valueAt(item, path, from)]))
    .filter((value) => value !== undefined)
  return found.length === 0 ? undefined : found.flat()
}

/** Texts, numbers and booleans of an event as text, in order. At most 10,000, 32 levels deep. */
export function collectTexts(document: object, lookup: FieldLookup): readonly string[] {
  const texts: string[] = []
  addTextsOf(document, { depth: 0, lookup, texts })
  return texts
}

interface TextSearch {
  /** How many keys lead to the node. */
  readonly depth: number
  readonly lookup: FieldLookup
  readonly texts: string[]
}

function addTextsOf(node: object, search: TextSearch): void {
  if (Array.isArray(node)) {
    for (const item of node) addText(item, search)
    return
  }
  for (const key in node) {
    if (!Object.hasOwn(node, key)) continue
    // The raw record repeats every value; the field table takes it out of searches.
    const isOriginal = key === 'original' && search.depth === 1 && search.lookup === 'nested'
    if (!isOriginal) addText((node as Record<string, unknown>)[key], search) // An own key.
  }
}

function addText(value: unknown, search: TextSearch): void {
  const { depth, lookup, texts } = search
  if (texts.length >= TEXTS_MAX) return
  if (typeof value === 'string') texts.push(value)
  else if (typeof value === 'number' || typeof value === 'boolean') texts.push(String(value))
  else if (typeof value === 'object' && value !== null && depth + 1 < DEPTH_MAX) {
    addTextsOf(value, { depth: depth + 1, lookup, texts })
  }
}
