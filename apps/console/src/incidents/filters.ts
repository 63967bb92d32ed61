import {
  ALERT_STATUSES,
  type AlertStatus,
  INCIDENT_ORDERS,
  type IncidentQuery,
  type IncidentRecord,
  SEVERITIES,
  type Severity,
  tacticsAlike,
} from '@pomona/schema'
import { isBound, resolveBound } from '../time/range.ts'

/**
 * What the list shows, exactly as it stands in the address. Lists keep the order they were chosen
 * in.
 */
export interface IncidentFilters {
  /** Empty means every severity. */
  readonly severity: readonly Severity[]
  /** Empty means every status. */
  readonly status: readonly AlertStatus[]
  readonly host: readonly string[]
  readonly tactic: readonly string[]
  /** Names; `nobody` stands for incidents without one. */
  readonly assignee: readonly string[]
  readonly q: string
  /** A span such as `-24h` or a timestamp; absent is the beginning. */
  readonly from?: string
  readonly to?: string
  readonly order: IncidentQuery['order']
}

/** Filters that hold a list of values. */
export type ListFilter = 'severity' | 'status' | 'host' | 'tactic' | 'assignee'

/** In the order of the side panel. */
export const LIST_FILTERS: readonly ListFilter[] = [
  'severity',
  'status',
  'assignee',
  'host',
  'tactic',
]

/** What stands in the address for "all of them", where absence means work to do. */
const ANY = 'any'
/** What stands in the address for the empty name. */
export const NOBODY = 'nobody'
const STATUS_DEFAULT: readonly AlertStatus[] = ['new', 'in_progress']
const SEVERITY_DEFAULT: readonly Severity[] = ['medium', 'high', 'critical']
const VALUES_MAX = 50
const TEXT_LENGTH_MAX = 200

/** The list as it opens: work to do that somebody should look at, the latest first. */
export const FILTERS_DEFAULT: IncidentFilters = {
  severity: SEVERITY_DEFAULT,
  status: STATUS_DEFAULT,
  host: [],
  tactic: [],
  assignee: [],
  q: '',
  order: 'latest',
}

function texts(parameters: URLSearchParams, name: string): string[] {
  const values = parameters.getAll(name).filter((value) => value !== '' && value.length <= 255)
  return [...new Set(values)].slice(0, VALUES_MAX)
}

function chosen<T extends string>(
  parameters: URLSearchParams,
  { name, allowed, otherwise }: { name: string; allowed: readonly T[]; otherwise: readonly T[] },
): readonly T[] {
  const values = parameters.getAll(name)
  const found = allowed.filter((value) => values.includes(value))
  return found.length > 0 || values.includes(ANY) ? found : otherwise
}

function bound(parameters: URLSearchParams, name: 'from' | 'to'): string | undefined {
  const text = parameters.get(name)
  return text !== null && isBound(text) ? text : undefined
}

/** Reads the address; what makes no sense there is left out, never an error. */
export function parseFilters(parameters: URLSearchParams): IncidentFilters {
  const from = bound(parameters, 'from')
  const to = bound(parameters, 'to')
  const order = parameters.get('order')
  return {
    severity: chosen(parameters, {
      name: 'severity',
      allowed: SEVERITIES,
      otherwise: SEVERITY_DEFAULT,
    }),
    status: chosen(parameters, {
      name: 'status',
      allowed: ALERT_STATUSES,
      otherwise: STATUS_DEFAULT,
    }),
    host: texts(parameters, 'host'),
    tactic: texts(parameters, 'tactic'),
    assignee: texts(parameters, 'assignee'),
    q: (parameters.get('q') ?? '').slice(0, TEXT_LENGTH_MAX),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    order: INCIDENT_ORDERS.find((one) => one === order) ?? 'latest',
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value) => other.includes(value))
}

/** Writes the filters into an address, defaults left out, always in the same order. */
export function formatFilters(filters: IncidentFilters): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const name of LIST_FILTERS) {
    const values: readonly string[] = filters[name]
    if (isSame(values, FILTERS_DEFAULT[name])) continue
    for (const value of values) parameters.append(name, value)
    if (values.length === 0) parameters.append(name, ANY)
  }
  if (filters.q !== '') parameters.set('q', filters.q)
  if (filters.from !== undefined) parameters.set('from', filters.from)
  if (filters.to !== undefined) parameters.set('to', filters.to)
  if (filters.order !== FILTERS_DEFAULT.order) parameters.set('order', filters.order)
  return parameters
}

/**
 * Writes the filters as the query of `GET /api/v1/incidents`, spans resolved to times.
 *
 * @param nowMs Wall time in milliseconds since the epoch.
 */
export function incidentQuery(filters: IncidentFilters, nowMs: number): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const name of LIST_FILTERS) {
    for (const value of filters[name]) {
      parameters.append(name, name === 'assignee' && value === NOBODY ? '' : value)
    }
  }
  if (filters.q !== '') parameters.set('q', filters.q)
  for (const name of ['from', 'to'] as const) {
    const at = filters[name] === undefined ? undefined : resolveBound(filters[name], nowMs)
    if (at !== undefined) parameters.set(name, at)
  }
  parameters.set('order', filters.order)
  return parameters
}

/** Adds a value to a list filter, or takes it away. */
export function toggle(
  filters: IncidentFilters,
  { name, value }: { readonly name: ListFilter; readonly value: string },
): IncidentFilters {
  const values: readonly string[] = filters[name]
  const next = values.includes(value) ? values.filter((one) => one !== value) : [...values, value]
  const parameters = formatFilters(filters)
  parameters.delete(name)
  for (const one of next) parameters.append(name, one)
  if (next.length === 0) parameters.append(name, ANY)
  return parseFilters(parameters)
}

/** True when both show the same list, whatever its order. */
export function sameFilters(one: IncidentFilters, other: IncidentFilters): boolean {
  const key = ({ severity, status, ...rest }: IncidentFilters) =>
    formatFilters({
      ...rest,
      severity: severity.toSorted(),
      status: status.toSorted(),
      order: 'latest',
    }).toString()
  return key(one) === key(other)
}

/**
 * Whether an incident that just changed belongs to the list shown. The server decides for good on
 * the next load; this only feeds the counter of new ones.
 */
export function matchesFilters(incident: IncidentRecord, filters: IncidentFilters): boolean {
  const holds = (values: readonly string[], found: readonly string[]): boolean =>
    values.length === 0 || values.some((value) => found.includes(value))
  const text = [incident.name, incident.host.name, incident.host.id, ...incident.users].join('\n')
  return (
    holds(filters.severity, [incident.severity]) &&
    holds(filters.status, [incident.status]) &&
    holds(filters.host, [incident.host.id]) &&
    holds(filters.tactic.flatMap(tacticsAlike), incident.tactics) &&
    holds(filters.assignee, [incident.assignee ?? NOBODY]) &&
    text.toLowerCase().includes(filters.q.toLowerCase()) &&
    filters.to === undefined
  )
}
