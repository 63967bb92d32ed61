import {
  type ActivityEntry,
  type Alert,
  type AlertId,
  type AlertPage,
  type AlertQuery,
  type AlertRecord,
  type AlertUpdate,
  type FacetValue,
  techniquesAlike,
} from '@pomona/schema'
import {
  sql,
  type Kysely,
  type Selectable,
  type SelectQueryBuilder,
  type Transaction,
} from 'kysely'
import { encodeCursor } from '../cursor.ts'
import {
  ALERTS_MAX,
  applyUpdate,
  createdActivity,
  FACETS,
  histogramOf,
  histogramStart,
  orderFacet,
  planAlertQuery,
  type AlertFilters,
  type FacetName,
} from './alert-queue.ts'
import { foundBy } from './alert-finders.ts'
import { chunks } from './chunks.ts'
import type { RecordTables } from './schema.ts'

type Database = Kysely<RecordTables>
type Filtered = SelectQueryBuilder<RecordTables, 'alerts', object>

/** The alerts with these ids, newest first; unknown ids are left out. */
export async function selectAlerts(
  database: Database,
  ids: readonly string[],
): Promise<AlertRecord[]> {
  const found: AlertRecord[] = []
  for (const group of chunks([...new Set(ids)])) {
    const rows = await database
      .selectFrom('alerts')
      .innerJoin('alert_documents', 'alert_documents.alert_id', 'alerts.id')
      .leftJoin('incident_alerts', 'incident_alerts.alert_id', 'alerts.id')
      .selectAll('alerts')
      .select(['alert_documents.document', 'incident_alerts.incident_id'])
      .where('alerts.id', 'in', group)
      .orderBy('alerts.time', 'desc')
      .orderBy('alerts.id', 'desc')
      .execute()
    found.push(...rows.map(recordOf))
  }
  return found
}

interface AlertRow extends Selectable<RecordTables['alerts']> {
  readonly document: string
  readonly incident_id: string | null
}

function recordOf(row: AlertRow): AlertRecord {
  const { status, verdict, assignee, incident_id, created, updated } = row
  const alert = JSON.parse(row.document) as Alert // Written by insertAlerts from an Alert.
  return {
    ...alert,
    // Only updateAlerts writes these columns, from the schema's own lists.
    status: status as AlertRecord['status'],
    ...(verdict !== null && { verdict: verdict as NonNullable<AlertRecord['verdict']> }),
    ...(assignee !== null && { assignee }),
    ...(incident_id !== null && { incident_id }),
    ...foundBy(row.finders),
    created,
    updated,
  }
}

/** One page of the queue with its facets, total and histogram. */
export async function selectPage(
  database: Database,
  query: AlertQuery,
  now: string,
): Promise<AlertPage> {
  const { filters, after, limit } = planAlertQuery(query)
  const startNs = histogramStart(now)
  let page = filtered(database, filters)
    .innerJoin('alert_documents', 'alert_documents.alert_id', 'alerts.id')
    .leftJoin('incident_alerts', 'incident_alerts.alert_id', 'alerts.id')
    .selectAll('alerts')
    .select(['alert_documents.document', 'incident_alerts.incident_id'])
    .orderBy('alerts.time', 'desc')
    .orderBy('alerts.id', 'desc')
    .limit(limit + 1)
  if (after !== undefined) {
    page = page.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('alerts.time', 'alerts.id'), '<', tuple(after.time, after.id)),
    )
  }
  const rows = await page.execute()
  const items = rows.slice(0, limit).map(recordOf)
  const last = items.at(-1)
  return {
    items,
    total: await countOf(database, filters),
    ...(rows.length > limit && last ? { next_cursor: encodeCursor(last) } : {}),
    facets: await facetsOf(database, filters),
    histogram: histogramOf(startNs, await hoursOf(database, filters)),
  }
}

function filtered(database: Database, filters: AlertFilters, except?: FacetName): Filtered {
  const { lists, text, from, to } = filters
  let query: Filtered = database.selectFrom('alerts')
  for (const name of FACETS) {
    const values = lists[name]
    if (values === undefined || name === except) continue
    query = query.where(name === 'technique' ? withTechnique(values) : isOneOf(name, values))
  }
  if (from !== undefined) query = query.where('alerts.time', '>=', from)
  if (to !== undefined) query = query.where('alerts.time', '<', to)
  if (text !== undefined) query = query.where(withText(text))
  return query
}

const COLUMNS = {
  severity: 'alerts.severity',
  status: 'alerts.status',
  host: 'alerts.host_id',
  rule: 'alerts.rule_id',
} as const

function isOneOf(name: Exclude<FacetName, 'technique'>, values: readonly string[]) {
  return sql<boolean>`${sql.ref(COLUMNS[name])} in (${sql.join(values)})`
}

function withTechnique(values: readonly string[]) {
  const each = values.map((value) => {
    const prefix = `${value}.`
    const alike = [value, ...techniquesAlike(value)]
    return sql`(technique in (${sql.join(alike)})
      or substr(technique, 1, ${prefix.length}) = ${prefix})`
  })
  return sql<boolean>`alerts.id in
    (select alert_id from alert_techniques where ${sql.join(each, sql` or `)})`
}

function withText(text: string) {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`
  return sql<boolean>`alerts.id in
    (select alert_id from alert_documents where search like ${pattern} escape '\\')`
}

async function countOf(database: Database, filters: AlertFilters): Promise<number> {
  const row = await filtered(database, filters)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}

async function facetsOf(database: Database, filters: AlertFilters): Promise<AlertPage['facets']> {
  return {
    severity: await facetOf(database, filters, 'severity'),
    status: await facetOf(database, filters, 'status'),
    host: await facetOf(database, filters, 'host'),
    rule: await facetOf(database, filters, 'rule'),
    technique: await techniqueFacet(database, filters),
  }
}

const LABELS = {
  severity: 'alerts.severity',
  status: 'alerts.status',
  host: 'alerts.host_label',
  rule: 'alerts.rule_name',
} as const

async function facetOf(
  database: Database,
  filters: AlertFilters,
  name: Exclude<FacetName, 'technique'>,
): Promise<FacetValue[]> {
  const rows = await filtered(database, filters, name)
    .select(({ fn, ref }) => [
      ref(COLUMNS[name]).as('value'),
      fn.max(LABELS[name]).as('label'),
      fn.countAll<number>().as('count'),
    ])
    .groupBy(COLUMNS[name])
    .execute()
  return orderFacet(
    name,
    rows.map(({ value, label, count }) => ({ value, label, count: Number(count) })),
  )
}

async function techniqueFacet(database: Database, filters: AlertFilters): Promise<FacetValue[]> {
  const rows = await filtered(database, filters, 'technique')
    .innerJoin('alert_techniques', 'alert_techniques.alert_id', 'alerts.id')
    .select(({ fn }) => ['alert_techniques.technique as value', fn.countAll<number>().as('count')])
    .groupBy('alert_techniques.technique')
    .execute()
  return orderFacet(
    'technique',
    rows.map(({ value, count }) => ({ value, label: value, count: Number(count) })),
  )
}

async function hoursOf(database: Database, filters: AlertFilters): Promise<Map<string, number>> {
  const hour = sql<string>`substr(alerts.time, 1, 13)`
  const rows = await filtered(database, filters)
    .select(({ fn }) => [hour.as('hour'), fn.countAll<number>().as('count')])
    .groupBy(hour)
    .execute()
  return new Map(rows.map((row) => [row.hour, Number(row.count)]))
}

/** Alerts whose processes include one of these, newest first. */
export async function selectAlertsOfProcesses(
  database: Database,
  ids: readonly string[],
): Promise<readonly AlertRecord[]> {
  const found = new Set<string>()
  for (const group of chunks([...new Set(ids)])) {
    const rows = await database
      .selectFrom('alert_processes')
      .select('alert_id')
      .distinct()
      .where('entity_id', 'in', group)
      .execute()
    for (const { alert_id } of rows) found.add(alert_id)
  }
  const newest = await selectAlerts(database, [...found])
  return newest
    .toSorted((a, b) => (a.time === b.time ? descending(a.id, b.id) : descending(a.time, b.time)))
    .slice(0, ALERTS_MAX)
}

function descending(a: string, b: string): number {
  return a < b ? 1 : -1
}

/** Applies an update and writes the history, in one transaction. */
export async function updateAlertRows(
  transaction: Transaction<RecordTables>,
  ids: readonly string[],
  change: {
    readonly update: AlertUpdate
    readonly by: { readonly actor: string; readonly at: string }
  },
): Promise<readonly AlertRecord[]> {
  const byId = new Map<string, AlertRecord>(
    (await selectAlerts(transaction, ids)).map((record) => [record.id, record]),
  )
  const changed: AlertRecord[] = []
  for (const id of new Set(ids)) {
    const found = byId.get(id)
    if (found === undefined) continue
    const { record, activity } = applyUpdate(found, change.update, change.by)
    changed.push(record)
    if (activity.length === 0) continue
    await writeStatus(transaction, record)
    await insertActivity(transaction, id, activity)
  }
  return changed
}

async function writeStatus(
  transaction: Transaction<RecordTables>,
  record: AlertRecord,
): Promise<void> {
  const { status, verdict = null, assignee = null, updated } = record
  await transaction
    .updateTable('alerts')
    .set({ status, verdict, assignee, updated })
    .where('id', '=', record.id)
    .execute()
}

async function insertActivity(
  transaction: Transaction<RecordTables>,
  id: string,
  entries: readonly ActivityEntry[],
): Promise<void> {
  const row = await transaction
    .selectFrom('activity')
    .select(({ fn }) => fn.max('position').as('last'))
    .where('alert_id', '=', id)
    .executeTakeFirst()
  const next = row?.last === null || row?.last === undefined ? 0 : Number(row.last) + 1
  const rows = entries.map((entry, index) => ({
    ...entry,
    alert_id: id,
    position: next + index,
    details: JSON.stringify(entry.details),
  }))
  await transaction.insertInto('activity').values(rows).execute()
}

/** The history of one alert, oldest first; empty for an unknown one. */
export async function selectActivity(
  database: Database,
  id: AlertId,
): Promise<readonly ActivityEntry[]> {
  const record = (await selectAlerts(database, [id]))[0]
  if (record === undefined) return []
  const rows = await database
    .selectFrom('activity')
    .selectAll()
    .where('alert_id', '=', id)
    .orderBy('position')
    .execute()
  const entries = rows.map(({ time, actor, action, details }) => ({
    time,
    actor,
    action,
    details: JSON.parse(details) as ActivityEntry['details'], // Written by insertActivity.
  }))
  return [createdActivity(record), ...entries]
}
