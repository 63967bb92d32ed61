import { fieldPath } from '@pomona/schema'
import { collectTexts, type FieldLookup, valueAt, withoutBlanks } from '../event-view.ts'
import { foldCase } from '../fold.ts'
import { type ValueFacts, ValueMemory } from './value-facts.ts'

/** A key of a document on the way to fields. */
interface FieldNode {
  readonly key: string
  /** How many keys lead here. */
  readonly depth: number
  /** Whether every object answers to the key, such as `constructor`. */
  readonly isInherited: boolean
  /** The field that ends here, or -1. */
  slot: number
  readonly children: FieldNode[]
  readonly childByKey: Map<string, FieldNode>
  /** All fields below, for where the way leads through a list. */
  readonly below: number[]
}

/** What a key at the top of a document with literal names means. */
interface TopKey {
  readonly slot: number
  readonly node: FieldNode | undefined
  readonly hasBlank: boolean
}

/** Keys of events that no rule asks for and that are remembered as such. */
const STRANGE_KEYS_MAX = 1_024

/**
 * The fields of one event that filters ask for, each in its slot. Unlike
 * {@link EventView}, which looks up what it is asked for, it goes over the event once: thousands of
 * filters ask for hundreds of fields, and few of them are there.
 */
export class EventSlots {
  /** Value by slot; `undefined` when absent. */
  readonly values: unknown[] = []
  /** The slots that have a value, the first `presentCount` of them. */
  readonly present: number[] = []
  presentCount = 0
  readonly #lookup: FieldLookup
  readonly #names: string[] = []
  readonly #paths: (readonly string[])[] = []
  readonly #slots = new Map<string, number>()
  readonly #root = fieldNode('', 0)
  readonly #facts: (ValueFacts | undefined)[] = []
  readonly #elementFacts: ((ValueFacts | undefined)[] | undefined)[] = []
  readonly #memory: ValueMemory
  readonly #keys = new Map<string, TopKey>()
  #strangeKeys = 0
  #document: object = {}
  #texts: readonly string[] | undefined
  #textsFolded: readonly string[] | undefined
  #joined: string | undefined

  constructor(lookup: FieldLookup, valuesMax: number) {
    this.#lookup = lookup
    this.#memory = new ValueMemory(valuesMax)
  }

  /** Gives a field its slot; the same name always has the same. Before the first event only. */
  slotOf(name: string): number {
    const known = this.#slots.get(name)
    if (known !== undefined) return known
    const slot = this.#names.push(name) - 1
    const path = fieldPath(name)
    this.#slots.set(name, slot)
    this.#paths.push(path)
    this.values.push(undefined)
    this.present.push(0)
    this.#facts.push(undefined)
    this.#elementFacts.push(undefined)
    let node = this.#root
    for (const key of path) {
      node.below.push(slot)
      node = childOf(node, key)
    }
    node.slot = slot
    if (this.#lookup === 'literal') this.#addKeys(name, path[0] ?? '')
    return slot
  }

  #addKeys(name: string, first: string): void {
    for (const key of [name, first]) {
      const node = this.#root.childByKey.get(key)
      const isParent = node !== undefined && node.children.length > 0
      this.#keys.set(key, {
        slot: this.#slots.get(key) ?? -1,
        node: isParent ? node : undefined,
        hasBlank: key.includes(' '),
      })
    }
  }

  /** Turns to the next event. */
  turnTo(document: object): void {
    const { values, present } = this
    for (let index = 0; index < this.presentCount; index += 1) {
      const slot = present[index] ?? 0
      values[slot] = undefined
      this.#facts[slot] = undefined
      this.#elementFacts[slot] = undefined
    }
    this.presentCount = 0
    this.#texts = undefined
    this.#textsFolded = undefined
    this.#joined = undefined
    this.#document = document
    if (Array.isArray(document)) this.#readList(document, this.#root)
    else if (this.#lookup === 'nested') this.#walk(this.#root, document)
    else this.#readLiteral(document)
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
    this.#texts ??= collectTexts(this.#document, this.#lookup)
    return this.#texts
  }

  /** All texts, folded, with a NUL between them: what holds no NUL is in it if it is in one. */
  joinedTexts(): string {
    this.#joined ??= foldCase(this.texts().join('\0'))
    return this.#joined
  }

  /** All texts, folded. */
  textsFolded(): readonly string[] {
    this.#textsFolded ??= this.texts().map(foldCase)
    return this.#textsFolded
  }

  #set(slot: number, value: unknown): void {
    if (value === undefined) return
    if (this.values[slot] === undefined) {
      this.present[this.presentCount] = slot
      this.presentCount += 1
    }
    this.values[slot] = value
  }

  // A name that is itself a key of the document has its value there and nowhere else.
  #setUnlessLiteral(slot: number, value: unknown): void {
    if (this.#lookup === 'literal' && Object.hasOwn(this.#document, this.#names[slot] ?? '')) return
    this.#set(slot, value)
  }

  #walk(node: FieldNode, value: object): void {
    for (const child of node.children) {
      if (child.isInherited && !Object.hasOwn(value, child.key)) continue
      const found = (value as Record<string, unknown>)[child.key] // Absent keys give undefined.
      if (found === undefined) continue
      if (child.slot >= 0) this.#setUnlessLiteral(child.slot, found)
      this.#walkBelow(child, found)
    }
  }

  #walkBelow(node: FieldNode, value: unknown): void {
    if (node.children.length === 0 || typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) this.#readList(value, node)
    else this.#walk(node, value)
  }

  #readList(items: readonly unknown[], node: FieldNode): void {
    for (const slot of node.below) {
      this.#setUnlessLiteral(slot, valueAt(items, this.#paths[slot] ?? [], node.depth))
    }
  }

  #readLiteral(document: object): void {
    const keys = this.#keys
    let hasBlank = false
    let isDeep = false
    for (const key in document) {
      if (!Object.hasOwn(document, key)) continue
      const known = keys.get(key) ?? this.#stranger(key)
      if (known.hasBlank) hasBlank = true
      if (known.slot >= 0) {
        this.#set(known.slot, (document as Record<string, unknown>)[key]) // An own key.
      }
      if (known.node !== undefined) isDeep = true
    }
    if (isDeep) this.#readPaths(document)
    if (hasBlank) this.#readBlankless(document)
  }

  #readPaths(document: object): void {
    for (const [key, value] of Object.entries(document)) {
      const node = this.#keys.get(key)?.node
      if (node !== undefined) this.#walkBelow(node, value)
    }
  }

  #readBlankless(document: object): void {
    for (const [name, value] of withoutBlanks(document)) {
      const slot = this.#slots.get(name)
      if (slot === undefined || this.values[slot] !== undefined) continue
      this.#setUnlessLiteral(slot, value)
    }
  }

  #stranger(key: string): TopKey {
    const known: TopKey = { slot: -1, node: undefined, hasBlank: key.includes(' ') }
    if (this.#strangeKeys < STRANGE_KEYS_MAX) {
      this.#strangeKeys += 1
      this.#keys.set(key, known)
    }
    return known
  }
}

function fieldNode(key: string, depth: number): FieldNode {
  const isInherited = key in Object.prototype
  return { key, depth, isInherited, slot: -1, children: [], childByKey: new Map(), below: [] }
}

function childOf(node: FieldNode, key: string): FieldNode {
  const known = node.childByKey.get(key)
  if (known !== undefined) return known
  const child = fieldNode(key, node.depth + 1)
  node.children.push(child)
  node.childByKey.set(key, child)
  return child
}
