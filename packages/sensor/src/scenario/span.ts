import type { Span } from './scenario.ts'

const UNITS_NS: Readonly<Record<string, number>> = {
  us: 1_000,
  ms: 1_000_000,
  s: 1_000_000_000,
  m: 60_000_000_000,
  h: 3_600_000_000_000,
}
const SPAN = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)(?:-(\d+(?:\.\d+)?)(us|ms|s|m|h))?$/

/**
 * Reads a length of time: `200ms`, `5s`, `2m`, `1h`, or a range such as `1s-4s`.
 *
 * @returns `undefined` when it is none, or its end lies before its beginning.
 */
export function parseSpan(value: unknown): Span | undefined {
  if (typeof value !== 'string') return undefined
  const parts = SPAN.exec(value)
  if (parts === null) return undefined
  const [, least, leastUnit = 's', most = least, mostUnit = leastUnit] = parts
  const minNs = Number(least) * (UNITS_NS[leastUnit] ?? 0)
  const maxNs = Number(most) * (UNITS_NS[mostUnit] ?? 0)
  return minNs <= maxNs ? { minNs, maxNs } : undefined
}
