import { z } from 'zod'
import { Severity } from './alert.ts'
import {
  ActivityEntry,
  AlertRecord,
  AlertStatus,
  AlertUpdate,
  FacetValue,
  list,
  Verdict,
} from './alert-api.ts'
import { Incident, IncidentJoin } from './incident.ts'

/** An incident with its place in the work of people. Times are RFC 3339 with nine digits. */
export const IncidentRecord = Incident.extend({
  status: AlertStatus,
  verdict: Verdict.optional(),
  assignee: z.string().optional(),
  created: z.string().describe('When the server stored it.'),
  updated: z.string().describe('When it changed last: an alert joined, or a person decided.'),
})
export type IncidentRecord = z.infer<typeof IncidentRecord>

/** What a list of incidents may be ordered by. */
export const INCIDENT_ORDERS = ['latest', 'risk'] as const

/** Filters of the incident list; the console keeps exactly these in its address. */
export const IncidentQuery = z.object({
  severity: list(Severity),
  status: list(AlertStatus),
  host: list(z.string().max(255)).describe('Host ids.'),
  tactic: list(z.string().max(64)).describe('ATT&CK tactic short names, of 18 or 19.'),
  assignee: list(z.string().max(100)).describe('Names; an empty one finds those of nobody.'),
  q: z.string().max(200).optional().describe('Text in name, host, user, origin or root process.'),
  from: z.string().optional().describe('Latest alert at this time or after.'),
  to: z.string().optional().describe('Latest alert before this time.'),
  order: z.enum(INCIDENT_ORDERS).default('latest'),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export type IncidentQuery = z.infer<typeof IncidentQuery>

/** A page of the incident list, with what the filters offer. */
export const IncidentPage = z.strictObject({
  items: z.array(IncidentRecord),
  total: z.int().describe('Incidents that fit the filters.'),
  next_cursor: z.string().optional(),
  facets: z.strictObject({
    severity: z.array(FacetValue),
    status: z.array(FacetValue),
    host: z.array(FacetValue),
    tactic: z.array(FacetValue),
    assignee: z.array(FacetValue),
  }),
})
export type IncidentPage = z.infer<typeof IncidentPage>

/** What a person changes on an incident; `null` takes a value away. */
export const IncidentUpdate = AlertUpdate.extend({
  with_alerts: z
    .boolean()
    .optional()
    .describe('Gives its alerts the same status, verdict and assignee.'),
})
export type IncidentUpdate = z.infer<typeof IncidentUpdate>

/** The same change to several incidents. */
export const IncidentBulkUpdate = z.strictObject({
  ids: z.array(z.string()).min(1).max(100),
  update: IncidentUpdate,
})
export type IncidentBulkUpdate = z.infer<typeof IncidentBulkUpdate>

/** What a person writes down about an incident. */
export const IncidentNote = z.strictObject({ text: z.string().trim().min(1).max(4_000) })
export type IncidentNote = z.infer<typeof IncidentNote>

/** An incident with everything its page shows but the processes. */
export const IncidentDetail = z.strictObject({
  incident: IncidentRecord,
  alerts: z
    .array(z.strictObject({ alert: AlertRecord, join: IncidentJoin }))
    .describe('In the order they happened, each with why it is part of the incident.'),
  alerts_omitted: z.int().describe('Alerts beyond the first 500.'),
  activity: z.array(ActivityEntry),
})
export type IncidentDetail = z.infer<typeof IncidentDetail>
