import {
  type AgentReport,
  type HostId,
  LEDGER_START,
  ledgerHash,
  type LedgerRow,
  type TenantId,
} from '@pomona/schema'
import type { ReceivedReport } from '../../src/index.ts'

export const TENANT = 'default' as TenantId
export const HOST = 'mac-1' as HostId
export const SESSIONS = [
  '6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0001',
  '6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0002',
] as const

export function at(minute: number): string {
  return new Date(Date.UTC(2026, 10, 22, 10, minute)).toISOString().replace('.000Z', '.000000000Z')
}

type RowParts = Partial<Omit<LedgerRow, 'index' | 'previous' | 'hash'>>

/** A chain of rows after `last`. */
export function chain(parts: readonly RowParts[], last?: LedgerRow): LedgerRow[] {
  const rows: LedgerRow[] = []
  for (const part of parts) {
    const before = rows.at(-1) ?? last
    const row = {
      index: (before?.index ?? -1) + 1,
      previous: before?.hash ?? LEDGER_START,
      epoch: 1,
      sensor: 'eslogger',
      hour: '2026-11-22T10:00:00Z',
      sensed: 10,
      filtered: { muted: 2 },
      dropped: [],
      sent: 8,
      lost: 0,
      unobserved: [],
      ...part,
    }
    rows.push({ ...row, hash: ledgerHash(row) })
  }
  return rows
}

export function report(parts: Partial<AgentReport> = {}): AgentReport {
  return {
    session_id: SESSIONS[0],
    epoch: 1,
    boot_id: 'boot-1',
    sent_at: '2026-11-22T10:00:00Z',
    host: { id: HOST, name: 'Ada’s Mac', agent_version: '1.0.0' },
    usage: {
      started: '2026-11-22T09:00:00Z',
      cpu_percent: 1.5,
      memory_bytes: 60_000_000,
      spool_bytes: 0,
      spool_events: 0,
      alerts: 0,
    },
    sensors: [],
    permissions: [],
    bundle: { state: 'none' },
    ledger: [],
    ...parts,
  }
}

export function received(
  parts: Partial<AgentReport> = {},
  more: Partial<ReceivedReport> = {},
): ReceivedReport {
  return {
    tenantId: TENANT,
    hostId: HOST,
    report: report(parts),
    received: at(0),
    skewMs: 0,
    intervalSeconds: 60,
    ...more,
  }
}
