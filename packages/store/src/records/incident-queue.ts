import {
  type ActivityEntry,
  type Incident,
  type IncidentPage,
  type IncidentQuery,
  type IncidentRecord,
  severityRank,
  tacticsAlike,
} from '@pomona/schema'
import { boundText, boundTime } from '../cursor.ts'
import { StoreError } from '../errors.ts'
import type { Decided } from './alert-queue.ts'

/** What the list counts its incidents by. */
export const INCIDENT_FACETS = ['severity', 'status', 'host', 'tactic', 'assignee'] as const
/** One of {@link INCIDENT_FACETS}. */
export type IncidentFacet = (typeof INCIDENT_FACETS)[number]

/** Who reports what the engine does in a history. */
export const ENGINE_ACTOR = 'engine'

const PAGE_INCIDENTS_MAX = 200

/** The filters of a query, checked. */
export interface IncidentFilters {
  readonly lists: Partial<Record<IncidentFacet, readonly string[]>>
  readonly text?: string
  readonly from?: string
  readonly to?: string
}

/** Where a page ended: what it is ordered by, and an id that breaks ties. */
export interface IncidentPosition {
  readonly key: string
  readonly id: string
}

/** A query as both implementations use it. */
export interface IncidentQueryPlan {
  readonly filters: IncidentFilters
  readonly order: IncidentQuery['order']
  readonly after?: IncidentPosition
  readonly limit: number
}

/**
 * Checks a query of the list.
 * @throws StoreError ERR_QUERY_INVALID for a time, text or cursor that cannot be asked.
 */
export function planIncidentQuery(query: IncidentQuery): IncidentQueryPlan {
  const lists: Partial<Record<IncidentFacet, readonly string[]>> = {}
  for (const name of INCIDENT_FACETS) {
    const values = query[name]
    if (values !== undefined && values.length > 0) {
      const asked = values.map((value) => boundText(name, value))
      lists[name] = name === 'tactic' ? asked.flatMap(tacticsAlike) : asked
    }
  }
  const filters: IncidentFilters = {
    lists,
    ...(query.q ? { text: boundText('q', query.q).toLowerCase() } : {}),
    ...(query.from ? { from: boundTime('from', query.from) } : {}),
    ...(query.to ? { to: boundTime('to', query.to) } : {}),
  }
  const limit = Math.min(Math.max(1, query.limit), PAGE_INCIDENTS_MAX)
  const { order } = query
  return { filters, order, limit, ...(query.cursor ? { after: positionOf(query.cursor) } : {}) }
}

/** What orders incidents by risk: text that sorts like risk, then time. */
export function riskKey({ risk_score: risk, last_time: time }: Incident): string {
  return `${String(risk).padStart(3, '0')} ${time}`
}

/** What an incident is ordered by. */
export function orderKey(incident: Incident, order: IncidentQuery['order']): string {
  return order === 'risk' ? riskKey(incident) : incident.last_time
}

/** Writes a position as text that survives a URL. */
export function incidentCursor({ key, id }: IncidentPosition): string {
  return Buffer.from(JSON.stringify([key, id])).toString('base64url')
}

function positionOf(cursor: string): IncidentPosition {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    value = undefined // Not one of ours, like any other text.
  }
  const [key, id]: unknown[] = Array.isArray(value) && value.length === 2 ? value : []
  if (typeof key === 'string' && typeof id === 'string') {
    return { key: boundText('cursor', key), id: boundText('cursor', id) }
  }
  throw new StoreError('ERR_QUERY_INVALID', 'The cursor is not one of ours; start from page one.')
}

/** What `q` is searched in: lower case, one a line, NUL as a blank. */
export function incidentText(incident: Incident): string {
  const { name, host, users, origin, root } = incident
  const parts = [name, host.name, host.id, ...users, origin]
  parts.push(root?.executable, root?.command_line)
  const text = parts.filter((part) => part !== undefined).join('\n')
  return text.toLowerCase().replaceAll('\0', ' ').toWellFormed()
}

/** The values an incident has under a facet. */
export function facetValues(record: IncidentRecord, name: IncidentFacet): readonly string[] {
  if (name === 'host') return [record.host.id]
  if (name === 'tactic') return record.tactics
  if (name === 'assignee') return [record.assignee ?? '']
  return [record[name]]
}

/** The facets of a page, from what counts one of them. */
export async function facetsBy(
  count: (name: IncidentFacet) => Promise<IncidentPage['facets']['host']>,
): Promise<IncidentPage['facets']> {
  return {
    severity: await count('severity'),
    status: await count('status'),
    host: await count('host'),
    tactic: await count('tactic'),
    assignee: await count('assignee'),
  }
}

/** The decisions a new incident begins with. */
export function undecided(storedAt: string): Decided & { readonly created: string } {
  return { status: 'new', created: storedAt, updated: storedAt }
}

/** What is known of an incident before it changes. */
export interface Before {
  readonly record: IncidentRecord
  /** Whether the change brings an alert that was not there before. */
  readonly fresh: boolean
}

/**
 * Brings an incident to a new state; what people decided stays, unless it needs another look.
 * @returns The record as it is now, and what the engine adds to its history.
 */
export function changed(
  incident: Incident,
  before: Before | undefined,
  storedAt: string,
): { readonly record: IncidentRecord; readonly activity: readonly ActivityEntry[] } {
  if (before === undefined) return { record: { ...incident, ...undecided(storedAt) }, activity: [] }
  const { record, fresh } = before
  const { status, verdict, assignee, created, updated } = record
  const next: IncidentRecord = {
    ...incident,
    ...{ status, created, updated: fresh ? storedAt : updated },
    ...(verdict !== undefined && { verdict }),
    ...(assignee !== undefined && { assignee }),
  }
  const isHarmless = verdict === 'false_positive' || verdict === 'benign_positive'
  const isWorse = severityRank(incident.severity) > severityRank(record.severity)
  const reopens = status === 'closed' && fresh && (!isHarmless || isWorse)
  if (!reopens) return { record: next, activity: [] }
  delete next.verdict
  next.status = 'new'
  const details = verdict === undefined ? {} : { verdict }
  const reopened = { time: storedAt, actor: ENGINE_ACTOR, action: 'reopened', details }
  return { record: next, activity: [reopened] }
}

/** Two incidents that turned out to be one. */
export interface Merge {
  readonly into: IncidentRecord
  readonly from: IncidentRecord
}

/** The survivor of a merge takes over what people decided, where nobody decided about itself. */
export function inherit({ into, from }: Merge): IncidentRecord {
  const isUntouched = into.status === 'new' && into.assignee === undefined
  if (!isUntouched || from.status !== 'in_progress') return into
  const { status, assignee } = from
  return { ...into, status, ...(assignee !== undefined && { assignee }) }
}

/** What the history says of a merge. */
export function mergedActivity(from: IncidentRecord, storedAt: string): ActivityEntry {
  const details = { incident: from.id, name: from.name, alerts: String(from.alert_count) }
  return { time: storedAt, actor: ENGINE_ACTOR, action: 'merged', details }
}

/** What the history says of a note. */
export function noteActivity(
  text: string,
  by: { readonly actor: string; readonly at: string },
): ActivityEntry {
  return { time: by.at, actor: by.actor, action: 'note_added', details: { text } }
}
