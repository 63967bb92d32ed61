import type { HostAgent, HostContact, HostRecord } from '@pomona/schema'

export const NOW_MS = Date.parse('2026-11-22T12:00:00Z')

const NOTHING = { sensed: 0, filtered: 0, dropped: 0, sent: 0, lost: 0, unobserved_ms: 0 }

/** A host with which all is well. */
export function host(
  agent: Partial<HostAgent> | undefined = {},
  contact: Partial<HostContact> | undefined = {},
): HostRecord {
  return {
    id: 'mac-1',
    name: 'Ada’s Mac',
    first_seen: '2026-11-01T00:00:00Z',
    last_seen: '2026-11-22T12:00:00Z',
    events: 1,
    gaps: 0,
    discarded: {},
    open_alerts: {},
    agent: {
      state: 'online',
      last_report: '2026-11-22T12:00:00Z',
      interval_seconds: 60,
      skew_ms: 10,
      started: '2026-11-22T10:00:00Z',
      epoch: 1,
      sensors: [{ sensor: 'eslogger', state: 'running' }],
      permissions_missing: [],
      bundle: { state: 'applied' },
      spool_events: 0,
      cpu_percent: 1,
      memory_bytes: 1,
      crashes: 0,
      last_day: { ...NOTHING, ...agent.last_day },
      ...agent,
    },
    contact: { certificate_end: '2026-12-15T00:00:00Z', refusals: {}, ...contact },
  }
}
