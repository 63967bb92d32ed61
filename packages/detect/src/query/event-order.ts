import { parseTime } from '@pomona/schema'

const DECIMAL = /^[+-]?\d+(?:\.\d+)?$/
const NS_PER_MS = 1e6
/** From here on a number counts the 100 ns since 1601 that Windows and endgame count. */
const FILETIME_MIN = 1e16
const FILETIME_EPOCH = 116_444_736_000_000_000
const FILETIME_PER_MS = 10_000

/**
 * Reads a timestamp: RFC 3339, milliseconds since 1970, or 100-nanosecond intervals since 1601.
 *
 * @returns Milliseconds since 1970 with their fraction; `undefined` for anything else.
 */
export function timeMsOf(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) {
    return value < FILETIME_MIN ? value : (value - FILETIME_EPOCH) / FILETIME_PER_MS
  }
  if (typeof value !== 'string') return undefined
  if (DECIMAL.test(value)) return timeMsOf(Number(value))
  const timeNs = parseTime(value)
  return timeNs === undefined ? undefined : Number(timeNs) / NS_PER_MS
}

/** An event's place among the others. */
export interface EventPlace {
  /** Where it stands in what was given. */
  readonly index: number
  readonly timeMs: number
  readonly tiebreaker: unknown
}

/** What is looked at to put events in order. */
export interface OrderFields {
  readonly timestamp: (event: object) => unknown
  readonly tiebreaker: (event: object) => unknown
}

/**
 * Puts events in order of time, then of the tiebreaker, then as they were given. An event without
 * a time stays where it is given: it has that of the one before it.
 */
export function inOrder(events: readonly object[], fields: OrderFields): readonly EventPlace[] {
  let lastMs = 0
  const places = events.map((event, index) => {
    const timeMs = timeMsOf(fields.timestamp(event)) ?? lastMs
    lastMs = timeMs
    return { index, timeMs, tiebreaker: fields.tiebreaker(event) }
  })
  return places.toSorted((a, b) => {
    if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs
    return compareKeys(a.tiebreaker, b.tiebreaker) || a.index - b.index
  })
}

const KINDS: readonly string[] = ['boolean', 'number', 'string']

/** Puts values of a key in order: what is absent first, then truths, numbers, texts. */
export function compareKeys(left: unknown, right: unknown): number {
  const [a, b] = [rankOf(left), rankOf(right)]
  if (a !== b) return a - b
  if (typeof left === 'string' && typeof right === 'string') {
    return left === right ? 0 : left < right ? -1 : 1
  }
  return a > 0 ? Number(left) - Number(right) : 0
}

function rankOf(value: unknown): number {
  return KINDS.indexOf(typeof value) + 1
}
