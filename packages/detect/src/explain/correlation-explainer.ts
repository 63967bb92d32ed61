import { assertNever, type CorrelationBody, type CorrelationBound, type Rule } from '@pomona/rules'
import { fieldPath, fieldValue } from '@pomona/schema'
import { numberOf } from '../value-test.ts'
import { type ExplainLimits, FilterExplainer, type FilterExplanation } from './filter-explainer.ts'
import { type ExplainedKey, keyOf, type KeyValues } from './join-key.ts'
import type { EventPlace } from './near-miss.ts'

/** What one rule behind a correlation saw. */
export interface InputExplanation extends FilterExplanation {
  readonly rule_id: string
  readonly rule_name: string
  /** Matches without a part of the group-by key, which belong to no group. */
  readonly keyless: number
  /** The rule is no rule of single events: explain it by itself. */
  readonly stateful: boolean
}

/** The window of one group that came nearest to the condition. */
export interface GroupExplanation {
  readonly key: KeyValues
  readonly figure: number
  readonly holds: boolean
  readonly matches: number
  readonly first: EventPlace
  readonly last: EventPlace
  readonly overMs: number
}

/** Why a correlation fired or did not. */
export interface CorrelationExplanation {
  readonly type: CorrelationBody['type']
  readonly bounds: readonly CorrelationBound[]
  readonly spanMs: number
  readonly inputs: readonly InputExplanation[]
  readonly groups: number
  /** The groups nearest to the condition, the nearest first. */
  readonly nearest: readonly GroupExplanation[]
  /** Matches that were too many to keep. */
  readonly forgotten: number
}

/** Matches kept of all groups together. */
const MATCHES_MAX = 5_000

interface Match {
  readonly place: EventPlace
  readonly timeMs: number
  readonly input: number
  readonly values: readonly unknown[]
}

interface Group {
  readonly key: ExplainedKey
  readonly matches: Match[]
}

interface Watched {
  readonly rule: Rule | undefined
  readonly ruleId: string
  readonly explainer: FilterExplainer | undefined
  keyless: number
}

/**
 * Watches a correlation over many events and says which group came nearest. Figures are computed
 * plainly, window by window; what fires is decided by the engine.
 */
export class CorrelationExplainer {
  readonly #body: CorrelationBody
  readonly #inputs: readonly Watched[]
  readonly #groups = new Map<string, Group>()
  readonly #toldMax: number
  #matches = 0
  #forgotten = 0

  /** @param rules Those that the correlation refers to, among others. */
  constructor(
    body: CorrelationBody,
    { rules, limits }: { readonly rules: readonly Rule[]; readonly limits: ExplainLimits },
  ) {
    this.#body = body
    this.#toldMax = limits.toldMax ?? 5
    this.#inputs = body.inputs.map(({ ruleId }) => {
      const rule = rules.find(({ id }) => id === ruleId)
      const isEvent = rule?.body.kind === 'event'
      const explainer = isEvent ? new FilterExplainer(rule.body, limits) : undefined
      return { rule, ruleId, explainer, keyless: 0 }
    })
  }

  take(document: object, at: { readonly place: EventPlace; readonly timeMs: number }): void {
    for (const [input, watched] of this.#inputs.entries()) {
      if (watched.explainer?.take(document, at.place) !== true) continue
      const { groupBy = [], values = [] } = this.#body.inputs[input] ?? {}
      const key = keyOf(groupBy, document)
      if (key === undefined) watched.keyless += 1
      else if (this.#matches >= MATCHES_MAX) this.#forgotten += 1
      else {
        this.#matches += 1
        const group = this.#groups.get(key.text) ?? { key, matches: [] }
        this.#groups.set(key.text, group)
        group.matches.push({
          ...at,
          input,
          values: values.map(({ fields: [field = ''] }) => fieldValue(document, fieldPath(field))),
        })
      }
    }
  }

  explanation(): CorrelationExplanation {
    const { type, spanMs } = this.#body
    const groups = [...this.#groups.values()].map((group) => this.#nearestWindow(group))
    return {
      type,
      bounds: this.#bounds(),
      spanMs,
      inputs: this.#inputs.map(({ rule, ruleId, explainer, keyless }) => ({
        rule_id: ruleId,
        rule_name: rule?.name ?? ruleId,
        keyless,
        stateful: explainer === undefined,
        ...(explainer?.explanation() ?? { events: 0, matches: 0, matched: [], nearest: [] }),
      })),
      groups: groups.length,
      nearest: groups
        .toSorted((one, other) => this.#distance(one.figure) - this.#distance(other.figure))
        .slice(0, this.#toldMax),
      forgotten: this.#forgotten,
    }
  }

  /** Of temporal types without a bound all inputs have to match. */
  #bounds(): readonly CorrelationBound[] {
    const { bounds, inputs, type } = this.#body
    const isTemporal = type === 'temporal' || type === 'temporal_ordered'
    return bounds.length === 0 && isTemporal
      ? [{ comparison: 'gte', value: inputs.length }]
      : bounds
  }

  #nearestWindow({ key, matches }: Group): GroupExplanation {
    const ordered = matches.toSorted((one, other) => one.timeMs - other.timeMs)
    let best: GroupExplanation | undefined
    let from = 0
    for (const [index, last] of ordered.entries()) {
      while ((ordered[from]?.timeMs ?? 0) <= last.timeMs - this.#body.spanMs) from += 1
      const window = ordered.slice(from, index + 1)
      const figure = this.#figure(window)
      if (best !== undefined && this.#distance(figure) >= this.#distance(best.figure)) continue
      const first = window[0] ?? last
      best = {
        key: key.values,
        figure,
        holds: this.#distance(figure) === 0,
        matches: window.length,
        first: first.place,
        last: last.place,
        overMs: last.timeMs - first.timeMs,
      }
    }
    if (best === undefined) throw new Error('a group has at least one match')
    return best
  }

  /** How far a figure is from the condition; 0 when it holds. */
  #distance(figure: number): number {
    return this.#bounds().reduce((sum, bound) => sum + missedBy(bound, figure), 0)
  }

  #figure(window: readonly Match[]): number {
    const { type, percentile = 50 } = this.#body
    switch (type) {
      case 'event_count':
        return window.length
      case 'value_count':
        return distinct(window)
      case 'temporal':
        return new Set(window.map(({ input }) => input)).size
      case 'temporal_ordered':
        return longestInOrder(window)
      case 'value_sum':
        return numbersOf(window).reduce((sum, number) => sum + number, 0)
      case 'value_avg': {
        const numbers = numbersOf(window)
        return numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length)
      }
      case 'value_median':
        return percentileOf(numbersOf(window), 50)
      case 'value_percentile':
        return percentileOf(numbersOf(window), percentile)
      default:
        return assertNever(type)
    }
  }
}

function missedBy({ comparison, value }: CorrelationBound, figure: number): number {
  switch (comparison) {
    case 'gte':
      return Math.max(0, value - figure)
    case 'gt':
      return figure > value ? 0 : value - figure + Number.EPSILON
    case 'lte':
      return Math.max(0, figure - value)
    case 'lt':
      return figure < value ? 0 : figure - value + Number.EPSILON
    case 'eq':
      return Math.abs(figure - value)
    case 'neq':
      return figure === value ? 1 : 0
    default:
      return assertNever(comparison)
  }
}

function distinct(window: readonly Match[]): number {
  const texts = window.flatMap(({ values }) => {
    if (values.includes(undefined)) return []
    const [only, ...rest] = values
    const each = rest.length === 0 && Array.isArray(only) ? only : [values]
    return each.map((value) => JSON.stringify(value))
  })
  return new Set(texts).size
}

function numbersOf(window: readonly Match[]): readonly number[] {
  return window.flatMap(({ values: [value] }) => numberOf(value) ?? [])
}

/** The longest run of inputs in their order, any others between. */
function longestInOrder(window: readonly Match[]): number {
  const lengths = new Map<number, number>()
  let longest = 0
  for (const { input } of window) {
    let before = 0
    for (const [one, length] of lengths) if (one < input) before = Math.max(before, length)
    const length = Math.max(lengths.get(input) ?? 0, before + 1)
    lengths.set(input, length)
    longest = Math.max(longest, length)
  }
  return longest
}

function percentileOf(numbers: readonly number[], percentile: number): number {
  const sorted = numbers.toSorted((one, other) => one - other)
  const rank = (percentile / 100) * Math.max(0, sorted.length - 1)
  const below = sorted[Math.floor(rank)] ?? 0
  const above = sorted[Math.ceil(rank)] ?? below
  return below + (above - below) * (rank - Math.floor(rank))
}
