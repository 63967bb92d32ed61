import type {
  ActivityEntry,
  AlertUpdate,
  Incident,
  IncidentChange,
  IncidentJoin,
  IncidentRecord,
} from '@pomona/schema'
import { type Kysely, sql, type Transaction } from 'kysely'
import { applyUpdate, type Author, createdActivity } from './alert-queue.ts'
import { selectAlerts } from './alert-table.ts'
import { chunks } from './chunks.ts'
import {
  type Before,
  changed,
  incidentText,
  inherit,
  mergedActivity,
  noteActivity,
  riskKey,
} from './incident-queue.ts'
import type { JoinedAlert } from './records.ts'
import type { RecordTables } from './schema.ts'

type Database = Kysely<RecordTables>
type Change = Transaction<RecordTables>

/**
 * Brings incidents to their new state. Part of a transaction.
 * @returns Ids of what changed, survivors of merges only.
 */
export async function applyIncidentChanges(
  transaction: Change,
  changes: readonly IncidentChange[],
  at: { readonly storedAt: string; readonly fresh: ReadonlySet<string> },
): Promise<readonly string[]> {
  const touched = new Set<string>()
  for (const change of changes) {
    // oxlint-disable-next-line no-await-in-loop -- a later change may take an earlier one in
    await applyChange(transaction, change, at)
    touched.add(change.incident.id)
    for (const id of change.merged) touched.delete(id)
  }
  return [...touched]
}

async function applyChange(
  transaction: Change,
  { incident, joins, merged }: IncidentChange,
  { storedAt, fresh }: { readonly storedAt: string; readonly fresh: ReadonlySet<string> },
): Promise<void> {
  const [row] = await selectRows(transaction, [incident.id])
  const isFresh = joins.some(({ alert_id: id }) => fresh.has(id))
  const before: Before | undefined = row && { record: recordOf(row), fresh: isFresh }
  const { record, activity } = changed(incident, before, storedAt)
  await writeIncident(transaction, record)
  await insertActivity(transaction, incident.id, activity)
  await writeJoins(transaction, incident.id, joins)
  for (const id of merged) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other into the same row
    await mergeRow(transaction, { into: incident.id, from: id }, storedAt)
  }
}

async function writeIncident(transaction: Change, record: IncidentRecord): Promise<void> {
  const { id, status, verdict, assignee, created, updated, ...incident } = record
  const row = {
    tenant_id: incident.tenant_id,
    host_id: incident.host.id,
    host_label: incident.host.name ?? incident.host.id,
    severity: incident.severity,
    status,
    verdict: verdict ?? null,
    assignee: assignee ?? null,
    risk_key: riskKey(record),
    last_time: incident.last_time,
    merged_into: null,
    created,
    updated,
  }
  await transaction
    .insertInto('incidents')
    .values({ id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute()
  const document = { search: incidentText(record), document: JSON.stringify({ id, ...incident }) }
  await transaction
    .insertInto('incident_documents')
    .values({ incident_id: id, ...document })
    .onConflict((conflict) => conflict.column('incident_id').doUpdateSet(document))
    .execute()
  // A tactic may be told by another name since: see inOneVocabulary.
  await transaction.deleteFrom('incident_tactics').where('incident_id', '=', id).execute()
  if (incident.tactics.length === 0) return
  await transaction
    .insertInto('incident_tactics')
    .values(incident.tactics.map((tactic) => ({ tactic, incident_id: id })))
    .execute()
}

async function writeJoins(
  transaction: Change,
  incidentId: string,
  joins: readonly IncidentJoin[],
): Promise<void> {
  for (const group of chunks(joins)) {
    // oxlint-disable-next-line no-await-in-loop -- groups bound the parameters of one statement
    await transaction
      .insertInto('incident_alerts')
      .values(
        group.map((join) => ({
          alert_id: join.alert_id,
          incident_id: incidentId,
          document: JSON.stringify(join),
        })),
      )
      .onConflict((conflict) =>
        conflict.column('alert_id').doUpdateSet({
          incident_id: sql<string>`excluded.incident_id`,
          document: sql<string>`excluded.document`,
        }),
      )
      .execute()
  }
}

async function mergeRow(
  transaction: Change,
  { into, from }: { readonly into: string; readonly from: string },
  storedAt: string,
): Promise<void> {
  await transaction
    .updateTable('incident_alerts')
    .set({ incident_id: into })
    .where('incident_id', '=', from)
    .execute()
  await transaction
    .updateTable('incidents')
    .set({ merged_into: into })
    .where('merged_into', '=', from)
    .execute()
  const rows = await selectRows(transaction, [into, from])
  const survivor = rows.find(({ id }) => id === into)
  const lost = rows.find(({ id }) => id === from)
  if (survivor === undefined || lost === undefined || lost.merged_into !== null) return
  await transaction
    .updateTable('incidents')
    .set({ merged_into: into })
    .where('id', '=', from)
    .execute()
  await writeDecision(transaction, inherit({ into: recordOf(survivor), from: recordOf(lost) }))
  await insertActivity(transaction, into, [mergedActivity(recordOf(lost), storedAt)])
}

/** A row with its document. */
export type IncidentRow = RecordTables['incidents'] & RecordTables['incident_documents']

async function selectRows(database: Database, ids: readonly string[]): Promise<IncidentRow[]> {
  const rows: IncidentRow[] = []
  for (const group of chunks(ids)) {
    // oxlint-disable-next-line no-await-in-loop -- groups bound the parameters of one statement
    const found = await database
      .selectFrom('incidents')
      .innerJoin('incident_documents', 'incident_documents.incident_id', 'incidents.id')
      .selectAll()
      .where('incidents.id', 'in', group)
      .execute()
    rows.push(...found)
  }
  return rows
}

/** The record that a row holds. */
export function recordOf(row: IncidentRow): IncidentRecord {
  const { status, verdict, assignee, created, updated } = row
  return {
    ...(JSON.parse(row.document) as Incident), // Written by writeIncident from an Incident.
    // Only decisions write these columns, from the schema's own lists.
    status: status as IncidentRecord['status'],
    ...(verdict !== null && { verdict: verdict as NonNullable<IncidentRecord['verdict']> }),
    ...(assignee !== null && { assignee }),
    created,
    updated,
  }
}

/** Incidents by id, in the order asked for; those that became part of another as that one. */
export async function selectIncidents(
  database: Database,
  ids: readonly string[],
): Promise<IncidentRecord[]> {
  const asked = await selectRows(database, [...new Set(ids)])
  const survivors = await selectRows(
    database,
    asked.flatMap(({ merged_into: into }) => into ?? []),
  )
  const byId = new Map([...asked, ...survivors].map((row) => [row.id, row]))
  const found = ids.flatMap((id) => {
    const row = byId.get(id)
    const into = row?.merged_into ?? undefined
    return (into === undefined ? row : byId.get(into)) ?? []
  })
  return [...new Set(found)].map(recordOf)
}

/** The first alerts of an incident in the order they happened. */
export async function selectJoinedAlerts(
  database: Database,
  incidentId: string,
  limit: number,
): Promise<readonly JoinedAlert[]> {
  const rows = await database
    .selectFrom('incident_alerts')
    .innerJoin('alerts', 'alerts.id', 'incident_alerts.alert_id')
    .select(['incident_alerts.alert_id', 'incident_alerts.document'])
    .where('incident_alerts.incident_id', '=', incidentId)
    .orderBy('alerts.time')
    .orderBy('alerts.id')
    .limit(limit)
    .execute()
  const alerts = await selectAlerts(
    database,
    rows.map(({ alert_id: id }) => id),
  )
  const byId = new Map(alerts.map((alert) => [alert.id, alert]))
  return rows.flatMap(({ alert_id: id, document }) => {
    const alert = byId.get(id)
    const join = JSON.parse(document) as IncidentJoin // Written by writeJoins.
    return alert === undefined ? [] : [{ alert, join }]
  })
}

/** Ids of the alerts of these incidents. */
export async function selectAlertIds(
  database: Database,
  incidentIds: readonly string[],
): Promise<readonly string[]> {
  const rows = await database
    .selectFrom('incident_alerts')
    .select('alert_id')
    .where('incident_id', 'in', incidentIds)
    .orderBy('alert_id')
    .execute()
  return rows.map(({ alert_id: id }) => id)
}

/** Applies an update and writes the history. Part of a transaction. */
export async function updateIncidentRows(
  transaction: Change,
  ids: readonly string[],
  change: { readonly update: AlertUpdate; readonly by: Author },
): Promise<readonly IncidentRecord[]> {
  const updated: IncidentRecord[] = []
  for (const found of await selectIncidents(transaction, ids)) {
    const { record, activity } = applyUpdate(found, change.update, change.by)
    updated.push(record)
    if (activity.length === 0) continue
    // oxlint-disable-next-line no-await-in-loop -- one transaction has one connection
    await writeDecision(transaction, record)
    // oxlint-disable-next-line no-await-in-loop -- the same
    await insertActivity(transaction, record.id, activity)
  }
  return updated
}

/** Adds a note. Part of a transaction. @returns Whether there is such an incident. */
export async function insertNote(
  transaction: Change,
  id: string,
  note: { readonly text: string; readonly by: Author },
): Promise<boolean> {
  const [record] = await selectIncidents(transaction, [id])
  if (record === undefined) return false
  await writeDecision(transaction, { ...record, updated: note.by.at })
  await insertActivity(transaction, record.id, [noteActivity(note.text, note.by)])
  return true
}

async function writeDecision(transaction: Change, record: IncidentRecord): Promise<void> {
  const { id, status, verdict = null, assignee = null, updated } = record
  await transaction
    .updateTable('incidents')
    .set({ status, verdict, assignee, updated })
    .where('id', '=', id)
    .execute()
}

async function insertActivity(
  transaction: Change,
  id: string,
  entries: readonly ActivityEntry[],
): Promise<void> {
  if (entries.length === 0) return
  const row = await transaction
    .selectFrom('incident_activity')
    .select(({ fn }) => fn.max('position').as('last'))
    .where('incident_id', '=', id)
    .executeTakeFirst()
  const last = row?.last ?? undefined
  const next = last === undefined ? 0 : Number(last) + 1
  await transaction
    .insertInto('incident_activity')
    .values(
      entries.map((entry, index) => ({
        ...entry,
        incident_id: id,
        position: next + index,
        details: JSON.stringify(entry.details),
      })),
    )
    .execute()
}

/** The history of one incident, oldest first; empty for an unknown one. */
export async function selectIncidentActivity(
  database: Database,
  id: string,
): Promise<readonly ActivityEntry[]> {
  const [record] = await selectIncidents(database, [id])
  if (record === undefined) return []
  const rows = await database
    .selectFrom('incident_activity')
    .selectAll()
    .where('incident_id', '=', record.id)
    .orderBy('position')
    .execute()
  const entries = rows.map(({ time, actor, action, details }) => ({
    ...{ time, actor, action },
    details: JSON.parse(details) as ActivityEntry['details'], // Written by insertActivity.
  }))
  return [createdActivity(record), ...entries]
}
