import { assertNever, type CorrelationBody, type CorrelationExpression } from '@pomona/rules'

/** A match as the judge takes it. */
export interface NaiveMatch {
  readonly timeMs: number
  readonly input: number
  readonly key: string
  readonly value: string | number
}

/** A completion as the judge sees it. */
export interface NaiveCompletion {
  readonly key: string
  readonly timeMs: number
  readonly figure: number
}

/**
 * The judge: keeps every match, looks at every window that a match can have changed, and computes
 * its figure from the list of what is in it.
 */
export class NaiveWindow {
  readonly #body: CorrelationBody
  readonly #matches: NaiveMatch[] = []
  readonly #told: { readonly key: string; readonly timeMs: number }[] = []

  constructor(body: CorrelationBody) {
    this.#body = body
  }

  offer(match: NaiveMatch): readonly NaiveCompletion[] {
    this.#matches.push(match)
    const { key, timeMs } = match
    const { spanMs } = this.#body
    const ofKey = this.#matches.filter((one) => one.key === key)
    const ends = new Set(
      ofKey
        .map((one) => one.timeMs)
        .filter((endMs) => endMs >= timeMs && endMs < timeMs + spanMs)
        .toSorted((one, other) => one - other),
    )
    return [...ends].flatMap((endMs) => {
      const within = ofKey.filter((one) => one.timeMs <= endMs && one.timeMs > endMs - spanMs)
      const { figure, holds } = judge(this.#body, within)
      if (!holds) return []
      const isTold = this.#told.some((told) => {
        return told.key === key && Math.abs(told.timeMs - endMs) < spanMs
      })
      if (isTold) return []
      this.#told.push({ key, timeMs: endMs })
      return [{ key, timeMs: endMs, figure }]
    })
  }
}

function judge(
  { type, inputs, bounds, expression, percentile = 50 }: CorrelationBody,
  within: readonly NaiveMatch[],
): { readonly figure: number; readonly holds: boolean } {
  const numbers = within.map(({ value }) => Number(value)).toSorted((one, other) => one - other)
  const sum = numbers.reduce((total, number) => total + number, 0)
  const present = new Set(within.map(({ input }) => input))
  const figures: Readonly<Record<CorrelationBody['type'], () => number>> = {
    event_count: () => within.length,
    value_count: () => new Set(within.map(({ value }) => value)).size,
    value_sum: () => sum,
    value_avg: () => sum / numbers.length,
    value_median: () => percentileOf(numbers, 50),
    value_percentile: () => percentileOf(numbers, percentile),
    temporal: () => present.size,
    temporal_ordered: () => longestChain(within),
  }
  const figure = figures[type]()
  if (expression !== undefined) {
    const ids = new Set([...present].map((input) => inputs[input]?.ruleId ?? ''))
    return { figure, holds: isTrue(expression, ids) }
  }
  const isTemporal = type === 'temporal' || type === 'temporal_ordered'
  if (isTemporal && bounds.length === 0) return { figure, holds: figure === inputs.length }
  const compare = { lt: -1, lte: -1, gt: 1, gte: 1, eq: 0, neq: 0 } as const
  const holds = bounds.every(({ comparison, value }) => {
    const sign = Math.sign(figure - value)
    if (comparison === 'neq') return sign !== 0
    return sign === compare[comparison] || (sign === 0 && comparison.endsWith('e'))
  })
  return { figure, holds }
}

function percentileOf(sorted: readonly number[], percentile: number): number {
  const rank = (percentile / 100) * (sorted.length - 1)
  const low = sorted[Math.floor(rank)] ?? 0
  const high = sorted[Math.ceil(rank)] ?? 0
  return low + (high - low) * (rank - Math.floor(rank))
}

/** Longest chain of matches whose inputs rise while their times do not fall. */
function longestChain(within: readonly NaiveMatch[]): number {
  const sorted = within.toSorted((one, other) => one.timeMs - other.timeMs)
  const inputs = sorted.map(({ input, timeMs }) => ({ input, timeMs }))
  let longest = 0
  const extend = (from: { input: number; timeMs: number } | undefined, length: number): void => {
    longest = Math.max(longest, length)
    const nexts = new Map<number, { input: number; timeMs: number }>()
    for (const one of inputs) {
      if (from !== undefined && (one.input <= from.input || one.timeMs < from.timeMs)) continue
      if (!nexts.has(one.input)) nexts.set(one.input, one)
    }
    for (const next of nexts.values()) extend(next, length + 1)
  }
  extend(undefined, 0)
  return longest
}

function isTrue(expression: CorrelationExpression, present: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case 'rule':
      return present.has(expression.ruleId)
    case 'not':
      return !isTrue(expression.operand, present)
    case 'and':
      return expression.operands.every((operand) => isTrue(operand, present))
    case 'or':
      return expression.operands.some((operand) => isTrue(operand, present))
    default:
      return assertNever(expression)
  }
}
