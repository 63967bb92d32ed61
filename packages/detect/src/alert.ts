import type { Rule } from '@pomona/rules'
import {
  type Alert,
  alertId,
  type AlertProcess,
  type EventId,
  type RuleId,
  type TenantId,
} from '@pomona/schema'
import type { Evidence } from './evidence.ts'

/** A rule that held, by one event or several, and what for. */
export interface Found {
  readonly rule: Rule
  readonly tenantId: TenantId
  /** What the events have in common; the host's id where that is all. */
  readonly groupKey: string
  /** Of every event, in order; at least one. */
  readonly evidence: readonly Evidence[]
}

/** Bounds of one alert. */
export interface AlertLimits {
  readonly matchesMax: number
  readonly processesMax: number
}

/** Makes the alert of what was found. Time and host are those of the last event. */
export function alertOf({ rule, tenantId, groupKey, evidence }: Found, limits: AlertLimits): Alert {
  const last = evidence.at(-1)
  if (last === undefined) throw new RangeError('an alert has at least one event')
  // The same event may stand for several steps or rules.
  const events = [...new Set(evidence.map(({ facts }) => facts.id))]
  const user = evidence.findLast(({ facts }) => facts.user !== undefined)?.facts.user
  return {
    id: alertId({
      ruleId: rule.id as RuleId, // The rule's own id; the brand only keeps it from being confused.
      ruleVersion: rule.version,
      tenantId,
      groupKey,
      eventIds: events as EventId[], // Ids of stored events are such ids.
    }),
    rule_id: rule.id,
    rule_name: rule.name,
    rule_version: rule.version,
    severity: rule.severity,
    risk_score: rule.riskScore,
    attack_version: rule.attackVersion,
    techniques: rule.techniques.map(({ id, tactics }) => ({ id, tactics: [...tactics] })),
    tactics: [...rule.tactics],
    time: last.facts.time,
    tenant_id: tenantId,
    host: last.facts.host,
    ...(user === undefined ? {} : { user }),
    processes: processesOf(evidence, limits.processesMax),
    events,
    matches: evidence.flatMap(({ matches }) => matches).slice(0, limits.matchesMax),
    group_key: groupKey,
  }
}

/** The processes of the last event first, as of an alert of one event; each image once. */
function processesOf(evidence: readonly Evidence[], processesMax: number): AlertProcess[] {
  const byEntity = new Map<string, AlertProcess>()
  for (const { facts } of evidence.toReversed()) {
    for (const process of facts.processes) {
      if (!byEntity.has(process.entity_id)) byEntity.set(process.entity_id, process)
    }
  }
  return [...byEntity.values()].slice(0, processesMax)
}
