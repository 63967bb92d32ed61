/** Options of {@link Reorder}. */
export interface ReorderOptions {
  /** How far behind the newest event of its scope one may come and still be put in order. */
  readonly latenessMs: number
  /** What is held of one scope. Beyond it the oldest goes on before its time. */
  readonly scopeHeldMax: number
  /** What is held of all scopes; as above, of the scope that holds longest. */
  readonly heldMax: number
  /** Scopes whose time is known. Beyond it the one heard of least recently is forgotten. */
  readonly scopesMax: number
  /** Time of the group after which a silent scope's events go on without waiting for more. */
  readonly idleMs: number
}

/** What is held, and the time it happened. */
export interface Held<Item> {
  readonly timeMs: number
  readonly item: Item
}

/** Who takes what comes out. */
export interface ReorderHandlers<Item> {
  /** The next item, in order of time but for late ones. */
  release(clock: ScopeClock<Item>, held: Held<Item>): void
  /** The watermark of a scope has moved, and everything before it was released. */
  advance(clock: ScopeClock<Item>): void
}

/** The time of one scope as its events tell it, and its events that wait for their turn. */
export interface ScopeClock<Item> {
  readonly scope: string
  /** Scopes of a group, such as the Macs of a tenant, notice when one of them falls silent. */
  readonly group: Group<Item>
  /** Time of the newest event. */
  newestMs: number
  /** Every event before this is taken to have come; one that comes all the same is late. */
  watermarkMs: number
  /** Late events one after the other. */
  lateRun: number
  /** Time of the group when the scope was last heard of. */
  heardMs: number
  /** Own time at which it was last moved to the end of the scopes. */
  movedMs: number
  /** In order of time; what is equal in order of arrival. */
  readonly held: Held<Item>[]
}

interface Group<Item> {
  readonly name: string
  nowMs: number
  /** Scopes that hold something, with the time of the group at which to look again. */
  readonly holding: Map<ScopeClock<Item>, number>
  nextLookMs: number
}

/** What went another way than planned. */
export interface ReorderCounts {
  /** Events behind their scope's watermark: taken as they come. */
  readonly late: number
  /** Released before their time, for a limit. */
  readonly hurried: number
  /** Times a scope's clock was set back: it sent nothing but late events. */
  readonly clocksReset: number
  readonly scopesForgotten: number
}

/** A clock as plain data. */
export interface ClockState<Item> {
  readonly scope: string
  readonly group: string
  readonly newestMs: number
  readonly watermarkMs: number
  readonly lateRun: number
  readonly heardMs: number
  readonly movedMs: number
  readonly held?: readonly Held<Item>[]
}

/** A group as plain data. */
export interface GroupState {
  readonly name: string
  readonly nowMs: number
  readonly nextLookMs: number | null
  /** Scopes that hold something, in the order in which they are looked at. */
  readonly holding: readonly (readonly [scope: string, sinceMs: number])[]
}

/** All clocks as plain data, the one heard of least recently first. */
export interface ReorderState<Item> {
  readonly counts: ReorderCounts
  readonly groups: readonly GroupState[]
  readonly clocks: readonly ClockState<Item>[]
}

/** So many late events one after the other say that the clock was set back. */
const LATE_RUN_MAX = 1_000
const MOVE_MS = 60_000
const NEVER = Number.NEGATIVE_INFINITY

/**
 * Puts events in order of time, each scope by its own clock: an event waits until one comes that is
 * `latenessMs` newer. A silent scope holds up nobody, and what it holds goes on when the others of
 * its group have gone on for `idleMs`. Late events are not held: they go on at once, counted.
 */
export class Reorder<Item> {
  readonly #options: ReorderOptions
  readonly #handlers: ReorderHandlers<Item>
  readonly #clocks = new Map<string, ScopeClock<Item>>()
  readonly #groups = new Map<string, Group<Item>>()
  #heldCount = 0
  #late = 0
  #hurried = 0
  #clocksReset = 0
  #scopesForgotten = 0

  constructor(options: ReorderOptions, handlers: ReorderHandlers<Item>) {
    this.#options = options
    this.#handlers = handlers
  }

  /** What is held now. */
  get heldCount(): number {
    return this.#heldCount
  }

  /** The clock of a scope, made when it is new. */
  clockOf(scope: string, group: string): ScopeClock<Item> {
    const known = this.#clocks.get(scope)
    if (known !== undefined) return known
    const clock = newClock<Item>(scope, this.#groupOf(group))
    this.#clocks.set(scope, clock)
    if (this.#clocks.size > this.#options.scopesMax) this.#forgetOldest()
    return clock
  }

  /**
   * Takes note of an event's time and, with an item, holds it. Then whatever became due is
   * released, and the scope's watermark stands at its new place.
   *
   * @returns Whether the event is late; its item was then released first of all.
   */
  take(clock: ScopeClock<Item>, timeMs: number, item?: Item): boolean {
    const isLate = timeMs < clock.watermarkMs
    if (isLate) this.#takeLate(clock, timeMs)
    else clock.lateRun = 0
    clock.newestMs = Math.max(clock.newestMs, timeMs)
    this.#hear(clock)
    if (item !== undefined) {
      if (timeMs < clock.watermarkMs) this.#handlers.release(clock, { timeMs, item })
      else this.#hold(clock, { timeMs, item })
    }
    this.#goOn(clock, clock.newestMs - this.#options.latenessMs)
    if (clock.group.nowMs > clock.group.nextLookMs) this.#releaseSilent(clock.group)
    return isLate
  }

  #takeLate(clock: ScopeClock<Item>, timeMs: number): void {
    this.#late += 1
    clock.lateRun += 1
    if (clock.lateRun <= LATE_RUN_MAX) return
    this.#goOn(clock, Number.POSITIVE_INFINITY)
    clock.newestMs = timeMs
    clock.watermarkMs = NEVER
    clock.lateRun = 0
    this.#clocksReset += 1
  }

  #hear(clock: ScopeClock<Item>): void {
    const { group } = clock
    group.nowMs = Math.max(group.nowMs, clock.newestMs)
    clock.heardMs = group.nowMs
    if (clock.newestMs - clock.movedMs <= MOVE_MS) return
    clock.movedMs = clock.newestMs
    this.#clocks.delete(clock.scope)
    this.#clocks.set(clock.scope, clock)
  }

  #hold(clock: ScopeClock<Item>, held: Held<Item>): void {
    const { group } = clock
    let index = clock.held.length
    while (index > 0 && (clock.held[index - 1]?.timeMs ?? NEVER) > held.timeMs) index -= 1
    clock.held.splice(index, 0, held)
    this.#heldCount += 1
    if (clock.held.length === 1) {
      group.holding.set(clock, group.nowMs)
      group.nextLookMs = Math.min(group.nextLookMs, group.nowMs + this.#options.idleMs)
    }
    if (clock.held.length > this.#options.scopeHeldMax) this.#hurry(clock)
    if (this.#heldCount <= this.#options.heldMax) return
    const [longest] = group.holding.keys()
    if (longest !== undefined) this.#hurry(longest)
  }

  // The watermark goes along, so that nothing older is taken to be in order after it.
  #hurry(clock: ScopeClock<Item>): void {
    const oldest = clock.held[0]
    if (oldest === undefined) return
    this.#hurried += 1
    this.#goOn(clock, oldest.timeMs)
  }

  /** Releases what is not after `toMs`; the watermark is then there, if it was not further. */
  #goOn(clock: ScopeClock<Item>, toMs: number): void {
    const beforeMs = clock.watermarkMs
    let count = 0
    while (count < clock.held.length && (clock.held[count]?.timeMs ?? NEVER) <= toMs) count += 1
    if (count > 0) {
      const due = clock.held.splice(0, count)
      this.#heldCount -= count
      if (clock.held.length === 0) clock.group.holding.delete(clock)
      for (const held of due) this.#handlers.release(clock, held)
    }
    clock.watermarkMs = Math.max(beforeMs, Math.min(toMs, clock.newestMs))
    if (clock.watermarkMs > beforeMs) this.#handlers.advance(clock)
  }

  #releaseSilent(group: Group<Item>): void {
    const { idleMs } = this.#options
    for (const [clock, sinceMs] of group.holding) {
      if (sinceMs + idleMs >= group.nowMs) break
      if (clock.heardMs + idleMs < group.nowMs) this.#goOn(clock, clock.newestMs)
      else {
        group.holding.delete(clock)
        group.holding.set(clock, clock.heardMs)
      }
    }
    const [oldestMs] = group.holding.values()
    group.nextLookMs = (oldestMs ?? Number.POSITIVE_INFINITY) + idleMs
  }

  /** Releases all that is held; every scope's time then stands at its newest event. */
  settle(): void {
    for (const clock of this.#clocks.values()) {
      if (clock.watermarkMs < clock.newestMs) this.#goOn(clock, clock.newestMs)
    }
  }

  #groupOf(name: string): Group<Item> {
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const group: Group<Item> = {
      name,
      nowMs: NEVER,
      holding: new Map(),
      nextLookMs: Number.POSITIVE_INFINITY,
    }
    this.#groups.set(name, group)
    return group
  }

  #forgetOldest(): void {
    const [oldest] = this.#clocks.values()
    if (oldest === undefined) return
    this.#goOn(oldest, Number.POSITIVE_INFINITY)
    this.#clocks.delete(oldest.scope)
    this.#scopesForgotten += 1
  }

  counts(): ReorderCounts {
    const [late, hurried] = [this.#late, this.#hurried]
    const [clocksReset, scopesForgotten] = [this.#clocksReset, this.#scopesForgotten]
    return { late, hurried, clocksReset, scopesForgotten }
  }

  /** All clocks and what is held. */
  state(): ReorderState<Item> {
    return {
      counts: this.counts(),
      groups: [...this.#groups.values()].map(groupState),
      clocks: [...this.#clocks.values()].map(clockState),
    }
  }

  /** Takes up what {@link state} gave, in place of what is held. */
  restore({ counts, groups, clocks }: ReorderState<Item>): void {
    this.#clocks.clear()
    this.#groups.clear()
    this.#heldCount = 0
    for (const { scope, group, held = [], ...times } of clocks) {
      const clock = { ...newClock<Item>(scope, this.#groupOf(group)), ...times, held: [...held] }
      this.#clocks.set(scope, clock)
      this.#heldCount += held.length
    }
    for (const { name, nowMs, nextLookMs, holding } of groups) {
      const group = this.#groupOf(name)
      group.nowMs = nowMs
      group.nextLookMs = nextLookMs ?? Number.POSITIVE_INFINITY
      for (const [scope, sinceMs] of holding) {
        const clock = this.#clocks.get(scope)
        if (clock !== undefined) group.holding.set(clock, sinceMs)
      }
    }
    this.#late = counts.late
    this.#hurried = counts.hurried
    this.#clocksReset = counts.clocksReset
    this.#scopesForgotten = counts.scopesForgotten
  }
}

function newClock<Item>(scope: string, group: Group<Item>): ScopeClock<Item> {
  return {
    scope,
    group,
    newestMs: NEVER,
    watermarkMs: NEVER,
    lateRun: 0,
    heardMs: NEVER,
    movedMs: NEVER,
    held: [],
  }
}

function clockState<Item>(clock: ScopeClock<Item>): ClockState<Item> {
  const { scope, group, held, newestMs, watermarkMs, lateRun, heardMs, movedMs } = clock
  return {
    scope,
    group: group.name,
    newestMs,
    watermarkMs,
    lateRun,
    heardMs,
    movedMs,
    ...(held.length === 0 ? {} : { held: [...held] }),
  }
}

function groupState<Item>({ name, nowMs, nextLookMs, holding }: Group<Item>): GroupState {
  return {
    name,
    nowMs,
    // JSON knows no infinity.
    nextLookMs: Number.isFinite(nextLookMs) ? nextLookMs : null,
    holding: [...holding].map(([{ scope }, sinceMs]) => [scope, sinceMs]),
  }
}
