import {
  AgentRefusals,
  CommandPage,
  CommandRecord,
  HostAgentDetail,
  HostCertificateList,
  HostCompleteness,
  DeadLetterPage,
  EnrolmentTokenList,
  Rollout,
} from '@pomona/schema'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'
import { KEYS } from './queries.ts'

interface HostTarget {
  readonly hostId: string
}

function hostPath(hostId: string, part: string): string {
  return `/hosts/${encodeURIComponent(hostId)}/${part}`
}

/** Sensors, permissions, ledger and history of a host. */
export function hostAgentQuery({ hostId }: HostTarget) {
  return queryOptions({
    queryKey: [...KEYS.hostAgent, hostId],
    queryFn: ({ signal }) =>
      request(hostPath(hostId, 'agent'), { schema: HostAgentDetail, signal }),
    staleTime: 5_000,
    refetchInterval: 30_000,
  })
}

/** What was refused at the agents' port. */
export const refusalsQuery = queryOptions({
  queryKey: ['agent-refusals'],
  queryFn: ({ signal }) => request('/agent-refusals', { schema: AgentRefusals, signal }),
  staleTime: 5_000,
  refetchInterval: 30_000,
})

/** Certificates of a host, the newest first. */
export function certificatesQuery({ hostId }: HostTarget) {
  return queryOptions({
    queryKey: ['certificates', hostId],
    queryFn: ({ signal }) =>
      request(hostPath(hostId, 'certificates'), { schema: HostCertificateList, signal }),
    staleTime: 30_000,
  })
}

/** What became of what a host sensed since a time. */
export function completenessQuery({ hostId, from }: HostTarget & { readonly from: string }) {
  return queryOptions({
    queryKey: ['completeness', hostId, from],
    queryFn: ({ signal }) =>
      request(hostPath(hostId, 'completeness'), {
        schema: HostCompleteness,
        query: new URLSearchParams({ from }),
        signal,
      }),
    staleTime: 10_000,
    refetchInterval: 60_000,
  })
}

/** Commands of a host, the newest first. */
export function commandsQuery({ hostId }: HostTarget) {
  return queryOptions({
    queryKey: [...KEYS.commands, hostId],
    queryFn: ({ signal }) => request(hostPath(hostId, 'commands'), { schema: CommandPage, signal }),
    staleTime: 5_000,
  })
}

/** One command with its result. */
export function commandQuery(id: string) {
  return queryOptions({
    queryKey: ['command', id],
    queryFn: ({ signal }) =>
      request(`/commands/${encodeURIComponent(id)}`, { schema: CommandRecord, signal }),
    staleTime: 5_000,
  })
}

/** Bundles and how far each has come. */
export const rolloutQuery = queryOptions({
  queryKey: KEYS.rollout,
  queryFn: ({ signal }) => request('/rollout', { schema: Rollout, signal }),
  staleTime: 5_000,
  refetchInterval: 15_000,
})

/** Tokens by which Macs enrol. */
export const tokensQuery = queryOptions({
  queryKey: KEYS.tokens,
  queryFn: ({ signal }) => request('/enrolment-tokens', { schema: EnrolmentTokenList, signal }),
  staleTime: 10_000,
})

/** Dead letters that fit, a page at a time. */
export function lettersQuery(filters: URLSearchParams) {
  return infiniteQueryOptions({
    queryKey: [...KEYS.letters, filters.toString()],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams(filters)
      query.set('limit', '100')
      if (pageParam !== '') query.set('cursor', pageParam)
      return request('/dead-letters', { schema: DeadLetterPage, query, signal })
    },
    initialPageParam: '',
    getNextPageParam: (page: DeadLetterPage) => page.next_cursor,
    staleTime: 5_000,
  })
}
