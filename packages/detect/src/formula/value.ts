import { type FormulaValue, isTruthy } from '@pomona/rules'
import type { EventView } from '../event-view.ts'

/** Computes a value from an event and the elements that searches around it are at. */
export type Compute = (view: EventView, scope: readonly unknown[]) => unknown

const COMBINATIONS_MAX = 10_000

/** The values a value stands for. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

/** The value as functions take it: an object is none. */
export function scalarOf(value: unknown): FormulaValue {
  const kind = typeof value
  const isScalar = kind === 'string' || kind === 'number' || kind === 'boolean'
  return isScalar ? (value as FormulaValue) : null // One of the three kinds, checked before.
}

/** Follows keys and places into a value; where they lead nowhere is null. */
export function walk(value: unknown, path: readonly (string | number)[]): unknown {
  let found = value
  for (const key of path) {
    if (typeof key === 'number') found = Array.isArray(found) ? found[key] : undefined
    else if (typeof found === 'object' && found !== null && Object.hasOwn(found, key)) {
      found = (found as Record<string, unknown>)[key] // An own key, checked before.
    } else return null
  }
  return found ?? null
}

/** Whether a value counts as true; of a list, whether any does. Objects do. */
export function truthOf(value: unknown): boolean | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value
  if (!Array.isArray(value)) return typeof value === 'object' || isTruthy(scalarOf(value))
  let truth: boolean | null = null
  for (const element of value) {
    const one = truthOf(element)
    if (one === true) return true
    truth ??= one
  }
  return truth
}

/**
 * Computes with every combination of the values that lists stand for.
 *
 * @returns One result when there are no lists. Else: true when any result is true, false when some
 *          are and none is true; of other results, the list of them without nulls.
 */
export function lift(
  values: readonly unknown[],
  computes: (values: readonly unknown[]) => FormulaValue,
): unknown {
  if (!values.some((value) => Array.isArray(value))) return computes(values)
  let combinations: readonly (readonly unknown[])[] = [[]]
  for (const value of values) {
    const elements = listOf(value)
    combinations = combinations
      .flatMap((before) => elements.map((element) => [...before, element]))
      .slice(0, COMBINATIONS_MAX)
  }
  const results: FormulaValue[] = []
  for (const combination of combinations) {
    const result = computes(combination)
    if (result === true) return true
    if (result !== null) results.push(result)
  }
  if (results.length === 0) return null
  return results.every((result) => result === false) ? false : results
}
