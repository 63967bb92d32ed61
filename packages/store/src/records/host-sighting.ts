import type { HostRecord, TenantId } from '@pomona/schema'
import type { HostSighting } from './records.ts'

/** Reasons one host may count discarded events by; further ones count as `other`. */
export const DISCARD_REASONS_MAX = 100
const OTHER = 'other'

/** A host as it is stored: a record without what is computed from alerts. */
export interface StoredHost extends Omit<HostRecord, 'open_alerts'> {
  readonly tenantId: TenantId
}

/** Adds a sighting to what is known of a host. The newest description wins; counts add up. */
export function mergeSighting(known: StoredHost | undefined, sighting: HostSighting): StoredHost {
  const { host, seen, lastEvent, events, counts, tenantId } = sighting
  const newest = later(known?.last_event, lastEvent)
  return {
    tenantId,
    id: host.id,
    name: host.name,
    ...optional('os_version', host.os_version ?? known?.os_version),
    ...optional('architecture', host.architecture ?? known?.architecture),
    ...optional('agent_version', host.agent_version ?? known?.agent_version),
    first_seen: known === undefined || seen < known.first_seen ? seen : known.first_seen,
    last_seen: later(known?.last_seen, seen) ?? seen,
    ...optional('last_event', newest),
    events: (known?.events ?? 0) + events,
    gaps: (known?.gaps ?? 0) + (counts?.gaps ?? 0),
    discarded: addCounts(known?.discarded ?? {}, counts?.discarded ?? {}),
  }
}

/** The host as the API shows it. */
export function hostRecord(host: StoredHost, openAlerts: Record<string, number>): HostRecord {
  const { tenantId: _, ...record } = host
  return { ...record, open_alerts: openAlerts }
}

function optional<Key extends string>(
  key: Key,
  value: string | undefined,
): { [K in Key]?: string } {
  // The computed key is exactly Key; TypeScript widens it to string.
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: string })
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a > b ? a : b
}

// Reasons come from agents: their number is bounded, and `__proto__` is a name like any other.
function addCounts(
  known: Readonly<Record<string, number>>,
  added: Readonly<Record<string, number>>,
): Record<string, number> {
  const counts = new Map(Object.entries(known))
  for (const [reason, count] of Object.entries(added)) {
    const room = counts.has(reason) || counts.size < DISCARD_REASONS_MAX
    const key = room ? reason : OTHER
    counts.set(key, (counts.get(key) ?? 0) + count)
  }
  return Object.fromEntries(counts)
}
