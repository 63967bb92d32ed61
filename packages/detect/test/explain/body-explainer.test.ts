import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { explanationLines, RuleExplainer } from '../../src/index.ts'
import { compiledEql } from '../eql.ts'
import { ruleOf } from '../stateful/rules.ts'
import { eventAt, explained } from './explained.ts'

const rules = (...documents: readonly (readonly string[])[]): string =>
  documents
    .map((lines, index) => {
      const head = [`title: Rule ${index + 1}`, `id: 00000000-0000-4000-8000-00000000000${index}`]
      return [...head, 'level: low', ...lines].join('\n')
    })
    .join('\n---\n')

const sequence = [
  'name: pair',
  'logsource: {product: macos}',
  'language: eql',
  'query: |',
  '  sequence by process.entity_id with maxspan=5s',
  '    [process where event.action == "exec"] [file where event.action == "create"]',
]
const correlation = (name: string, of: string, more: readonly string[] = []) => [
  `name: ${name}`,
  'correlation:',
  ...['type: event_count', `rules: [${of}]`, 'group-by: [user.name]', 'timespan: 60s'].map(
    (line) => `  ${line}`,
  ),
  ...more.map((line) => `  ${line}`),
]

const happens =
  (action: string, category: string) =>
  (second: number, id: string, user = 'ana'): object =>
    eventAt(second, {
      'event.action': action,
      'event.category': [category],
      'process.entity_id': id,
      // Of all but the first in a line.
      ...(id === 'p1' ? {} : { 'process.parent.entity_id': id === 'p2' ? 'p1' : 'p0' }),
      'process.name': 'tool',
      'user.name': user,
    })
const exec = happens('exec', 'process')
const create = happens('create', 'file')

const TWICE = rules(sequence, correlation('twice', 'pair', ['condition: {gte: 2}']))

test('explain a correlation of a sequence: its matches are counted, and it is explained', () => {
  const explanation = explained(TWICE, [
    exec(1, 'p1'),
    create(2, 'p1'),
    exec(3, 'p2'),
    exec(10, 'p3'),
  ])
  equal(explanation.fired, 0)
  const [input] = explanation.correlation?.inputs ?? []
  deepEqual([input?.matches, input?.matched], [1, [{ line: 2 }]])
  deepEqual(input?.sequence?.attempt?.obstacle, { kind: 'none' })
  const [nearest] = explanation.correlation?.nearest ?? []
  deepEqual(
    [nearest?.figure, nearest?.holds, nearest?.key],
    [1, false, [{ written: 'user.name', value: 'ana' }]],
  )
  const text = explanationLines(explanation).join('\n')
  match(text, /- Rule 1: line 2\n {4}1\. step 1 \(must come\): line 1, line 3, line 4/)
  match(text, /user\.name = "ana": 1 of 1 matches/)
})

test('explain a correlation of a sequence: it fires when the sequence came often enough', () => {
  const events = [exec(1, 'p1'), create(2, 'p1'), exec(3, 'p2'), create(4, 'p2')]
  const explanation = explained(TWICE, events)
  equal(explanation.fired, 1)
  const [nearest] = explanation.correlation?.nearest ?? []
  deepEqual([nearest?.figure, nearest?.holds, nearest?.last.line], [2, true, 4])
})

test('explain a correlation of a sequence: what the sequence lacked is told', () => {
  const explanation = explained(TWICE, [exec(1, 'p1'), create(9, 'p1')])
  equal(explanation.correlation?.groups, 0)
  const text = explanationLines(explanation).join('\n')
  match(text, / {4}step 2 came 3 s after the span of 5 s had ended \(line 2\)\./)
})

test('explain a correlation of correlations, down to the rules behind them', () => {
  const single = [
    'name: one',
    'logsource: {product: macos}',
    'detection: {s: {event.action: exec}, condition: s}',
  ]
  const text = rules(
    single,
    correlation('some', 'one', ['condition: {gte: 2}']),
    correlation('many', 'some', ['condition: {gte: 2}']),
  )
  const events = [exec(1, 'p1'), exec(2, 'p2'), exec(3, 'p3', 'bob')]
  const explanation = explained(text, events)
  equal(explanation.fired, 0)
  const [some] = explanation.correlation?.inputs ?? []
  equal(some?.matches, 1)
  deepEqual(
    some?.correlation?.nearest.map(({ figure, key }) => [figure, key[0]?.value]),
    [
      [2, 'ana'],
      [1, 'bob'],
    ],
  )
  equal(some?.correlation?.inputs[0]?.matches, 3)
  deepEqual(explanation.correlation?.nearest[0]?.key, [{ written: 'user.name', value: 'ana' }])
  const lines = explanationLines(explanation)
  ok(lines.includes('    - Rule 1: line 1, line 2, line 3'), lines.join('\n'))
})

test('explain a correlation of a rule about descent: the engine says what matched', () => {
  const lineage = [
    'name: child',
    'logsource: {product: macos}',
    'language: eql',
    'query: |',
    '  file where event.action == "create" and',
    '    descendant of [process where event.action == "exec" and process.entity_id == "p1"]',
  ]
  const text = rules(lineage, correlation('twice', 'child', ['condition: {gte: 2}']))
  const events = [exec(1, 'p1'), exec(2, 'p2'), create(3, 'p2'), create(4, 'p3')]
  const explanation = explained(text, events)
  equal(explanation.fired, 0)
  const [input] = explanation.correlation?.inputs ?? []
  deepEqual([input?.matches, input?.filter?.matches], [1, 2])
  equal(input?.lineage?.[0]?.descents.length, 2)
})

const temporal = (type: string, condition: string) => [
  'name: both',
  'correlation:',
  ...[`type: ${type}`, 'group-by: [user.name]', 'timespan: 60s', `condition: ${condition}`].map(
    (line) => `  ${line}`,
  ),
]
const single = (name: string, action: string) => [
  `name: ${name}`,
  'logsource: {product: macos}',
  `detection: {s: {event.action: ${action}}, condition: s}`,
]
const extended: readonly (readonly [
  name: string,
  type: string,
  condition: string,
  events: readonly object[],
  fired: number,
])[] = [
  ['both came', 'temporal', 'made and ran', [exec(1, 'p1'), create(2, 'p1')], 1],
  ['one is missing', 'temporal', 'made and ran', [exec(1, 'p1')], 0],
  ['either will do', 'temporal', 'made or ran', [exec(1, 'p1')], 1],
  ['the right order', 'temporal_ordered', 'ran and made', [exec(1, 'p1'), create(2, 'p1')], 1],
  ['the wrong order', 'temporal_ordered', 'made and ran', [exec(1, 'p1'), create(2, 'p1')], 0],
]
for (const [name, type, condition, events, fired] of extended) {
  test(`explain an extended condition: ${name}`, () => {
    const text = rules(single('ran', 'exec'), single('made', 'create'), temporal(type, condition))
    const explanation = explained(text, events)
    equal(explanation.fired, fired)
    equal(explanation.correlation?.nearest.some(({ holds }) => holds) ?? false, fired > 0)
    match(explanation.correlation?.expression ?? '', /"Rule [12]" (?:and|or) "Rule [12]"/)
  })
}

function explainedBody(query: string, events: readonly object[]) {
  const rule = ruleOf('endgame', compiledEql(query, 'endgame').body)
  const explainer = new RuleExplainer(rule, { rules: [rule] })
  for (const [index, event] of events.entries()) explainer.take(event, { line: index + 1 })
  return explainer.explanation()
}

const endgame: readonly (readonly [name: string, by: string, users: readonly string[]])[] = [
  ['regardless of case', 'user.name', ['Ana', 'aNA']],
  ['by what a function makes of them', 'length(user.name)', ['ana', 'bob']],
]
for (const [name, by, users] of endgame) {
  test(`explain a sequence of the endgame dialect: keys are joined ${name}`, () => {
    const [first = '', second = ''] = users
    const explanation = explainedBody(
      `sequence with maxspan=5s [process where event.action == "exec"] by ${by}
         [file where event.action == "create"] by ${by}`,
      [exec(1, 'p1', first), create(2, 'p1', second), create(3, 'p1', 'other')],
    )
    equal(explanation.fired, 1)
    const { attempt } = explanation.sequence ?? {}
    deepEqual([attempt?.reached, attempt?.obstacle], [2, { kind: 'none' }])
    deepEqual(
      attempt?.events.map(({ place }) => place.line),
      [1, 2],
    )
  })
}
