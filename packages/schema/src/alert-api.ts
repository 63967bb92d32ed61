import { z } from 'zod'
import { Alert, Severity } from './alert.ts'

/** What people do with an alert. */
export const ALERT_STATUSES = ['new', 'in_progress', 'closed'] as const
/** One of {@link ALERT_STATUSES}. */
export const AlertStatus = z.enum(ALERT_STATUSES)
export type AlertStatus = z.infer<typeof AlertStatus>

/** What an alert turned out to be. */
export const VERDICTS = ['true_positive', 'false_positive', 'benign_positive'] as const
/** One of {@link VERDICTS}. */
export const Verdict = z.enum(VERDICTS)
export type Verdict = z.infer<typeof Verdict>

/** Where an engine found an alert. */
export const ALERT_FINDERS = ['host', 'server'] as const
/** One of {@link ALERT_FINDERS}. */
export const AlertFinder = z.enum(ALERT_FINDERS)
export type AlertFinder = z.infer<typeof AlertFinder>

/** An alert with its place in the queue. Times are RFC 3339 with nine digits. */
export const AlertRecord = Alert.extend({
  status: AlertStatus,
  verdict: Verdict.optional(),
  assignee: z.string().optional(),
  incident_id: z.string().optional().describe('The incident it is part of.'),
  found_by: z
    .array(AlertFinder)
    .optional()
    .describe('Which engines found it; absent when the one of the server alone did.'),
  created: z.string().describe('When the server stored it.'),
  updated: z.string(),
})
export type AlertRecord = z.infer<typeof AlertRecord>

/** One value, or the key repeated for several. */
export const list = <T extends z.ZodType>(item: T) =>
  z.union([z.array(item), item.transform((one) => [one])]).optional()

/** Filters of the alert queue; the console keeps exactly these in its address. */
export const AlertQuery = z.object({
  severity: list(Severity),
  status: list(AlertStatus),
  host: list(z.string().max(255)).describe('Host ids.'),
  rule: list(z.string().max(255)).describe('Rule ids.'),
  technique: list(z.string().max(16)).describe(
    'Technique ids of ATT&CK 18 or 19; a parent also finds its children.',
  ),
  q: z.string().max(200).optional().describe('Text in the rule name, host name or process.'),
  from: z.string().optional(),
  to: z.string().optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export type AlertQuery = z.infer<typeof AlertQuery>

/** One value of a filter, and how many items it would show. */
export const FacetValue = z.strictObject({ value: z.string(), label: z.string(), count: z.int() })
export type FacetValue = z.infer<typeof FacetValue>

/** A page of the alert queue, newest first, with what the filters offer. */
export const AlertPage = z.strictObject({
  items: z.array(AlertRecord),
  total: z.int().describe('Alerts that fit the filters.'),
  next_cursor: z.string().optional(),
  facets: z.strictObject({
    severity: z.array(FacetValue),
    status: z.array(FacetValue),
    host: z.array(FacetValue),
    rule: z.array(FacetValue),
    technique: z.array(FacetValue),
  }),
  histogram: z
    .array(z.strictObject({ from: z.string(), count: z.int() }))
    .describe('Alerts that fit the filters per hour, the last 24 hours.'),
})
export type AlertPage = z.infer<typeof AlertPage>

/** What a person changes on an alert; `null` takes a value away. */
export const AlertUpdate = z.strictObject({
  status: AlertStatus.optional(),
  verdict: Verdict.nullable().optional(),
  assignee: z.string().max(100).nullable().optional(),
})
export type AlertUpdate = z.infer<typeof AlertUpdate>

/** The same change to several alerts. */
export const AlertBulkUpdate = z.strictObject({
  ids: z.array(z.string()).min(1).max(500),
  update: AlertUpdate,
})
export type AlertBulkUpdate = z.infer<typeof AlertBulkUpdate>

/** A line of an alert's history. */
export const ActivityEntry = z.strictObject({
  time: z.string(),
  actor: z.string(),
  action: z.string(),
  details: z.record(z.string(), z.string()),
})
export type ActivityEntry = z.infer<typeof ActivityEntry>
