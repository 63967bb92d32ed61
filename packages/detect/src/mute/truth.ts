import { assertNever, type Expression } from '@pomona/rules'
import type { Knowledge } from './muted-events.ts'
import { type Truth, truthOf } from './muted-values.ts'

/** Whether an expression holds for none, all, or some of the events of which something is known. */
export function truthOfExpression(expression: Expression, known: Knowledge): Truth {
  switch (expression.kind) {
    case 'constant':
      return expression.value ? 'always' : 'never'
    case 'not':
      return opposite(truthOfExpression(expression.operand, known))
    case 'and':
      return joined(expression.operands, known, { one: 'never', all: 'always' })
    case 'or':
      return joined(expression.operands, known, { one: 'always', all: 'never' })
    case 'test': {
      const { field, test } = expression.predicate
      const values = known.get(field)
      return values === undefined ? 'maybe' : truthOf(test, values)
    }
    case 'keyword':
    case 'formula':
    case 'lineage':
      return 'maybe'
    default:
      return assertNever(expression)
  }
}

function opposite(truth: Truth): Truth {
  if (truth === 'maybe') return truth
  return truth === 'never' ? 'always' : 'never'
}

// oxlint-disable-next-line max-params -- operands, what is known, and which truth decides
function joined(
  operands: readonly Expression[],
  known: Knowledge,
  { one, all }: { readonly one: Truth; readonly all: Truth },
): Truth {
  let isAll = true
  for (const operand of operands) {
    const truth = truthOfExpression(operand, known)
    if (truth === one) return one
    isAll &&= truth === all
  }
  return isAll ? all : 'maybe'
}
