import {
  assertNever,
  type CorrelationBody,
  type CorrelationExpression,
  orderedWays,
} from '@pomona/rules'

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
  const chains = chainsOf(inputs, expression, present)
  const figures: Readonly<Record<CorrelationBody['type'], () => number>> = {
    event_count: () => within.length,
    value_count: () => new Set(within.map(({ value }) => value)).size,
    value_sum: () => sum,
    value_avg: () => sum / numbers.length,
    value_median: () => percentileOf(numbers, 50),
    value_percentile: () => percentileOf(numbers, percentile),
    temporal: () => present.size,
    temporal_ordered: () => Math.max(...chains.map((chain) => longestRun(chain, within))),
  }
  const figure = figures[type]()
  if (type === 'temporal_ordered') {
    const isWhole = chains.some((chain) => chain.length === longestRun(chain, within))
    return { figure: Math.max(0, figure), holds: isWhole }
  }
  if (expression !== undefined) {
    const ids = new Set([...present].map((input) => inputs[input]?.ruleId ?? ''))
    return { figure, holds: isTrue(expression, ids) }
  }
  if (type === 'temporal' && bounds.length === 0) return { figure, holds: figure === inputs.length }
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

/** The chains that can still become whole with what is present. */
// oxlint-disable-next-line max-params -- the two parts of a body it needs, and what matched
function chainsOf(
  inputs: CorrelationBody['inputs'],
  expression: CorrelationBody['expression'],
  present: ReadonlySet<number>,
): readonly (readonly number[])[] {
  const inputOf = (ruleId: string): number => inputs.findIndex((input) => input.ruleId === ruleId)
  if (expression === undefined) return [inputs.map((_, input) => input)]
  return (orderedWays(expression) ?? [])
    .filter(({ absent }) => !absent.some((ruleId) => present.has(inputOf(ruleId))))
    .map(({ steps }) => steps.map(inputOf))
}

/** How many steps of a chain matches fill, in the order of time and then of the rules. */
function longestRun(chain: readonly number[], within: readonly NaiveMatch[]): number {
  const sorted = within.toSorted((one, other) => {
    return one.timeMs - other.timeMs || one.input - other.input
  })
  let at = -1
  for (const [step, wanted] of chain.entries()) {
    at = sorted.findIndex(({ input }, index) => index > at && input === wanted)
    if (at === -1) return step
  }
  return chain.length
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
