import {
  formatTime,
  parseTime,
  severityRank,
  type ActivityEntry,
  type Alert,
  type AlertFinder,
  type AlertPage,
  type AlertQuery,
  type AlertRecord,
  type AlertUpdate,
  type FacetValue,
} from '@pomona/schema'
import { foundBy, withFinder } from './alert-finders.ts'
import { boundText, boundTime, decodeCursor, type CursorPosition } from '../cursor.ts'
import { StoreError } from '../errors.ts'

/** Values one facet lists; further ones are left out, the rarest first. */
export const FACET_VALUES_MAX = 100
/** Alerts one page may hold. */
export const PAGE_ALERTS_MAX = 200
/** Alerts that look-ups without pages return. */
export const ALERTS_MAX = 1_000

const HOUR_NS = 3_600_000_000_000n
const HOURS = 24

/** What the queue counts its alerts by. */
export const FACETS = ['severity', 'status', 'host', 'rule', 'technique'] as const
/** One of {@link FACETS}. */
export type FacetName = (typeof FACETS)[number]

/**
 * The filters of a query, checked: lists are not empty, times have nine digits, text is lower case.
 */
export interface AlertFilters {
  readonly lists: Partial<Record<FacetName, readonly string[]>>
  readonly text?: string
  readonly from?: string
  readonly to?: string
}

/** A query as both implementations use it. */
export interface AlertQueryPlan {
  readonly filters: AlertFilters
  readonly after?: CursorPosition
  readonly limit: number
}

/**
 * Checks a query of the queue.
 * @throws StoreError ERR_QUERY_INVALID for a time, text or cursor that cannot be asked.
 */
export function planAlertQuery(query: AlertQuery): AlertQueryPlan {
  const lists: Partial<Record<FacetName, readonly string[]>> = {}
  for (const name of FACETS) {
    const values = query[name]
    if (values !== undefined && values.length > 0) {
      lists[name] = values.map((value) => boundText(name, value))
    }
  }
  const filters: AlertFilters = {
    lists,
    ...(query.q ? { text: boundText('q', query.q).toLowerCase() } : {}),
    ...(query.from ? { from: boundTime('from', query.from) } : {}),
    ...(query.to ? { to: boundTime('to', query.to) } : {}),
  }
  const limit = Math.min(Math.max(1, query.limit), PAGE_ALERTS_MAX)
  return { filters, limit, ...(query.cursor ? { after: decodeCursor(query.cursor) } : {}) }
}

/** The alert as it enters the queue. */
export function newRecord(alert: Alert, storedAt: string): AlertRecord {
  return { ...alert, status: 'new', created: storedAt, updated: storedAt }
}

/** An alert that an engine found, together with what is stored of it. */
export function foundAgain(
  known: AlertRecord | undefined,
  alert: Alert,
  { finder, storedAt }: { readonly finder: AlertFinder; readonly storedAt: string },
): { readonly record: AlertRecord; readonly isConfirmed: boolean } {
  if (known === undefined) {
    return { record: { ...newRecord(alert, storedAt), ...foundBy(finder) }, isConfirmed: false }
  }
  const finders = known.found_by ?? ['server']
  if (finders.includes(finder)) return { record: known, isConfirmed: false }
  const names = { found_by: [...withFinder(finders, finder)], updated: storedAt }
  if (finder === 'host') return { record: { ...known, ...names }, isConfirmed: true }
  const { status, verdict, assignee, created } = known
  const decided = {
    status,
    ...(verdict !== undefined && { verdict }),
    ...(assignee !== undefined && { assignee }),
    created,
  }
  return { record: { ...alert, ...decided, ...names }, isConfirmed: true }
}

/**
 * What `q` is searched in: rule, host, user and processes, lower case, one a line, NUL as a blank.
 */
export function searchText(alert: Alert): string {
  const parts = [alert.rule_name, alert.host.name, alert.host.id, alert.user?.name]
  for (const process of alert.processes) {
    parts.push(process.name, process.executable, process.command_line)
  }
  const text = parts.filter((part) => part !== undefined).join('\n')
  return text.toLowerCase().replaceAll('\0', ' ').toWellFormed()
}

/** Technique ids of an alert, each once. */
export function techniqueIds(alert: Alert): string[] {
  return [...new Set(alert.techniques.map(({ id }) => id))]
}

/** Entity ids of an alert's processes, each once. */
export function entityIds(alert: Alert): string[] {
  return [...new Set(alert.processes.map((process) => process.entity_id))]
}

/** What people decide about an alert or an incident. */
export interface Decided {
  status: AlertRecord['status']
  verdict?: AlertRecord['verdict']
  assignee?: AlertRecord['assignee']
  updated: string
}

/** Who changes something, and when. */
export interface Author {
  readonly actor: string
  readonly at: string
}

/** Queue fields that changed, and the lines of history about them. */
export interface Change<T extends Decided> {
  readonly record: T
  readonly activity: readonly ActivityEntry[]
}

/**
 * Applies an update to one alert or incident.
 * @returns The record as it is now, and one activity a field that really changed.
 */
export function applyUpdate<T extends Decided>(
  record: T,
  update: AlertUpdate,
  by: Author,
): Change<T> {
  const next: T = { ...record }
  if (update.status !== undefined) next.status = update.status
  if (update.verdict === null) delete next.verdict
  else if (update.verdict !== undefined) next.verdict = update.verdict
  if (update.assignee === null) delete next.assignee
  else if (update.assignee !== undefined) next.assignee = update.assignee

  const activity: ActivityEntry[] = []
  for (const field of ['status', 'verdict', 'assignee'] as const) {
    const [from, to] = [record[field], next[field]]
    if (from === to) continue
    const details = { ...(from && { from }), ...(to && { to }) }
    activity.push({ time: by.at, actor: by.actor, action: `${field}_changed`, details })
  }
  if (activity.length > 0) next.updated = by.at
  return { record: next, activity }
}

/** First line of every history. */
export function createdActivity(record: { readonly created: string }): ActivityEntry {
  return { time: record.created, actor: 'engine', action: 'created', details: {} }
}

/** Orders facet values: severities from the top, others by count, then by value; bounded. */
export function orderFacet(name: FacetName, values: readonly FacetValue[]): FacetValue[] {
  const byCount = (a: FacetValue, b: FacetValue): number =>
    b.count - a.count || (a.value < b.value ? -1 : 1)
  const bySeverity = (a: FacetValue, b: FacetValue): number => rankOf(b) - rankOf(a)
  return values.toSorted(name === 'severity' ? bySeverity : byCount).slice(0, FACET_VALUES_MAX)
}

function rankOf({ value }: FacetValue): number {
  return severityRank(value as AlertRecord['severity']) // Facet values come from stored severities.
}

/** Start of the first hour of the histogram: 24 hours, the last one is the hour `now` lies in. */
export function histogramStart(now: string): bigint {
  const nowNs = parseTime(now)
  if (nowNs === undefined) {
    throw new StoreError('ERR_QUERY_INVALID', '“now” is not a time.', { details: { field: 'now' } })
  }
  return (nowNs / HOUR_NS) * HOUR_NS - BigInt(HOURS - 1) * HOUR_NS
}

/**
 * Fills the 24 hours from counts by hour, the hour written as the first 13 characters of its time.
 */
export function histogramOf(
  startNs: bigint,
  counts: ReadonlyMap<string, number>,
): AlertPage['histogram'] {
  return Array.from({ length: HOURS }, (_, hour) => {
    const from = formatTime(startNs + BigInt(hour) * HOUR_NS)
    return { from, count: counts.get(from.slice(0, 13)) ?? 0 }
  })
}
