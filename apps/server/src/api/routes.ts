import {
  AlertBulkUpdate,
  AlertDetail,
  AlertPage,
  AlertQuery,
  AlertRecord,
  AlertUpdate,
  BatchReceipt,
  EventDocument,
  EventPage,
  FirstRunRequest,
  HostList,
  HostRecord,
  PipelineHealth,
  ProcessPage,
  ProcessQuery,
  ProcessTree,
  RuleDetail,
  RuleList,
  RulesReloaded,
  SessionInfo,
  SignInRequest,
  TimelineQuery,
} from '@pomona/schema'
import { z } from 'zod'
import type { Access, RouteDefinition } from '../http/route.ts'

const IdText = z.string().min(1).max(255)
const Id = z.object({ id: IdText })

const open: Access = { kind: 'public' }
const viewer: Access = { kind: 'session', role: 'viewer' }
const analyst: Access = { kind: 'session', role: 'analyst' }
const engineer: Access = { kind: 'session', role: 'engineer' }

/**
 * Every route of the server's API. A handler exists for each by type; nothing else is reachable.
 */
export const ROUTES = {
  ingestBatch: {
    method: 'POST',
    path: '/api/v1/ingest/batches',
    access: { kind: 'ingest' },
    summary: 'Takes a batch of events; answers after it is on stable storage.',
    response: BatchReceipt,
  },
  sessionShow: {
    method: 'GET',
    path: '/api/v1/session',
    access: viewer,
    summary: 'Who is signed in.',
    response: SessionInfo,
  },
  sessionOpen: {
    method: 'POST',
    path: '/api/v1/session',
    access: open,
    summary: 'Signs in; sets the session cookie.',
    body: SignInRequest,
    response: SessionInfo,
  },
  sessionClose: {
    method: 'DELETE',
    path: '/api/v1/session',
    access: open,
    summary: 'Signs out.',
    status: 204,
  },
  firstRun: {
    method: 'POST',
    path: '/api/v1/first-run',
    access: open,
    summary: 'Makes the first user with the token of the one-time link, and signs in.',
    body: FirstRunRequest,
    response: SessionInfo,
    status: 201,
  },
  alertList: {
    method: 'GET',
    path: '/api/v1/alerts',
    access: viewer,
    summary: 'The alert queue, newest first.',
    query: AlertQuery,
    response: AlertPage,
  },
  alertShow: {
    method: 'GET',
    path: '/api/v1/alerts/:id',
    access: viewer,
    summary: 'One alert with its rule, evidence and history.',
    params: Id,
    response: AlertDetail,
  },
  alertUpdate: {
    method: 'PATCH',
    path: '/api/v1/alerts/:id',
    access: analyst,
    summary: 'Changes status, verdict or assignee of an alert.',
    params: Id,
    body: AlertUpdate,
    response: AlertRecord,
  },
  alertBulkUpdate: {
    method: 'POST',
    path: '/api/v1/alerts/bulk',
    access: analyst,
    summary: 'Changes several alerts alike; unknown ids are left out.',
    body: AlertBulkUpdate,
    response: z.strictObject({ items: z.array(AlertRecord) }),
  },
  processTree: {
    method: 'GET',
    path: '/api/v1/processes/:hostId/:entityId/tree',
    access: viewer,
    summary: 'Ancestors, siblings and descendants of a process image.',
    params: z.object({ hostId: IdText, entityId: IdText }),
    response: ProcessTree,
  },
  hostList: {
    method: 'GET',
    path: '/api/v1/hosts',
    access: viewer,
    summary: 'Every host the server has heard of.',
    response: HostList,
  },
  hostShow: {
    method: 'GET',
    path: '/api/v1/hosts/:id',
    access: viewer,
    summary: 'One host.',
    params: Id,
    response: HostRecord,
  },
  hostTimeline: {
    method: 'GET',
    path: '/api/v1/hosts/:id/timeline',
    access: viewer,
    summary: 'Events of a host, newest first.',
    params: Id,
    query: TimelineQuery,
    response: EventPage,
  },
  hostProcesses: {
    method: 'GET',
    path: '/api/v1/hosts/:id/processes',
    access: viewer,
    summary: 'Process images of a host, newest first.',
    params: Id,
    query: ProcessQuery,
    response: ProcessPage,
  },
  eventShow: {
    method: 'GET',
    path: '/api/v1/events/:id',
    access: viewer,
    summary: 'One event, with the raw record it came from.',
    params: Id,
    response: EventDocument,
  },
  ruleList: {
    method: 'GET',
    path: '/api/v1/rules',
    access: viewer,
    summary: 'Every rule, also those that are dead, unsupported or failed, with the reason.',
    response: RuleList,
  },
  ruleShow: {
    method: 'GET',
    path: '/api/v1/rules/:id',
    access: viewer,
    summary: 'One loaded rule as written.',
    params: Id,
    response: RuleDetail,
  },
  ruleReload: {
    method: 'POST',
    path: '/api/v1/rules/reload',
    access: engineer,
    summary: 'Reads the content directory again.',
    response: RulesReloaded,
  },
  pipelineHealth: {
    method: 'GET',
    path: '/api/v1/health/pipeline',
    access: viewer,
    summary: 'Counts, lag and dead letters of every stage.',
    response: PipelineHealth,
  },
  stream: {
    method: 'GET',
    path: '/api/v1/stream',
    access: viewer,
    summary: 'Live messages (server-sent events); `Last-Event-ID` replays what was missed.',
    produces: 'text/event-stream',
  },
  openapi: {
    method: 'GET',
    path: '/api/v1/openapi.json',
    access: open,
    summary: 'This document.',
    response: z.record(z.string(), z.unknown()),
  },
  healthy: {
    method: 'GET',
    path: '/healthz',
    access: open,
    summary: 'The process runs.',
    response: z.strictObject({ status: z.literal('ok') }),
  },
  ready: {
    method: 'GET',
    path: '/readyz',
    access: open,
    summary: 'The server takes batches; 503 while it starts or stops.',
    response: z.strictObject({ status: z.literal('ok') }),
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    access: open,
    summary: 'Prometheus metrics; counts only, no names.',
    produces: 'text/plain; version=0.0.4',
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>

/** Name of a route of {@link ROUTES}. */
export type RouteName = keyof typeof ROUTES
