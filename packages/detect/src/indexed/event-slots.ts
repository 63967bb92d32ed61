import { fieldPath } from '@pomona/schema'
import { collectTexts, type FieldLookup, valueAt, withoutBlanks } from '../event-view.ts'
import { foldCase } from '../fold.ts'
import { FALSE, FlatLine, type JsonLine, NULL, NUMBER, TEXT, TRUE } from './flat-line.ts'
import { LineValues } from './line-values.ts'
import { type ValueFacts, ValueMemory } from './value-facts.ts'

/** A key on the way to fields of a nested document. */
interface FieldNode {
  readonly key: string
  readonly parent: FieldNode | undefined
  /** Whether every object answers to the key, such as `constructor`. */
  readonly isInherited: boolean
  readonly children: Map<string, FieldNode>
  /** The event that `value` is of. */
  stamp: number
  value: unknown
}

/** What a key at the top of a document with literal names means. */
interface TopKey {
  readonly slot: number
  /** Fields below it, by paths. */
  readonly below: readonly number[]
  readonly hasBlank: boolean
}

/** Keys of events that no rule asks for and that are remembered as such. */
const STRANGE_KEYS_MAX = 1_024
const STAMP_MAX = 2 ** 31 - 1
const NO_FIELDS: readonly number[] = []
/** Stands for a value of a line that nobody has asked for yet. */
const UNREAD = Symbol('not read yet')
/** What a key of a line means that no filter asks for. */
const NO_SLOT = -1
const NO_LINE: JsonLine = { bytes: new Uint8Array(0), from: 0, to: 0 }

const decoder = new TextDecoder()

/**
 * The fields of one event that filters ask for, each in its slot. With literal names, where
 * thousands of filters ask for hundreds of fields and few are there, it goes over the event's keys
 * once; in nested documents it looks up what it is asked for, and every object on the way once.
 */
export class EventSlots {
  readonly #lookup: FieldLookup
  readonly #names: string[] = []
  readonly #paths: (readonly string[])[] = []
  readonly #slots = new Map<string, number>()
  readonly #root = fieldNode('', undefined)
  /** By slot, where its path ends. */
  readonly #nodes: FieldNode[] = []
  readonly #values: unknown[] = []
  /** By slot, the event that the value is of. */
  readonly #stamps: number[] = []
  #stamp = 0
  /** With literal names: the slots that have a value, the first `presentCount` of them. */
  readonly present: number[] = []
  presentCount = 0
  readonly #facts: (ValueFacts | undefined)[] = []
  readonly #elementFacts: ((ValueFacts | undefined)[] | undefined)[] = []
  readonly #memory: ValueMemory
  readonly #keys = new Map<string, TopKey>()
  #strangeKeys = 0
  readonly #line = new FlatLine()
  readonly #lineValues: LineValues | undefined
  /** By key of lines, the slot it fills. */
  readonly #lineSlots: number[] = []
  /** By slot, the field of the line at hand. */
  readonly #lineFields: number[] = []
  #jsonLine: JsonLine | undefined
  #document: object | undefined
  #texts: readonly string[] | undefined
  #textsFolded: readonly string[] | undefined
  #joined: string | undefined

  constructor(lookup: FieldLookup, valuesMax: number) {
    this.#lookup = lookup
    this.#memory = new ValueMemory(valuesMax)
    this.#lineValues = lookup === 'literal' && valuesMax > 0 ? new LineValues() : undefined
  }

  /** Whether `present` lists the fields of the event at hand; else they are looked up singly. */
  get isListed(): boolean {
    return this.#lookup === 'literal'
  }

  /** Gives a field its slot; the same name always has the same. Before the first event only. */
  slotOf(name: string): number {
    const known = this.#slots.get(name)
    if (known !== undefined) return known
    const slot = this.#names.push(name) - 1
    const path = fieldPath(name)
    this.#slots.set(name, slot)
    this.#paths.push(path)
    this.#values.push(undefined)
    this.#stamps.push(0)
    this.present.push(0)
    this.#facts.push(undefined)
    this.#elementFacts.push(undefined)
    let node = this.#root
    for (const key of path) node = childOf(node, key)
    this.#nodes.push(node)
    const first = path[0] ?? ''
    this.#addKey(name, name === first ? NO_FIELDS : [])
    if (name !== first) this.#addKey(first, [slot])
    return slot
  }

  #addKey(key: string, below: readonly number[]): void {
    const known = this.#keys.get(key)
    this.#keys.set(key, {
      slot: this.#slots.get(key) ?? -1,
      below: [...(known?.below ?? NO_FIELDS), ...below],
      hasBlank: key.includes(' '),
    })
  }

  /** Turns to the next event. */
  turnTo(document: object): void {
    this.#begin()
    this.#document = document
    this.#jsonLine = undefined
    this.#root.stamp = this.#stamp
    this.#root.value = document
    if (this.#lookup === 'literal') this.#readLiteral(document)
  }

  #begin(): void {
    this.#stamp += 1
    if (this.#stamp === STAMP_MAX) this.#restart()
    this.#texts = undefined
    this.#textsFolded = undefined
    this.#joined = undefined
    this.presentCount = 0
  }

  /**
   * Turns to the event that stands on a line as JSON, without making an object of it.
   *
   * @returns false when that cannot be done; then there is no event at hand.
   */
  turnToLine(jsonLine: JsonLine): boolean {
    if (!this.isListed) return false
    const line = this.#line
    this.#begin()
    this.#document = undefined
    this.#jsonLine = jsonLine
    if (!line.read(jsonLine)) return false
    for (let field = 0; field < line.count; field += 1) {
      const key = line.keys[field] ?? 0
      const slot = this.#lineSlots[key] ?? this.#lineSlotOf(key)
      if (slot === NO_SLOT) continue
      this.#stamps[slot] = this.#stamp
      this.#values[slot] = UNREAD
      this.#lineFields[slot] = field
      this.present[this.presentCount] = slot
      this.presentCount += 1
    }
    return true
  }

  // A line holds no objects, nor keys with a blank: a key is one name or none.
  #lineSlotOf(key: number): number {
    const slot = this.#slots.get(this.#line.names[key] ?? '') ?? NO_SLOT
    this.#lineSlots[key] = slot
    return slot
  }

  /** The value of a line's field, made when it is first asked for. */
  #readFromLine(slot: number): unknown {
    const line = this.#line
    const field = this.#lineFields[slot] ?? 0
    switch (line.kinds[field]) {
      case TEXT: {
        const facts = this.#factsFromLine(slot, field)
        this.#facts[slot] = facts
        return facts.text
      }
      case NUMBER:
        return line.numbers[field]
      case NULL:
        return null
      case TRUE:
        return true
      case FALSE:
        return false
      default:
        throw new RangeError(`no such kind of value: ${line.kinds[field]}`)
    }
  }

  // oxlint-disable-next-line max-params -- called for every value of every line
  #factsFromLine(slot: number, field: number): ValueFacts {
    const known = this.#lineValues?.find(this.#line, field, slot)
    if (known !== undefined) {
      this.#memory.countFound(slot)
      return known
    }
    const facts = this.#memory.of(slot, this.#line.text(field))
    if (facts.isKept) this.#lineValues?.keep(this.#line, { field, slot, facts })
    return facts
  }

  #restart(): void {
    this.#stamp = 1
    this.#stamps.fill(0)
    const clear = (node: FieldNode): void => {
      node.stamp = 0
      for (const child of node.children.values()) clear(child)
    }
    clear(this.#root)
  }

  /** The event at hand as an object; made from its line only when it is asked for. */
  get document(): object {
    this.#document ??= parsed(this.#jsonLine ?? NO_LINE)
    return this.#document
  }

  /** The value of a field; `undefined` when absent. */
  value(slot: number): unknown {
    if (this.#stamps[slot] === this.#stamp) {
      const known = this.#values[slot]
      if (known !== UNREAD) return known
      const read = this.#readFromLine(slot)
      this.#values[slot] = read
      return read
    }
    if (this.#lookup === 'literal') return undefined
    const value = this.#valueAtPath(slot)
    this.#put(slot, value)
    return value
  }

  #put(slot: number, value: unknown): void {
    this.#stamps[slot] = this.#stamp
    this.#values[slot] = value
    this.#facts[slot] = undefined
    this.#elementFacts[slot] = undefined
  }

  #valueAtPath(slot: number): unknown {
    const node = this.#nodes[slot] ?? this.#root
    const above = this.#objectAt(node.parent ?? this.#root)
    if (above === undefined) return undefined
    if (Array.isArray(above)) return valueAt(this.document, this.#paths[slot] ?? [], 0)
    return property(above, node)
  }

  /** The object or list that a key leads to; a list on the way stands for all that is below it. */
  #objectAt(node: FieldNode): object | undefined {
    if (node.stamp !== this.#stamp) {
      node.stamp = this.#stamp
      const above = node.parent === undefined ? undefined : this.#objectAt(node.parent)
      node.value = Array.isArray(above) || above === undefined ? above : property(above, node)
    }
    const { value } = node
    return typeof value === 'object' && value !== null ? value : undefined
  }

  /** What is known of a field's value, which is this text. */
  facts(slot: number, text: string): ValueFacts {
    const known = this.#facts[slot]
    if (known !== undefined) return known
    const facts = this.#memory.of(slot, text)
    this.#facts[slot] = facts
    return facts
  }

  /** The same for the texts in a value that is a list; absent for its other elements. */
  elementFacts(slot: number, items: readonly unknown[]): readonly (ValueFacts | undefined)[] {
    const known = this.#elementFacts[slot]
    if (known !== undefined) return known
    const facts = items.map((item) => {
      return typeof item === 'string' ? this.#memory.of(slot, item) : undefined
    })
    this.#elementFacts[slot] = facts
    return facts
  }

  /** All texts of the event, for keyword searches. */
  texts(): readonly string[] {
    this.#texts ??=
      this.#jsonLine === undefined ? collectTexts(this.document, this.#lookup) : this.#line.texts()
    return this.#texts
  }

  /** All texts, folded, with a NUL between them: what holds no NUL is in it if it is in one. */
  joinedTexts(): string {
    this.#joined ??= foldCase(
      this.#jsonLine === undefined ? this.texts().join('\0') : this.#line.joinedTexts(),
    )
    return this.#joined
  }

  /** All texts as bytes, not folded, a NUL after each, where a line of ASCII is at hand. */
  get textBytes(): FlatLine | undefined {
    return this.#jsonLine === undefined ? undefined : this.#line
  }

  /** All texts, folded. */
  textsFolded(): readonly string[] {
    this.#textsFolded ??= this.texts().map(foldCase)
    return this.#textsFolded
  }

  #list(slot: number, value: unknown): void {
    if (value === undefined || this.#stamps[slot] === this.#stamp) return
    this.#put(slot, value)
    this.present[this.presentCount] = slot
    this.presentCount += 1
  }

  // A name that is itself a key of the document has its value there and nowhere else.
  #listUnlessLiteral(slot: number, value: unknown): void {
    if (!Object.hasOwn(this.document, this.#names[slot] ?? '')) this.#list(slot, value)
  }

  #readLiteral(document: object): void {
    let hasBlank = false
    let isDeep = false
    for (const key in document) {
      if (!Object.hasOwn(document, key)) continue
      const known = this.#keys.get(key) ?? this.#stranger(key)
      if (known.hasBlank) hasBlank = true
      if (known.below.length > 0) isDeep = true
      if (known.slot >= 0) {
        this.#list(known.slot, (document as Record<string, unknown>)[key]) // An own key.
      }
    }
    if (isDeep || Array.isArray(document)) this.#readPaths(document)
    if (hasBlank) this.#readBlankless(document)
  }

  #readPaths(document: object): void {
    // A list at the top stands for all that is in it, whatever the first key.
    const slots = Array.isArray(document)
      ? this.#names.keys()
      : Object.keys(document).flatMap((key) => this.#keys.get(key)?.below ?? NO_FIELDS)
    for (const slot of slots) this.#listUnlessLiteral(slot, this.#valueAtPath(slot))
  }

  #readBlankless(document: object): void {
    for (const [name, value] of withoutBlanks(document)) {
      const slot = this.#slots.get(name)
      if (slot !== undefined) this.#listUnlessLiteral(slot, value)
    }
  }

  #stranger(key: string): TopKey {
    const known: TopKey = { slot: -1, below: NO_FIELDS, hasBlank: key.includes(' ') }
    if (this.#strangeKeys < STRANGE_KEYS_MAX) {
      this.#strangeKeys += 1
      this.#keys.set(key, known)
    }
    return known
  }
}

function parsed({ bytes, from, to }: JsonLine): object {
  return JSON.parse(decoder.decode(bytes.subarray(from, to)))
}

function property(object: object, { key, isInherited }: FieldNode): unknown {
  if (isInherited && !Object.hasOwn(object, key)) return undefined
  return (object as Record<string, unknown>)[key] // Absent keys give undefined.
}

function fieldNode(key: string, parent: FieldNode | undefined): FieldNode {
  const isInherited = key in Object.prototype
  return { key, parent, isInherited, children: new Map(), stamp: 0, value: undefined }
}

function childOf(node: FieldNode, key: string): FieldNode {
  const known = node.children.get(key)
  if (known !== undefined) return known
  const child = fieldNode(key, node)
  node.children.set(key, child)
  return child
}
