import {
  ALERT_STATUSES,
  type AlertRecord,
  type AlertStatus,
  coversTechnique,
  SEVERITIES,
  type Severity,
} from '@pomona/schema'
import { isBound, resolveBound } from '../time/range.ts'

/**
 * What the queue shows, exactly as it stands in the address. Lists keep the order they were chosen
 * in.
 */
export interface AlertFilters {
  readonly severity: readonly Severity[]
  /** Empty means every status. */
  readonly status: readonly AlertStatus[]
  readonly host: readonly string[]
  readonly rule: readonly string[]
  readonly technique: readonly string[]
  readonly q: string
  /** A span such as `-24h` or a timestamp; absent is the beginning. */
  readonly from?: string
  readonly to?: string
}

/** Filters that hold a list of values. */
export type ListFilter = 'severity' | 'status' | 'host' | 'rule' | 'technique'

/** In the order of the side panel. */
export const LIST_FILTERS: readonly ListFilter[] = [
  'severity',
  'status',
  'host',
  'rule',
  'technique',
]

/**
 * What stands for "every status" in the address, where the absence of a status means work to do.
 */
const ANY = 'any'
const STATUS_DEFAULT: readonly AlertStatus[] = ['new', 'in_progress']
const VALUES_MAX = 50
const TEXT_LENGTH_MAX = 200

/** The queue as it opens: work to do, of any time. */
export const FILTERS_DEFAULT: AlertFilters = {
  severity: [],
  status: STATUS_DEFAULT,
  host: [],
  rule: [],
  technique: [],
  q: '',
}

function members<T extends string>(allowed: readonly T[], values: readonly string[]): T[] {
  return allowed.filter((value) => values.includes(value))
}

function texts(parameters: URLSearchParams, name: string): string[] {
  const values = parameters.getAll(name).filter((value) => value !== '' && value.length <= 255)
  return [...new Set(values)].slice(0, VALUES_MAX)
}

function bound(parameters: URLSearchParams, name: 'from' | 'to'): string | undefined {
  const text = parameters.get(name)
  return text !== null && isBound(text) ? text : undefined
}

/** Reads the address; what makes no sense there is left out, never an error. */
export function parseFilters(parameters: URLSearchParams): AlertFilters {
  const statuses = parameters.getAll('status')
  const status = members(ALERT_STATUSES, statuses)
  const from = bound(parameters, 'from')
  const to = bound(parameters, 'to')
  return {
    severity: members(SEVERITIES, parameters.getAll('severity')),
    status: status.length > 0 || statuses.includes(ANY) ? status : STATUS_DEFAULT,
    host: texts(parameters, 'host'),
    rule: texts(parameters, 'rule'),
    technique: texts(parameters, 'technique'),
    q: (parameters.get('q') ?? '').slice(0, TEXT_LENGTH_MAX),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  }
}

function isDefaultStatus(status: readonly AlertStatus[]): boolean {
  return (
    status.length === STATUS_DEFAULT.length && STATUS_DEFAULT.every((one) => status.includes(one))
  )
}

/** Writes the filters into an address, defaults left out, always in the same order. */
export function formatFilters(filters: AlertFilters): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const name of LIST_FILTERS) {
    if (name === 'status' && isDefaultStatus(filters.status)) continue
    for (const value of filters[name]) parameters.append(name, value)
  }
  if (filters.status.length === 0) parameters.append('status', ANY)
  if (filters.q !== '') parameters.set('q', filters.q)
  if (filters.from !== undefined) parameters.set('from', filters.from)
  if (filters.to !== undefined) parameters.set('to', filters.to)
  return parameters
}

/**
 * Writes the filters as the query of `GET /api/v1/alerts`, spans resolved to times.
 *
 * @param nowMs Wall time in milliseconds since the epoch.
 */
export function alertQuery(filters: AlertFilters, nowMs: number): URLSearchParams {
  const parameters = formatFilters(filters)
  parameters.delete('status')
  for (const status of filters.status) parameters.append('status', status)
  for (const name of ['from', 'to'] as const) {
    const at = filters[name] === undefined ? undefined : resolveBound(filters[name], nowMs)
    if (at !== undefined) parameters.set(name, at)
  }
  return parameters
}

/** Adds a value to a list filter, or takes it away. */
export function toggle(
  filters: AlertFilters,
  { name, value }: { readonly name: ListFilter; readonly value: string },
): AlertFilters {
  const values: readonly string[] = filters[name]
  const next = values.includes(value) ? values.filter((one) => one !== value) : [...values, value]
  const parameters = formatFilters(filters)
  parameters.delete(name)
  for (const one of next) parameters.append(name, one)
  if (name === 'status' && next.length === 0) parameters.append('status', ANY)
  return parseFilters(parameters)
}

/** True when both show the same queue. */
export function sameFilters(one: AlertFilters, other: AlertFilters): boolean {
  const key = (filters: AlertFilters) =>
    formatFilters({ ...filters, severity: filters.severity.toSorted() }).toString()
  return key(one) === key(other)
}

function holds(values: readonly string[], found: readonly string[]): boolean {
  return values.length === 0 || values.some((value) => found.includes(value))
}

function showsTechnique(alert: AlertRecord, asked: readonly string[]): boolean {
  const covers = (id: string): boolean => asked.some((one) => coversTechnique({ asked: one, id }))
  return asked.length === 0 || alert.techniques.some(({ id }) => covers(id))
}

function mentions(alert: AlertRecord, q: string): boolean {
  if (q === '') return true
  const names = alert.processes.flatMap((process) => [
    process.name,
    process.executable,
    process.command_line,
  ])
  const needle = q.toLowerCase()
  return [alert.rule_name, alert.host.name, alert.host.id, ...names].some(
    (text) => text?.toLowerCase().includes(needle) === true,
  )
}

/**
 * Whether an alert that just arrived belongs to the queue shown. The server decides for good on the
 * next load; this only feeds the counter of new alerts.
 *
 * @param nowMs Wall time in milliseconds since the epoch.
 */
export function matchesFilters(
  alert: AlertRecord,
  { filters, nowMs }: { readonly filters: AlertFilters; readonly nowMs: number },
): boolean {
  const from = filters.from === undefined ? undefined : resolveBound(filters.from, nowMs)
  const to = filters.to === undefined ? undefined : resolveBound(filters.to, nowMs)
  return (
    holds(filters.severity, [alert.severity]) &&
    holds(filters.status, [alert.status]) &&
    holds(filters.host, [alert.host.id]) &&
    holds(filters.rule, [alert.rule_id]) &&
    showsTechnique(alert, filters.technique) &&
    mentions(alert, filters.q) &&
    (from === undefined || alert.time >= from) &&
    (to === undefined || alert.time < to)
  )
}
