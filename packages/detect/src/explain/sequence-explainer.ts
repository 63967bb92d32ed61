import type { SequenceBody, Step } from '@pomona/rules'
import { weakened } from '../contextual.ts'
import { EventView } from '../event-view.ts'
import { type ExplainLimits, FilterExplainer, type FilterExplanation } from './filter-explainer.ts'
import {
  compileExplainedKey,
  type ExplainedKey,
  type ExplainedKeyReader,
  type KeyValues,
} from './join-key.ts'
import type { EventPlace } from './near-miss.ts'

/** What one step of a sequence saw. */
export interface StepExplanation extends FilterExplanation {
  readonly name: string
  /** No such event may come. */
  readonly missing: boolean
  /** Matches that joined with nothing, because a part of the key was absent. */
  readonly keyless: number
}

/** An event in an attempt of a sequence. */
export interface AttemptEvent {
  readonly step: number
  readonly place: EventPlace
  readonly timeMs: number
}

/** What stood in the way of the next step, or of the whole. */
export type Obstacle =
  /** Nothing: the steps came in order and in time. */
  | { readonly kind: 'none' }
  /** No event held for the step at all. */
  | { readonly kind: 'no_match'; readonly step: number }
  /** Events held for the step, with other keys. */
  | { readonly kind: 'other_key'; readonly step: number; readonly keys: readonly KeyValues[] }
  /** The step's events came before the step it follows. */
  | {
      readonly kind: 'too_early'
      readonly step: number
      readonly place: EventPlace
      readonly byMs: number
    }
  /** The step came after the span had ended. */
  | {
      readonly kind: 'too_late'
      readonly step: number
      readonly place: EventPlace
      readonly byMs: number
    }
  | { readonly kind: 'until'; readonly place: EventPlace }
  /** An event came that must not. */
  | { readonly kind: 'forbidden'; readonly step: number; readonly place: EventPlace }

/** The attempt that got furthest. */
export interface SequenceAttempt {
  readonly key: KeyValues
  readonly events: readonly AttemptEvent[]
  /** Steps that came in time, of those that have to come. */
  readonly reached: number
  readonly needed: number
  readonly obstacle: Obstacle
}

/** Why a sequence fired or did not. */
export interface SequenceExplanation {
  readonly steps: readonly StepExplanation[]
  readonly until?: StepExplanation
  readonly spanMs?: number
  /** Absent when not even the first step came. */
  readonly attempt?: SequenceAttempt
  /** Events that held for a step and were too many to keep. */
  readonly forgotten: number
}

/** Events kept of one step. */
const OFFERS_MAX = 2_000
const OTHER_KEYS_TOLD_MAX = 3

interface Offer {
  readonly place: EventPlace
  readonly timeMs: number
  readonly key: ExplainedKey
}

interface Watched {
  readonly step: Step
  readonly explainer: FilterExplainer
  readonly keyOf: ExplainedKeyReader
  readonly offers: Offer[]
  keyless: number
}

/**
 * Watches a sequence over many events and says how far it got. It does not decide whether the
 * sequence fires, the engine does: it looks, among all that held for the steps, for the chain in
 * order that is nearest to being one.
 */
export class SequenceExplainer {
  readonly #body: SequenceBody
  readonly #view: EventView
  readonly #steps: readonly Watched[]
  readonly #until: Watched | undefined
  /** Indices of the steps that have to come. */
  readonly #positive: readonly number[]
  #forgotten = 0

  constructor(body: SequenceBody, limits: ExplainLimits = {}) {
    this.#body = body
    this.#view = new EventView(limits.lookup ?? 'nested')
    const watch = (step: Step): Watched => watched(step, { limits, view: this.#view })
    this.#steps = body.steps.map(watch)
    this.#until = body.until === undefined ? undefined : watch(body.until)
    this.#positive = body.steps.flatMap(({ missing }, index) => (missing ? [] : [index]))
  }

  take(document: object, at: { readonly place: EventPlace; readonly timeMs: number }): void {
    const all = this.#until === undefined ? this.#steps : [...this.#steps, this.#until]
    this.#view.turnTo(document)
    for (const one of all) {
      if (!one.explainer.take(document, at.place)) continue
      const key = one.keyOf()
      if (key === undefined) one.keyless += 1
      else if (one.offers.length >= OFFERS_MAX) this.#forgotten += 1
      else one.offers.push({ ...at, key })
    }
  }

  explanation(): SequenceExplanation {
    const all = this.#until === undefined ? this.#steps : [...this.#steps, this.#until]
    for (const { offers } of all) offers.sort((one, other) => one.timeMs - other.timeMs)
    const attempt = this.#furthest()
    const { spanMs } = this.#body
    return {
      steps: this.#steps.map(explained),
      ...(this.#until === undefined ? {} : { until: explained(this.#until) }),
      ...(spanMs === undefined ? {} : { spanMs }),
      ...(attempt === undefined ? {} : { attempt }),
      forgotten: this.#forgotten,
    }
  }

  #furthest(): SequenceAttempt | undefined {
    const [first = 0] = this.#positive
    const keys = new Map(this.#offers(first).map(({ key }) => [key.text, key]))
    let best: SequenceAttempt | undefined
    for (const key of keys.values()) {
      const attempt = this.#attempt(key)
      if (best === undefined || isFurther(attempt, best)) best = attempt
    }
    return best
  }

  #offers(step: number): readonly Offer[] {
    return this.#steps[step]?.offers ?? []
  }

  #offersOf(step: number, key: ExplainedKey): readonly Offer[] {
    return this.#offers(step).filter((offer) => offer.key.text === key.text)
  }

  /** The longest chain in order that one key has, and what kept it from going on. */
  #attempt(key: ExplainedKey): SequenceAttempt {
    const byStep = this.#positive.map((step) => this.#offersOf(step, key))
    const reached = reachOf(byStep)
    const chains = chainsOf(byStep.slice(0, reached))
    const needed = this.#positive.length
    const judged = chains.map((chain) => {
      return { chain, obstacle: this.#obstacleWithin(chain, key) }
    })
    const clean = judged.find(({ obstacle }) => obstacle.kind === 'none')
    const chosen = clean ?? nearestOf(judged)
    const obstacle =
      clean !== undefined && reached < needed
        ? this.#obstacleAfter(clean.chain, key)
        : (chosen?.obstacle ?? { kind: 'none' })
    const late = obstacle.kind === 'too_late' ? this.#positive.indexOf(obstacle.step) : reached
    const events = (chosen?.chain ?? []).map(({ place, timeMs }, index) => {
      return { step: this.#positive[index] ?? 0, place, timeMs }
    })
    return { key: key.values, events, reached: late, needed, obstacle }
  }

  /** What is wrong with a chain that is in order. */
  #obstacleWithin(chain: readonly Offer[], key: ExplainedKey): Obstacle {
    const [first] = chain
    const last = chain.at(-1)
    if (first === undefined || last === undefined) return { kind: 'none' }
    const { spanMs = Number.POSITIVE_INFINITY } = this.#body
    const late = chain.findIndex(({ timeMs }) => timeMs - first.timeMs > spanMs)
    const tooLate = chain[late]
    if (tooLate !== undefined) {
      const byMs = tooLate.timeMs - first.timeMs - spanMs
      const step = this.#positive[late] ?? 0
      return { kind: 'too_late', step, place: tooLate.place, byMs }
    }
    const end = this.#until?.offers.find(
      ({ key: { text }, timeMs }) =>
        text === key.text && timeMs >= first.timeMs && timeMs < last.timeMs,
    )
    if (end !== undefined) return { kind: 'until', place: end.place }
    return this.#forbiddenIn(chain, key) ?? { kind: 'none' }
  }

  #forbiddenIn(chain: readonly Offer[], key: ExplainedKey): Obstacle | undefined {
    const { spanMs = Number.POSITIVE_INFINITY, steps } = this.#body
    const firstMs = chain[0]?.timeMs ?? 0
    const lastMs = chain.at(-1)?.timeMs ?? 0
    for (const [step, { missing }] of steps.entries()) {
      if (!missing) continue
      const before = this.#positive.filter((one) => one < step).length
      const after = chain[before]
      // At the end, it is only asked for when all the others came.
      if (after === undefined && before < this.#positive.length) continue
      const fromMs = chain[before - 1]?.timeMs ?? lastMs - spanMs
      const toMs = after?.timeMs ?? firstMs + spanMs
      const found = this.#offersOf(step, key).find(
        ({ timeMs }) => timeMs >= fromMs && timeMs <= toMs,
      )
      if (found !== undefined) return { kind: 'forbidden', step, place: found.place }
    }
    return undefined
  }

  /** Why the step after a chain did not come. */
  #obstacleAfter(chain: readonly Offer[], key: ExplainedKey): Obstacle {
    const step = this.#positive[chain.length] ?? 0
    const offers = this.#offers(step)
    if (offers.length === 0) return { kind: 'no_match', step }
    const lastMs = chain.at(-1)?.timeMs ?? 0
    const early = this.#offersOf(step, key).at(-1)
    if (early !== undefined) {
      return { kind: 'too_early', step, place: early.place, byMs: lastMs - early.timeMs }
    }
    const keys = new Map(offers.map((offer) => [offer.key.text, offer.key.values]))
    return { kind: 'other_key', step, keys: [...keys.values()].slice(0, OTHER_KEYS_TOLD_MAX) }
  }
}

function watched(
  step: Step,
  { limits, view }: { readonly limits: ExplainLimits; readonly view: EventView },
): Watched {
  const explainer = new FilterExplainer(weakened(step.filter), limits)
  const keyOf = compileExplainedKey(step.keys, view)
  return { step, explainer, keyOf, offers: [], keyless: 0 }
}

function explained({ step, explainer, keyless }: Watched): StepExplanation {
  const { name, missing } = step
  return { name, missing, keyless, ...explainer.explanation() }
}

/** How many steps come one after the other, when each waits for the one before. */
function reachOf(byStep: readonly (readonly Offer[])[]): number {
  let afterMs = Number.NEGATIVE_INFINITY
  let before: EventPlace | undefined
  for (const [reached, offers] of byStep.entries()) {
    const next = offers.find(({ timeMs, place }) => {
      return timeMs > afterMs || (timeMs === afterMs && isAfter(place, before))
    })
    if (next === undefined) return reached
    afterMs = next.timeMs
    before = next.place
  }
  return byStep.length
}

/** For each event of the last step the shortest chain in order that ends with it. */
function chainsOf(byStep: readonly (readonly Offer[])[]): readonly (readonly Offer[])[] {
  const ends = byStep.at(-1) ?? []
  return ends.flatMap((end) => {
    const chain = [end]
    for (const offers of byStep.slice(0, -1).toReversed()) {
      const [next] = chain
      const before = offers.findLast(({ timeMs, place }) => {
        if (next === undefined) return false
        return timeMs < next.timeMs || (timeMs === next.timeMs && isAfter(next.place, place))
      })
      if (before === undefined) return []
      chain.unshift(before)
    }
    return [chain]
  })
}

function isAfter(place: EventPlace, other: EventPlace | undefined): boolean {
  if (other === undefined || place.line !== other.line) return place.line > (other?.line ?? 0)
  return (place.item ?? 0) > (other.item ?? 0)
}

interface JudgedChain {
  readonly chain: readonly Offer[]
  readonly obstacle: Obstacle
}

/** What missed by time missed least when it missed by little; what was ended was in time. */
function nearestOf(judged: readonly JudgedChain[]): JudgedChain | undefined {
  const missedMs = ({ obstacle }: JudgedChain): number => {
    return obstacle.kind === 'too_late' ? obstacle.byMs : -1
  }
  return judged.toSorted((one, other) => missedMs(one) - missedMs(other))[0]
}

function isFurther(one: SequenceAttempt, other: SequenceAttempt): boolean {
  if (one.events.length !== other.events.length) return one.events.length > other.events.length
  return one.obstacle.kind === 'none' && other.obstacle.kind !== 'none'
}
