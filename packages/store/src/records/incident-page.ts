import type { FacetValue, IncidentPage, IncidentQuery } from '@pomona/schema'
import { type Kysely, type SelectQueryBuilder, sql } from 'kysely'
import { orderFacet } from './alert-queue.ts'
import {
  facetsBy,
  incidentCursor,
  INCIDENT_FACETS,
  type IncidentFacet,
  type IncidentFilters,
  orderKey,
  planIncidentQuery,
} from './incident-queue.ts'
import { recordOf } from './incident-table.ts'
import type { RecordTables } from './schema.ts'

type Database = Kysely<RecordTables>
type Filtered = SelectQueryBuilder<RecordTables, 'incidents', object>

/** One page of the list with its facets and total. */
export async function selectIncidentPage(
  database: Database,
  query: IncidentQuery,
): Promise<IncidentPage> {
  const { filters, order, after, limit } = planIncidentQuery(query)
  const column = order === 'risk' ? 'incidents.risk_key' : 'incidents.last_time'
  let page = filtered(database, filters)
    .innerJoin('incident_documents', 'incident_documents.incident_id', 'incidents.id')
    .selectAll()
    .orderBy(column, 'desc')
    .orderBy('incidents.id', 'desc')
    .limit(limit + 1)
  if (after !== undefined) {
    page = page.where(({ eb, refTuple, tuple }) =>
      eb(refTuple(column, 'incidents.id'), '<', tuple(after.key, after.id)),
    )
  }
  const rows = await page.execute()
  const items = rows.slice(0, limit).map(recordOf)
  const last = items.at(-1)
  const place = last && { key: orderKey(last, order), id: last.id }
  const total = await filtered(database, filters)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirst()
  return {
    items,
    total: Number(total?.count ?? 0),
    ...(rows.length > limit && place ? { next_cursor: incidentCursor(place) } : {}),
    facets: await facetsBy((name) => facetOf(database, filters, name)),
  }
}

const COLUMNS = {
  severity: sql<string>`incidents.severity`,
  status: sql<string>`incidents.status`,
  host: sql<string>`incidents.host_id`,
  assignee: sql<string>`coalesce(incidents.assignee, '')`,
} as const

function filtered(
  database: Database,
  { lists, text, from, to }: IncidentFilters,
  except?: IncidentFacet,
): Filtered {
  let query: Filtered = database.selectFrom('incidents').where('incidents.merged_into', 'is', null)
  for (const name of INCIDENT_FACETS) {
    const values = lists[name]
    if (values === undefined || name === except) continue
    query = query.where(
      name === 'tactic'
        ? sql<boolean>`incidents.id in
            (select incident_id from incident_tactics where tactic in (${sql.join(values)}))`
        : sql<boolean>`${COLUMNS[name]} in (${sql.join(values)})`,
    )
  }
  if (from !== undefined) query = query.where('incidents.last_time', '>=', from)
  if (to !== undefined) query = query.where('incidents.last_time', '<', to)
  if (text !== undefined) {
    const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`
    query = query.where(
      sql<boolean>`incidents.id in
        (select incident_id from incident_documents where search like ${pattern} escape '\\')`,
    )
  }
  return query
}

async function facetOf(
  database: Database,
  filters: IncidentFilters,
  name: IncidentFacet,
): Promise<FacetValue[]> {
  const base = filtered(database, filters, name)
  const rows =
    name === 'tactic'
      ? await base
          .innerJoin('incident_tactics', 'incident_tactics.incident_id', 'incidents.id')
          .select(({ fn }) => [
            'incident_tactics.tactic as value',
            'incident_tactics.tactic as label',
            fn.countAll<number>().as('count'),
          ])
          .groupBy('incident_tactics.tactic')
          .execute()
      : await base
          .select(({ fn }) => [
            COLUMNS[name].as('value'),
            (name === 'host' ? fn.max<string>('incidents.host_label') : COLUMNS[name]).as('label'),
            fn.countAll<number>().as('count'),
          ])
          .groupBy(COLUMNS[name])
          .execute()
  return orderFacet(
    name === 'severity' ? 'severity' : 'host',
    rows.map(({ value, label, count }) => ({ value, label, count: Number(count) })),
  )
}
