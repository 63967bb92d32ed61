import { type HostId, LEDGER_START, TENANT_DEFAULT } from '@pomona/schema'
import type { AgentStanding } from '@pomona/store'

/** What is known of an agent that has reported once. */
export function standing(parts: Partial<AgentStanding> = {}): AgentStanding {
  const hostId = parts.hostId ?? ('mac-1' as HostId)
  return {
    tenantId: TENANT_DEFAULT,
    hostId,
    report: {
      session_id: '6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0001',
      epoch: 1,
      boot_id: 'boot-1',
      sent_at: '2026-11-22T10:00:00Z',
      host: { id: hostId, name: hostId },
      usage: {
        started: '2026-11-22T09:00:00Z',
        ...{ cpu_percent: 0, memory_bytes: 0, spool_bytes: 0, spool_events: 0, alerts: 0 },
      },
      sensors: [],
      permissions: [],
      bundle: { state: 'none' },
    },
    received: '2026-11-22T10:00:00.000000000Z',
    skewMs: 0,
    intervalSeconds: 60,
    crashes: 0,
    ledger: { installation: 0, next: 0, head: LEDGER_START, refused: {} },
    trial: { since: '2026-11-22T10:00:00.000000000Z', crashes: 0, alerts: 0 },
    totals: { sensed: 0, filtered: 0, dropped: 0, sent: 0, lost: 0, unobserved_ms: 0 },
    ...parts,
  }
}
