import { z } from 'zod'
import { AlertProcess, Severity } from './alert.ts'

/** What the alerts of an incident add up to, as its generated name says it. */
export const INCIDENT_ACTIVITIES = [
  'ransomware',
  'information_theft',
  'password_guessing',
  'remote_access',
  'cryptomining',
  'backdoor',
  'credential_access',
  'persistence',
  'defense_evasion',
  'execution',
  'discovery',
  'suspicious',
] as const
/** One of {@link INCIDENT_ACTIVITIES}. */
export const IncidentActivity = z.enum(INCIDENT_ACTIVITIES)
/** One of {@link INCIDENT_ACTIVITIES}. */
export type IncidentActivity = z.infer<typeof IncidentActivity>

/** Why an alert is part of an incident. */
export const JOIN_KINDS = [
  'first',
  'same_process',
  'descendant',
  'common_ancestor',
  'pipeline',
  'launch_item',
  'file_run',
  'file_used',
  'file_named',
  'responsible',
  'acted_on',
  'address',
  'domain_and_session',
] as const
/** One of {@link JOIN_KINDS}. */
export const JoinKind = z.enum(JOIN_KINDS)
/** One of {@link JOIN_KINDS}. */
export type JoinKind = z.infer<typeof JoinKind>

/** How one alert came into its incident. */
export const IncidentJoin = z.strictObject({
  alert_id: z.string(),
  kind: JoinKind,
  because: z.string().describe('The reason as one English sentence.'),
  process: z
    .strictObject({ entity_id: z.string(), pid: z.int(), name: z.string().optional() })
    .optional()
    .describe('The process that ties the alert to the incident.'),
  value: z.string().optional().describe('The file, launch item, address or domain of the tie.'),
  merged: z
    .array(z.string())
    .optional()
    .describe('Incidents that this alert showed to be one with this.'),
})
export type IncidentJoin = z.infer<typeof IncidentJoin>

/**
 * Alerts that belong to one attack. Its id is derived from the alert that opened it: the same
 * input gives the same incidents.
 */
export const Incident = z.strictObject({
  id: z.string(),
  tenant_id: z.string(),
  name: z.string().describe('Generated: what happens, from where, on which host.'),
  activity: IncidentActivity,
  origin: z.string().optional().describe('Application, script or address it comes from.'),
  severity: Severity,
  risk_score: z.int().min(0).max(100),
  host: z.strictObject({ id: z.string(), name: z.string().optional() }),
  users: z.array(z.string()).describe('Names of the accounts its processes ran under.'),
  tactics: z.array(z.string()).describe('ATT&CK tactics in the order of the matrix.'),
  techniques: z.array(z.string()).describe('ATT&CK technique ids, in the order they came.'),
  rules: z.array(z.string()).describe('Ids of the rules that fired, in the order they did.'),
  first_time: z.string().describe('Time of its earliest alert.'),
  last_time: z.string().describe('Time of its latest alert.'),
  alert_count: z.int(),
  root: AlertProcess.optional().describe('The process that the chain goes back to.'),
})
export type Incident = z.infer<typeof Incident>

/** What became of an incident since the last time: its state now, and what is new in it. */
export interface IncidentChange {
  readonly incident: Incident
  /** Alerts that joined, in order. */
  readonly joins: readonly IncidentJoin[]
  /** Ids of incidents that are part of this one from now on, with all their alerts. */
  readonly merged: readonly string[]
}
