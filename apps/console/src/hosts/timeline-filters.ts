import { isBound, resolveBound } from '../time/range.ts'

/** What the timeline of a host shows, as it stands in the address. */
export interface TimelineFilters {
  readonly action: readonly string[]
  readonly category: readonly string[]
  /** Process entity id; empty for every process. */
  readonly process: string
  readonly q: string
  readonly from?: string
  readonly to?: string
}

const VALUES_MAX = 50
const TEXT_LENGTH_MAX = 200

function texts(parameters: URLSearchParams, name: string): string[] {
  const values = parameters.getAll(name).filter((value) => value !== '' && value.length <= 64)
  return [...new Set(values)].slice(0, VALUES_MAX)
}

/** Reads the address; what makes no sense there is left out. */
export function parseTimelineFilters(parameters: URLSearchParams): TimelineFilters {
  const from = parameters.get('from')
  const to = parameters.get('to')
  return {
    action: texts(parameters, 'action'),
    category: texts(parameters, 'category'),
    process: texts(parameters, 'process')[0] ?? '',
    q: (parameters.get('q') ?? '').slice(0, TEXT_LENGTH_MAX),
    ...(from !== null && isBound(from) ? { from } : {}),
    ...(to !== null && isBound(to) ? { to } : {}),
  }
}

/** Writes the filters into an address, in a fixed order. */
export function formatTimelineFilters(filters: TimelineFilters): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const value of filters.action) parameters.append('action', value)
  for (const value of filters.category) parameters.append('category', value)
  for (const name of ['process', 'q', 'from', 'to'] as const) {
    const value = filters[name]
    if (value !== undefined && value !== '') parameters.set(name, value)
  }
  return parameters
}

/**
 * Writes the query of `GET /api/v1/hosts/:id/timeline`, spans resolved to times.
 *
 * @param nowMs Wall time in milliseconds since the epoch.
 */
export function timelineQuery(filters: TimelineFilters, nowMs: number): URLSearchParams {
  const parameters = formatTimelineFilters(filters)
  for (const name of ['from', 'to'] as const) {
    const at = filters[name] === undefined ? undefined : resolveBound(filters[name], nowMs)
    if (at !== undefined) parameters.set(name, at)
  }
  return parameters
}
