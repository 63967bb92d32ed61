import { deepEqual, equal, ok } from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { readEventSet } from '@pomona/detect/testing'
import { objects, pomona, temporaryFolder, written } from '../pomona.ts'

const ROOT = join(import.meta.dirname, '../../../..')
const REGRESSION = join(ROOT, '../shared/data/detection/sigma/regression')
const skip = existsSync(REGRESSION) ? false : 'SigmaHQ data is not beside the checkout'

// Two event sets hold more events the rule names than their info.yml counts: three artefacts of
// AnyDesk (user.conf), three dropped executables (procdump.exe, procdump64.exe, procdump64a.exe).
const STATED_TOO_LOW: ReadonlyMap<string, number> = new Map([
  ['0b9ad457-2554-44c1-82c2-d56a99c42377', 3],
  ['8fbf3271-1ef6-4e94-8210-03c2317947f6', 3],
])

interface Case {
  readonly path: string
  readonly ruleId: string
  /** Absent where the case only says that there is a match. */
  readonly count: number | undefined
  /** Lines of its events, the last one not among them. */
  readonly from: number
  readonly to: number
}

/** Every case of SigmaHQ's regression data, with all events one after the other. */
function regression(): { cases: readonly Case[]; lines: readonly string[] } {
  const cases: Case[] = []
  const lines: string[] = []
  for (const path of globSync(join(REGRESSION, 'regression_data/**/info.yml')).toSorted()) {
    const info = readFileSync(path, 'utf8')
    const ruleId = /rule_metadata:\s*\n\s+- id: (\S+)/.exec(info)?.[1] ?? ''
    const count = /^\s+match_count: (\d+)/m.exec(info)?.[1]
    const wanted = count === undefined ? undefined : (STATED_TOO_LOW.get(ruleId) ?? Number(count))
    for (const file of globSync(join(dirname(path), '*')).toSorted()) {
      if (basename(file) === 'info.yml') continue
      const events = readEventSet({ path: file, text: readFileSync(file, 'utf8') })
      const from = lines.length + 1
      lines.push(...events.map((event) => JSON.stringify(event)))
      cases.push({ path: file, ruleId, count: wanted, from, to: lines.length + 1 })
    }
  }
  return { cases, lines }
}

test(
  'rules eval: every regression case of SigmaHQ, all rules on all events',
  { skip },
  async (t) => {
    const { cases, lines } = regression()
    const folder = temporaryFolder(t)
    const events = written(folder, { name: 'events.jsonl', content: lines.join('\n') })
    const rules = globSync(join(REGRESSION, 'rules*')).toSorted()
    const ended = await pomona([
      ...['rules', 'eval', '--rules', ...rules],
      ...['--events', events, '--fields', 'raw', '--json'],
    ])
    equal(ended.code, 0, ended.stderr)
    const told = objects(ended)
    const summary = told.at(-1)
    equal(summary?.['events'], lines.length)
    equal(summary['unreadable'], 0)
    const matches = told.slice(0, -1)
    const wrong = cases.flatMap(({ path, ruleId, count, from, to }) => {
      const found = matches.filter(({ rule_id: id, event }) => {
        return id === ruleId && Number(event) >= from && Number(event) < to
      }).length
      const isRight = count === undefined ? found > 0 : found === count
      return isRight ? [] : [`${path}: ${found} matches, not ${count ?? 'at least one'}`]
    })
    deepEqual(wrong, [])
    ok(cases.length > 0)
    t.diagnostic(`${cases.length} event sets, ${lines.length} events, ${matches.length} matches`)
  },
)

test('rules eval: says which rules it cannot try on single events', async (context) => {
  const folder = temporaryFolder(context)
  const rules = written(folder, {
    name: 'rule.yml',
    content: [
      'title: Two steps',
      'id: 11111111-2222-4333-8444-000000000009',
      'level: low',
      'logsource: {product: macos}',
      'language: eql',
      'query: sequence [any where a == 1] [any where a == 2]',
    ].join('\n'),
  })
  const events = written(folder, { name: 'events.jsonl', content: '{"a":1}\n{"a":2}\n' })
  const ended = await pomona([
    ...['rules', 'eval', '--rules', rules, '--events', events, '--fields', 'raw', '--json'],
  ])
  equal(ended.code, 0, ended.stderr)
  equal(objects(ended).at(-1)?.['matches'], 0)
  equal(objects(ended).at(-1)?.['rules_stateful'], 1)
  ok(ended.stderr.includes('rule.yml:1: not tried: a rule over several events'), ended.stderr)
})

const CORRELATED = `title: Any tool
name: any_tool
id: any-tool
level: low
logsource: { product: macos, category: process_creation }
detection: { s: { Image|contains: / }, condition: s }
---
title: Three tools of one user
id: three-tools
level: high
correlation:
  type: value_count
  rules: [any_tool]
  group-by: [User]
  timespan: 1m
  condition: { field: Image, gte: 3 }
`

test('rules eval: a correlation comes out at the event that completes it', async (context) => {
  const folder = temporaryFolder(context)
  const lines = ['/bin/a', '/bin/b', '/bin/b', '/bin/c', '/bin/d'].map((Image, second) =>
    JSON.stringify({ Image, User: 'ann', UtcTime: `2026-01-01 00:00:0${second}` }),
  )
  const events = written(folder, { name: 'events.jsonl', content: lines.join('\n') })
  const matches = async (content: string): Promise<readonly unknown[]> => {
    const rules = written(folder, { name: 'rules.yml', content })
    const args = [
      'rules',
      'eval',
      '--rules',
      rules,
      '--events',
      events,
      '--fields',
      'raw',
      '--json',
    ]
    return objects(await pomona(args)).slice(0, -1)
  }
  deepEqual(await matches(CORRELATED), [{ rule_id: 'three-tools', event: 4 }])
  deepEqual(await matches(`${CORRELATED}  generate: true\n`), [
    { rule_id: 'any-tool', event: 1 },
    { rule_id: 'any-tool', event: 2 },
    { rule_id: 'any-tool', event: 3 },
    { rule_id: 'any-tool', event: 4 },
    { rule_id: 'three-tools', event: 4 },
    { rule_id: 'any-tool', event: 5 },
  ])
})
