import { deepEqual, equal, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadRules, parseFieldMapping, type RuleOutcome, unparse } from '../../src/index.ts'

const mapping = parseFieldMapping(
  readFileSync(join(import.meta.dirname, '../../../../content/mappings/sigma-macos.yml'), 'utf8'),
)

const RULE = `title: Odd pair
id: 33333333-3333-4333-8333-333333333333
level: high
tags: [attack.execution, attack.t1059]
logsource: { product: macos }
response: [Look at both.]
language: eql
query: |
  sequence by process.entity_id with maxspan=30s
    [process where event.action == "exec"] as first
    [file where event.action == "create" and file.name == first.process.name]
`

function load(text: string): RuleOutcome {
  const [outcome] = loadRules([{ path: 'rule.yml', text }], { mapping }).outcomes
  if (outcome === undefined) throw new Error('no outcome')
  return outcome
}

test('query rule: the keys of a Sigma rule and a query make a rule', () => {
  const outcome = load(RULE)
  ok(outcome.state === 'loaded', JSON.stringify(outcome))
  const { name, language, severity, tactics, response, body, line } = outcome.rule
  deepEqual(
    { name, language, severity, tactics, response, kind: body.kind, line },
    {
      name: 'Odd pair',
      language: 'eql',
      severity: 'high',
      tactics: ['execution'],
      response: ['Look at both.'],
      kind: 'sequence',
      line: 1,
    },
  )
})

test('query rule: it is shown with its categories, and they are no part of its version', () => {
  const outcome = load(RULE)
  ok(outcome.state === 'loaded' && outcome.rule.body.kind === 'sequence')
  equal(
    unparse(outcome.rule.body),
    'sequence with maxspan=30s [process where event.action == "exec"] by process.entity_id as first ' +
      '[file where event.action == "create" and file.name == first.process.name] by process.entity_id',
  )
  const other = load(RULE.replace('[process', '[persistence'))
  ok(other.state === 'loaded')
  ok(other.rule.version !== outcome.rule.version, 'the gate is another')
})

const WRONG: readonly (readonly [name: string, text: string, code: string, at: number[]])[] = [
  ['a word in the query', RULE.replace('"exec"]', '"exec"'), 'ERR_RULE_QUERY', [10, 43]],
  [
    'a mistyped field',
    RULE.replace('file.name ==', 'file.nam =='),
    'ERR_RULE_UNKNOWN_FIELD',
    [11, 46],
  ],
  ['a mistyped category', RULE.replace('[file', '[fil'), 'ERR_RULE_UNKNOWN_CATEGORY', [11, 6]],
  ['a mistyped dialect', `${RULE}dialect: endpint\n`, 'ERR_RULE_VALUE', [12, 1]],
  [
    'a query that is a list',
    RULE.replace(/query: \|[^]*/, 'query: [a]\n'),
    'ERR_RULE_STRUCTURE',
    [8, 1],
  ],
  [
    'a query on the key’s line',
    RULE.replace(/query: \|[^]*/, `query: "process where nosuch == 1"\n`),
    'ERR_RULE_UNKNOWN_FIELD',
    [8, 23],
  ],
]

for (const [name, text, code, at] of WRONG) {
  test(`query rule: ${name} is told with line and column`, () => {
    const outcome = load(text)
    equal(outcome.state, 'failed')
    const [problem] = outcome.problems
    deepEqual([problem?.code, [problem?.line, problem?.column]], [code, at])
  })
}

test('query rule: another platform or language is not supported', () => {
  for (const text of [
    RULE.replace('product: macos', 'product: windows'),
    RULE.replace('language: eql', 'language: kuery'),
  ]) {
    equal(load(text).state, 'unsupported')
  }
})

test('query rule: what needs an end of time is for stored events', () => {
  const query = 'sample by user.id [process where true] [file where true]'
  const text = RULE.replace(/query: \|[^]*/, `query: ${query}\n`)
  const outcome = load(text)
  ok(outcome.state === 'unsupported' && outcome.reason.includes('sample'), JSON.stringify(outcome))
})

test('query rule: the dialect decides what is understood', () => {
  const text = RULE.replace(/query: \|[^]*/, `query: process where process.name = 'x*'\n`)
  equal(load(text).state, 'failed')
  equal(load(`${text}dialect: endgame\n`).state, 'loaded')
})

test('query rule: a rule that holds for everything, or needs a lineage nobody sees, is told', () => {
  const always = RULE.replace(/query: \|[^]*/, 'query: any where true\n')
  deepEqual(
    load(always).problems.map(({ code }) => code),
    ['WARN_RULE_ALWAYS_TRUE'],
  )
  const query = 'process where descendant of [web where true]'
  const unseen = load(RULE.replace(/query: \|[^]*/, `query: "${query}"\n`))
  equal(unseen.state, 'dead')
})

test('query rule: evaluated as it is, the category is a value and nothing is dead', () => {
  const options = { mapping, purpose: 'evaluate', fields: 'raw' } as const
  const text = RULE.replace(/query: \|[^]*/, 'query: "network where nosuch == 1"\n')
  const [outcome] = loadRules([{ path: 'rule.yml', text }], options).outcomes
  ok(outcome?.state === 'loaded' && outcome.rule.body.kind === 'event')
  deepEqual(outcome.rule.body.gate, { events: [] })
  ok(JSON.stringify(outcome.rule.body.expression).includes('event.category'))
})

const HOSTILE: readonly (readonly [name: string, condition: string])[] = [
  ['unknown fields', Array.from({ length: 12_000 }, (_, n) => `nosuch.f${n}`).join(' or ')],
  ['unknown functions', Array.from({ length: 8_000 }, (_, n) => `nosuch${n}()`).join(' or ')],
  ['long lists', `process.name in (${'"x", '.repeat(20_000)} "y")`],
  [
    'long exceptions',
    Array.from({ length: 6_000 }, (_, n) => `process.name != "${n}"`).join(' and '),
  ],
  ['nested repeats', 'process.name regex "((((a{1,99}){1,99}){1,99}){1,99})"'],
  ['wide alternations', `process.name regex "${'(a|b|c)*'.repeat(900)}"`],
]

for (const [name, condition] of HOSTILE) {
  test(`query rule: ${name} are loaded or refused soon`, () => {
    const startMs = performance.now()
    const outcome = load(RULE.replace(/query: \|[^]*/, `query: 'process where ${condition}'\n`))
    ok(outcome.state === 'loaded' || outcome.problems.length > 0)
    ok(outcome.problems.length <= 200)
    const tookMs = performance.now() - startMs
    ok(tookMs < 3_000, `${tookMs} ms`)
  })
}
