import type { Expression } from './expression.ts'
import { regexSize } from './lint/regex-cost.ts'
import type { Rule } from './rule.ts'

/** What a rule makes the engine hold. */
export interface RuleWeight {
  readonly nodes: number
  /** Instructions of its regular expressions, estimated; about 80 bytes each. */
  readonly instructions: number
}

/** Bounds of a whole rule set: above ten times the largest public one (93,841 nodes). */
export const SET_LIMITS: RuleWeight = { nodes: 1_000_000, instructions: 1_000_000 }

/**
 * Counts what the rules of a set make the engine hold together, so that ten thousand rules that
 * each keep their own limits cannot exhaust it.
 */
export class SetBudget {
  #left = { ...SET_LIMITS }

  /** Takes a rule's share; false when it is more than what is left, which then stays. */
  take(rule: Rule): boolean {
    const { nodes, instructions } = weightOf(rule)
    const left = {
      nodes: this.#left.nodes - nodes,
      instructions: this.#left.instructions - instructions,
    }
    if (left.nodes < 0 || left.instructions < 0) return false
    this.#left = left
    return true
  }
}

/** The weight of a rule's filters. */
export function weightOf({ body }: Rule): RuleWeight {
  const weight = { nodes: 0, instructions: 0 }
  if (body.kind === 'event') weigh(body.expression, weight)
  else if (body.kind === 'correlation') weight.nodes += body.inputs.length
  else {
    for (const { filter } of body.steps) weigh(filter.expression, weight)
    if (body.until !== undefined) weigh(body.until.filter.expression, weight)
  }
  return weight
}

function weigh(expression: Expression, weight: { nodes: number; instructions: number }): void {
  weight.nodes += 1
  switch (expression.kind) {
    case 'and':
    case 'or':
      for (const operand of expression.operands) weigh(operand, weight)
      return
    case 'not':
      return weigh(expression.operand, weight)
    case 'lineage':
      return weigh(expression.subject.expression, weight)
    case 'test':
      if (expression.predicate.test.kind !== 'regex') return
      weight.instructions += regexSize(expression.predicate.test.source)
      return
    case 'keyword':
      if (expression.keyword.test.kind !== 'regex') return
      weight.instructions += regexSize(expression.keyword.test.source)
      return
    default:
  }
}
