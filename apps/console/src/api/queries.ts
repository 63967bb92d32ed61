import {
  AlertDetail,
  AlertPage,
  EventDocument,
  EventPage,
  HostList,
  HostRecord,
  IncidentDetail,
  IncidentPage,
  PipelineHealth,
  ProcessPage,
  ProcessTree,
  RuleDetail,
  RuleList,
  SessionInfo,
} from '@pomona/schema'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { type AlertFilters, alertQuery, formatFilters } from '../alerts/filters.ts'
import { ConsoleError, isSessionError } from '../errors.ts'
import { type ProcessFilters, processQuery } from '../hosts/process-filters.ts'
import { type TimelineFilters, timelineQuery } from '../hosts/timeline-filters.ts'
import {
  formatFilters as formatIncidentFilters,
  type IncidentFilters,
  incidentQuery,
} from '../incidents/filters.ts'
import { request } from './client.ts'

const PAGE_SIZE = '100'
const TREE_RETRIES_MAX = 4
const TREE_RETRY_MS = 1500

/** Parts of cache keys that others look for. */
export const KEYS = {
  session: ['session'],
  alerts: ['alerts'],
  alert: ['alert'],
  incidents: ['incidents'],
  incident: ['incident'],
  incidentProcesses: ['incident-processes'],
  hosts: ['hosts'],
  host: ['host'],
  hostAgent: ['host-agent'],
  commands: ['commands'],
  tokens: ['tokens'],
  letters: ['letters'],
  rollout: ['rollout'],
} as const

interface HostTarget {
  readonly hostId: string
}

function path(...parts: readonly string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join('')
}

function paged(query: URLSearchParams, cursor: string): URLSearchParams {
  const parameters = new URLSearchParams(query)
  parameters.set('limit', PAGE_SIZE)
  if (cursor !== '') parameters.set('cursor', cursor)
  return parameters
}

/** Who is signed in; `null` when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: KEYS.session,
  queryFn: async ({ signal }): Promise<SessionInfo | null> => {
    try {
      return await request('/session', { schema: SessionInfo, signal })
    } catch (error) {
      if (isSessionError(error)) return null
      throw error
    }
  },
  staleTime: Infinity,
})

/** The alert queue, a page at a time. */
export function alertsQuery(filters: AlertFilters) {
  return infiniteQueryOptions({
    queryKey: [...KEYS.alerts, formatFilters(filters).toString()],
    queryFn: ({ pageParam, signal }) =>
      request('/alerts', {
        schema: AlertPage,
        query: paged(alertQuery(filters, Date.now()), pageParam),
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page: AlertPage) => page.next_cursor,
    staleTime: 15_000,
  })
}

/** One alert with its rule, evidence and history. */
export function alertDetailQuery(id: string) {
  return queryOptions({
    queryKey: [...KEYS.alert, id],
    queryFn: ({ signal }) => request(path('alerts', id), { schema: AlertDetail, signal }),
  })
}

/** The incident list, a page at a time. */
export function incidentsQuery(filters: IncidentFilters) {
  return infiniteQueryOptions({
    queryKey: [...KEYS.incidents, formatIncidentFilters(filters).toString()],
    queryFn: ({ pageParam, signal }) =>
      request('/incidents', {
        schema: IncidentPage,
        query: paged(incidentQuery(filters, Date.now()), pageParam),
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page: IncidentPage) => page.next_cursor,
    staleTime: 15_000,
  })
}

/** One incident with its alerts, the reasons and its history. */
export function incidentDetailQuery(id: string) {
  return queryOptions({
    queryKey: [...KEYS.incident, id],
    queryFn: ({ signal }) => request(path('incidents', id), { schema: IncidentDetail, signal }),
  })
}

/** The processes that lead to an incident's alerts. */
export function incidentProcessesQuery(id: string) {
  return queryOptions({
    queryKey: [...KEYS.incidentProcesses, id],
    queryFn: ({ signal }) =>
      request(path('incidents', id, 'processes'), { schema: ProcessTree, signal }),
    staleTime: 15_000,
  })
}

/** Ancestors, siblings and descendants of one process image. */
export function treeQuery({ hostId, entityId }: HostTarget & { readonly entityId: string }) {
  return queryOptions({
    queryKey: ['tree', hostId, entityId],
    queryFn: ({ signal }) =>
      request(path('processes', hostId, entityId, 'tree'), { schema: ProcessTree, signal }),
    // An alert may be seconds ahead of the event store: the process is asked for again.
    retry: (failures, error) =>
      failures < TREE_RETRIES_MAX && error instanceof ConsoleError && error.status === 404,
    retryDelay: TREE_RETRY_MS,
    staleTime: 30_000,
  })
}

/** Every host that ever sent a batch. */
export const hostsQuery = queryOptions({
  queryKey: KEYS.hosts,
  queryFn: ({ signal }) => request('/hosts', { schema: HostList, signal }),
  staleTime: 10_000,
  refetchInterval: 60_000,
})

/** One host. */
export function hostQuery({ hostId }: HostTarget) {
  return queryOptions({
    queryKey: [...KEYS.host, hostId],
    queryFn: ({ signal }) => request(path('hosts', hostId), { schema: HostRecord, signal }),
    staleTime: 10_000,
  })
}

/** A host's events, newest first, a page at a time. */
export function timelinePagesQuery({
  hostId,
  filters,
}: HostTarget & { readonly filters: TimelineFilters }) {
  return infiniteQueryOptions({
    queryKey: ['timeline', hostId, filters],
    queryFn: ({ pageParam, signal }) =>
      request(path('hosts', hostId, 'timeline'), {
        schema: EventPage,
        query: paged(timelineQuery(filters, Date.now()), pageParam),
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page: EventPage) => page.next_cursor,
    staleTime: 15_000,
  })
}

/** A host's process images, newest first, a page at a time. */
export function processPagesQuery({
  hostId,
  filters,
}: HostTarget & { readonly filters: ProcessFilters }) {
  return infiniteQueryOptions({
    queryKey: ['processes', hostId, filters],
    queryFn: ({ pageParam, signal }) =>
      request(path('hosts', hostId, 'processes'), {
        schema: ProcessPage,
        query: paged(processQuery(filters), pageParam),
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page: ProcessPage) => page.next_cursor,
    staleTime: 15_000,
  })
}

/** One event with the raw record it came from. An event never changes. */
export function eventQuery(id: string) {
  return queryOptions({
    queryKey: ['event', id],
    queryFn: ({ signal }) => request(path('events', id), { schema: EventDocument, signal }),
    staleTime: Infinity,
  })
}

/** All rules with what became of them. */
export const rulesQuery = queryOptions({
  queryKey: ['rules'],
  queryFn: ({ signal }) => request('/rules', { schema: RuleList, signal }),
  staleTime: 30_000,
})

/** One rule with its source. */
export function ruleQuery(id: string) {
  return queryOptions({
    queryKey: ['rule', id],
    queryFn: ({ signal }) => request(path('rules', id), { schema: RuleDetail, signal }),
    staleTime: 30_000,
  })
}

/** The pipeline's counts, lag and dead letters. */
export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: ({ signal }) => request('/health/pipeline', { schema: PipelineHealth, signal }),
  refetchInterval: 5000,
  staleTime: 2000,
})
