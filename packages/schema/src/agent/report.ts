import { z } from 'zod'
import { HostDescription } from '../batch.ts'
import { Counts, Identifier, Instant, Sha256 } from './fields.ts'
import { LEDGER_ROWS_MAX, LedgerRow } from './ledger.ts'
import { PostureReport } from './posture.ts'

/** How a sensor is doing. `off` is on purpose; `failed` has given up for now. */
export const SENSOR_STATES = ['starting', 'running', 'degraded', 'failed', 'off'] as const
/** One of {@link SENSOR_STATES}. */
export const SensorState = z.enum(SENSOR_STATES)
/** One of {@link SENSOR_STATES}. */
export type SensorState = z.infer<typeof SensorState>

/** What keeps a sensor from working, and what to do about it. */
export const SensorProblem = z.strictObject({
  code: z.string().min(1).max(64),
  message: z.string().min(1).max(1_024),
  remedy: z.string().max(1_024).optional(),
  profile: z.string().max(128).optional().describe('The configuration profile that grants it.'),
})
export type SensorProblem = z.infer<typeof SensorProblem>

/** One sensor of an agent. */
export const SensorHealth = z.strictObject({
  sensor: Identifier,
  state: SensorState,
  since: Instant,
  problem: SensorProblem.optional(),
  restarts: z.int().min(0),
  lost: z.int().min(0),
  lost_by_type: Counts,
  last_record: Instant.optional(),
})
export type SensorHealth = z.infer<typeof SensorHealth>

/** A permission that macOS has to grant. */
export const PermissionState = z.strictObject({
  name: z.enum(['full_disk_access', 'root', 'packet_capture']),
  granted: z.boolean(),
  needed_by: z.array(Identifier).max(32),
  profile: z.string().max(128).optional(),
})
export type PermissionState = z.infer<typeof PermissionState>

/** What the agent itself costs and holds. */
export const AgentUsage = z.strictObject({
  started: Instant,
  cpu_percent: z.number().min(0).describe('Of one core, since the last report.'),
  memory_bytes: z.int().min(0),
  spool_bytes: z.int().min(0),
  spool_events: z.int().min(0),
  spool_oldest: Instant.optional(),
  alerts: z.int().min(0).describe('Alerts of the engine on the host since its start.'),
})
export type AgentUsage = z.infer<typeof AgentUsage>

/** Which configuration and content an agent runs, and what became of the newest it got. */
export const BundleReport = z.strictObject({
  applied: Sha256.optional(),
  offered: Sha256.optional(),
  state: z.enum(['none', 'applied', 'refused', 'rolled_back']),
  reason: z.string().max(1_024).optional(),
})
export type BundleReport = z.infer<typeof BundleReport>

/** `POST /agent/v1/reports`: every minute, and when something changes. */
export const AgentReport = z.strictObject({
  session_id: z.uuid().describe('Drawn at each start of the agent.'),
  epoch: z.int().min(0),
  boot_id: Identifier,
  stopping: z
    .boolean()
    .optional()
    .describe('The last report of this start: the agent was asked to end.'),
  sent_at: Instant.describe("The agent's clock; the server measures the skew by it."),
  host: HostDescription,
  usage: AgentUsage,
  sensors: z.array(SensorHealth).max(32),
  permissions: z.array(PermissionState).max(16),
  posture: PostureReport.optional().describe('The newest snapshot, once there is one.'),
  bundle: BundleReport,
  ledger: z.array(LedgerRow).max(LEDGER_ROWS_MAX).describe('In order, without holes.'),
  ledger_end: z
    .int()
    .min(0)
    .optional()
    .describe("Index after the newest row of the agent's ledger, sent or not."),
})
export type AgentReport = z.infer<typeof AgentReport>

/**
 * Why ledger rows of a report were not taken: `gap` rows before them are missing, `altered` a row
 * does not have the hash it says, `fork` a row contradicts one that is stored.
 */
export const LEDGER_PROBLEMS = ['gap', 'altered', 'fork'] as const
/** One of {@link LEDGER_PROBLEMS}. */
export const LedgerProblem = z.enum(LEDGER_PROBLEMS)
/** One of {@link LEDGER_PROBLEMS}. */
export type LedgerProblem = z.infer<typeof LedgerProblem>

/** The answer: where the ledger goes on, so that a row is sent until it is known to be stored. */
export const ReportAnswer = z.strictObject({
  server_time: Instant,
  ledger_next: z.int().min(0).describe('Index of the first row the server does not have.'),
  ledger_problem: LedgerProblem.optional().describe('Why rows were refused; the host is flagged.'),
  bundle: Sha256.optional().describe('The bundle this host should run.'),
})
export type ReportAnswer = z.infer<typeof ReportAnswer>
