import { assertNever } from '../assert-never.ts'
import { foldCase } from '../fold.ts'
import type { FormulaValue, FunctionName } from '../formula.ts'
import type { Comparison } from '../value-test.ts'

/** A call of a function with its operands' values, none of them a list. */
export interface FunctionCall {
  readonly name: Exclude<FunctionName, 'arrayContains'>
  readonly values: readonly FormulaValue[]
  /** Texts are compared without case. */
  readonly folded: boolean
}

/** Operands that may be null, by their index: without them the function takes a default. */
const DEFAULTED: Readonly<Partial<Record<FunctionName, readonly number[]>>> = {
  between: [3],
  indexOf: [2],
  number: [1],
  substring: [1, 2],
}

/**
 * Computes a function.
 *
 * @returns Null where an operand is null or not of the kind the function takes, or where there is
 *          no result: text that is not found, text that is no number.
 * @throws  Never.
 */
export function callFunction({ name, values, folded }: FunctionCall): FormulaValue {
  const defaulted = DEFAULTED[name]
  const isMissing = (value: FormulaValue, index: number): boolean =>
    value === null && defaulted?.includes(index) !== true
  if (values.some(isMissing)) return null
  const [first = null, second = null, third = null, fourth = null] = values
  switch (name) {
    case 'concat':
      return values.map(String).join('')
    case 'string':
      return String(first)
    case 'length':
      return String(first).length
    case 'number':
      return typeof first === 'string' ? parseNumber(first, second) : null
    case 'substring':
      return typeof first === 'string' ? first.slice(index(second), index(third)) : null
    case 'between':
      return between(textPair(first, second, folded), folded, { right: third, greedy: fourth })
    case 'startsWith': {
      const pair = textPair(first, second, folded)
      return pair === undefined ? null : pair.text.startsWith(pair.part)
    }
    case 'endsWith': {
      const pair = textPair(first, second, folded)
      return pair === undefined ? null : pair.text.endsWith(pair.part)
    }
    case 'stringContains': {
      const pair = textPair(first, second, folded)
      return pair === undefined ? null : pair.text.includes(pair.part)
    }
    case 'indexOf': {
      const pair = textPair(first, second, folded)
      if (pair === undefined) return null
      const found = pair.text.indexOf(pair.part, Math.max(0, index(third) ?? 0))
      return found === -1 || (index(third) ?? 0) > pair.text.length ? null : found
    }
    default:
      return assertNever(name)
  }
}

function index(value: FormulaValue): number | undefined {
  return typeof value === 'number' ? Math.trunc(value) : undefined
}

interface TextPair {
  /** The text as it came; the others are folded where case does not count. */
  readonly original: string
  readonly text: string
  readonly part: string
}

// oxlint-disable-next-line max-params -- the text, what is looked for in it, and how
function textPair(text: FormulaValue, part: FormulaValue, folded: boolean): TextPair | undefined {
  if (typeof text !== 'string' || typeof part !== 'string') return undefined
  const fold = folded ? foldCase : (plain: string): string => plain
  return { original: text, text: fold(text), part: fold(part) }
}

interface RightSide {
  readonly right: FormulaValue
  readonly greedy: FormulaValue
}

function between(
  pair: TextPair | undefined,
  folded: boolean,
  { right, greedy }: RightSide,
): FormulaValue {
  if (pair === undefined || typeof right !== 'string') return null
  const found = pair.text.indexOf(pair.part)
  if (found === -1) return null
  const start = found + pair.part.length
  const wanted = folded ? foldCase(right) : right
  const end = greedy === true ? pair.text.lastIndexOf(wanted) : pair.text.indexOf(wanted, start)
  return end < start ? null : pair.original.slice(start, end)
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const HEX = /^[+-]?0[xX][0-9a-fA-F]+$/
const DIGITS = /^([+-]?)([0-9a-zA-Z]+)$/
const NUMBER_CHARS_MAX = 64

function parseNumber(text: string, base: FormulaValue): number | null {
  if (text.length > NUMBER_CHARS_MAX) return null
  if ((base === null || base === 16) && HEX.test(text)) {
    const isNegative = text.startsWith('-')
    return (isNegative ? -1 : 1) * Number(text.replace(/^[+-]/, ''))
  }
  if (base === null || base === 10) return DECIMAL.test(text) ? Number(text) : null
  if (typeof base !== 'number' || !Number.isInteger(base) || base < 2 || base > 36) return null
  const [, sign, digits = ''] = DIGITS.exec(text) ?? []
  let value = 0
  for (const digit of digits.toLowerCase()) {
    const worth = Number.parseInt(digit, 36)
    if (worth >= base) return null
    value = value * base + worth
  }
  return digits === '' ? null : sign === '-' ? -value : value
}

/** An operation on two numbers. */
export interface Arithmetic {
  readonly operator: '+' | '-' | '*' | '/' | '%'
  /** One of the sides is written as a number with a point, so that `/` does not round. */
  readonly float: boolean
}

/**
 * Computes with two values. The quotient of whole numbers is rounded down; the remainder has the
 * sign of the left side.
 *
 * @returns Null when one is no number, or for a division by zero.
 * @see     Elasticsearch, EQL limitations, "divide".
 */
export function compute(
  { operator, float }: Arithmetic,
  left: FormulaValue,
  right: FormulaValue,
): number | null {
  if (typeof left !== 'number' || typeof right !== 'number') return null
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/': {
      if (right === 0) return null
      const isWhole = !float && Number.isInteger(left) && Number.isInteger(right)
      return isWhole ? Math.floor(left / right) : left / right
    }
    case '%':
      return right === 0 ? null : left % right
    default:
      return assertNever(operator)
  }
}

/** How two values are compared. */
export interface ValueComparison {
  readonly comparison: Comparison
  readonly folded: boolean
}

/**
 * Compares two values of one kind: numbers, truths, or texts by their UTF-16 units.
 *
 * @returns Null when one is null; false when they are of different kinds.
 */
export function compareValues(
  { comparison, folded }: ValueComparison,
  left: FormulaValue,
  right: FormulaValue,
): boolean | null {
  if (left === null || right === null) return null
  if (typeof left !== typeof right) return false
  const isText = folded && typeof left === 'string' && typeof right === 'string'
  const a = isText ? foldCase(left) : left
  const b = isText ? foldCase(right) : right
  switch (comparison) {
    case 'eq':
      return a === b
    case 'lt':
      return a < b
    case 'lte':
      return a <= b
    case 'gt':
      return a > b
    case 'gte':
      return a >= b
    default:
      return assertNever(comparison)
  }
}
