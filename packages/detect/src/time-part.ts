import { assertNever, type TimePart } from '@pomona/rules'

// Date and time as written, with `T` or blanks between; the zone is not looked at, because a rule
// asks for the part that stands in the field (Sigma: "no zone conversion").
const STAMP = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]+(\d{2}):(\d{2}))?/
const DAY_MS = 86_400_000

/** Week of the year by ISO 8601: week 1 holds the year's first Thursday. */
function isoWeek(year: number, month: number, day: number): number {
  const date = Date.UTC(year, month - 1, day)
  const weekday = (new Date(date).getUTCDay() + 6) % 7
  const thursday = date + (3 - weekday) * DAY_MS
  const yearStart = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1)
  return Math.floor((thursday - yearStart) / (7 * DAY_MS)) + 1
}

/**
 * Takes one part of a timestamp as written.
 *
 * @returns The number, or `undefined` when the text holds no such part. Never throws.
 */
export function timePart(text: string, part: TimePart): number | undefined {
  const found = STAMP.exec(text)
  if (found === null) return undefined
  const [year = 0, month = 0, day = 0] = found.slice(1, 4).map(Number)
  switch (part) {
    case 'year':
      return year
    case 'month':
      return month
    case 'day':
      return day
    case 'week':
      return isoWeek(year, month, day)
    case 'hour':
      return found[4] === undefined ? undefined : Number(found[4])
    case 'minute':
      return found[5] === undefined ? undefined : Number(found[5])
    default:
      return assertNever(part)
  }
}
