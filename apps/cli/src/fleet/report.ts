import type { FleetCounts } from './fleet.ts'

/** How a fleet is doing, in one line. */
export function sentence(counts: FleetCounts): string {
  const { agents, enrolled, sensed, stored, filtered, dropped, held } = counts
  return (
    `${enrolled} of ${agents} Macs: ${sensed} events sensed = ${stored} stored + ` +
    `${filtered} filtered + ${dropped} dropped + ${held} held${causes(counts)}`
  )
}

/**
 * What a fleet did, as tools that make load tell it.
 *
 * @param seconds How long it ran.
 */
export function fleetReport(counts: FleetCounts, seconds: number): readonly string[] {
  const { delivery_ms: times, bytes, wire_bytes: wire, stored, batches } = counts
  const perSecond = seconds > 0 ? stored / seconds : 0
  const ms = (value: number | undefined): string => (value === undefined ? '–' : `${value} ms`)
  return [
    sentence(counts),
    row('ran', `${seconds.toFixed(1)} s`),
    row('delivered', `${perSecond.toFixed(1)} events/s, ${batches} batches`),
    row('sensed → stored', `p50 ${ms(times.p50)}, p95 ${ms(times.p95)}, p99 ${ms(times.p99)}`),
    row('on the wire', `${mebibytes(wire)} MiB of ${mebibytes(bytes)} MiB of batches`),
    row('handshakes', `${counts.handshakes}, ${counts.resumed} of them resumed`),
    row('reports', `${counts.reports}`),
    row('starts again', `${counts.restarts}`),
    row('server had it', `${counts.duplicates} batches`),
    row('dead letters', `${counts.dead_letters} events`),
  ]
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(18)}${value}`
}

function mebibytes(bytes: number): string {
  return (bytes / (1024 * 1024)).toFixed(2)
}

function causes({ retries }: FleetCounts): string {
  const told = Object.entries(retries).map(([cause, count]) => `${count} ${cause}`)
  return told.length === 0 ? '' : `; repeated: ${told.join(', ')}`
}
