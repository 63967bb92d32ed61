import { assertNever } from '../assert-never.ts'
import type { Expression } from '../expression.ts'
import type { Predicate } from '../value-test.ts'

/** What is known of an expression before any event: always, never, or it depends. */
export type Truth = boolean | undefined

/**
 * Decides what can be decided about an expression when some fields never have a value.
 * Kleene's three-valued logic: an answer is certain, `undefined` may still be either.
 *
 * @param isMissing Tells whether no event ever carries this field.
 */
export function truthOf(expression: Expression, isMissing: (field: string) => boolean): Truth {
  switch (expression.kind) {
    case 'constant':
      return expression.value
    case 'keyword':
    case 'formula':
    case 'lineage':
      return undefined
    case 'test':
      return truthOfTest(expression.predicate, isMissing)
    case 'not': {
      const operand = truthOf(expression.operand, isMissing)
      return operand === undefined ? undefined : !operand
    }
    case 'and':
    case 'or': {
      const decisive = expression.kind === 'or'
      const truths = new Set(expression.operands.map((operand) => truthOf(operand, isMissing)))
      if (truths.has(decisive)) return decisive
      return truths.has(undefined) ? undefined : !decisive
    }
    default:
      return assertNever(expression)
  }
}

function truthOfTest({ field, test }: Predicate, isMissing: (field: string) => boolean): Truth {
  if (test.kind === 'field' && isMissing(test.other)) return false
  if (!isMissing(field)) return undefined
  if (test.kind === 'absent') return true
  return test.kind === 'exists' ? !test.value : false
}
