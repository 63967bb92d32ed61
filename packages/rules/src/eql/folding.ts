import type { Formula, FormulaValue } from '../formula.ts'
import { callFunction, compareValues, compute } from './evaluate.ts'

/** The literal null. */
export const NULL: Formula = { kind: 'literal', value: null }

/** A literal truth. */
export function truth(value: boolean | null): Formula {
  return { kind: 'literal', value }
}

/** Whether a formula is a constant. */
export function isLiteral(formula: Formula): formula is Extract<Formula, { kind: 'literal' }> {
  return formula.kind === 'literal'
}

function isNullLiteral(formula: Formula): boolean {
  return isLiteral(formula) && formula.value === null
}

/** Whether a formula's numbers are written with a point, so that a division does not round. */
export function isFloat(formula: Formula): boolean {
  if (formula.kind === 'literal') return formula.float === true
  if (formula.kind !== 'arithmetic') return false
  return isFloat(formula.left) || isFloat(formula.right)
}

/** Negates, in three-valued logic: null stays null. */
export function negation(operand: Formula): Formula {
  if (operand.kind === 'not') return operand.operand
  if (!isLiteral(operand)) return { kind: 'not', operand }
  return operand.value === null ? NULL : truth(!isTruthy(operand.value))
}

/** Whether a value counts as true where a condition is asked for. */
export function isTruthy(value: FormulaValue): boolean {
  return value !== null && value !== false && value !== 0 && value !== ''
}

/** Joins by `and`: without what is always true; false when one is always false. */
export function conjunction(operands: readonly Formula[]): Formula {
  return junction('and', operands)
}

/** Joins by `or`: without what is always false; true when one is always true. */
export function disjunction(operands: readonly Formula[]): Formula {
  return junction('or', operands)
}

function junction(kind: 'and' | 'or', operands: readonly Formula[]): Formula {
  const decisive = kind === 'or'
  const kept: Formula[] = []
  let hasNull = false
  for (const operand of operands) {
    if (operand.kind === kind) kept.push(...operand.operands)
    else if (!isLiteral(operand)) kept.push(operand)
    else if (operand.value === null) hasNull = true
    else if (isTruthy(operand.value) === decisive) return truth(decisive)
  }
  if (hasNull) kept.push(NULL)
  const [only] = kept
  if (only === undefined) return truth(!decisive)
  return kept.length === 1 ? only : { kind, operands: kept }
}

/** Computes what is made of constants only; anything else stays as it is. */
export function fold(formula: Formula): Formula {
  switch (formula.kind) {
    case 'arithmetic': {
      const { operator, left, right } = formula
      if (isNullLiteral(left) || isNullLiteral(right)) return NULL
      if (!isLiteral(left) || !isLiteral(right)) return formula
      const float = isFloat(formula)
      const value = compute({ operator, float }, left.value, right.value)
      return { kind: 'literal', value, ...(float && value !== null ? { float } : {}) }
    }
    case 'compare': {
      const { left, right } = formula
      if (isNullLiteral(left) || isNullLiteral(right)) return NULL
      if (!isLiteral(left) || !isLiteral(right)) return formula
      return truth(compareValues(formula, left.value, right.value))
    }
    case 'isNull':
      return isLiteral(formula.operand) ? truth(formula.operand.value === null) : formula
    case 'call': {
      const { name, operands, folded } = formula
      if (name === 'arrayContains' || !operands.every(isLiteral)) return formula
      const values = operands.map((operand) => (isLiteral(operand) ? operand.value : null))
      return { kind: 'literal', value: callFunction({ name, values, folded }) }
    }
    default:
      return formula
  }
}
