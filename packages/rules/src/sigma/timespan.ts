const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
  // As pySigma counts them: a twelfth of a Gregorian year of 365.2425 days, and that year.
  ['M', 2_629_746_000],
  ['y', 31_556_952_000],
])
const TIMESPAN = /^([1-9]\d{0,8})([smhdwMy])$/

/**
 * Reads the timespan of a correlation: a whole number and one of s, m, h, d, w, M (month), y.
 *
 * @returns Milliseconds, or `undefined` for anything else, such as `1h30m`, `0s` or `5 m`.
 */
export function parseTimespan(text: string): number | undefined {
  const [, count, unit = ''] = TIMESPAN.exec(text) ?? []
  const unitMs = UNITS_MS.get(unit)
  return unitMs === undefined ? undefined : Number(count) * unitMs
}
