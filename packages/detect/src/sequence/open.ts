import type { Timers } from '../time/timers.ts'
import { Entry, type Partial, partialFrom, type PartialState, partialState } from './partial.ts'

/** Bounds and accounts of {@link OpenSequences}. */
export interface OpenOptions<Evidence, Memory> {
  readonly timers: Timers
  readonly spanMs: number
  readonly openMax: number
  readonly scopeOpenMax: number
  readonly trustOrder: boolean
  readonly weigh: ((evidence: Evidence) => number) | undefined
  /** What happens to an entry when its time comes. */
  readonly expire: (entry: Entry<Evidence, Memory>, nowMs: number) => void
}

/** One join key of a machine's state. */
export interface EntryState<Evidence, Memory> {
  readonly key: string
  readonly leadMs?: number
  readonly slots: readonly (PartialState<Evidence, Memory> | null)[]
  readonly waiting: readonly PartialState<Evidence, Memory>[]
}

/** What is open, as plain data: the scope and the key changed last at the end. */
export type OpenState<Evidence, Memory> = readonly (readonly [
  scope: string,
  entries: readonly EntryState<Evidence, Memory>[],
])[]

/** An entry with one partial, without its evidence; see there how it was measured. */
const PARTIAL_BYTES = 600
const NEVER = Number.NEGATIVE_INFINITY

interface Scope<Evidence, Memory> {
  /** The entry changed last at the end. */
  readonly entries: Map<string, Entry<Evidence, Memory>>
  last: Entry<Evidence, Memory> | undefined
  open: number
}

/** Where something stands. */
export interface EntryPlace {
  readonly scope: string
  readonly key: string
}

/** The open partials of one sequence in all scopes: finds them, counts them, bounds them. */
export class OpenSequences<Evidence, Memory> {
  readonly #options: OpenOptions<Evidence, Memory>
  /** The scope changed last at the end. */
  readonly #scopes = new Map<string, Scope<Evidence, Memory>>()
  #lastScope: Scope<Evidence, Memory> | undefined
  #open = 0
  #evidenceBytes = 0
  #overwritten = 0
  #evicted = 0

  constructor(options: OpenOptions<Evidence, Memory>) {
    this.#options = options
  }

  /** Partials, and remembered missing beginnings. */
  get open(): number {
    return this.#open
  }

  get openScopes(): number {
    return this.#scopes.size
  }

  /** An estimate. */
  get bytes(): number {
    return this.#open * PARTIAL_BYTES + this.#evidenceBytes
  }

  get overwritten(): number {
    return this.#overwritten
  }

  get evicted(): number {
    return this.#evicted
  }

  find({ scope, key }: EntryPlace): Entry<Evidence, Memory> | undefined {
    return this.#scopes.get(scope)?.entries.get(key)
  }

  /** An entry that is found once something is put into it. */
  make({ scope, key }: EntryPlace): Entry<Evidence, Memory> {
    return new Entry({ scope, key }, this.#options.expire)
  }

  /** Puts a partial in its state's place; a newer one takes the place of an older one. */
  put(entry: Entry<Evidence, Memory>, state: number, partial: Partial<Evidence, Memory>): void {
    const present = entry.slots[state]
    if (present !== undefined) {
      this.#overwritten += 1
      // A late one does not displace what happened after it.
      if (present.lastMs > partial.lastMs && !this.#options.trustOrder) return
      this.take(entry, state)
    }
    while (entry.slots.length < state) entry.slots.push(undefined)
    entry.slots[state] = partial
    this.#count(entry, 1, partial)
    this.#touch(entry, partial.firstMs + this.#options.spanMs)
  }

  take(entry: Entry<Evidence, Memory>, state: number): void {
    const partial = entry.slots[state]
    if (partial === undefined) return
    entry.slots[state] = undefined
    // Without empty places at the end, what is restored is what was.
    while (entry.slots.length > 0 && entry.slots.at(-1) === undefined) entry.slots.pop()
    this.#count(entry, -1, partial)
  }

  /** Keeps a partial until its missing end is certain: `dueMs` is over. */
  wait(entry: Entry<Evidence, Memory>, partial: Partial<Evidence, Memory>): void {
    entry.waiting ??= new Set()
    entry.waiting.add(partial)
    this.#count(entry, 1, partial)
    this.#touch(entry, partial.dueMs)
  }

  endWait(entry: Entry<Evidence, Memory>, partial: Partial<Evidence, Memory>): void {
    if (entry.waiting?.delete(partial) !== true) return
    if (entry.waiting.size === 0) entry.waiting = undefined
    this.#count(entry, -1, partial)
  }

  /** Remembers when an event came that must not come before the first. */
  lead(entry: Entry<Evidence, Memory>, timeMs: number): void {
    if (timeMs < entry.leadMs) return
    if (entry.leadMs === NEVER) this.#count(entry, 1)
    entry.leadMs = timeMs
    this.#touch(entry, timeMs + this.#options.spanMs)
  }

  forgetLead(entry: Entry<Evidence, Memory>): void {
    if (entry.leadMs === NEVER) return
    entry.leadMs = NEVER
    this.#count(entry, -1)
  }

  /** Has to be called after something was taken. */
  dropIfEmpty(entry: Entry<Evidence, Memory>): void {
    if (!entry.isEmpty) return
    this.#options.timers.cancel(entry.scope, entry)
    const scope = this.#scopes.get(entry.scope)
    if (scope?.entries.get(entry.key) !== entry) return
    scope.entries.delete(entry.key)
    if (scope.last === entry) scope.last = undefined
    if (scope.entries.size > 0) return
    this.#scopes.delete(entry.scope)
    if (this.#lastScope === scope) this.#lastScope = undefined
  }

  #count(
    entry: Entry<Evidence, Memory>,
    change: 1 | -1,
    partial?: Partial<Evidence, Memory>,
  ): void {
    this.#open += change
    this.#scopeOf(entry).open += change
    const { weigh } = this.#options
    if (weigh === undefined || partial === undefined) return
    for (const evidence of partial.evidence) this.#evidenceBytes += change * weigh(evidence)
  }

  #scopeOf({ scope: name }: EntryPlace): Scope<Evidence, Memory> {
    const known = this.#scopes.get(name)
    if (known !== undefined) return known
    const scope: Scope<Evidence, Memory> = { entries: new Map(), last: undefined, open: 0 }
    this.#scopes.set(name, scope)
    return scope
  }

  /** Moves an entry to the end of its scope and the scope to the end of all; keeps the bounds. */
  #touch(entry: Entry<Evidence, Memory>, dueMs: number): void {
    const scope = this.#scopeOf(entry)
    if (scope.last !== entry) {
      scope.entries.delete(entry.key)
      scope.entries.set(entry.key, entry)
      scope.last = entry
    }
    if (this.#lastScope !== scope) {
      this.#scopes.delete(entry.scope)
      this.#scopes.set(entry.scope, scope)
      this.#lastScope = scope
    }
    const { timers, openMax, scopeOpenMax } = this.#options
    if (dueMs !== Number.POSITIVE_INFINITY && (entry.slot === undefined || dueMs < entry.dueMs)) {
      timers.schedule(entry.scope, entry, dueMs)
    }
    while (scope.open > scopeOpenMax && this.#evictFrom(scope)) this.#evicted += 1
    while (this.#open > openMax && this.#evictFrom(this.#quietest())) this.#evicted += 1
  }

  /** Gives up so many of the oldest. */
  evict(count: number): void {
    for (let done = 0; done < count && this.#evictFrom(this.#quietest()); done += 1) {
      this.#evicted += 1
    }
  }

  #quietest(): Scope<Evidence, Memory> | undefined {
    const [scope] = this.#scopes.values()
    return scope
  }

  /** Gives up one partial of the entry that was not changed for longest. */
  #evictFrom(scope: Scope<Evidence, Memory> | undefined): boolean {
    const [entry] = scope?.entries.values() ?? []
    if (entry === undefined) return false
    const [waiting] = entry.waiting ?? []
    // The first state is the least worth; what waits came before what is still on its way.
    const state = entry.slots.findIndex((partial) => partial !== undefined)
    if (waiting !== undefined) this.endWait(entry, waiting)
    else if (state >= 0) this.take(entry, state)
    else this.forgetLead(entry)
    this.dropIfEmpty(entry)
    return true
  }

  /** All that is open. */
  state(): OpenState<Evidence, Memory> {
    return [...this.#scopes].map(
      ([scope, { entries }]) => [scope, [...entries.values()].map(entryState)] as const,
    )
  }

  /** Takes up what {@link state} gave, in place of what is open. */
  restore(state: OpenState<Evidence, Memory>, counts: { overwritten: number; evicted: number }) {
    for (const { entries } of this.#scopes.values()) {
      for (const entry of entries.values()) this.#options.timers.cancel(entry.scope, entry)
    }
    this.#scopes.clear()
    this.#lastScope = undefined
    this.#open = 0
    this.#evidenceBytes = 0
    for (const [scope, entries] of state) {
      for (const entry of entries) this.#restoreEntry(scope, entry)
    }
    this.#overwritten = counts.overwritten
    this.#evicted = counts.evicted
  }

  #restoreEntry(scope: string, state: EntryState<Evidence, Memory>): void {
    const entry = this.make({ scope, key: state.key })
    for (const [index, partial] of state.slots.entries()) {
      if (partial !== null) this.put(entry, index, partialFrom(partial))
    }
    for (const partial of state.waiting) this.wait(entry, partialFrom(partial))
    if (state.leadMs !== undefined) this.lead(entry, state.leadMs)
  }
}

function entryState<Evidence, Memory>(
  entry: Entry<Evidence, Memory>,
): EntryState<Evidence, Memory> {
  const { key, leadMs, slots, waiting = [] } = entry
  return {
    key,
    ...(leadMs === NEVER ? {} : { leadMs }),
    slots: slots.map((partial) => (partial === undefined ? null : partialState(partial))),
    waiting: [...waiting].map(partialState),
  }
}
