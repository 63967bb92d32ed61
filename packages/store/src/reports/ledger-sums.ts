import {
  type LedgerDrop,
  type LedgerHour,
  type LedgerRow,
  type LedgerSums,
  type UnobservedSpan,
} from '@pomona/schema'

/** Reasons and kinds of drops told apart in one hour of one sensor; further ones are `other`. */
export const HOUR_DETAILS_MAX = 256
/** Unobserved spans kept of one hour of one sensor; the last grows beyond. */
export const HOUR_SPANS_MAX = 64
const OTHER = 'other'

/** Nothing. */
export const NO_SUMS: LedgerSums = {
  sensed: 0,
  filtered: 0,
  dropped: 0,
  sent: 0,
  lost: 0,
  unobserved_ms: 0,
}

/** The sums of one row. */
export function sumsOf(row: LedgerRow): LedgerSums {
  return {
    sensed: row.sensed,
    filtered: total(Object.values(row.filtered)),
    dropped: total(row.dropped.map(({ count }) => count)),
    sent: row.sent,
    lost: row.lost,
    unobserved_ms: total(row.unobserved.map(lengthMs)),
  }
}

/** Two sums together; numbers an agent invents do not leave the whole numbers. */
export function addSums(a: LedgerSums, b: LedgerSums): LedgerSums {
  return {
    sensed: total([a.sensed, b.sensed]),
    filtered: total([a.filtered, b.filtered]),
    dropped: total([a.dropped, b.dropped]),
    sent: total([a.sent, b.sent]),
    lost: total([a.lost, b.lost]),
    unobserved_ms: total([a.unobserved_ms, b.unobserved_ms]),
  }
}

/** The hour a row belongs to, in one form. */
export function hourOf(row: LedgerRow): string {
  return `${row.hour.slice(0, 13)}:00:00Z`
}

/** Adds a row to what is known of its sensor and hour. */
export function addToHour(known: LedgerHour | undefined, row: LedgerRow): LedgerHour {
  const sums = addSums(known ?? NO_SUMS, sumsOf(row))
  return {
    ...sums,
    sensor: row.sensor,
    hour: hourOf(row),
    filtered_by: addCounts(known?.filtered_by ?? {}, row.filtered),
    dropped_by: addDrops(known?.dropped_by ?? [], row.dropped),
    unobserved: addSpans(known?.unobserved ?? [], row.unobserved),
  }
}

function addCounts(
  known: Readonly<Record<string, number>>,
  added: Readonly<Record<string, number>>,
): Record<string, number> {
  const counts = new Map(Object.entries(known))
  for (const [reason, count] of Object.entries(added)) {
    // One less than the bound: there has to be room for `other`.
    const hasRoom = counts.has(reason) || counts.size < HOUR_DETAILS_MAX - 1
    const key = hasRoom ? reason : OTHER
    counts.set(key, total([counts.get(key) ?? 0, count]))
  }
  return Object.fromEntries(counts)
}

function addDrops(known: readonly LedgerDrop[], added: readonly LedgerDrop[]): LedgerDrop[] {
  const drops = new Map(known.map((drop) => [keyOf(drop), drop]))
  for (const drop of added) {
    const hasRoom = drops.has(keyOf(drop)) || drops.size < HOUR_DETAILS_MAX
    const named = hasRoom ? drop : { ...drop, reason: OTHER, type: OTHER }
    const before = drops.get(keyOf(named))
    drops.set(keyOf(named), before === undefined ? named : joined(before, named))
  }
  return [...drops.values()]
}

function keyOf({ reason, type, class: priority }: LedgerDrop): string {
  return JSON.stringify([reason, type, priority])
}

function joined(a: LedgerDrop, b: LedgerDrop): LedgerDrop {
  return {
    ...a,
    count: total([a.count, b.count]),
    from: a.from < b.from ? a.from : b.from,
    to: a.to > b.to ? a.to : b.to,
  }
}

function addSpans(
  known: readonly UnobservedSpan[],
  added: readonly UnobservedSpan[],
): UnobservedSpan[] {
  const spans = [...known, ...added]
  if (spans.length <= HOUR_SPANS_MAX) return spans
  const kept = spans.slice(0, HOUR_SPANS_MAX)
  const last = kept.at(-1)
  const end = spans.map(({ to }) => to).reduce((a, b) => (a > b ? a : b))
  return last === undefined ? kept : [...kept.slice(0, -1), { ...last, to: end }]
}

function lengthMs({ from, to }: UnobservedSpan): number {
  return Math.max(0, Date.parse(to) - Date.parse(from))
}

function total(numbers: readonly number[]): number {
  const sum = numbers.reduce((a, b) => a + b, 0)
  return Math.min(sum, Number.MAX_SAFE_INTEGER)
}
