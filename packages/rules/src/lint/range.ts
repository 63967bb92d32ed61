import type { Test } from '../value-test.ts'

/** Numbers between two bounds, which belong to it unless open. */
export interface NumberRange {
  readonly low: number
  readonly high: number
  readonly isLowOpen: boolean
  readonly isHighOpen: boolean
}

const EVERYTHING: NumberRange = {
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  isLowOpen: true,
  isHighOpen: true,
}

/** The numbers a test holds for; `undefined` for tests about other things. */
export function rangeOf(test: Test): NumberRange | undefined {
  if (test.kind === 'number') {
    return { low: test.value, high: test.value, isLowOpen: false, isHighOpen: false }
  }
  if (test.kind !== 'compare') return undefined
  const { comparison, value } = test
  switch (comparison) {
    case 'lt':
    case 'lte':
      return { ...EVERYTHING, high: value, isHighOpen: comparison === 'lt' }
    case 'gt':
    case 'gte':
      return { ...EVERYTHING, low: value, isLowOpen: comparison === 'gt' }
    default:
      return { low: value, high: value, isLowOpen: false, isHighOpen: false }
  }
}

/** The numbers in both ranges. */
export function intersect(one: NumberRange, other: NumberRange): NumberRange {
  const lower = one.low === other.low ? one.isLowOpen || other.isLowOpen : undefined
  const upper = one.high === other.high ? one.isHighOpen || other.isHighOpen : undefined
  return {
    low: Math.max(one.low, other.low),
    high: Math.min(one.high, other.high),
    isLowOpen: lower ?? (one.low > other.low ? one.isLowOpen : other.isLowOpen),
    isHighOpen: upper ?? (one.high < other.high ? one.isHighOpen : other.isHighOpen),
  }
}

/** Whether no number is in a range. */
export function emptyRange({ low, high, isLowOpen, isHighOpen }: NumberRange): boolean {
  return low > high || (low === high && (isLowOpen || isHighOpen))
}
