import type { Position } from './errors.ts'
import type { Comparison, Test } from './value-test.ts'

/** Functions of EQL: those of Elasticsearch, then those only the endgame dialect has. */
export const FUNCTION_NAMES = [
  'add',
  'between',
  'cidrMatch',
  'concat',
  'divide',
  'endsWith',
  'indexOf',
  'length',
  'modulo',
  'multiply',
  'number',
  'startsWith',
  'string',
  'stringContains',
  'substring',
  'subtract',
  'arrayContains',
  'arrayCount',
  'arraySearch',
  'match',
  'matchLite',
  'safe',
  'wildcard',
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
}

/**
 * An expression of EQL that a plain {@link Test} on one field cannot say: functions, arithmetic,
 * comparisons of fields with each other. Three-valued: what is computed from null is null, and an
 * unknown truth is null.
 */
export type Formula =
  | { readonly kind: 'literal'; readonly value: FormulaValue }
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
      readonly comparison: Comparison | 'neq'
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
  /** endgame: a variable bound by `arraySearch` and its like. */
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
