/** Alerts of one Mac on one day, over all days on which a Mac told anything. */
export interface DailyAlerts {
  readonly p50: number
  readonly p95: number
  readonly max: number
}

/**
 * Percentiles by nearest rank: each is the figure of a day there was.
 *
 * @param counts   Alerts of the days that had any, in any order.
 * @param hostDays All days of all Macs; those beyond `counts` had none.
 */
export function dailyAlerts(counts: readonly number[], hostDays: number): DailyAlerts {
  const ascending = counts.toSorted((one, other) => one - other)
  const zeros = Math.max(0, hostDays - ascending.length)
  const at = (percent: number): number => {
    const rank = Math.max(1, Math.ceil((percent / 100) * (zeros + ascending.length)))
    return ascending[rank - zeros - 1] ?? 0
  }
  return { p50: at(50), p95: at(95), max: at(100) }
}
