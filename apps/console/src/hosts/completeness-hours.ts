import type { LedgerHour, LedgerSums } from '@pomona/schema'

/** The parts of what was sensed, in the order in which they are drawn. */
export const PARTS = ['sent', 'held', 'filtered', 'dropped'] as const

/** Sums with what is held: sensed = sent + held + filtered + dropped. */
export type Balance = LedgerSums & { readonly held: number }

/** What is left of what was sensed: neither sent nor given up. Never below nothing. */
export function balanceOf(sums: LedgerSums): Balance {
  const held = sums.sensed - sums.sent - sums.filtered - sums.dropped
  return { ...sums, held: Math.max(0, held) }
}

/** One hour of all sensors. */
export interface HourBalance {
  readonly hour: string
  readonly balance: Balance
  readonly sensors: readonly LedgerHour[]
}

const HOUR_MS = 3_600_000
const HOURS_MAX = 24 * 14

/**
 * Hours from the one of `from` to that of `nowMs` in order, those without a word as well: a hole in
 * the ledger must not look like a short night.
 */
export function hoursBetween(
  from: string,
  nowMs: number,
  hours: readonly LedgerHour[],
): readonly HourBalance[] {
  const bySlot = Map.groupBy(hours, ({ hour }) => Date.parse(hour))
  const last = Math.floor(nowMs / HOUR_MS) * HOUR_MS
  const first = Math.max(
    Math.floor(Date.parse(from) / HOUR_MS) * HOUR_MS,
    last - (HOURS_MAX - 1) * HOUR_MS,
  )
  const slots: HourBalance[] = []
  for (let slot = first; slot <= last; slot += HOUR_MS) {
    const sensors = bySlot.get(slot) ?? []
    slots.push({
      hour: new Date(slot).toISOString(),
      balance: balanceOf(sensors.reduce(addSums, NO_SUMS)),
      sensors,
    })
  }
  return slots
}

const NO_SUMS: LedgerSums = {
  ...{ sensed: 0, filtered: 0, dropped: 0, sent: 0, lost: 0, unobserved_ms: 0 },
}

function addSums(a: LedgerSums, b: LedgerSums): LedgerSums {
  return {
    sensed: a.sensed + b.sensed,
    filtered: a.filtered + b.filtered,
    dropped: a.dropped + b.dropped,
    sent: a.sent + b.sent,
    lost: a.lost + b.lost,
    unobserved_ms: a.unobserved_ms + b.unobserved_ms,
  }
}
