import type { HostId, HostRecord, TenantId } from '@pomona/schema'
import type { Kysely, Transaction } from 'kysely'
import { hostRecord, mergeSighting, type StoredHost } from './host-sighting.ts'
import type { HostSighting } from './records.ts'
import type { HostTable, RecordTables } from './schema.ts'

type Database = Kysely<RecordTables>

/** Adds a sighting to its host's row. Part of a transaction. */
export async function upsertHost(
  transaction: Transaction<RecordTables>,
  sighting: HostSighting,
): Promise<void> {
  const row = await transaction
    .selectFrom('hosts')
    .selectAll()
    .where('tenant_id', '=', sighting.tenantId)
    .where('id', '=', sighting.host.id)
    .executeTakeFirst()
  const { tenant_id, id, ...values } = rowOf(mergeSighting(row && storedHost(row), sighting))
  await transaction
    .insertInto('hosts')
    .values({ tenant_id, id, ...values })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'id']).doUpdateSet(values))
    .execute()
}

/** Hosts of a tenant by name, with their open alerts; only `id` when given. */
export async function selectHosts(
  database: Database,
  tenantId: TenantId,
  id?: HostId,
): Promise<readonly HostRecord[]> {
  let query = database.selectFrom('hosts').selectAll().where('tenant_id', '=', tenantId)
  if (id !== undefined) query = query.where('id', '=', id)
  const rows = await query.orderBy('name').orderBy('id').execute()
  const open = await openAlerts(database, tenantId, id)
  return rows.map((row) => hostRecord(storedHost(row), open.get(row.id) ?? {}))
}

async function openAlerts(
  database: Database,
  tenantId: TenantId,
  id?: HostId,
): Promise<Map<string, Record<string, number>>> {
  let query = database
    .selectFrom('alerts')
    .select(({ fn }) => ['host_id', 'severity', fn.countAll<number>().as('count')])
    .where('tenant_id', '=', tenantId)
    .where('status', '!=', 'closed')
  if (id !== undefined) query = query.where('host_id', '=', id)
  const counts = new Map<string, Record<string, number>>()
  for (const row of await query.groupBy(['host_id', 'severity']).execute()) {
    const host = counts.get(row.host_id) ?? {}
    host[row.severity] = Number(row.count)
    counts.set(row.host_id, host)
  }
  return counts
}

function rowOf(host: StoredHost): HostTable {
  return {
    tenant_id: host.tenantId,
    id: host.id,
    name: host.name,
    os_version: host.os_version ?? null,
    architecture: host.architecture ?? null,
    agent_version: host.agent_version ?? null,
    first_seen: host.first_seen,
    last_seen: host.last_seen,
    last_event: host.last_event ?? null,
    events: host.events,
    gaps: host.gaps,
    discarded: JSON.stringify(host.discarded),
  }
}

function storedHost(row: HostTable): StoredHost {
  return {
    tenantId: row.tenant_id as TenantId, // Written from a TenantId.
    id: row.id,
    name: row.name,
    ...(row.os_version !== null && { os_version: row.os_version }),
    ...(row.architecture !== null && { architecture: row.architecture }),
    ...(row.agent_version !== null && { agent_version: row.agent_version }),
    first_seen: row.first_seen,
    last_seen: row.last_seen,
    ...(row.last_event !== null && { last_event: row.last_event }),
    events: Number(row.events),
    gaps: Number(row.gaps),
    discarded: JSON.parse(row.discarded) as Record<string, number>, // Written by rowOf.
  }
}
