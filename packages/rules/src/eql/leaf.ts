import type { Position } from '../errors.ts'
import type { Expression } from '../expression.ts'
import type { FieldReference, Formula } from '../formula.ts'
import type { PatternPart, Predicate, Test } from '../value-test.ts'
import { isLiteral, isTruthy } from './folding.ts'
import type { EqlNames } from './names.ts'
import { plainPattern } from './pattern.ts'

/** What every leaf of a filter carries, and what values stand for each other. */
export interface LeafContext {
  readonly names: EqlNames
  /** Shown as the selection of what matched. */
  readonly selection: string
  readonly at: Position
  /** A field alone as a condition holds for any value that is not empty: the endgame dialect. */
  readonly loose: boolean
  /** Counts what is made, so that a query cannot make too much. */
  readonly count: () => void
}

/**
 * Compiles three-valued logic away: the expression holds for an event exactly when the formula
 * comes to `wanted`. A question about one field becomes a test, so that it can be indexed; what
 * only is a formula stays one.
 *
 * `not` is pushed down to the leaves, because "is true" and "is false" go through `and` and `or`
 * in Kleene's logic; a test that must be false also needs a value, as null is neither.
 */
export function leavesOf(formula: Formula, wanted: boolean, context: LeafContext): Expression {
  switch (formula.kind) {
    case 'literal': {
      const { value } = formula
      return { kind: 'constant', value: value !== null && isTruthy(value) === wanted }
    }
    case 'not':
      return leavesOf(formula.operand, !wanted, context)
    case 'and':
    case 'or': {
      const kind = (formula.kind === 'and') === wanted ? 'and' : 'or'
      return junction(
        kind,
        formula.operands.map((operand) => leavesOf(operand, wanted, context)),
      )
    }
    default: {
      const asked = question(formula, context)
      if (asked === undefined) return formulaLeaf(formula, wanted, context)
      return asked.isPresence || wanted ? negated(asked.holds, !wanted) : denied(asked, context)
    }
  }
}

/** Joins expressions, without what decides nothing. */
export function junction(kind: 'and' | 'or', operands: readonly Expression[]): Expression {
  const decisive = kind === 'or'
  const kept: Expression[] = []
  for (const operand of operands) {
    if (operand.kind === kind) kept.push(...operand.operands)
    else if (operand.kind !== 'constant') kept.push(operand)
    else if (operand.value === decisive) return operand
  }
  const merged = kind === 'and' ? mergeDenials(kept) : kept
  const [only] = merged
  if (only === undefined) return { kind: 'constant', value: !decisive }
  return merged.length === 1 ? only : { kind, operands: merged }
}

/**
 * `a != "x" and a != "y"` asks once whether `a` has a value, not for each: lists of exceptions are
 * long.
 */
function mergeDenials(operands: readonly Expression[]): readonly Expression[] {
  const merged: Expression[] = []
  let field: string | undefined
  let denied: Expression[] = []
  for (let index = 0; index < operands.length; index += 1) {
    const [operand, next] = [operands[index], operands[index + 1]]
    if (operand === undefined) break
    const asked = deniedField([operand, next])
    if (asked === undefined || next?.kind !== 'not') {
      merged.push(operand)
      field = undefined
      continue
    }
    index += 1
    if (asked === field) {
      // Not copied for each: there may be thousands.
      denied.push(...alternatives(next.operand))
      const whole: Expression = { kind: 'or', operands: denied }
      merged[merged.length - 1] = { kind: 'not', operand: whole }
      continue
    }
    merged.push(operand, next)
    field = asked
    denied = [...alternatives(next.operand)]
  }
  return merged
}

/** The field of a pair that says: it has a value, and not this one. */
export function deniedField([present, denied]: readonly (Expression | undefined)[]):
  | string
  | undefined {
  if (present?.kind !== 'not' || denied?.kind !== 'not') return undefined
  if (present.operand.kind !== 'test') return undefined
  const { field, test } = present.operand.predicate
  if (test.kind !== 'absent') return undefined
  const isSame = alternatives(denied.operand).every(
    (one) =>
      one.kind === 'test' && one.predicate.field === field && one.predicate.test.kind !== 'absent',
  )
  return isSame ? field : undefined
}

function alternatives(expression: Expression): readonly Expression[] {
  return expression.kind === 'or' ? expression.operands : [expression]
}

/** Negates an expression, which is two-valued. */
export function negated(operand: Expression, isNegated: boolean): Expression {
  if (!isNegated) return operand
  if (operand.kind === 'constant') return { kind: 'constant', value: !operand.value }
  return operand.kind === 'not' ? operand.operand : { kind: 'not', operand }
}

// oxlint-disable-next-line max-params -- as leavesOf
function formulaLeaf(formula: Formula, holdsWhen: boolean, context: LeafContext): Expression {
  context.count()
  const { selection, at } = context
  return { kind: 'formula', formula, holdsWhen, selection, at }
}

/** A question about one field of the event at hand. */
interface Question {
  readonly field: FieldReference
  readonly holds: Expression
  /** It asks whether there is a value, so that it is never null itself. */
  readonly isPresence: boolean
}

function denied({ field, holds }: Question, context: LeafContext): Expression {
  const present: Expression = { kind: 'not', operand: absence(field, context) }
  return junction('and', [present, negated(holds, true)])
}

function absence(field: FieldReference, context: LeafContext): Expression {
  return leaf({ field, test: { kind: 'absent' }, operator: '==', value: 'null' }, context)
}

interface LeafParts {
  readonly field: FieldReference
  readonly test: Test
  readonly operator: string
  readonly value: string
}

function leaf({ field, test, operator, value }: LeafParts, context: LeafContext): Expression {
  context.count()
  const { selection, at } = context
  const predicate: Predicate = {
    field: field.fields[0] ?? '',
    written: field.written,
    test,
    operator,
    value,
  }
  return { kind: 'test', predicate, selection, at }
}

function isPlain(formula: Formula): formula is FieldReference {
  if (formula.kind !== 'field' || formula.fields.length !== 1) return false
  return formula.step === undefined && formula.path === undefined
}

function question(formula: Formula, context: LeafContext): Question | undefined {
  switch (formula.kind) {
    case 'field': {
      if (!isPlain(formula) || context.loose) return undefined
      const test: Test = { kind: 'boolean', value: true }
      const holds = leaf({ field: formula, test, operator: '==', value: 'true' }, context)
      return { field: formula, holds, isPresence: false }
    }
    case 'isNull': {
      const { operand: field } = formula
      if (!isPlain(field)) return undefined
      return { field, holds: absence(field, context), isPresence: true }
    }
    case 'compare':
      return comparison(formula, context)
    case 'match': {
      const { subject: field, tests } = formula
      if (!isPlain(field)) return undefined
      const holds = tests.map((test) =>
        leaf({ field, test, operator: operatorOf(test), value: valueOf(test) }, context),
      )
      return { field, holds: junction('or', holds), isPresence: false }
    }
    case 'call':
      return affix(formula, context)
    default:
      return undefined
  }
}

const SYMBOLS = { eq: '==', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const

function comparison(
  formula: Extract<Formula, { kind: 'compare' }>,
  context: LeafContext,
): Question | undefined {
  const { left: field, right, comparison: sort, folded } = formula
  if (!isPlain(field) || !isLiteral(right) || right.value === null) return undefined
  const { value } = right
  const operator = sort === 'eq' && folded ? ':' : SYMBOLS[sort]
  if (typeof value === 'string') {
    // Texts are put in order by a formula; tests compare numbers only.
    if (sort !== 'eq') return undefined
    const name = field.fields[0] ?? ''
    const holds = context.names.values(name, value).map((text) => {
      const test: Test = { kind: 'pattern', pattern: plainPattern(text), cased: !folded }
      return leaf({ field, test, operator, value: text }, context)
    })
    return { field, holds: junction('or', holds), isPresence: false }
  }
  const text = String(value)
  if (typeof value === 'boolean') {
    if (sort !== 'eq') return undefined
    const holds = leaf({ field, test: { kind: 'boolean', value }, operator, value: text }, context)
    return { field, holds, isPresence: false }
  }
  const test: Test =
    sort === 'eq' ? { kind: 'number', value, text } : { kind: 'compare', comparison: sort, value }
  return { field, holds: leaf({ field, test, operator, value: text }, context), isPresence: false }
}

const ANY: PatternPart = { wildcard: '*' }

function affix(
  { name, operands, folded }: Extract<Formula, { kind: 'call' }>,
  context: LeafContext,
): Question | undefined {
  const [field, part] = operands
  if (field === undefined || part === undefined || !isPlain(field)) return undefined
  if (!isLiteral(part) || typeof part.value !== 'string') return undefined
  const text = plainPattern(part.value)
  const patterns: Readonly<Record<string, readonly PatternPart[]>> = {
    startsWith: [...text, ANY],
    endsWith: [ANY, ...text],
    stringContains: [ANY, ...text, ANY],
  }
  const pattern = Object.hasOwn(patterns, name) ? patterns[name] : undefined
  if (pattern === undefined) return undefined
  const test: Test = { kind: 'pattern', pattern, cased: !folded }
  const operator = folded ? `${name}~` : name
  const holds = leaf({ field, test, operator, value: part.value }, context)
  return { field, holds, isPresence: false }
}

function operatorOf(test: Test): string {
  switch (test.kind) {
    case 'pattern':
      return test.cased ? 'like' : 'like~'
    case 'regex':
      return test.flags.includes('i') ? 'regex~' : 'regex'
    case 'cidr':
      return 'cidrMatch'
    default:
      return test.kind
  }
}

/** The value of a test as a query writes it. */
function valueOf(test: Test): string {
  switch (test.kind) {
    case 'pattern':
      return test.pattern.map((part) => ('text' in part ? part.text : part.wildcard)).join('')
    case 'regex':
      return test.source
    case 'cidr':
      return test.network
    default:
      return ''
  }
}
