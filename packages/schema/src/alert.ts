import { z } from 'zod'

/** Severities in rising order; the words are Sigma's levels. */
export const SEVERITIES = ['informational', 'low', 'medium', 'high', 'critical'] as const
/** One of {@link SEVERITIES}. */
export const Severity = z.enum(SEVERITIES)
/** One of {@link SEVERITIES}. */
export type Severity = z.infer<typeof Severity>

/** Position of a severity in the rising order, 0 to 4. */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}

/** An ATT&CK technique as a rule names it, with the vocabulary it was written for. */
export const Technique = z.strictObject({
  id: z.string().regex(/^T\d{4}(\.\d{3})?$/),
  tactics: z.array(z.string()).describe('ATT&CK tactic short names, such as credential-access.'),
})
export type Technique = z.infer<typeof Technique>

/** A process an alert speaks of, with enough to name it without a look-up. */
export const AlertProcess = z.strictObject({
  pid: z.int(),
  pidversion: z.int(),
  entity_id: z.string(),
  name: z.string().optional(),
  executable: z.string().optional(),
  command_line: z.string().optional(),
})
export type AlertProcess = z.infer<typeof AlertProcess>

/** One predicate of a rule that held, with the value of the event that satisfied it. */
export const MatchedPredicate = z.strictObject({
  event_id: z.string(),
  selection: z.string().describe('Name of the search identifier or step in the rule.'),
  field: z.string().describe('ECS name of the field; empty for a keyword search.'),
  operator: z.string().describe('How it was compared, such as endswith or re.'),
  pattern: z.string().describe('The value of the rule that matched, as the rule writes it.'),
  value: z.string().describe('The value of the event, as text.'),
})
export type MatchedPredicate = z.infer<typeof MatchedPredicate>

/**
 * What the engine says when a rule holds. Its id is derived: the same input gives the same alert.
 */
export const Alert = z.strictObject({
  id: z.string(),
  rule_id: z.string(),
  rule_name: z.string(),
  rule_version: z.string().describe('Hash of the rule as compiled.'),
  severity: Severity,
  risk_score: z.int().min(0).max(100),
  attack_version: z.string().describe('ATT&CK version the technique ids are written in.'),
  techniques: z.array(Technique),
  tactics: z.array(z.string()),
  time: z.string().describe('When the last triggering event happened.'),
  tenant_id: z.string(),
  host: z.strictObject({ id: z.string(), name: z.string().optional() }),
  user: z.strictObject({ id: z.string().optional(), name: z.string().optional() }).optional(),
  processes: z.array(AlertProcess),
  events: z.array(z.string()).describe('Ids of the triggering events, in order.'),
  matches: z.array(MatchedPredicate),
  group_key: z.string(),
})
export type Alert = z.infer<typeof Alert>
