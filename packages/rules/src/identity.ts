import { deriveId } from '@pomona/schema'
import { assertNever } from './assert-never.ts'
import type { Expression, Rule } from './rule.ts'

// Positions and names of selections say where a rule is written, not what it means; nor does the
// order of operands, which is that of the rule's keys.
function meaning(expression: Expression): unknown {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return [expression.kind, operandsId(expression.operands)]
    case 'not':
      return ['not', meaning(expression.operand)]
    case 'test':
      return ['test', expression.predicate.field, canonical(expression.predicate.test)]
    case 'keyword':
      return ['keyword', canonical(expression.keyword.test)]
    case 'constant':
      return ['constant', expression.value]
    default:
      return assertNever(expression)
  }
}

// A hash, because text quoted in text once a level would double with every level.
function operandsId(operands: readonly Expression[]): string {
  const texts = operands.map((operand) => JSON.stringify(meaning(operand)))
  return deriveId('operands', texts.toSorted())
}

/** The same value with keys in alphabetical order, so that it serialises in one way only. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([key, inner]) => [key, canonical(inner)])
}

/**
 * Hashes what a rule means: when it fires and how its alert is rated. Comments, formatting, order
 * of keys, texts and the file's place do not change it; it is the `rule_version` of alerts and part
 * of their ids.
 */
export function ruleVersion(rule: Omit<Rule, 'version'>): string {
  const facts = {
    language: rule.language,
    severity: rule.severity,
    riskScore: rule.riskScore,
    techniques: rule.techniques,
    tactics: rule.tactics,
    gate: rule.gate,
  }
  const text = JSON.stringify([canonical(facts), meaning(rule.expression)])
  return deriveId('rule', [text]).slice(0, 16)
}
