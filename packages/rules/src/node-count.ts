import type { Expression } from './expression.ts'

/** How many nodes an expression has: the size of what is built of it. */
export function nodeCount(expression: Expression): number {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.operands.reduce((sum, operand) => sum + nodeCount(operand), 1)
    case 'not':
      return 1 + nodeCount(expression.operand)
    case 'lineage':
      return 1 + nodeCount(expression.subject.expression)
    default:
      return 1
  }
}
