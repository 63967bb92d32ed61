import { assertNever, type LineageRelation } from '@pomona/rules'
import { Timer, Timers } from '../time/timers.ts'

/** Where a process image comes from, by entity ids. */
export interface ProcessOrigin {
  readonly entityId: string
  /** The process that forked it. */
  readonly parentId?: string | undefined
  /** The image that `exec` put it in the place of. */
  readonly previousId?: string | undefined
}

/** A process image of one scope. */
export interface ProcessPlace {
  readonly scope: string
  readonly entityId: string
}

/** Options of {@link ProcessTree}. */
export interface ProcessTreeOptions {
  readonly timers?: Timers
  /** Event time for which an image that ended is remembered. Default 60,000. */
  readonly graceMs?: number
  /** Images remembered of one scope. Default 4,096; the oldest goes. */
  readonly scopeNodesMax?: number
  /** Images remembered of all. Default 1,000,000; the oldest of the scope quiet longest goes. */
  readonly nodesMax?: number
}

/** What a tree holds, and what it lost. */
export interface ProcessTreeCounts {
  readonly nodes: number
  /** Images that ended and were forgotten in time. */
  readonly pruned: number
  /** Images forgotten for a limit: what comes from them is no longer known to. */
  readonly evicted: number
}

/** A tree's memory as plain data. */
export interface ProcessTreeState {
  readonly counts: { readonly pruned: number; readonly evicted: number }
  /** What the bits stand for, in their order. */
  readonly subjects: readonly string[]
  readonly scopes: readonly (readonly [scope: string, nodes: readonly NodeState[]])[]
}

type NodeState = readonly [entityId: string, bits: readonly number[], dueMs: number | null]

/** Bits of a word that stay a small integer in V8, on every machine. */
const WORD_BITS = 30
const GRACE_MS = 60_000
const SCOPE_NODES_MAX = 4_096
const NODES_MAX = 1_000_000

// A node's words stand in four sections, each as long as all subjects need.
const OWN = 0
const PARENT = 1
const PREVIOUS = 2
const INHERITED = 3
const SECTIONS = 4

class Node extends Timer {
  readonly scope: string
  readonly entityId: string
  readonly bits: number[]
  readonly #forget: (node: Node) => void

  constructor({ scope, entityId }: ProcessPlace, bits: number[], forget: (node: Node) => void) {
    super()
    this.scope = scope
    this.entityId = entityId
    this.bits = bits
    this.#forget = forget
  }

  override fire(): void {
    this.#forget(this)
  }
}

/**
 * Which process images had an event that a lineage subject holds for, and which come from one. Each
 * subject is a bit. At `fork` and `exec` a new image takes over what its origin has at that moment:
 * what an ancestor does later is not where its descendants came from. Bits are never taken back.
 *
 * An image without any bit is not kept at all, so that a tree is as large as what lineage rules
 * look at, not as what runs.
 */
export class ProcessTree {
  readonly #subjects: readonly string[]
  readonly #words: number
  readonly #timers: Timers
  readonly #graceMs: number
  readonly #scopeNodesMax: number
  readonly #nodesMax: number
  /** Oldest node first; the scope changed last at the end. */
  readonly #scopes = new Map<string, Map<string, Node>>()
  #nodes = 0
  #pruned = 0
  #evicted = 0

  /** @param subjects Ids of the lineage subjects; their place is their bit. */
  constructor(subjects: readonly string[], options: ProcessTreeOptions = {}) {
    this.#subjects = subjects
    this.#words = Math.max(1, Math.ceil(subjects.length / WORD_BITS))
    this.#timers = options.timers ?? new Timers()
    this.#graceMs = options.graceMs ?? GRACE_MS
    this.#scopeNodesMax = options.scopeNodesMax ?? SCOPE_NODES_MAX
    this.#nodesMax = options.nodesMax ?? NODES_MAX
  }

  /** A new image began: it inherits. */
  start(scope: string, { entityId, parentId, previousId }: ProcessOrigin, timeMs: number): void {
    const parent = this.#find(scope, parentId)
    const previous = previousId === entityId ? undefined : this.#find(scope, previousId)
    if (previous !== undefined) this.#end(previous, timeMs)
    if (parent === undefined && previous === undefined) return
    const { bits } = this.#nodeOf({ scope, entityId })
    for (let word = 0; word < this.#words; word += 1) {
      for (const origin of [parent, previous]) {
        if (origin === undefined) continue
        const own = this.#word(origin, OWN, word)
        this.#raise(bits, INHERITED, { word, bits: own | this.#word(origin, INHERITED, word) })
        this.#raise(bits, origin === parent ? PARENT : PREVIOUS, { word, bits: own })
      }
      // The process was forked by the parent of the image before, which may have ended since.
      if (previous !== undefined) {
        this.#raise(bits, PARENT, { word, bits: this.#word(previous, PARENT, word) })
      }
    }
  }

  /** An image had an event that a subject holds for. */
  mark(place: ProcessPlace, subject: number): void {
    const word = Math.floor(subject / WORD_BITS)
    const bits = 1 << (subject % WORD_BITS)
    this.#raise(this.#nodeOf(place).bits, OWN, { word, bits })
  }

  /** An image ended: it is forgotten after a grace. */
  exit({ scope, entityId }: ProcessPlace, timeMs: number): void {
    const node = this.#find(scope, entityId)
    if (node !== undefined) this.#end(node, timeMs)
  }

  /** Whether an image stands in a relation to an event that a subject holds for. */
  holds(place: ProcessPlace, relation: LineageRelation, subject: number): boolean {
    const node = this.#find(place.scope, place.entityId)
    if (node === undefined) return false
    const word = Math.floor(subject / WORD_BITS)
    const bits = relationBits(relation, (section) => this.#word(node, section, word))
    return ((bits >>> (subject % WORD_BITS)) & 1) === 1
  }

  #word(node: Node, section: number, word: number): number {
    return node.bits[section * this.#words + word] ?? 0
  }

  #raise(node: number[], section: number, { word, bits }: { word: number; bits: number }): void {
    const index = section * this.#words + word
    node[index] = (node[index] ?? 0) | bits
  }

  #find(scope: string, entityId: string | undefined): Node | undefined {
    return entityId === undefined ? undefined : this.#scopes.get(scope)?.get(entityId)
  }

  #end(node: Node, timeMs: number): void {
    if (node.slot === undefined) this.#timers.schedule(node.scope, node, timeMs + this.#graceMs)
  }

  #nodeOf(place: ProcessPlace): Node {
    const { scope, entityId } = place
    const known = this.#find(scope, entityId)
    if (known !== undefined) return known
    const bits = Array.from({ length: SECTIONS * this.#words }, () => 0)
    const node = new Node(place, bits, () => {
      this.#pruned += 1
      this.#forget(node)
    })
    const nodes = this.#scopes.get(scope) ?? new Map<string, Node>()
    this.#scopes.delete(scope)
    this.#scopes.set(scope, nodes)
    nodes.set(entityId, node)
    this.#nodes += 1
    if (nodes.size > this.#scopeNodesMax) this.#evictFrom(nodes)
    if (this.#nodes > this.#nodesMax) {
      const [quietest] = this.#scopes.values()
      if (quietest !== undefined) this.#evictFrom(quietest)
    }
    return node
  }

  #evictFrom(nodes: ReadonlyMap<string, Node>): void {
    const [oldest] = nodes.values()
    if (oldest === undefined) return
    this.#evicted += 1
    this.#forget(oldest)
  }

  #forget(node: Node): void {
    this.#timers.cancel(node.scope, node)
    const nodes = this.#scopes.get(node.scope)
    if (nodes?.delete(node.entityId) !== true) return
    this.#nodes -= 1
    if (nodes.size === 0) this.#scopes.delete(node.scope)
  }

  /** What it holds, and what it lost. */
  counts(): ProcessTreeCounts {
    return { nodes: this.#nodes, pruned: this.#pruned, evicted: this.#evicted }
  }

  /** All it remembers. */
  state(): ProcessTreeState {
    const scopes = [...this.#scopes].map(
      ([scope, nodes]) => [scope, [...nodes.values()].map(nodeState)] as const,
    )
    const counts = { pruned: this.#pruned, evicted: this.#evicted }
    return { counts, subjects: this.#subjects, scopes }
  }

  /** Takes up what {@link state} gave; what is known of subjects that are gone is dropped. */
  restore({ counts, subjects, scopes }: ProcessTreeState): void {
    for (const nodes of this.#scopes.values()) {
      for (const node of nodes.values()) this.#timers.cancel(node.scope, node)
    }
    this.#scopes.clear()
    this.#nodes = 0
    const places = subjects.map((subject) => this.#subjects.indexOf(subject))
    const wordsBefore = Math.max(1, Math.ceil(subjects.length / WORD_BITS))
    for (const [scope, nodes] of scopes) {
      for (const [entityId, bits, dueMs] of nodes) {
        const moved = this.#moved(bits, { places, wordsBefore })
        if (moved.every((word) => word === 0)) continue
        const node = this.#nodeOf({ scope, entityId })
        for (const [index, word] of moved.entries()) node.bits[index] = word
        if (dueMs !== null) this.#timers.schedule(scope, node, dueMs)
      }
    }
    this.#pruned = counts.pruned
    this.#evicted = counts.evicted
  }

  /** A node's words with each subject's bit where it stands now. */
  #moved(
    bits: readonly number[],
    { places, wordsBefore }: { places: readonly number[]; wordsBefore: number },
  ): readonly number[] {
    const moved = Array.from({ length: SECTIONS * this.#words }, () => 0)
    for (const [before, after] of places.entries()) {
      if (after < 0) continue
      for (let section = 0; section < SECTIONS; section += 1) {
        const word = bits[section * wordsBefore + Math.floor(before / WORD_BITS)] ?? 0
        const bit = (word >>> (before % WORD_BITS)) & 1
        const place = { word: Math.floor(after / WORD_BITS), bits: bit << (after % WORD_BITS) }
        this.#raise(moved, section, place)
      }
    }
    return moved
  }
}

function nodeState({ entityId, bits, slot, dueMs }: Node): NodeState {
  return [entityId, bits, slot === undefined ? null : dueMs]
}

function relationBits(relation: LineageRelation, word: (section: number) => number): number {
  switch (relation) {
    case 'event':
      return word(OWN)
    case 'child':
      return word(PARENT) | word(PREVIOUS)
    case 'descendant':
      return word(INHERITED)
    default:
      return assertNever(relation)
  }
}
