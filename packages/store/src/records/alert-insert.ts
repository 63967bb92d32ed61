import type { Alert, AlertFinder } from '@pomona/schema'
import type { Transaction } from 'kysely'
import { findersOf, withFinder } from './alert-finders.ts'
import { entityIds, searchText, techniqueIds } from './alert-queue.ts'
import { chunks } from './chunks.ts'
import type { RecordTables } from './schema.ts'

type Change = Transaction<RecordTables>

/** Which alerts are new, and which of the others this engine had not found before. */
export interface StoredAlerts {
  readonly added: readonly string[]
  readonly confirmed: readonly string[]
}

/** Stores what one kind of engine found. Part of a transaction. */
export async function storeAlerts(
  transaction: Change,
  alerts: readonly Alert[],
  by: { readonly finder: AlertFinder; readonly storedAt: string },
): Promise<StoredAlerts> {
  const { added, known } = await insertAlerts(transaction, alerts, by)
  return { added, confirmed: await confirmAlerts(transaction, known, by) }
}

/**
 * Notes that alerts which are stored were found by this engine as well. What the server's engine
 * says replaces what a host said. Part of a transaction.
 *
 * @returns Ids of those that this engine had not found before.
 */
async function confirmAlerts(
  transaction: Change,
  alerts: readonly Alert[],
  { finder, storedAt }: { readonly finder: AlertFinder; readonly storedAt: string },
): Promise<readonly string[]> {
  const confirmed: string[] = []
  for (const group of chunks(alerts)) {
    const ids = group.map(({ id }) => id)
    // oxlint-disable-next-line no-await-in-loop -- groups bound the parameters of one statement
    const rows = await transaction
      .selectFrom('alerts')
      .select(['id', 'finders'])
      .where('id', 'in', ids)
      .execute()
    const known = new Map(rows.map((row) => [row.id, findersOf(row.finders)]))
    for (const alert of group) {
      const finders = known.get(alert.id)
      if (finders === undefined || finders.includes(finder)) continue
      const names = withFinder(finders, finder).join(' ')
      // oxlint-disable-next-line no-await-in-loop -- one after the other into the same tables
      await writeConfirmed(transaction, alert, { names, storedAt, isOurs: finder === 'server' })
      confirmed.push(alert.id)
    }
  }
  return confirmed
}

async function writeConfirmed(
  transaction: Change,
  alert: Alert,
  { names, storedAt, isOurs }: { names: string; storedAt: string; isOurs: boolean },
): Promise<void> {
  const {
    id,
    status: _,
    verdict: __,
    assignee: ___,
    created: ____,
    ...said
  } = alertRow(alert, storedAt)
  await transaction
    .updateTable('alerts')
    .set({ finders: names, updated: storedAt, ...(isOurs && said) })
    .where('id', '=', id)
    .execute()
  if (!isOurs) return
  await transaction.deleteFrom('alert_documents').where('alert_id', '=', id).execute()
  await transaction.deleteFrom('alert_techniques').where('alert_id', '=', id).execute()
  await transaction.deleteFrom('alert_processes').where('alert_id', '=', id).execute()
  await insertParts(transaction, [alert])
}

/** What adding alerts did: ids of those that are new, and of those that were there. */
interface InsertedAlerts {
  readonly added: readonly string[]
  readonly known: readonly Alert[]
}

/** Adds the alerts that are not there yet. Part of a transaction. */
async function insertAlerts(
  transaction: Transaction<RecordTables>,
  alerts: readonly Alert[],
  by: { readonly storedAt: string; readonly finder: AlertFinder },
): Promise<InsertedAlerts> {
  const added: string[] = []
  const known: Alert[] = []
  for (const group of chunks(firstOfEach(alerts))) {
    const inserted = await transaction
      .insertInto('alerts')
      .values(group.map((alert) => ({ ...alertRow(alert, by.storedAt), finders: by.finder })))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id')
      .execute()
    const ids = new Set(inserted.map(({ id }) => id))
    const fresh = group.filter(({ id }) => ids.has(id))
    await insertParts(transaction, fresh)
    added.push(...fresh.map(({ id }) => id))
    known.push(...group.filter(({ id }) => !ids.has(id)))
  }
  return { added, known }
}

function firstOfEach(alerts: readonly Alert[]): Alert[] {
  const seen = new Set<string>()
  return alerts.filter(({ id }) => !seen.has(id) && seen.add(id))
}

/** Columns of an alert that is new, but for who found it. */
function alertRow(alert: Alert, storedAt: string): Omit<RecordTables['alerts'], 'finders'> {
  return {
    id: alert.id,
    tenant_id: alert.tenant_id,
    host_id: alert.host.id,
    host_label: alert.host.name ?? alert.host.id,
    rule_id: alert.rule_id,
    rule_name: alert.rule_name,
    severity: alert.severity,
    status: 'new',
    verdict: null,
    assignee: null,
    time: alert.time,
    created: storedAt,
    updated: storedAt,
  }
}

/** Adds document, techniques and processes of alerts that have none. Part of a transaction. */
async function insertParts(
  transaction: Transaction<RecordTables>,
  alerts: readonly Alert[],
): Promise<void> {
  for (const group of chunks(alerts)) {
    await transaction
      .insertInto('alert_documents')
      .values(
        group.map((alert) => ({
          alert_id: alert.id,
          search: searchText(alert),
          document: JSON.stringify(alert),
        })),
      )
      .execute()
  }
  const techniques = alerts.flatMap((alert) =>
    techniqueIds(alert).map((technique) => ({ technique, alert_id: alert.id })),
  )
  for (const group of chunks(techniques)) {
    await transaction.insertInto('alert_techniques').values(group).execute()
  }
  const processes = alerts.flatMap((alert) =>
    entityIds(alert).map((entity_id) => ({ entity_id, alert_id: alert.id })),
  )
  for (const group of chunks(processes)) {
    await transaction.insertInto('alert_processes').values(group).execute()
  }
}
