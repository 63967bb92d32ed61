import { loadRules, type Rule } from '@pomona/rules'
import { RuleExplainer, type RuleExplanation } from '../../src/index.ts'
import { mapping } from '../sigma.ts'

/** Changes to a sample event, by dotted field name. */
export type Fields = Readonly<Record<string, unknown>>

/** An event of one Mac at a second of a morning. */
export function eventAt(second: number, fields: Fields): object {
  const seconds = String(Math.floor(second)).padStart(2, '0')
  const fraction = String(Math.round((second % 1) * 1_000)).padStart(3, '0')
  const all: Fields = {
    '@timestamp': `2026-11-22T09:00:${seconds}.${fraction}000000Z`,
    'event.id': `stream-${Math.round(second * 1_000)}`,
    'host.id': 'mac-1',
    ...fields,
  }
  const event: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(all)) {
    const path = name.split('.')
    let node = event
    for (const key of path.slice(0, -1)) {
      node[key] ??= {}
      node = node[key] as Record<string, unknown> // Made on the line above.
    }
    node[path.at(-1) ?? ''] = value
  }
  return event
}

/** Loads the rules of one text as for a deployment; fails when one of them does not load. */
export function rulesOf(text: string): readonly Rule[] {
  const { rules, outcomes } = loadRules([{ path: 'rule.yml', text }], { mapping })
  const broken = outcomes.filter(({ state }) => state !== 'loaded')
  if (broken.length > 0) throw new Error(JSON.stringify(broken))
  return rules
}

/** Explains the last rule of a text on events, each on a line of its own. */
export function explained(text: string, events: readonly object[]): RuleExplanation {
  const rules = rulesOf(text)
  const rule = rules.at(-1)
  if (rule === undefined) throw new Error('no rule')
  const explainer = new RuleExplainer(rule, { rules })
  for (const [index, event] of events.entries()) explainer.take(event, { line: index + 1 })
  return explainer.explanation()
}

/** An EQL rule around a query. */
export function eqlRule(query: string): string {
  return [
    'title: Test',
    'id: 00000000-0000-4000-8000-000000000001',
    'level: high',
    'logsource: {product: macos}',
    'language: eql',
    'query: |',
    ...query.split('\n').map((line) => `  ${line}`),
  ].join('\n')
}
