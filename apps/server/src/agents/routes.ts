import {
  AgentReport,
  BatchReceipt,
  Bundle,
  CommandList,
  CommandStateAnswer,
  CommandStateReport,
  EnrolmentAnswer,
  EnrolmentRequest,
  RenewalRequest,
  ReportAnswer,
} from '@pomona/schema'
import { z } from 'zod'
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
  report: {
    method: 'POST',
    path: '/agent/v1/reports',
    access: agent,
    summary: 'Takes health and ledger of a host.',
    body: AgentReport,
    response: ReportAnswer,
    bodyBytesMax: 2 * 1024 * 1024,
  },
  commandList: {
    method: 'GET',
    path: '/agent/v1/commands',
    access: agent,
    summary: 'Open commands of the host; waits for one when there are none.',
    query: z.object({ wait_seconds: z.coerce.number().int().min(0).max(300).default(0) }),
    response: CommandList,
  },
  commandState: {
    method: 'POST',
    path: '/agent/v1/commands/:id/state',
    access: agent,
    summary: 'Takes what became of a command; saying it again changes nothing.',
    params: z.object({ id: z.string().max(64) }),
    body: CommandStateReport,
    response: CommandStateAnswer,
    bodyBytesMax: 640 * 1024,
  },
  bundle: {
    method: 'GET',
    path: '/agent/v1/bundle',
    access: agent,
    summary: 'The bundle the host should run; 304 when it runs it.',
    query: z.object({ current: z.string().max(64).optional() }),
    response: Bundle,
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>

/** A handler for every route of agents but that of batches. */
export type AgentHandlers = HandlersOf<typeof AGENT_ROUTES>
