import type { CorrelationExpression } from './body.ts'

/** One way to make an ordered condition true. */
export interface OrderedWay {
  /** Rules that have to match, each after the one before it. */
  readonly steps: readonly string[]
  /** Rules that must not have matched in the window. */
  readonly absent: readonly string[]
}

/** Most ways, and most steps of one, that a condition may come to. */
export const WAYS_MAX = 64

/**
 * The ways in which an ordered condition can come true: `and` puts what stands on its right after
 * what stands on its left, `or` is another way, `not` asks for absence.
 *
 * @returns `undefined` when there are more than {@link WAYS_MAX}, or a way has more steps.
 */
export function orderedWays(expression: CorrelationExpression): readonly OrderedWay[] | undefined {
  return waysOf(expression, false)
}

function waysOf(
  expression: CorrelationExpression,
  isNegated: boolean,
): readonly OrderedWay[] | undefined {
  if (expression.kind === 'rule') {
    const { ruleId } = expression
    return [isNegated ? { steps: [], absent: [ruleId] } : { steps: [ruleId], absent: [] }]
  }
  if (expression.kind === 'not') return waysOf(expression.operand, !isNegated)
  const isProduct = (expression.kind === 'and') !== isNegated
  let ways: readonly OrderedWay[] = isProduct ? [{ steps: [], absent: [] }] : []
  for (const operand of expression.operands) {
    const next = waysOf(operand, isNegated)
    if (next === undefined) return undefined
    if (ways.length * next.length > WAYS_MAX || ways.length + next.length > 2 * WAYS_MAX) {
      return undefined
    }
    ways = isProduct
      ? ways.flatMap((way) => next.map((more) => joined(way, more)))
      : [...ways, ...next]
  }
  const isBounded = ways.length <= WAYS_MAX && ways.every(({ steps }) => steps.length <= WAYS_MAX)
  return isBounded ? ways : undefined
}

function joined(left: OrderedWay, right: OrderedWay): OrderedWay {
  return {
    steps: [...left.steps, ...right.steps],
    absent: [...left.absent, ...right.absent],
  }
}
