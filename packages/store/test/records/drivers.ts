import type { TestContext } from 'node:test'
import { AlertQuery, type Alert, type AlertId, type TenantId } from '@pomona/schema'
import { openMemoryRecords, openSqliteRecords, type Records } from '../../src/index.ts'
import { freshFolder } from '../folder.ts'

/** Every implementation, and what the contract tests say to all of them. */
export interface Limits {
  readonly deadLettersMax?: number
  readonly deadLettersPerHostMax?: number
}

export const drivers: readonly {
  name: string
  open(context: TestContext, limits?: Limits): Promise<Records>
}[] = [
  { name: 'memory', open: async (_, limits) => openMemoryRecords(limits) },
  {
    name: 'sqlite',
    open: (context, limits) => openSqliteRecords({ directory: freshFolder(context), ...limits }),
  },
]

export const TENANT = 'default' as TenantId
export const NOW = '2026-11-22T10:30:00.000000000Z'

export function at(minute: number, second = 0): string {
  const hour = Math.floor(minute / 60)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `2026-11-22T${two(hour)}:${two(minute % 60)}:${two(second)}.000000000Z`
}

export function alert(id: string, parts: Partial<Alert> = {}): Alert {
  return {
    id,
    rule_id: 'rule-1',
    rule_name: 'Osascript runs a shell',
    rule_version: 'v1',
    severity: 'high',
    risk_score: 73,
    attack_version: '17.1',
    techniques: [{ id: 'T1059.002', tactics: ['execution'] }],
    tactics: ['execution'],
    time: at(10),
    tenant_id: TENANT,
    host: { id: 'mac-1', name: 'Ada’s Mac' },
    processes: [
      { pid: 7, pidversion: 9, entity_id: 'e1', name: 'osascript', command_line: 'osascript -e 1' },
    ],
    events: ['s-1'],
    matches: [],
    group_key: 'mac-1',
    ...parts,
  }
}

export function id(text: string): AlertId {
  return text as AlertId
}

export function query(parts: Record<string, unknown> = {}): AlertQuery {
  return AlertQuery.parse(parts)
}

export async function commit(
  records: Records,
  alerts: readonly Alert[],
  offset = 1,
): Promise<void> {
  const checkpoint = { consumer: 'engine', offset, state: '{}' }
  await records.commit({ alerts, incidents: [], checkpoint, storedAt: NOW })
}

export async function ids(records: Records, parts: Record<string, unknown>): Promise<string[]> {
  return (await records.alerts(query(parts), NOW)).items.map((item) => item.id)
}

export const QUEUE: readonly Alert[] = [
  alert('a', { time: at(1), severity: 'low' }),
  alert('b', { time: at(2), host: { id: 'mac-2' } }),
  alert('c', { time: at(3), rule_id: 'rule-2', rule_name: '100% of_it \\o/' }),
  alert('d', { time: at(3), techniques: [{ id: 'T1059', tactics: [] }], user: { name: 'Zoë' } }),
  alert('e', { time: at(65), techniques: [{ id: 'T10590', tactics: [] }], severity: 'critical' }),
  alert('f', { time: at(600), techniques: [], processes: [], rule_name: 'nul\0byte \ud800' }),
]
