import { deepEqual, equal, notEqual, ok, throws } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadRules, parseFieldMapping } from '@pomona/rules'
import { AgentPolicy } from '@pomona/schema'
import { CONTENT_DIRECTORY } from '../../src/config.ts'
import { loadContent } from '../../src/engine/content.ts'
import { buildContent, contentText, type HostContent } from '../../src/fleet/bundle-content.ts'
import { EVIL_RULE } from '../support/server.ts'

const mapping = readFileSync(join(CONTENT_DIRECTORY, 'mappings', 'sigma-macos.yml'), 'utf8')
const MARKED = EVIL_RULE.replace('tags: [', 'tags: [pomona.host, ')
const ruleId = (n: number): string => `6f0b6a3e-7c6f-4f0c-9a38-00000000000${n}`

function marked(n: number): string {
  return MARKED.replace(/^id: .*$/m, `id: ${ruleId(n)}`).replace(/^title: .*$/m, `title: Evil ${n}`)
}

function contentOf(
  rules: Readonly<Record<string, string>>,
  exceptions: Readonly<Record<string, string>> = {},
): HostContent {
  const listed = (files: Readonly<Record<string, string>>, folder: string) =>
    Object.entries(files).map(([path, text]) => ({ path: `${folder}/${path}`, text }))
  const texts = {
    mapping,
    rules: listed(rules, 'rules'),
    exceptions: listed(exceptions, 'exceptions'),
  }
  return { texts, rules: loadRules(texts.rules, { mapping: parseFieldMapping(mapping) }) }
}

test('bundle content: marked rules go to hosts with mapping and exceptions, others stay', () => {
  const built = buildContent(
    contentOf({ 'a.yml': marked(1), 'b.yml': EVIL_RULE }, { 'e.yml': 'title: Known' }),
  )
  deepEqual(Object.keys(built.files), [
    'mappings/sigma-macos.yml',
    'rules/a.yml',
    'exceptions/e.yml',
  ])
  deepEqual([built.rules, built.leftOut], [1, []])
})

const CORRELATION = `title: Many evils
id: ${ruleId(8)}
tags: [pomona.host]
correlation:
  type: event_count
  rules: [${ruleId(2)}]
  group-by: [host.id]
  timespan: 1m
  condition: { gte: 2 }
level: high
`

test('bundle content: what cannot run alone is left out and told, the rest goes', () => {
  const built = buildContent(
    contentOf({
      'a.yml': marked(1),
      'b.yml': EVIL_RULE.replace(/^id: .*$/m, `id: ${ruleId(2)}`),
      'c.yml': CORRELATION,
      'with blank.yml': marked(4),
    }),
  )
  deepEqual(Object.keys(built.files), ['mappings/sigma-macos.yml', 'rules/a.yml'])
  equal(built.rules, 1)
  equal(built.leftOut.length, 2)
  ok(built.leftOut.some((line) => line.startsWith('rules/c.yml: ')))
  ok(built.leftOut.some((line) => line.startsWith('rules/with blank.yml: its path')))
})

test('bundle content: a filter goes with the rule it is part of', () => {
  const filter = `title: Not ours
id: ${ruleId(9)}
logsource: { category: process_creation, product: macos }
filter:
  rules: [${ruleId(1)}]
  ours: { CommandLine|contains: ours }
  condition: not ours
`
  const content = contentOf({ 'a.yml': marked(1), 'filter.yml': filter, 'b.yml': EVIL_RULE })
  const built = buildContent(content)
  deepEqual([Object.keys(built.files).length, built.rules, built.leftOut], [3, 1, []])
})

test('bundle content: nothing is made of a mapping that cannot be read', () => {
  const content = contentOf({ 'a.yml': marked(1) })
  throws(() => buildContent({ ...content, texts: { ...content.texts, mapping: '[' } }), {
    name: 'ContentUnfit',
  })
})

test('bundle content: the shipped content makes a whole bundle', async () => {
  const { texts, rules } = await loadContent(CONTENT_DIRECTORY)
  const built = buildContent({ texts, rules })
  ok(built.rules >= 50, `${built.rules} rules`)
  deepEqual(built.leftOut, [])
})

test('bundle content: its text knows files and policy, not their order', () => {
  const policy = AgentPolicy.parse({})
  const text = contentText({ a: '1', b: '2' }, policy)
  equal(contentText({ b: '2', a: '1' }, policy), text)
  notEqual(contentText({ a: '1', b: '3' }, policy), text)
  notEqual(contentText({ a: '1', b: '2' }, { ...policy, host_detection: false }), text)
})
