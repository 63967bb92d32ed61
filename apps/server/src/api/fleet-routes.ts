import {
  AgentRefusals,
  CommandPage,
  CommandRecord,
  CommandRequest,
  CompletenessQuery,
  HostAgentDetail,
  HostCompleteness,
  LedgerVerdict,
  RollBackRequest,
  Rollout,
  RolloutChange,
} from '@pomona/schema'
import { z } from 'zod'
import type { Access, RouteDefinition } from '../http/route.ts'

const Id = z.object({ id: z.string().min(1).max(255) })

const viewer: Access = { kind: 'session', role: 'viewer' }
const analyst: Access = { kind: 'session', role: 'analyst' }
const engineer: Access = { kind: 'session', role: 'engineer' }
const admin: Access = { kind: 'session', role: 'admin' }

/** Routes by which people see and lead the fleet; part of the table of all routes. */
export const FLEET_ROUTES = {
  agentRefusals: {
    method: 'GET',
    path: '/api/v1/agent-refusals',
    access: viewer,
    summary: 'What was refused at the agents’ port since the server started, by reason.',
    response: AgentRefusals,
  },
  hostAgent: {
    method: 'GET',
    path: '/api/v1/hosts/:id/agent',
    access: viewer,
    summary: 'Sensors, permissions, ledger and history of a host.',
    params: Id,
    response: HostAgentDetail,
  },
  hostCompleteness: {
    method: 'GET',
    path: '/api/v1/hosts/:id/completeness',
    access: viewer,
    summary: 'What became of what a host sensed, by hour and sensor, and what the log took of it.',
    params: Id,
    query: CompletenessQuery,
    response: HostCompleteness,
  },
  hostLedgerVerify: {
    method: 'GET',
    path: '/api/v1/hosts/:id/ledger/verify',
    access: viewer,
    summary: 'Recomputes the hash chain of the rows of a host that are kept.',
    params: Id,
    response: LedgerVerdict,
  },
  commandIssue: {
    method: 'POST',
    path: '/api/v1/hosts/:id/commands',
    access: analyst,
    summary: 'Orders a command; which role it needs depends on the action.',
    params: Id,
    body: CommandRequest,
    response: CommandRecord,
  },
  commandsOfHost: {
    method: 'GET',
    path: '/api/v1/hosts/:id/commands',
    access: viewer,
    summary: 'The newest commands of a host with their states, without their results.',
    params: Id,
    response: CommandPage,
  },
  commandShow: {
    method: 'GET',
    path: '/api/v1/commands/:id',
    access: viewer,
    summary: 'One command with its result.',
    params: Id,
    response: CommandRecord,
  },
  commandCancel: {
    method: 'POST',
    path: '/api/v1/commands/:id/cancel',
    access: analyst,
    summary: 'Cancels a command that its agent has not accepted.',
    params: Id,
    response: CommandRecord,
  },
  rolloutShow: {
    method: 'GET',
    path: '/api/v1/rollout',
    access: viewer,
    summary: 'Bundles of content and policy, and how far each has come.',
    response: Rollout,
  },
  rolloutChange: {
    method: 'PATCH',
    path: '/api/v1/rollout',
    access: admin,
    summary: 'Changes the policy of all agents, or how bundles are rolled out.',
    body: RolloutChange,
    response: Rollout,
  },
  rolloutOffer: {
    method: 'POST',
    path: '/api/v1/rollout/offer',
    access: engineer,
    summary: 'Offers the present content anew, although it was halted or gone back from before.',
    response: Rollout,
  },
  rolloutHalt: {
    method: 'POST',
    path: '/api/v1/rollout/halt',
    access: engineer,
    summary: 'No further host gets the newest bundle.',
    response: Rollout,
  },
  rolloutResume: {
    method: 'POST',
    path: '/api/v1/rollout/resume',
    access: engineer,
    summary: 'Goes on with a halted roll-out; the hosts that failed so far are accepted.',
    response: Rollout,
  },
  rolloutBack: {
    method: 'POST',
    path: '/api/v1/rollout/back',
    access: engineer,
    summary: 'Signs earlier content under a higher version, for everybody.',
    body: RollBackRequest,
    response: Rollout,
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>
