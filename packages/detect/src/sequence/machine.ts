import { Timers } from '../time/timers.ts'
import { type EntryPlace, OpenSequences, type OpenState } from './open.ts'
import type { Entry, Partial } from './partial.ts'

/** What the machine has to know of a step. */
export interface StepShape {
  /** `![…]`: no such event may come in this place. */
  readonly missing: boolean
  /** endgame's `fork=true`: what it goes on from stays open. */
  readonly fork?: boolean
}

/** A sequence, as far as the machine is concerned. Runs are steps by themselves. */
export interface SequenceShape {
  /** At least one is positive. */
  readonly steps: readonly StepShape[]
  /** From the first positive event to the last, both included; without it nothing grows old. */
  readonly spanMs?: number
}

/** An event that steps' filters hold for. The machine asks it only for what it needs. */
export interface SequenceOffer<Evidence, Memory> {
  /** Where the sequence happens: partials of different scopes never meet. */
  readonly scope: string
  readonly timeMs: number
  /** Indices of the steps that hold, ascending; the number of steps stands for `until`. */
  readonly steps: readonly number[]
  /** Join key of the event in this step; `undefined` joins with nothing. */
  keyOf(step: number): string | undefined
  /** Whether what the step asks of earlier events holds, by what was kept of them, by step. */
  verify(step: number, earlier: readonly (Memory | undefined)[]): boolean
  /** What is kept of the event for the one who reads the completion. */
  evidence(step: number): Evidence
  /** What later steps ask of the event. */
  remember(step: number): Memory | undefined
}

/** All steps came, in order, in time, and nothing came that must not. */
export interface Completion<Evidence> extends EntryPlace {
  /** By step; `undefined` where no event may be. */
  readonly evidence: readonly (Evidence | undefined)[]
  /** Time of the last event. */
  readonly lastMs: number
}

/** Options of {@link SequenceMachine}. */
export interface SequenceOptions<Evidence> {
  /** Told of each completion, at the event or the time that made it one. */
  readonly complete: (completion: Completion<Evidence>) => void
  /** Shared with others, who then advance them too. */
  readonly timers?: Timers
  /** Partials open at once. Default 100,000; the oldest of the scope quiet longest goes. */
  readonly openMax?: number
  /** Partials open at once in one scope. Default 10,000; the oldest goes. */
  readonly scopeOpenMax?: number
  /** Bytes of an evidence, for the account. */
  readonly weigh?: (evidence: Evidence) => number
  /** Take the order of offering for the order of events even where their times say otherwise. */
  readonly trustOrder?: boolean
}

/** What a machine did, and holds. */
export interface SequenceCounts {
  /** Held now: partials, what waits for a missing end, remembered missing beginnings. */
  readonly open: number
  readonly openScopes: number
  /** Estimated bytes of what is held. */
  readonly bytes: number
  readonly completed: number
  /** Partials that met another in their place; the newer stayed. */
  readonly overwritten: number
  /** Partials that grew too old. */
  readonly expired: number
  /** Given up for a limit: their completions are lost. */
  readonly evicted: number
}

/** What a machine remembers, as plain data. */
export interface SequenceState<Evidence, Memory> {
  readonly counts: Pick<SequenceCounts, 'completed' | 'overwritten' | 'expired' | 'evicted'>
  readonly scopes: OpenState<Evidence, Memory>
}

const OPEN_MAX = 100_000
const SCOPE_OPEN_MAX = 10_000

/**
 * Finds sequences in one pass. Of each join key it keeps one pending partial a state: a newer one
 * takes its place, and steps are tried from the last to the first so that an event never fills two
 * steps of one partial. Memory is bounded by keys times steps, whatever comes.
 *
 * An event that must not come (`![…]`) does not take a partial out: it marks it, and at the end the
 * marked are not told. So a sequence with missing events finds exactly what the sequence of its
 * positive steps finds, less those with such an event in between.
 *
 * @see Elasticsearch, EQL, "How sequence queries handle matches", "Missing events".
 */
export class SequenceMachine<Evidence, Memory = undefined> {
  readonly #steps: readonly StepShape[]
  readonly #spanMs: number
  readonly #trustOrder: boolean
  readonly #complete: (completion: Completion<Evidence>) => void
  readonly #timers: Timers
  readonly #open: OpenSequences<Evidence, Memory>
  /** Of a positive step its number among them; of a missing one that of the step before it. */
  readonly #states: readonly number[]
  readonly #stateLast: number
  readonly #hasLead: boolean
  readonly #hasTrail: boolean
  #completed = 0
  #expired = 0
  #work = 0

  /** @throws RangeError For a shape without positive step, or with a missing one but no span. */
  constructor({ steps, spanMs }: SequenceShape, options: SequenceOptions<Evidence>) {
    let state = -1
    this.#states = steps.map(({ missing }) => (missing ? state : (state += 1)))
    if (state < 0) throw new RangeError('a sequence has at least one event that comes')
    if (spanMs === undefined && steps.some(({ missing }) => missing)) {
      throw new RangeError('a sequence with missing events has a span')
    }
    this.#steps = steps
    this.#spanMs = spanMs ?? Number.POSITIVE_INFINITY
    this.#trustOrder = options.trustOrder ?? false
    this.#complete = options.complete
    this.#timers = options.timers ?? new Timers()
    this.#stateLast = state
    this.#hasLead = steps[0]?.missing === true
    this.#hasTrail = steps.at(-1)?.missing === true
    this.#open = new OpenSequences({
      timers: this.#timers,
      spanMs: this.#spanMs,
      openMax: options.openMax ?? OPEN_MAX,
      scopeOpenMax: options.scopeOpenMax ?? SCOPE_OPEN_MAX,
      trustOrder: this.#trustOrder,
      weigh: options.weigh,
      expire: (entry, nowMs) => this.#expire(entry, nowMs),
    })
  }

  /**
   * Takes the next event. Events of one scope come in order of time; one that comes late begins a
   * sequence or goes on with what is older than it, and never takes the place of what is newer.
   */
  offer(offer: SequenceOffer<Evidence, Memory>): void {
    const { steps, scope } = offer
    for (let at = steps.length - 1; at >= 0; at -= 1) {
      const step = steps[at] ?? this.#steps.length
      this.#work += 1
      const shape = this.#steps[step]
      const key = shape === undefined ? undefined : offer.keyOf(step)
      if (shape === undefined || key === undefined) continue
      if (shape.missing) this.#forbid(offer, { scope, key, step })
      else this.#fill(offer, { scope, key, step })
    }
    // After the steps: the event that completes a sequence may be the one that ends the others.
    if (steps.at(-1) === this.#steps.length) this.#end(offer)
  }

  /** Steps of events and waiting partials it has looked at: what its work grows with. */
  get work(): number {
    return this.#work
  }

  /** Estimated bytes of what is open. */
  get bytes(): number {
    return this.#open.bytes
  }

  /** Gives up the oldest of what is open. */
  evict(count: number): void {
    this.#open.evict(count)
  }

  /** Goes on to a time in a scope: no event before it is still expected there. */
  advance(scope: string, timeMs: number): void {
    this.#timers.advance(scope, timeMs)
  }

  #fill(offer: SequenceOffer<Evidence, Memory>, place: StepPlace): void {
    const { step } = place
    const state = this.#states[step] ?? 0
    const known = this.#open.find(place)
    const partial =
      state === 0 ? begin<Evidence, Memory>(offer, known?.leadMs) : this.#next(offer, known, step)
    if (partial === undefined) return
    const memory = offer.remember(step)
    partial.lastMs = offer.timeMs
    partial.evidence.push(offer.evidence(step))
    if (memory !== undefined) partial.memory[step] = memory
    const entry = known ?? this.#open.make(place)
    if (state < this.#stateLast) this.#open.put(entry, state, partial)
    else this.#finish(entry, partial)
    this.#open.dropIfEmpty(entry)
  }

  /** The partial this step goes on from, taken out of its place. */
  #next(
    offer: SequenceOffer<Evidence, Memory>,
    entry: Entry<Evidence, Memory> | undefined,
    step: number,
  ): Partial<Evidence, Memory> | undefined {
    const before = (this.#states[step] ?? 0) - 1
    const partial = entry?.slots[before]
    if (entry === undefined || partial === undefined) return undefined
    if (!this.#isOpenAt(partial, offer.timeMs)) return undefined
    if (!offer.verify(step, partial.memory)) return undefined
    if (this.#steps[step]?.fork === true) {
      return { ...partial, evidence: [...partial.evidence], memory: [...partial.memory] }
    }
    this.#open.take(entry, before)
    return partial
  }

  // Timers run behind the events; what is too old is not used even while it is still there.
  #isOpenAt({ firstMs, lastMs }: Partial<Evidence, Memory>, timeMs: number): boolean {
    if (timeMs < lastMs && !this.#trustOrder) return false
    return timeMs - firstMs <= this.#spanMs
  }

  #finish(entry: Entry<Evidence, Memory>, partial: Partial<Evidence, Memory>): void {
    if (partial.broken) return
    const { firstMs, lastMs, leadMs } = partial
    const isLed = this.#hasLead && lastMs - leadMs <= this.#spanMs
    if (!this.#hasTrail) {
      if (!isLed) this.#tell(entry, partial)
      return
    }
    // With missing events at both ends, it takes one before and one after that lie no more than
    // the span apart to spoil the sequence.
    if (this.#hasLead && !isLed) {
      this.#tell(entry, partial)
      return
    }
    partial.dueMs = (this.#hasLead ? leadMs : firstMs) + this.#spanMs
    this.#open.wait(entry, partial)
  }

  #tell({ scope, key }: EntryPlace, { evidence, lastMs }: Partial<Evidence, Memory>): void {
    this.#completed += 1
    const byStep = this.#steps.map(({ missing }, step) => {
      return missing ? undefined : evidence[this.#states[step] ?? 0]
    })
    this.#complete({ scope, key, evidence: byStep, lastMs })
  }

  #forbid(offer: SequenceOffer<Evidence, Memory>, place: StepPlace): void {
    const { step } = place
    const { timeMs } = offer
    const state = this.#states[step] ?? -1
    const known = this.#open.find(place)
    if (state < 0) this.#open.lead(known ?? this.#open.make(place), timeMs)
    if (state < 0 || known === undefined) return
    if (state < this.#stateLast) {
      const partial = known.slots[state]
      if (partial === undefined || partial.broken || !this.#isOpenAt(partial, timeMs)) return
      partial.broken = offer.verify(step, partial.memory)
      return
    }
    for (const partial of known.waiting ?? []) {
      this.#work += 1
      if (timeMs < partial.lastMs || timeMs > partial.dueMs) continue
      if (offer.verify(step, partial.memory)) this.#open.endWait(known, partial)
    }
    this.#open.dropIfEmpty(known)
  }

  #end(offer: SequenceOffer<Evidence, Memory>): void {
    const key = offer.keyOf(this.#steps.length)
    const entry = key === undefined ? undefined : this.#open.find({ scope: offer.scope, key })
    if (entry === undefined) return
    for (const [state, partial] of entry.slots.entries()) {
      if (partial === undefined) continue
      if (partial.lastMs <= offer.timeMs || this.#trustOrder) this.#open.take(entry, state)
    }
    this.#open.dropIfEmpty(entry)
  }

  #expire(entry: Entry<Evidence, Memory>, nowMs: number): void {
    let nextMs = Number.POSITIVE_INFINITY
    for (const partial of entry.waiting ?? []) {
      if (partial.dueMs < nowMs) {
        this.#open.endWait(entry, partial)
        this.#tell(entry, partial)
      } else nextMs = Math.min(nextMs, partial.dueMs)
    }
    for (const [state, partial] of entry.slots.entries()) {
      if (partial === undefined) continue
      const dueMs = partial.firstMs + this.#spanMs
      if (dueMs < nowMs) {
        this.#open.take(entry, state)
        this.#expired += 1
      } else nextMs = Math.min(nextMs, dueMs)
    }
    const leadDueMs = entry.leadMs + this.#spanMs
    if (leadDueMs < nowMs) this.#open.forgetLead(entry)
    else nextMs = Math.min(nextMs, leadDueMs)
    if (nextMs !== Number.POSITIVE_INFINITY) this.#timers.schedule(entry.scope, entry, nextMs)
    this.#open.dropIfEmpty(entry)
  }

  /** What it did, and holds. */
  counts(): SequenceCounts {
    const { open, openScopes, bytes, overwritten, evicted } = this.#open
    const [completed, expired] = [this.#completed, this.#expired]
    return { open, openScopes, bytes, completed, overwritten, expired, evicted }
  }

  /** All it remembers. */
  state(): SequenceState<Evidence, Memory> {
    const { completed, overwritten, expired, evicted } = this.counts()
    return { counts: { completed, overwritten, expired, evicted }, scopes: this.#open.state() }
  }

  /** Takes up what {@link state} gave, in place of what it remembers. */
  restore({ counts, scopes }: SequenceState<Evidence, Memory>): void {
    this.#open.restore(scopes, counts)
    this.#completed = counts.completed
    this.#expired = counts.expired
  }
}

interface StepPlace extends EntryPlace {
  readonly step: number
}

function begin<Evidence, Memory>(
  { timeMs }: SequenceOffer<Evidence, Memory>,
  leadMs: number | undefined,
): Partial<Evidence, Memory> {
  return {
    firstMs: timeMs,
    lastMs: timeMs,
    evidence: [],
    memory: [],
    broken: false,
    leadMs: leadMs ?? Number.NEGATIVE_INFINITY,
    dueMs: Number.POSITIVE_INFINITY,
  }
}
