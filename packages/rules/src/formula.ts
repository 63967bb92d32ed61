import { assertNever } from './assert-never.ts'
import type { Position } from './errors.ts'
import type { Comparison, Test } from './value-test.ts'

/**
 * Functions a formula can call. EQL has more: `add` and its like are arithmetic, and `cidrMatch`,
 * `match`, `matchLite` and `wildcard` are tests, once compiled.
 */
export const FUNCTION_NAMES = [
  'arrayContains',
  'between',
  'concat',
  'endsWith',
  'indexOf',
  'length',
  'number',
  'startsWith',
  'string',
  'stringContains',
  'substring',
] as const

/** One of {@link FUNCTION_NAMES}. */
export type FunctionName = (typeof FUNCTION_NAMES)[number]

/** What a formula works with. Texts, numbers and booleans never convert by themselves. */
export type FormulaValue = string | number | boolean | null

/** A field of the event at hand, or of an earlier step's event. */
export interface FieldReference {
  readonly kind: 'field'
  /** Names to ask by; the first that has a value answers. */
  readonly fields: readonly string[]
  /** Name the rule writes. */
  readonly written: string
  /** Index of the earlier step whose event is asked; the event at hand when absent. */
  readonly step?: number
  /** Where in the field's value to look: keys of objects, places in lists. */
  readonly path?: readonly (string | number)[]
}

/**
 * An expression of EQL that a plain {@link Test} on one field cannot say: functions, arithmetic,
 * comparisons of fields with each other. Three-valued: what is computed from null is null, and an
 * unknown truth is null.
 */
export type Formula =
  /** `float`: written as `2.0`, so that a division by it is no division of whole numbers. */
  | { readonly kind: 'literal'; readonly value: FormulaValue; readonly float?: true }
  | FieldReference
  | {
      readonly kind: 'call'
      readonly name: FunctionName
      /** `fn~`: texts are compared without case. */
      readonly folded: boolean
      readonly operands: readonly Formula[]
      readonly at: Position
    }
  | {
      readonly kind: 'arithmetic'
      readonly operator: '+' | '-' | '*' | '/' | '%'
      readonly left: Formula
      readonly right: Formula
    }
  | {
      readonly kind: 'compare'
      readonly comparison: Comparison
      readonly folded: boolean
      readonly left: Formula
      readonly right: Formula
    }
  /** Any of the tests holds for the computed value: `in`, `like`, `regex`, `:` on a formula. */
  | { readonly kind: 'match'; readonly subject: Formula; readonly tests: readonly Test[] }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Formula[] }
  | { readonly kind: 'not'; readonly operand: Formula }
  /** The value is null; never null itself. */
  | { readonly kind: 'isNull'; readonly operand: Formula }
  /** endgame: whether, or for how many of the array's elements, the body holds. */
  | {
      readonly kind: 'search'
      readonly counts: boolean
      readonly array: Formula
      /** Name under which the body asks for the element. */
      readonly variable: string
      readonly body: Formula
    }
  /** endgame: the element a `search` around it is at. */
  | {
      readonly kind: 'variable'
      readonly name: string
      readonly path: readonly (string | number)[]
    }

/** The formulas a formula is made of, one level down. */
export function partsOf(formula: Formula): readonly Formula[] {
  switch (formula.kind) {
    case 'literal':
    case 'field':
    case 'variable':
      return []
    case 'call':
    case 'and':
    case 'or':
      return formula.operands
    case 'arithmetic':
    case 'compare':
      return [formula.left, formula.right]
    case 'match':
      return [formula.subject]
    case 'not':
    case 'isNull':
      return [formula.operand]
    case 'search':
      return [formula.array, formula.body]
    default:
      return assertNever(formula)
  }
}

/** Every field a formula asks for, as often as it does. */
export function fieldsOf(formula: Formula): readonly FieldReference[] {
  if (formula.kind === 'field') return [formula]
  return partsOf(formula).flatMap(fieldsOf)
}
