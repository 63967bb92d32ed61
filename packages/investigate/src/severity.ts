import { SEVERITIES, type Severity, severityRank } from '@pomona/schema'

/** What the severity of an incident is made of. */
export interface ChainFacts {
  /** Highest severity of its alerts. */
  readonly highest: Severity
  /** Distinct tactics. */
  readonly tacticCount: number
  /** Distinct rules: the length of the chain, however often each step was taken. */
  readonly ruleCount: number
}

const LONG_CHAIN = { tactics: 4, rules: 5 }
const MEDIUM = severityRank('medium')

/**
 * The severity of an incident: that of its worst alert, one step more when the alerts show a chain
 * of many different steps over several tactics.
 *
 * Alerts below medium are expected of people at work, so a chain of them stays below medium: any
 * number of harmless things is harmless.
 */
export function incidentSeverity({ highest, tacticCount, ruleCount }: ChainFacts): Severity {
  const rank = severityRank(highest)
  const isChain = tacticCount >= LONG_CHAIN.tactics && ruleCount >= LONG_CHAIN.rules
  return isChain && rank >= MEDIUM ? (SEVERITIES[rank + 1] ?? highest) : highest
}

/** What a further rule adds, as a share of its score. */
const FURTHER_RULE_SHARE = 0.1

/**
 * Risk from 0 to 100: the highest score of the rules that fired, and of what is missing to 100 a
 * part for each further rule.
 *
 * @param scores One score a rule.
 */
export function incidentRisk(scores: Iterable<number>): number {
  const [highest = 0, ...others] = [...scores].toSorted((a, b) => b - a)
  let missing = 1 - highest / 100
  for (const score of others) missing *= 1 - (score / 100) * FURTHER_RULE_SHARE
  return Math.min(100, Math.max(0, Math.round(100 * (1 - missing))))
}
