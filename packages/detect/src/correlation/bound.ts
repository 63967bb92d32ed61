import { assertNever, type CorrelationBound, type CorrelationExpression } from '@pomona/rules'

/** Compiles the bounds on a figure; all must hold, and no bound always does. */
export function compileBounds(bounds: readonly CorrelationBound[]): (figure: number) => boolean {
  return (figure) => bounds.every((bound) => isWithin(bound, figure))
}

function isWithin({ comparison, value }: CorrelationBound, figure: number): boolean {
  switch (comparison) {
    case 'lt':
      return figure < value
    case 'lte':
      return figure <= value
    case 'gt':
      return figure > value
    case 'gte':
      return figure >= value
    case 'eq':
      return figure === value
    case 'neq':
      return figure !== value
    default:
      return assertNever(comparison)
  }
}

/** Whether the rule of an input matched in the window. */
export type Presence = (input: number) => boolean

/**
 * Compiles an extended condition.
 *
 * @param inputOf Index of the input that a rule id stands for; -1 for a rule that is no input,
 *                which then never matched.
 */
export function compileExpression(
  expression: CorrelationExpression,
  inputOf: (ruleId: string) => number,
): (isPresent: Presence) => boolean {
  switch (expression.kind) {
    case 'rule': {
      const input = inputOf(expression.ruleId)
      return (isPresent) => isPresent(input)
    }
    case 'not': {
      const operand = compileExpression(expression.operand, inputOf)
      return (isPresent) => !operand(isPresent)
    }
    case 'and': {
      const operands = expression.operands.map((operand) => compileExpression(operand, inputOf))
      return (isPresent) => operands.every((operand) => operand(isPresent))
    }
    case 'or': {
      const operands = expression.operands.map((operand) => compileExpression(operand, inputOf))
      return (isPresent) => operands.some((operand) => operand(isPresent))
    }
    default:
      return assertNever(expression)
  }
}
