import {
  type Clock,
  type CompletenessQuery,
  formatTime,
  type HostCompleteness,
  type HostId,
  parseTime,
  TENANT_DEFAULT,
} from '@pomona/schema'
import type { Log, Records, StreamTotal } from '@pomona/store'

/** Where completeness is read from. */
export interface CompletenessParts {
  readonly records: Records
  readonly log: Log
  readonly clock: Clock
}

const NS_PER_DAY = 86_400_000_000_000n
const HOURS_MAX = 5_000
const STREAMS_MAX = 50
const NO_SUMS = {
  ...{ sensed: 0, filtered: 0, dropped: 0, sent: 0, lost: 0, unobserved_ms: 0 },
} as const

/**
 * What a host's ledger says of each hour, and beside it what the log took of the same runs of its
 * agent: agent and server keep their books apart, so that each is checked by the other's.
 */
export async function completenessOf(
  { records, log, clock }: CompletenessParts,
  hostId: HostId,
  query: CompletenessQuery,
): Promise<HostCompleteness> {
  const { reports } = records
  const from = hourOf(query.from) ?? hourOf(formatTime(clock.nowNs() - NS_PER_DAY)) ?? ''
  const to = hourOf(query.to)
  const [agent, hours, sent, taken] = await Promise.all([
    reports.agent(TENANT_DEFAULT, hostId),
    reports.hours(TENANT_DEFAULT, hostId, {
      from,
      ...(to !== undefined && { to }),
      limit: HOURS_MAX + 1,
    }),
    reports.sentByEpoch(TENANT_DEFAULT, hostId),
    log.streams(TENANT_DEFAULT, hostId),
  ])
  return {
    hours: hours.slice(-HOURS_MAX),
    truncated: hours.length > HOURS_MAX,
    total: agent?.totals ?? NO_SUMS,
    stored: taken.reduce((sum, { delivered }) => sum + delivered, 0),
    streams: balances(sent, taken),
  }
}

function balances(
  sent: ReadonlyMap<number, number>,
  taken: readonly StreamTotal[],
): HostCompleteness['streams'] {
  const stored = new Map<number, number>()
  for (const { epoch, delivered } of taken) {
    if (epoch !== undefined) stored.set(epoch, (stored.get(epoch) ?? 0) + delivered)
  }
  const epochs = [...new Set([...sent.keys(), ...stored.keys()])].toSorted((a, b) => b - a)
  return epochs.slice(0, STREAMS_MAX).map((epoch) => {
    const known = stored.get(epoch)
    return { epoch, sent: sent.get(epoch) ?? 0, ...(known !== undefined && { stored: known }) }
  })
}

function hourOf(time: string | undefined): string | undefined {
  const ns = time === undefined ? undefined : parseTime(time)
  return ns === undefined ? undefined : `${formatTime(ns).slice(0, 13)}:00:00Z`
}
