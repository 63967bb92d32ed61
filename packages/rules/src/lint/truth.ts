import { assertNever } from '../assert-never.ts'
import { isTruthy } from '../eql/folding.ts'
import type { Expression, Filter } from '../expression.ts'
import { type Formula, partsOf } from '../formula.ts'
import type { Predicate } from '../value-test.ts'

/** What is known of an expression before any event: always, never, or it depends. */
export type Truth = boolean | undefined

/**
 * Decides what can be decided about an expression when some fields never have a value.
 * Kleene's three-valued logic: an answer is certain, `undefined` may still be either.
 *
 * @param isMissing Tells whether no event ever carries this field.
 * @param isUnseen  Tells whether no event ever reaches this subject of a lineage.
 */
export function truthOf(
  expression: Expression,
  isMissing: (field: string) => boolean,
  isUnseen: (subject: Filter) => boolean = () => false,
): Truth {
  switch (expression.kind) {
    case 'constant':
      return expression.value
    case 'keyword':
      return undefined
    case 'formula': {
      const truth = formulaTruth(expression.formula, isMissing)
      return truth === undefined ? undefined : truth === expression.holdsWhen
    }
    case 'lineage': {
      const { subject } = expression
      const isNever =
        isUnseen(subject) || truthOf(subject.expression, isMissing, isUnseen) === false
      return isNever ? false : undefined
    }
    case 'test':
      return truthOfTest(expression.predicate, isMissing)
    case 'not': {
      const operand = truthOf(expression.operand, isMissing, isUnseen)
      return operand === undefined ? undefined : !operand
    }
    case 'and':
    case 'or': {
      const decisive = expression.kind === 'or'
      const truths = new Set(
        expression.operands.map((operand) => truthOf(operand, isMissing, isUnseen)),
      )
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

/** What a formula always comes to: a truth, null, or it depends. */
type FormulaTruth = boolean | null | undefined

function formulaTruth(formula: Formula, isMissing: (field: string) => boolean): FormulaTruth {
  switch (formula.kind) {
    case 'literal':
      return formula.value === null ? null : isTruthy(formula.value)
    case 'field':
      return formula.fields.every(isMissing) ? null : undefined
    case 'isNull':
      return formulaTruth(formula.operand, isMissing) === null ? true : undefined
    case 'not': {
      const truth = formulaTruth(formula.operand, isMissing)
      return typeof truth === 'boolean' ? !truth : truth
    }
    case 'and':
    case 'or': {
      const decisive = formula.kind === 'or'
      const truths = new Set(formula.operands.map((operand) => formulaTruth(operand, isMissing)))
      if (truths.has(decisive)) return decisive
      if (truths.has(undefined)) return undefined
      return truths.has(null) ? null : !decisive
    }
    case 'call':
    case 'arithmetic':
    case 'compare':
    case 'match':
    case 'search': {
      // The operands after the second may be null; what is computed from the others is null then.
      const needed = partsOf(formula).slice(0, formula.kind === 'search' ? 1 : 2)
      const isNull = needed.some((part) => formulaTruth(part, isMissing) === null)
      return isNull && !hasDefault(formula) ? null : undefined
    }
    case 'variable':
      return undefined
    default:
      return assertNever(formula)
  }
}

function hasDefault(formula: Formula): boolean {
  return formula.kind === 'call' && (formula.name === 'substring' || formula.name === 'number')
}
