import { deepEqual, equal, ok } from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CorrelationBody, RuleProblem } from '../../src/index.ts'
import { loadRules } from '../../src/index.ts'
import { bodyOf, correlation, detection, loadSet, mapping } from './set.ts'

const ROOT = join(import.meta.dirname, '../../../..')
const A_AND_B = [detection('a'), detection('b')]

function load(section: string): ReturnType<typeof loadSet>[number] {
  const [, , outcome] = loadSet([...A_AND_B, correlation('c', section)])
  if (outcome === undefined) throw new Error('no outcome')
  return outcome
}

const BASE = 'rules: [a, b]\ngroup-by: host.id\ntimespan: 5m\n'

const LOADED: readonly (readonly [
  name: string,
  section: string,
  want: Partial<CorrelationBody>,
])[] = [
  [
    'a count with a bound',
    `type: event_count\n${BASE}condition: { gte: 10 }`,
    { type: 'event_count', spanMs: 300_000, bounds: [{ comparison: 'gte', value: 10 }] },
  ],
  [
    'a range',
    `type: event_count\n${BASE}condition: { lte: 200, gt: 100 }`,
    {
      bounds: [
        { comparison: 'lte', value: 200 },
        { comparison: 'gt', value: 100 },
      ],
    },
  ],
  ['temporal without a condition asks for all', `type: temporal\n${BASE}`, { bounds: [] }],
  [
    'temporal with a bound asks for some',
    `type: temporal\n${BASE}condition: { gte: 1 }`,
    { bounds: [{ comparison: 'gte', value: 1 }] },
  ],
  [
    'an extended condition',
    `type: temporal\n${BASE}condition: a and not b`,
    {
      expression: {
        kind: 'and',
        operands: [
          { kind: 'rule', ruleId: 'id-of-a' },
          { kind: 'not', operand: { kind: 'rule', ruleId: 'id-of-b' } },
        ],
      },
    },
  ],
  [
    'a percentile',
    `type: value_percentile\n${BASE}condition: { field: process.pid, percentile: 95, gt: 5 }`,
    { percentile: 95 },
  ],
  [
    'the 50th when it does not say which',
    `type: value_percentile\n${BASE}condition: { field: process.pid, gt: 5 }`,
    { percentile: 50 },
  ],
  [
    'fractions as bounds',
    `type: value_median\n${BASE}condition: { field: process.pid, lt: 0.5 }`,
    { type: 'value_median', bounds: [{ comparison: 'lt', value: 0.5 }] },
  ],
]

for (const [name, section, want] of LOADED) {
  test(`correlation: ${name}`, () => {
    const body = bodyOf(load(section))
    deepEqual({ ...body, ...want }, body)
  })
}

const SPANS: readonly (readonly [text: string, spanMs: number | undefined])[] = [
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['1d', 86_400_000],
  ['1w', 604_800_000],
  ['1M', 2_629_746_000],
  ['1y', 31_556_952_000],
  ['1h30m', undefined],
  ['0s', undefined],
  ['5', undefined],
  ['5 m', undefined],
  ['-5m', undefined],
  ['1.5h', undefined],
  ['5H', undefined],
]

for (const [text, spanMs] of SPANS) {
  test(`correlation: the timespan ${text}`, () => {
    const section = `type: temporal\nrules: [a, b]\ngroup-by: host.id\ntimespan: '${text}'`
    const outcome = load(section)
    if (spanMs !== undefined) return equal(bodyOf(outcome).spanMs, spanMs)
    deepEqual([outcome.state, outcome.problems[0]?.code], ['failed', 'ERR_RULE_CORRELATION'])
  })
}

const BROKEN: readonly (readonly [name: string, section: string, code: string, hint: RegExp])[] = [
  ['no type', BASE, 'ERR_RULE_CORRELATION', /no type/],
  ['a mistyped type', `type: event_cuont\n${BASE}`, 'ERR_RULE_CORRELATION', /event_count/],
  ['no timespan', 'type: temporal\nrules: [a, b]', 'ERR_RULE_CORRELATION', /no timespan/],
  ['no rules', 'type: temporal\ntimespan: 5m', 'ERR_RULE_CORRELATION', /names no rules/],
  ['a count without condition', `type: event_count\n${BASE}`, 'ERR_RULE_CORRELATION', /gte: 10/],
  [
    'no bound',
    `type: value_count\n${BASE}condition: { field: process.name }`,
    'ERR_RULE_CORRELATION',
    /no bound/,
  ],
  [
    'no field',
    `type: value_count\n${BASE}condition: { gte: 3 }`,
    'ERR_RULE_CORRELATION',
    /needs a field/,
  ],
  [
    'a sum of two fields',
    `type: value_sum\n${BASE}condition: { field: [process.pid, process.name], gte: 3 }`,
    'ERR_RULE_CORRELATION',
    /one field/,
  ],
  [
    'a bound that is no number',
    `type: event_count\n${BASE}condition: { gte: many }`,
    'ERR_RULE_CORRELATION',
    /number/,
  ],
  [
    'a percentile out of range',
    `type: value_percentile\n${BASE}condition: { field: process.pid, gt: 5, percentile: 101 }`,
    'ERR_RULE_CORRELATION',
    /0 to 100/,
  ],
  [
    'a mistyped key',
    `type: temporal\n${BASE}groupby: user.name`,
    'ERR_RULE_CORRELATION',
    /group-by/,
  ],
  [
    'a mistyped bound',
    `type: event_count\n${BASE}condition: { gte: 3, gtt: 4 }`,
    'ERR_RULE_CORRELATION',
    /Did you mean/,
  ],
  [
    'an unknown field',
    `type: temporal\nrules: [a, b]\ngroup-by: hots.id\ntimespan: 5m`,
    'ERR_RULE_UNKNOWN_FIELD',
    /host.id/,
  ],
  [
    'an unknown rule',
    `type: temporal\nrules: [a, bb]\ngroup-by: host.id\ntimespan: 5m`,
    'ERR_RULE_UNKNOWN_REFERENCE',
    /Did you mean/,
  ],
  [
    'a rule twice',
    `type: temporal\nrules: [a, id-of-a]\ngroup-by: host.id\ntimespan: 5m`,
    'ERR_RULE_CORRELATION',
    /name it once/,
  ],
  [
    'a condition over names for a count',
    `type: event_count\n${BASE}condition: a and b`,
    'ERR_RULE_CORRELATION',
    /temporal/,
  ],
  [
    'a condition that cannot be read',
    `type: temporal\n${BASE}condition: a and`,
    'ERR_RULE_CONDITION',
    /ends/,
  ],
  [
    'a quantifier between rules',
    `type: temporal\n${BASE}condition: 1 of them`,
    'ERR_RULE_CONDITION',
    /one by one/,
  ],
  [
    'a condition that leaves a rule out',
    `type: temporal\n${BASE}condition: a`,
    'ERR_RULE_CORRELATION',
    /does not name "b"/,
  ],
  [
    'a condition with a rule too many',
    `type: temporal\n${BASE}condition: a and b and c`,
    'ERR_RULE_CORRELATION',
    /not in rules/,
  ],
  [
    'an alias for a stranger',
    `type: temporal\n${BASE}aliases: { who: { z: user.name } }`,
    'ERR_RULE_UNKNOWN_REFERENCE',
    /none of the rules/,
  ],
  [
    'an alias that is no map',
    `type: temporal\n${BASE}aliases: { who: user.name }`,
    'ERR_RULE_CORRELATION',
    /map of rules/,
  ],
  [
    'a bound on rules in order',
    `type: temporal_ordered\n${BASE}condition: { gte: 1 }`,
    'ERR_RULE_CORRELATION',
    /extended condition/,
  ],
  [
    'an order of nothing',
    `type: temporal_ordered\nrules: a\ngroup-by: host.id\ntimespan: 5m\ncondition: not a`,
    'ERR_RULE_CORRELATION',
    /must match|has to match/,
  ],
  [
    'generate that is no boolean',
    `type: temporal\n${BASE}generate: maybe`,
    'ERR_RULE_CORRELATION',
    /true or false/,
  ],
]

for (const [name, section, code, hint] of BROKEN) {
  test(`correlation: ${name} is refused, with the place and what to do`, () => {
    const outcome = load(section)
    equal(outcome.state, 'failed', JSON.stringify(outcome))
    const problem = outcome.problems.find((one) => one.code === code)
    ok(problem !== undefined && hint.test(problem.message), JSON.stringify(outcome.problems))
    ok(problem.line > 4 && problem.path === 'c.yml')
  })
}

test('correlation: places are exact to the column', () => {
  const text = correlation('c', `type: temporal\n${BASE}condition: a and (b`)
  const [, , outcome] = loadSet([...A_AND_B, text])
  deepEqual(place(outcome?.problems[0]), ['ERR_RULE_CONDITION', 10, 20])
})

function place(problem: RuleProblem | undefined): readonly unknown[] {
  return [problem?.code, problem?.line, problem?.column]
}

const WARNINGS: readonly (readonly [name: string, section: string, codes: readonly string[]])[] = [
  ['nothing', `type: event_count\n${BASE}condition: { gte: 10 }`, []],
  ['no group-by', 'type: temporal\nrules: [a, b]\ntimespan: 5m', ['WARN_RULE_GROUP_BY_MISSING']],
  [
    'a percentile that is not said',
    `type: value_percentile\n${BASE}condition: { field: process.pid, gt: 5 }`,
    ['WARN_RULE_PERCENTILE_MISSING'],
  ],
  [
    'a span of weeks',
    'type: temporal\nrules: [a, b]\ngroup-by: host.id\ntimespan: 2w',
    ['WARN_RULE_TIMESPAN_LONG'],
  ],
  [
    'a count that cannot be',
    `type: event_count\n${BASE}condition: { gt: 5, lt: 6 }`,
    ['WARN_RULE_NEVER_TRUE'],
  ],
  ['a count below one', `type: event_count\n${BASE}condition: { lt: 1 }`, ['WARN_RULE_NEVER_TRUE']],
  [
    'a count that is no whole number',
    `type: event_count\n${BASE}condition: { eq: 2.5 }`,
    ['WARN_RULE_NEVER_TRUE'],
  ],
  [
    'more rules than there are',
    `type: temporal\n${BASE}condition: { gt: 2 }`,
    ['WARN_RULE_NEVER_TRUE'],
  ],
  ['every count', `type: event_count\n${BASE}condition: { gte: 1 }`, ['WARN_RULE_ALWAYS_TRUE']],
  [
    'a range of averages is fine',
    `type: value_avg\n${BASE}condition: { field: process.pid, gt: 5, lt: 6 }`,
    [],
  ],
  ['a key of another program', `type: temporal\n${BASE}suppression: 5m`, ['WARN_RULE_UNKNOWN_KEY']],
]

for (const [name, section, codes] of WARNINGS) {
  test(`correlation: warned of: ${name}`, () => {
    const outcome = load(section)
    equal(outcome.state, 'loaded', JSON.stringify(outcome))
    deepEqual(
      outcome.problems.map(({ code }) => code),
      codes,
    )
  })
}

test('correlation: fields are looked up in the category of each rule, aliases by rule', () => {
  const sudo = detection('b')
    .replace('process_creation', 'sudo')
    .replace('Image|endswith', 'CommandLine')
  const section =
    'type: temporal\nrules: [a, b]\ntimespan: 5m\ngroup-by: [User, what]\n' +
    'aliases:\n  what: { a: CommandLine, id-of-b: CommandLine }\n'
  const [, , outcome] = loadSet([detection('a'), sudo, correlation('c', section)])
  const body = bodyOf(outcome)
  deepEqual(body.groupBy, ['User', 'what'])
  deepEqual(
    body.inputs.map(({ groupBy }) => groupBy.map(({ fields }) => fields)),
    [
      [['user.name', 'process.user.name'], ['process.command_line']],
      [['user.name'], ['macos.sudo.command']],
    ],
  )
})

test('correlation: of one Mac when grouped by what belongs to one', () => {
  const scope = (groupBy: string): string =>
    bodyOf(load(`type: temporal\nrules: [a, b]\ntimespan: 5m\ngroup-by: ${groupBy}`)).scope
  equal(scope('host.id'), 'host')
  equal(scope('[user.name, ComputerName]'), 'host')
  equal(scope('process.parent.entity_id'), 'host')
  equal(scope('user.name'), 'fleet')
})

const TESTS = join(ROOT, '../shared/data/detection/sigma/spec-schema-tests/correlation')
const skip = existsSync(TESTS) ? false : 'the specification’s examples are not at ../shared/data'

test('correlation: the examples of the specification are read', { skip }, () => {
  const files = readdirSync(TESTS)
  ok(files.length >= 8)
  for (const file of files) {
    const text = readFileSync(join(TESTS, file), 'utf8')
    const names = [...text.matchAll(/^ {8}- (\S+)$/gm)].map(([, name]) => name ?? '')
    const inputs = names.map((name) => {
      return `title: ${name}\nname: ${name}\nlevel: low\ndetection: { s: { a: b }, condition: s }\n`
    })
    const sources = [...inputs, text].map((source, index) => ({
      path: `${index}.yml`,
      text: source,
    }))
    const set = loadRules(sources, { mapping, fields: 'raw', purpose: 'evaluate' })
    equal(set.outcomes.at(-1)?.state, 'loaded', `${file}: ${JSON.stringify(set.outcomes.at(-1))}`)
  }
})
