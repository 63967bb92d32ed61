import { z } from 'zod'
import { AgentPolicy } from './agent/bundle.ts'
import { CommandAction, CommandState } from './agent/command.ts'
import { Counts } from './agent/fields.ts'
import { LedgerDrop, UnobservedSpan } from './agent/ledger.ts'
import { PostureReport } from './agent/posture.ts'
import {
  AgentUsage,
  BundleReport,
  LedgerProblem,
  PermissionState,
  SensorHealth,
  SensorState,
} from './agent/report.ts'
import { ActivityEntry } from './alert-api.ts'

/**
 * Whether an agent is heard of: `online`; `late` by more than half an interval; `silent` for more
 * than three, without a word; `offline` after it said that it ends; `never` has not reported yet.
 */
export const HOST_STATES = ['online', 'late', 'silent', 'offline', 'never'] as const
/** One of {@link HOST_STATES}. */
export const HostState = z.enum(HOST_STATES)
/** One of {@link HOST_STATES}. */
export type HostState = z.infer<typeof HostState>

/** What became of what was sensed: sensed = filtered + dropped + sent + held. */
export const LedgerSums = z.strictObject({
  sensed: z.int(),
  filtered: z.int(),
  dropped: z.int(),
  sent: z.int(),
  lost: z.int().describe('Never seen: gaps in the sequence numbers of a sensor.'),
  unobserved_ms: z.int().describe('Time in which records may have gone unseen, over all sensors.'),
})
export type LedgerSums = z.infer<typeof LedgerSums>

/** The sums of one sensor and hour, and what they are made of. */
export const LedgerHour = z.strictObject({
  ...LedgerSums.shape,
  sensor: z.string(),
  hour: z.string(),
  filtered_by: Counts,
  dropped_by: z.array(LedgerDrop),
  unobserved: z.array(UnobservedSpan),
})
export type LedgerHour = z.infer<typeof LedgerHour>

/** What agent and server say of one run of an agent, side by side. */
export const StreamBalance = z.strictObject({
  epoch: z.int(),
  sent: z.int().describe('Acknowledged, as the ledger has it.'),
  stored: z.int().optional().describe('Acknowledged, as the log has it; absent: no such stream.'),
})
export type StreamBalance = z.infer<typeof StreamBalance>

/** `GET /api/v1/hosts/:id/completeness`. */
export const HostCompleteness = z.strictObject({
  hours: z.array(LedgerHour).describe('Oldest first.'),
  truncated: z.boolean(),
  total: LedgerSums.describe('Since the first row of the ledger.'),
  stored: z.int().describe('Records of this host that the log holds or set aside.'),
  streams: z.array(StreamBalance).describe('Newest runs of the agent first.'),
})
export type HostCompleteness = z.infer<typeof HostCompleteness>

/** Which hours of a host's ledger. */
export const CompletenessQuery = z.object({
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
})
export type CompletenessQuery = z.infer<typeof CompletenessQuery>

/** What the list of hosts says of a host's agent. */
export const HostAgent = z.strictObject({
  state: HostState,
  last_report: z.string(),
  interval_seconds: z.int(),
  skew_ms: z.int().describe("The agent's clock less the server's; positive: it is ahead."),
  started: z.string(),
  epoch: z.int(),
  sensors: z.array(
    z.strictObject({ sensor: z.string(), state: SensorState, problem: z.string().optional() }),
  ),
  permissions_missing: z.array(z.string()),
  bundle: BundleReport,
  bundle_wanted: z.string().optional().describe('The bundle it should run.'),
  spool_events: z.int(),
  spool_oldest: z.string().optional(),
  cpu_percent: z.number(),
  memory_bytes: z.int(),
  crashes: z.int().describe('Starts that followed no orderly end.'),
  ledger_problem: LedgerProblem.optional(),
  last_day: LedgerSums.describe('Of the hours of the last day.'),
})
export type HostAgent = z.infer<typeof HostAgent>

/** Ledger rows that were refused, and why. */
export const LedgerStanding = z.strictObject({
  next: z.int().describe('Rows that are stored and verified.'),
  problem: LedgerProblem.optional().describe('Why the newest rows were refused.'),
  problem_index: z.int().optional(),
  problem_since: z.string().optional(),
  refused: z.partialRecord(LedgerProblem, z.int()).describe('Reports with refused rows.'),
})
export type LedgerStanding = z.infer<typeof LedgerStanding>

/** Whether the kept rows of a ledger are a chain; `broken_at` is the first that does not fit. */
export const LedgerVerdict = z.strictObject({
  ok: z.boolean(),
  rows: z.int(),
  head: z.string().optional(),
  broken_at: z.int().optional(),
})
export type LedgerVerdict = z.infer<typeof LedgerVerdict>

/** Refusals of one reason. */
export const RefusalTally = z.strictObject({ count: z.int(), last: z.string() })
export type RefusalTally = z.infer<typeof RefusalTally>

/** What the agents' port knows of a host, report or not. */
export const HostContact = z.strictObject({
  enrolled: z.string().optional(),
  last_contact: z.string().optional(),
  address: z.string().optional(),
  certificate_end: z.string().optional().describe('End of the certificate it used last.'),
  skew_ms: z.int().optional().describe("The agent's clock less the server's."),
  refusals: z.record(z.string(), RefusalTally).describe('Refused requests by code.'),
  suspicion: z
    .strictObject({
      reason: z.string(),
      count: z.int(),
      first: z.string(),
      last: z.string(),
      recent: z.boolean().describe('Within the last hour.'),
    })
    .optional()
    .describe('Two machines seem to speak as this host.'),
})
export type HostContact = z.infer<typeof HostContact>

/** What was refused at the agents' port for one reason, and who was the last. */
export const AgentRefusal = z.strictObject({
  layer: z
    .enum(['connection', 'request'])
    .describe('`connection`: it ended before there was a request.'),
  reason: z.string(),
  count: z.int(),
  first: z.string(),
  last: z.string(),
  address: z.string().optional(),
  host_id: z.string().optional().describe('By its certificate; absent where none of ours says.'),
})
export type AgentRefusal = z.infer<typeof AgentRefusal>

/** `GET /api/v1/agent-refusals`: the latest first. */
export const AgentRefusals = z.strictObject({
  since: z.string().describe('When the server was started.'),
  items: z.array(AgentRefusal),
})
export type AgentRefusals = z.infer<typeof AgentRefusals>

/** Records of a host that came in the last day and wait as dead letters. */
export const HostDeadLetters = z.strictObject({
  count: z.int(),
  last: z.string().describe('When the newest of them came.'),
})
export type HostDeadLetters = z.infer<typeof HostDeadLetters>

/** `GET /api/v1/hosts/:id/agent`: what a host's page says of its agent beside the record. */
export const HostAgentDetail = z.strictObject({
  report: z
    .strictObject({
      boot_id: z.string(),
      usage: AgentUsage,
      sensors: z.array(SensorHealth),
      permissions: z.array(PermissionState),
      posture: PostureReport.optional(),
      ledger: LedgerStanding,
    })
    .optional()
    .describe('Absent before its first report.'),
  history: z.array(ActivityEntry).describe('Newest first.'),
})
export type HostAgentDetail = z.infer<typeof HostAgentDetail>

/** One step of a command's way. */
export const CommandStep = z.strictObject({
  state: CommandState,
  at: z.string(),
  by: z.string().describe('Who said so: a person, `server` or `agent`.'),
  code: z.string().optional(),
})
export type CommandStep = z.infer<typeof CommandStep>

/** A command as people see it. */
export const CommandRecord = z.strictObject({
  id: z.string(),
  host_id: z.string(),
  counter: z.int(),
  action: CommandAction,
  parameters: z.record(z.string(), z.string()),
  issued_by: z.string(),
  issued_at: z.string(),
  expires_at: z.string(),
  state: CommandState,
  updated: z.string(),
  code: z.string().optional(),
  message: z.string().optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  history: z.array(CommandStep),
})
export type CommandRecord = z.infer<typeof CommandRecord>

/** Newest first. */
export const CommandPage = z.strictObject({ items: z.array(CommandRecord.omit({ result: true })) })
export type CommandPage = z.infer<typeof CommandPage>

/** What an agent is to be told. */
export const CommandRequest = z.strictObject({
  action: CommandAction,
  parameters: z.record(z.string().max(64), z.string().max(1_024)).default({}),
  expires_seconds: z.int().min(10).max(604_800).default(3_600),
})
export type CommandRequest = z.infer<typeof CommandRequest>

/**
 * - `rolling`: ring after ring gets it. `complete`: everybody may have it.
 * - `halted`: no further host gets it. `superseded`: a newer one took its place.
 */
export const ROLLOUT_STATES = ['rolling', 'halted', 'complete', 'superseded'] as const
/** One of {@link ROLLOUT_STATES}. */
export const RolloutState = z.enum(ROLLOUT_STATES)
/** One of {@link ROLLOUT_STATES}. */
export type RolloutState = z.infer<typeof RolloutState>

/** How many hosts of a bundle are where. */
export const RolloutCounts = z.strictObject({
  hosts: z.int().describe('Hosts that are to run it now.'),
  applied: z.int(),
  refused: z.int(),
  rolled_back: z.int(),
  crashed: z.int(),
  noisy: z.int().describe('Told more alerts than they may while they are watched.'),
})
export type RolloutCounts = z.infer<typeof RolloutCounts>

/** A bundle and how far it has come. */
export const BundleRecord = z.strictObject({
  id: z.string(),
  version: z.int(),
  kind: z.enum(['content', 'rollback', 'renewal']),
  created: z.string(),
  created_by: z.string(),
  expires: z.string(),
  rules: z.int(),
  files: z.int(),
  bytes: z.int(),
  content: z.string().describe('Hash of files and policy: bundles with the same are the same.'),
  policy: AgentPolicy,
  left_out: z.array(z.string()).describe('Marked rules that cannot run on a Mac, and why.'),
  state: RolloutState,
  ring: z.int().describe('Ring that gets it now, from 0.'),
  ring_since: z.string(),
  reason: z.string().optional().describe('Why it was halted.'),
  tolerated: z.int().optional().describe('Failed hosts it goes on with, as somebody decided.'),
  counts: RolloutCounts,
})
export type BundleRecord = z.infer<typeof BundleRecord>

/** How bundles are rolled out. */
export const RolloutSettings = z.strictObject({
  canary_hosts: z.array(z.string().max(128)).max(100).default([]),
  ring_percents: z
    .array(z.number().gt(0).max(100))
    .max(8)
    .default([10])
    .describe('Share of the hosts in each ring between the canaries and everybody.'),
  soak_minutes: z.int().min(0).max(10_080).default(30).describe('Time a ring is watched.'),
  failures_max: z.int().min(0).default(0).describe('Hosts of a ring that may refuse or crash.'),
  alerts_per_host_max: z.int().min(1).default(200).describe('Alerts of one host while watched.'),
  roll_back: z.boolean().default(true).describe('Go back to the last good content by itself.'),
})
export type RolloutSettings = z.infer<typeof RolloutSettings>

/** `GET /api/v1/rollout`. */
export const Rollout = z.strictObject({
  bundles: z.array(BundleRecord).describe('Newest first.'),
  policy: AgentPolicy,
  settings: RolloutSettings,
  rings: z.int().describe('Rings there are, the last of which is everybody.'),
  problem: z.string().optional().describe('Why the present content is not offered.'),
})
export type Rollout = z.infer<typeof Rollout>

/** Goes back to the content of an earlier bundle; without one, to the last that was complete. */
export const RollBackRequest = z.strictObject({ to: z.string().max(64).optional() })
export type RollBackRequest = z.infer<typeof RollBackRequest>

/** What is decided for all agents; absent parts stay. */
export const RolloutChange = z.strictObject({
  policy: AgentPolicy.optional(),
  settings: RolloutSettings.optional(),
})
export type RolloutChange = z.infer<typeof RolloutChange>
