import {
  assertNever,
  type CorrelationBody,
  type CorrelationBound,
  type CorrelationExpression,
  orderedWays,
  type Rule,
} from '@pomona/rules'
import { fieldPath, fieldValue } from '@pomona/schema'
import {
  compileSubject,
  type FieldReader,
  keyParts,
  type SubjectReader,
} from '../correlation/key.ts'
import type { BodyExplanation } from './body-explainer.ts'
import { type ExplainLimits, TOLD_MAX } from './filter-explainer.ts'
import type { KeyValues } from './join-key.ts'
import type { EventPlace } from './near-miss.ts'
import type { PartExplainer, ToldMatch } from './part.ts'

/** What one rule behind a correlation saw. */
export interface InputExplanation extends BodyExplanation {
  readonly rule_id: string
  readonly rule_name: string
  readonly matches: number
  /** Where the first matches ended. */
  readonly matched: readonly EventPlace[]
  /** Matches without a part of the group-by key, which belong to no group. */
  readonly keyless: number
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
  /** In place of bounds, with the names of the rules. */
  readonly expression?: string
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
  readonly values: readonly (string | number)[]
}

interface Group {
  readonly key: KeyValues
  readonly matches: Match[]
}

interface Watched {
  readonly rule: Rule | undefined
  readonly ruleId: string
  readonly part: PartExplainer | undefined
  readonly subjectOf: SubjectReader
  readonly matched: EventPlace[]
  matches: number
  keyless: number
}

/** What a correlation explainer works with. */
export interface CorrelationExplainerOptions {
  /** Those that the correlation refers to, among others. */
  readonly rules: readonly Rule[]
  readonly limits: ExplainLimits
  /** Makes what watches one of them. */
  readonly partOf: (rule: Rule) => PartExplainer
}

/** The events of a match, the last of which has the say. */
class Documents {
  readonly list: readonly object[]

  constructor(list: readonly object[]) {
    this.list = list.toReversed()
  }
}

const readLast: FieldReader = (field) => {
  const path = fieldPath(field)
  return (documents) => {
    if (!(documents instanceof Documents)) return undefined
    const values = documents.list.map((document) => fieldValue(document, path))
    return values.find((value) => value !== undefined && value !== null)
  }
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

  constructor(body: CorrelationBody, { rules, limits, partOf }: CorrelationExplainerOptions) {
    this.#body = body
    this.#toldMax = limits.toldMax ?? TOLD_MAX
    this.#inputs = body.inputs.map((input) => {
      const { ruleId } = input
      const rule = rules.find(({ id }) => id === ruleId)
      const upstream = rule?.body.kind === 'correlation' ? rule.body : undefined
      const subjectOf = compileSubject({ body, input, upstream }, readLast)
      const part = rule === undefined ? undefined : partOf(rule)
      return { rule, ruleId, part, subjectOf, matched: [], matches: 0, keyless: 0 }
    })
  }

  take(document: object, at: { readonly place: EventPlace; readonly timeMs: number }): void {
    for (const [input, { part, ruleId }] of this.#inputs.entries()) {
      const held = part?.take(document, at) === true
      if (held && part?.isPlain === true) {
        this.#add(input, { ...at, ruleId, documents: [document], groupKey: '' })
      }
    }
  }

  /** Takes what the engine found for a rule that no single event decides. */
  tell(match: ToldMatch): void {
    for (const [input, { ruleId, part }] of this.#inputs.entries()) {
      part?.tell(match)
      if (ruleId === match.ruleId && part?.isPlain === false) this.#add(input, match)
    }
  }

  #add(input: number, match: ToldMatch): void {
    const watched = this.#inputs[input]
    if (watched === undefined) return
    const { place, timeMs, documents } = match
    watched.matches += 1
    if (watched.matched.length < this.#toldMax) watched.matched.push(place)
    const subject = watched.subjectOf(new Documents(documents), keyAbove(watched.rule, match))
    if (subject === undefined) watched.keyless += 1
    else if (this.#matches >= MATCHES_MAX) this.#forgotten += 1
    else {
      this.#matches += 1
      const { key: text, values } = subject
      const { groupBy } = this.#body
      const parts = keyParts(text)
      const key = groupBy.map((written, at) => ({ written, value: parts[at] ?? null }))
      const group = this.#groups.get(text) ?? { key, matches: [] }
      this.#groups.set(text, group)
      group.matches.push({ place, timeMs, input, values })
    }
  }

  explanation(): CorrelationExplanation {
    const { type, spanMs } = this.#body
    const { expression } = this.#body
    const groups = [...this.#groups.values()].map((group) => this.#nearestWindow(group))
    return {
      type,
      bounds: this.#bounds(),
      ...(expression === undefined ? {} : { expression: this.#textOf(expression) }),
      spanMs,
      inputs: this.#inputs.map(({ rule, ruleId, part, matches, matched, keyless }) => ({
        rule_id: ruleId,
        rule_name: rule?.name ?? ruleId,
        ...{ matches, matched, keyless },
        ...part?.explanation(),
      })),
      groups: groups.length,
      nearest: groups
        .toSorted((one, other) => one.distance - other.distance)
        .slice(0, this.#toldMax)
        .map(({ told }) => told),
      forgotten: this.#forgotten,
    }
  }

  /** Of temporal types without a bound all inputs have to match. */
  #bounds(): readonly CorrelationBound[] {
    const { bounds, inputs, type, expression } = this.#body
    const isTemporal = type === 'temporal' || type === 'temporal_ordered'
    return bounds.length === 0 && isTemporal && expression === undefined
      ? [{ comparison: 'gte', value: inputs.length }]
      : bounds
  }

  #textOf(expression: CorrelationExpression): string {
    switch (expression.kind) {
      case 'rule': {
        const input = this.#inputs.find(({ ruleId }) => ruleId === expression.ruleId)
        return `"${input?.rule?.name ?? expression.ruleId}"`
      }
      case 'not':
        return `not ${this.#textOf(expression.operand)}`
      default:
        return `(${expression.operands.map((one) => this.#textOf(one)).join(` ${expression.kind} `)})`
    }
  }

  #nearestWindow({ key, matches }: Group): NearestWindow {
    const ordered = matches.toSorted((one, other) => one.timeMs - other.timeMs)
    let best: NearestWindow | undefined
    let from = 0
    for (const [index, last] of ordered.entries()) {
      while ((ordered[from]?.timeMs ?? 0) <= last.timeMs - this.#body.spanMs) from += 1
      const window = ordered.slice(from, index + 1)
      const figure = this.#figure(window)
      const distance = this.#distance(figure, window)
      if (best !== undefined && distance >= best.distance) continue
      const first = window[0] ?? last
      const told = {
        ...{ key, figure, holds: distance === 0, matches: window.length },
        ...{ first: first.place, last: last.place, overMs: last.timeMs - first.timeMs },
      }
      best = { distance, told }
    }
    if (best === undefined) throw new Error('a group has at least one match')
    return best
  }

  /** How far a window is from the condition; 0 when it holds. */
  #distance(figure: number, window: readonly Match[]): number {
    const { expression, type } = this.#body
    const missed = this.#bounds().reduce((sum, bound) => sum + missedBy(bound, figure), 0)
    if (expression === undefined) return missed
    const ids = this.#inputs.map(({ ruleId }) => ruleId)
    const come = window.map(({ input }) => ids[input] ?? '')
    return type === 'temporal_ordered'
      ? missed + missedInOrder(expression, come)
      : missed + missedOf(expression, new Set(come))
  }

  #figure(window: readonly Match[]): number {
    const { type, percentile = 50 } = this.#body
    switch (type) {
      case 'event_count':
        return window.length
      case 'value_count':
        return new Set(window.flatMap(({ values }) => values)).size
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

/** A window, and by how much it misses the condition. */
interface NearestWindow {
  readonly distance: number
  readonly told: GroupExplanation
}

/**
 * The key of the correlation that a match completed, as {@link keyParts} reads it. None where the
 * alert's text cannot be taken apart for sure; then the events have the say.
 */
function keyAbove(rule: Rule | undefined, { groupKey }: ToldMatch): string | undefined {
  if (rule?.body.kind !== 'correlation') return undefined
  const { groupBy } = rule.body
  const parts = groupBy.length <= 1 ? [groupKey] : groupKey.split(' | ')
  if (parts.length !== groupBy.length) return undefined
  return JSON.stringify(parts.map((part) => `+${part}`))
}

/** How many rules had to come, or stay away, besides, for an expression to hold. */
function missedOf(
  expression: CorrelationExpression,
  come: ReadonlySet<string>,
  wanted = true,
): number {
  switch (expression.kind) {
    case 'rule':
      return come.has(expression.ruleId) === wanted ? 0 : 1
    case 'not':
      return missedOf(expression.operand, come, !wanted)
    default: {
      const each = expression.operands.map((operand) => missedOf(operand, come, wanted))
      const isAll = (expression.kind === 'and') === wanted
      return isAll ? each.reduce((sum, one) => sum + one, 0) : Math.min(...each)
    }
  }
}

/** The same where the rules have to come in an order, by the way that is nearest. */
function missedInOrder(expression: CorrelationExpression, come: readonly string[]): number {
  const ways = orderedWays(expression) ?? []
  const missed = ways.map(({ steps, absent }) => {
    const reached = reachedInOrder(steps, come)
    return steps.length - reached + absent.filter((id) => come.includes(id)).length
  })
  return Math.min(Number.POSITIVE_INFINITY, ...missed)
}

function reachedInOrder(steps: readonly string[], come: readonly string[]): number {
  let reached = 0
  for (const id of come) if (id === steps[reached]) reached += 1
  return reached
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

function numbersOf(window: readonly Match[]): readonly number[] {
  return window.flatMap(({ values }) => values.filter((value) => typeof value === 'number'))
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
