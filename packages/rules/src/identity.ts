import { deriveId } from '@pomona/schema'
import type { Filter } from './expression.ts'
import type { Rule } from './rule.ts'

// They say where and in which words a rule is written, not what it means.
const WORDING: ReadonlySet<string> = new Set([
  'at',
  'selection',
  'written',
  'operator',
  'name',
  'category',
])
// The operator and value of a predicate are for people; its test says the same exactly.
const WORDING_OF_PREDICATE: ReadonlySet<string> = new Set([...WORDING, 'value'])

/**
 * The same value in one form only: keys in alphabetical order, without what is only wording. The
 * order of operands of `and` and `or`, which is that of the rule's keys, does not count either;
 * they become a hash, because text quoted in text once a level would double with every level.
 */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const dropped = 'test' in value ? WORDING_OF_PREDICATE : WORDING
  const isJunction = 'kind' in value && (value.kind === 'and' || value.kind === 'or')
  const entries = Object.entries(value)
    .filter(([key]) => !dropped.has(key) || isMeant(key, value))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([key, inner]) => [
    key,
    isJunction && key === 'operands' && Array.isArray(inner) ? operandsId(inner) : canonical(inner),
  ])
}

// The name of a function and the operator of an arithmetic formula are meaning.
function isMeant(key: string, value: object): boolean {
  if (!('kind' in value)) return false
  return (
    (key === 'name' && (value.kind === 'call' || value.kind === 'variable')) ||
    (key === 'operator' && value.kind === 'arithmetic')
  )
}

// A condition may name one selection many times; what it means is found out once.
const KNOWN_OPERANDS = new WeakMap<readonly unknown[], string>()

function operandsId(operands: readonly unknown[]): string {
  const known = KNOWN_OPERANDS.get(operands)
  if (known !== undefined) return known
  const texts = operands.map((operand) => JSON.stringify(canonical(operand)))
  const id = deriveId('operands', texts.toSorted())
  KNOWN_OPERANDS.set(operands, id)
  return id
}

/**
 * Hashes what a rule means: when it fires and how its alert is rated. Comments, formatting, order
 * of keys, texts and the file's place do not change it; it is the `rule_version` of alerts and part
 * of their ids.
 *
 * @param inputVersions Versions of the rules a correlation counts, in the order of its inputs.
 */
export function ruleVersion(
  rule: Omit<Rule, 'version'>,
  inputVersions: readonly string[] = [],
): string {
  const { language, severity, riskScore, techniques, tactics, body, silent } = rule
  const facts = canonical({ language, severity, riskScore, techniques, tactics, body, silent })
  return deriveId('rule', [JSON.stringify(facts), ...inputVersions]).slice(0, 16)
}
/** Hashes what a filter asks: two that are written differently and mean the same share it. */
export function filterId(filter: Filter): string {
  return deriveId('filter', [JSON.stringify(canonical(filter))])
}
