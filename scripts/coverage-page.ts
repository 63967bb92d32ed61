/** Which techniques of ATT&CK the shipped rules are tagged with. */
import type { Expression, Rule, RuleBody } from '@pomona/rules'
import {
  inOlderVocabulary,
  type Severity,
  severityRank,
  TACTICS,
  techniqueAliases,
} from '@pomona/schema'
import { shippedRules } from '../tests/content/rule-folders.ts'

const KINDS = ['single event', 'lineage', 'sequence', 'correlation'] as const
type Kind = (typeof KINDS)[number]

const FOLDER = '../../content/rules'

/** The page `docs/reference/coverage.md`. */
export function coveragePage(): string {
  const rules = shippedRules().filter(({ silent }) => !silent)
  const byTechnique = grouped(rules, ({ techniques }) => techniques.map(({ id }) => id))
  // Version 19's tactics are counted with the one of 18 that they were.
  const byTactic = grouped(rules, ({ tactics }) => inOlderVocabulary(tactics))
  const byKind = grouped(rules, ({ body }) => [kindOf(body)])
  return `# Coverage

Generated from the tags of the rules in \`content/rules\` by \`npm run generate\`. A tag says what a rule is
about; whether it finds an attack says only a test on that attack. Ids are those of
[ATT&CK](https://attack.mitre.org/) 18.1; where version 19 gave a technique another id it stands beside it. What 18 calls
defense evasion, 19 calls stealth and defense impairment: both count as the former here.

${rules.length} rules over ${byTechnique.size} techniques and sub-techniques.

| kind | rules |
|---|---|
${KINDS.map((kind) => `| ${kind} | ${byKind.get(kind)?.length ?? 0} |`).join('\n')}

| tactic | rules |
|---|---|
${TACTICS.flatMap((tactic) => tacticRow(tactic, byTactic.get(tactic) ?? [])).join('\n')}

| technique | highest level | rules |
|---|---|---|
${[...byTechnique].map(([technique, found]) => techniqueRow(technique, found)).join('\n')}
`
}

/** Rules under each of their keys, by key, each list by folder. */
function grouped<Key extends string>(
  rules: readonly Rule[],
  keysOf: (rule: Rule) => readonly Key[],
): ReadonlyMap<Key, readonly Rule[]> {
  const found = new Map<Key, Rule[]>()
  for (const rule of rules) {
    for (const key of new Set(keysOf(rule))) {
      const under = found.get(key)
      if (under === undefined) found.set(key, [rule])
      else under.push(rule)
    }
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function tacticRow(tactic: string, rules: readonly Rule[]): readonly string[] {
  return rules.length === 0 ? [] : [`| ${tactic} | ${rules.length} |`]
}

function techniqueRow(technique: string, rules: readonly Rule[]): string {
  const address = `https://attack.mitre.org/techniques/${technique.replace('.', '/')}/`
  const links = rules.map(({ path }) => `[${path}](${FOLDER}/${path}/rule.yml)`)
  const now = techniqueAliases(technique).map((id) => ` (${id})`)
  return `| [${technique}](${address})${now.join('')} | ${highest(rules)} | ${links.join(', ')} |`
}

function highest(rules: readonly Rule[]): Severity | undefined {
  const severities = rules.map(({ severity }) => severity)
  return severities.toSorted((a, b) => severityRank(b) - severityRank(a))[0]
}

function kindOf(body: RuleBody): Kind {
  if (body.kind === 'correlation') return 'correlation'
  if (body.kind !== 'event') return 'sequence'
  return asksLineage(body.expression) ? 'lineage' : 'single event'
}

function asksLineage(expression: Expression): boolean {
  switch (expression.kind) {
    case 'lineage':
      return true
    case 'not':
      return asksLineage(expression.operand)
    case 'and':
    case 'or':
      return expression.operands.some(asksLineage)
    default:
      return false
  }
}
