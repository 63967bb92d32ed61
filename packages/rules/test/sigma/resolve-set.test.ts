import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { loadRules } from '../../src/index.ts'
import { bodyOf, correlation, detection, loadSet, mapping, ruleOf } from './set.ts'

const of = (rules: string, more = ''): string =>
  `type: temporal\nrules: ${rules}\ngroup-by: host.id\ntimespan: 5m\n${more}`

test('set: rules are found by id, name or title, in any file and any order', () => {
  const [c, many] = loadSet([
    correlation('c', of('[id-of-a, b, Title of d]')),
    `${detection('a')}---\n${detection('b')}---\n${detection('d')}`,
  ])
  deepEqual(
    bodyOf(c).inputs.map(({ ruleId }) => ruleId),
    ['id-of-a', 'id-of-b', 'id-of-d'],
  )
  equal(ruleOf(many).silent, true)
})

test('set: a name of several rules is refused, an id is not', () => {
  const twin = detection('b').replace('name: b', 'name: a')
  const [, , byName, byId] = loadSet([
    detection('a'),
    twin,
    correlation('c', of('a')),
    correlation('d', of('id-of-a')),
  ])
  deepEqual([byName?.state, byName?.problems[0]?.code], ['failed', 'ERR_RULE_AMBIGUOUS_REFERENCE'])
  ok(byName?.problems[0]?.message.includes('a.yml:1 and b.yml:1'))
  equal(byId?.state, 'loaded')
})

const SILENT: readonly (readonly [
  name: string,
  correlations: readonly string[],
  silent: boolean,
])[] = [
  ['no correlation', [], false],
  ['one correlation', [of('a')], true],
  ['one that says generate', [of('a', 'generate: true')], false],
  ['one of two that says generate', [of('a'), of('a', 'generate: true')], false],
  ['one that cannot be loaded', [of('[a, nobody]')], false],
]

for (const [name, sections, silent] of SILENT) {
  test(`set: a rule behind ${name} is ${silent ? 'silent' : 'heard'}`, () => {
    const texts = sections.map((section, index) => correlation(`c${index}`, section))
    const [outcome] = loadSet([detection('a'), ...texts])
    equal(ruleOf(outcome).silent, silent)
  })
}

test('set: generate may stand beside the section, as the schema has it', () => {
  const [outcome] = loadSet([detection('a'), correlation('c', of('a'), 'generate: true')])
  equal(ruleOf(outcome).silent, false)
})

test('set: a strong rule that falls silent is warned of', () => {
  const strong = detection('a').replace('level: low', 'level: critical')
  const codes = (section: string): readonly string[] =>
    loadSet([strong, correlation('c', section)])[1]?.problems.map(({ code }) => code) ?? []
  deepEqual(codes(of('a')), ['WARN_RULE_SILENCED'])
  deepEqual(codes(of('a', 'generate: true')), [])
})

test('set: the version of a correlation follows its rules, and silence is a version', () => {
  const versions = (first: string): readonly string[] =>
    loadSet([first, correlation('c', of('a')), correlation('d', of('c'))]).map(
      (outcome) => ruleOf(outcome).version,
    )
  const [a, c, d] = versions(detection('a'))
  const [changedA, changedC, changedD] = versions(detection('a').replace('/a', '/z'))
  notEqual(a, changedA)
  notEqual(c, changedC)
  notEqual(d, changedD)
  equal(new Set([a, c, d]).size, 3)
  const [alone] = loadSet([detection('a')])
  notEqual(ruleOf(alone).version, a)
  deepEqual(versions(`# words\n${detection('a')}`), [a, c, d])
})

test('set: correlations stand on correlations, and keys come from theirs', () => {
  const inner =
    'type: event_count\nrules: a\ngroup-by: who\ntimespan: 5m\ncondition: { gte: 2 }\naliases: { who: { a: User } }'
  const outer =
    'type: value_count\nrules: c\ngroup-by: host.id\ntimespan: 1h\ncondition: { field: who, gte: 2 }'
  const [, c, d] = loadSet([detection('a'), correlation('c', inner), correlation('d', outer)])
  equal(ruleOf(c).silent, true)
  const [input] = bodyOf(d).inputs
  deepEqual(input?.values, [
    { fields: ['user.name', 'process.user.name'], written: 'who', optional: false },
  ])
})

test('set: chains end at ten, circles are refused with their path, the rest is loaded', () => {
  const chain = Array.from({ length: 12 }, (_, index) =>
    correlation(`c${index}`, of(index === 0 ? 'a' : `c${index - 1}`)),
  )
  const states = loadSet([detection('a'), ...chain]).map(({ state }) => state)
  deepEqual(states.slice(0, 11), Array(11).fill('loaded'))
  deepEqual(states.slice(11), ['failed', 'failed'])
  const circle = loadSet([
    detection('a'),
    correlation('x', of('[a, y]')),
    correlation('y', of('z')),
    correlation('z', of('x')),
    correlation('on', of('x')),
    correlation('self', of('self')),
  ])
  deepEqual(
    circle.map(({ state, problems }) => `${state} ${problems[0]?.code ?? ''}`.trim()),
    [
      'loaded',
      'failed ERR_RULE_CYCLE',
      'failed ERR_RULE_CYCLE',
      'failed ERR_RULE_CYCLE',
      'failed ERR_RULE_REFERENCE',
      'failed ERR_RULE_CYCLE',
    ],
  )
  ok(circle[1]?.problems[0]?.message.includes('b.yml:1 → c.yml:1 → d.yml:1'))
  equal(ruleOf(circle[0]).silent, false)
})

const DEAD = detection('d').replace('Image|endswith: /d', 'md5: abc')

const INHERITED: readonly (readonly [
  name: string,
  section: string,
  state: string,
  code?: string,
])[] = [
  ['a dead rule in all', of('[a, d]'), 'dead'],
  ['a dead rule in order', of('[a, d]').replace('temporal', 'temporal_ordered'), 'dead'],
  [
    'a dead rule that only must not match',
    of('[a, d]', 'condition: a and not d'),
    'loaded',
    'WARN_RULE_DEAD_FIELD',
  ],
  [
    'a dead rule that another can stand for',
    of('[a, d]', 'condition: a or d'),
    'loaded',
    'WARN_RULE_DEAD_FIELD',
  ],
  [
    'one dead rule of those counted',
    'type: event_count\nrules: [a, d]\ngroup-by: host.id\ntimespan: 1m\ncondition: { gte: 3 }',
    'loaded',
    'WARN_RULE_DEAD_FIELD',
  ],
  [
    'only dead rules',
    'type: event_count\nrules: d\ngroup-by: host.id\ntimespan: 1m\ncondition: { gte: 3 }',
    'dead',
  ],
  [
    'a group-by that no sensor fills',
    'type: event_count\nrules: a\ngroup-by: md5\ntimespan: 1m\ncondition: { gte: 3 }',
    'dead',
  ],
  ['a failed rule', of('[a, broken]'), 'failed', 'ERR_RULE_REFERENCE'],
  ['a rule of another platform', of('[a, windows]'), 'unsupported'],
]

for (const [name, section, state, code] of INHERITED) {
  test(`set: a correlation with ${name} is ${state}`, () => {
    const outcomes = loadSet([
      detection('a'),
      DEAD,
      detection('broken').replace('condition: s', 'condition: t'),
      detection('windows').replace('macos', 'windows'),
      correlation('c', section),
    ])
    const outcome = outcomes[4]
    equal(outcome?.state, state, JSON.stringify(outcome))
    equal(outcome?.problems[0]?.code, code)
    if (outcome?.state === 'dead')
      deepEqual([outcome.fields.length, /hash|md5/.test(outcome.reason)], [1, true])
  })
}

test('set: of two documents with one id the first stays, correlations among them', () => {
  const twin = correlation('a', of('b'))
  const [a, , c, d] = loadSet([detection('a'), detection('b'), twin, correlation('d', of('a'))])
  equal(a?.state, 'loaded')
  deepEqual([c?.state, c?.problems[0]?.code], ['failed', 'ERR_RULE_DUPLICATE_ID'])
  deepEqual([d?.state, d?.problems[0]?.code], ['failed', 'ERR_RULE_AMBIGUOUS_REFERENCE'])
})

test('set: counts add up to the documents read', () => {
  const text = [detection('a'), correlation('c', of('a')), DEAD, 'x: y\n'].join('---\n')
  const { counts, rules } = loadRules([{ path: 'all.yml', text }], { mapping })
  deepEqual(counts, { loaded: 2, dead: 1, unsupported: 0, failed: 1, applied: 0 })
  deepEqual(
    rules.map(({ id }) => id),
    ['id-of-a', 'id-of-c'],
  )
})
