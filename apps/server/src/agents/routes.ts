import { BatchReceipt, EnrolmentAnswer, EnrolmentRequest, RenewalRequest } from '@pomona/schema'
import type { HandlersOf } from '../http/registry.ts'
import type { Access, RouteDefinition } from '../http/route.ts'

const agent: Access = { kind: 'agent' }

/** Every route of the agents' port; nothing else is reachable there. */
export const AGENT_ROUTES = {
  enrol: {
    method: 'POST',
    path: '/agent/v1/enrol',
    access: { kind: 'enrolment' },
    summary: 'Gives a Mac that shows an enrolment token its certificate.',
    body: EnrolmentRequest,
    response: EnrolmentAnswer,
    bodyBytesMax: 64 * 1024,
  },
  renew: {
    method: 'POST',
    path: '/agent/v1/renew',
    access: agent,
    summary: 'Gives a host another certificate before its own is over.',
    body: RenewalRequest,
    response: EnrolmentAnswer,
    bodyBytesMax: 64 * 1024,
  },
  batch: {
    method: 'POST',
    path: '/agent/v1/batches',
    access: agent,
    summary: 'Takes events and alerts of a host; answers after they are on stable storage.',
    response: BatchReceipt,
    rawBody: true,
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>

/** A handler for every route of agents but that of batches. */
export type AgentHandlers = HandlersOf<typeof AGENT_ROUTES>
