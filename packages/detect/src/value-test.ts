import {
  assertNever,
  type Affix,
  type Comparison,
  compileRegex,
  networkHolds,
  parseAddress,
  parseNetwork,
  type Test,
} from '@pomona/rules'
import { foldCase } from './fold.ts'
import { compilePattern } from './pattern.ts'
import { timePart } from './time-part.ts'

/** Tells whether one value, never an array, satisfies a test. */
export type ValueTest = (value: unknown) => boolean

type SingleTest = Exclude<Test, { kind: 'absent' | 'exists' | 'field' }>

/** The text a value is compared as; objects and null have none. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const HEX = /^0[xX][0-9a-fA-F]+$/
const NUMBER_CHARS_MAX = 64

/** The number a value stands for, written as decimal or as 0x hexadecimal. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.length > NUMBER_CHARS_MAX) return undefined
  return DECIMAL.test(value) || HEX.test(value) ? Number(value) : undefined
}

/** True when `left` stands to `right` as the comparison says. */
export function compares(comparison: Comparison, left: number, right: number): boolean {
  switch (comparison) {
    case 'lt':
      return left < right
    case 'lte':
      return left <= right
    case 'gt':
      return left > right
    case 'gte':
      return left >= right
    case 'eq':
      return left === right
    default:
      return assertNever(comparison)
  }
}

/** Compiles a test on single values. What a rule's loader accepted always compiles. */
export function compileValueTest(test: SingleTest): ValueTest {
  switch (test.kind) {
    case 'pattern': {
      const matches = compilePattern(test.pattern, test.cased)
      const { cased } = test
      return onText((text) => matches(cased ? text : foldCase(text)))
    }
    case 'number': {
      const { value: wanted, text: written } = test
      // Whole numbers beyond 2^53 are equal to their neighbours; events carry them as text.
      const isExact = Number.isSafeInteger(wanted) || !Number.isInteger(wanted)
      return (value) => {
        if (typeof value === 'string' && value === written) return true
        return (isExact || typeof value === 'number') && numberOf(value) === wanted
      }
    }
    case 'boolean': {
      const written = String(test.value)
      return onText((text) => text.toLowerCase() === written)
    }
    case 'regex': {
      const compiled = compileRegex(test)
      if (!compiled.ok) return () => false
      const { regex } = compiled
      return onText((text) => regex.test(text))
    }
    case 'cidr': {
      const network = parseNetwork(test.network)
      return onText((text) => {
        const address = parseAddress(text)
        return network !== undefined && address !== undefined && networkHolds(network, address)
      })
    }
    case 'compare': {
      const { comparison, value: wanted } = test
      return (value) => {
        const number = numberOf(value)
        return number !== undefined && compares(comparison, number, wanted)
      }
    }
    case 'time': {
      const { part, comparison, value: wanted } = test
      return onText((text) => {
        const number = timePart(text, part)
        return number !== undefined && compares(comparison, number, wanted)
      })
    }
    default:
      return assertNever(test)
  }
}

function onText(matches: (text: string) => boolean): ValueTest {
  return (value) => {
    const text = textOf(value)
    return text !== undefined && matches(text)
  }
}

/** Compares a value with a value of another field. */
export function compileFieldTest(
  affix: Affix,
  cased: boolean,
): (value: unknown, other: unknown) => boolean {
  return (value, other) => {
    const left = textOf(value)
    const right = textOf(other)
    if (left === undefined || right === undefined) return false
    return cased ? fits(affix, left, right) : fits(affix, foldCase(left), foldCase(right))
  }
}

// oxlint-disable-next-line max-params -- two texts in the order of the question: does left hold
// right
function fits(affix: Affix, left: string, right: string): boolean {
  switch (affix) {
    case 'whole':
      return left === right
    case 'prefix':
      return left.startsWith(right)
    case 'suffix':
      return left.endsWith(right)
    case 'inside':
      return left.includes(right)
    default:
      return assertNever(affix)
  }
}
