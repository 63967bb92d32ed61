import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { type RuleFolder, testRule } from '../src/index.ts'
import { mapping, ruleText } from './sigma.ts'

const DETECTION = "selection:\n  Image|endswith: '/osascript'\ncondition: selection"
const rule = ruleText(DETECTION, '{ category: process_creation, product: macos }')
const HIT = '{"event":{"action":"exec"},"process":{"executable":"/usr/bin/osascript"}}'
const MISS = '{"event":{"action":"exec"},"process":{"executable":"/usr/bin/osascripted"}}'
const folder: RuleFolder = { path: 'a/rule.yml', rule, match: HIT, noMatch: MISS }

test('rule test: a folder that is right', () => {
  const result = testRule({ ...folder, match: `${HIT}\n\n${HIT}\n` }, { mapping })
  equal(result.ok, true)
  deepEqual(result.cases, [
    { file: 'match.jsonl', line: 1, ok: true },
    { file: 'match.jsonl', line: 3, ok: true },
    { file: 'no-match.jsonl', line: 1, ok: true },
  ])
})

const WRONG: readonly (readonly [name: string, change: Partial<RuleFolder>, said: RegExp])[] = [
  ['a match that does not', { match: `${HIT}\n${MISS}` }, /2.*did not fire.*endswith/],
  ['a near miss that hits', { noMatch: HIT }, /1.*fired: process\.executable endswith/],
  ['no JSON', { match: '{' }, /Not JSON/],
  ['no event', { match: '7' }, /Not an event/],
  ['a field that is none', { match: '{"process":{"exe":"x"}}' }, /process\.exe/],
  ['a value of another type', { match: '{"process":{"pid":"7"}}' }, /process\.pid/],
  ['no matching line', { match: '\n' }, /match\.jsonl needs/],
  ['no near miss', { noMatch: undefined }, /no-match\.jsonl needs/],
  ['a rule that fails', { rule: 'title: x' }, /failed/],
  ['two rules', { rule: `${rule}---\n${rule.replace('0001', '0002')}` }, /one rule/],
  ['a rule twice', { rule: `${rule}---\n${rule}` }, /failed/],
  ['a stream without events', { match: '[]' }, /holds no event/],
  ['a stream with something else', { match: `[${HIT},7]` }, /Event 2: Not an event/],
]

for (const [name, change, said] of WRONG) {
  test(`rule test: ${name} is reported`, () => {
    const result = testRule({ ...folder, ...change }, { mapping })
    ok(!result.ok)
    const lines = result.cases.flatMap(({ line, reason }) => (reason ? [`${line} ${reason}`] : []))
    match([...result.problems, ...lines].join('\n'), said)
  })
}

const told = (second: number, action: string, fields: object = {}): object => ({
  '@timestamp': `2026-11-22T09:00:${String(Math.floor(second)).padStart(2, '0')}.${String(
    Math.round((second % 1) * 1_000),
  ).padStart(3, '0')}000000Z`,
  event: { id: `stream-${second * 1_000}`, action, category: ['process'] },
  host: { id: 'mac-1' },
  process: { entity_id: 'p1' },
  ...fields,
})
const stream = (...events: readonly object[]): string => JSON.stringify(events)

const eql = (query: string): string =>
  [
    'title: Test',
    'id: 00000000-0000-4000-8000-000000000001',
    'level: high',
    'logsource: {product: macos}',
    'language: eql',
    'query: |',
    ...query.split('\n').map((line) => `  ${line}`),
  ].join('\n')

const PAIR = eql(`sequence by process.entity_id with maxspan=10s
  [process where event.action == "fork"]
  [process where event.action == "exec"]`)

test('rule test: a sequence on streams', () => {
  const result = testRule(
    {
      path: 'a/rule.yml',
      rule: PAIR,
      match: stream(told(1, 'fork'), told(2, 'exec')),
      noMatch: stream(told(1, 'exec'), told(5, 'fork')),
    },
    { mapping },
  )
  deepEqual(result.problems, [])
  deepEqual(result.cases, [
    { file: 'match.jsonl', line: 1, ok: true },
    { file: 'no-match.jsonl', line: 1, ok: true },
  ])
})

const STREAMS: readonly (readonly [name: string, change: Partial<RuleFolder>, said: RegExp])[] = [
  [
    'how far one got that does not fire',
    { match: stream(told(1, 'fork'), told(13.4, 'exec')) },
    /did not fire.*1 of 2 steps.*step 2 came 2\.4 s after the span of 10 s/,
  ],
  [
    'the events of one that should not fire',
    { noMatch: stream(told(0, 'exit'), told(1, 'fork'), told(2, 'exec')) },
    /fired on the events 2, 3/,
  ],
  [
    'an event that cannot be used',
    { match: stream(told(1, 'fork', { host: {} }), told(2, 'exec')) },
    /cannot be used: host_id_missing/,
  ],
]

for (const [name, change, said] of STREAMS) {
  test(`rule test: a stream tells ${name}`, () => {
    const right = {
      match: stream(told(1, 'fork'), told(2, 'exec')),
      noMatch: stream(told(1, 'exec')),
    }
    const result = testRule({ path: 'a/rule.yml', rule: PAIR, ...right, ...change }, { mapping })
    ok(!result.ok)
    const reasons = result.cases.flatMap(({ reason }) => (reason === undefined ? [] : [reason]))
    match(reasons.join('\n'), said)
  })
}

test('rule test: events that must not come are waited for to the end', () => {
  const rule = eql(`sequence by process.entity_id with maxspan=10s
  [process where event.action == "fork"]
  ![process where event.action == "exec"]`)
  const result = testRule(
    {
      path: 'a/rule.yml',
      rule,
      match: stream(told(1, 'fork')),
      noMatch: stream(told(1, 'fork'), told(4, 'exec')),
    },
    { mapping },
  )
  deepEqual([result.ok, result.problems, result.cases.filter((one) => !one.ok)], [true, [], []])
})

test('rule test: a correlation and the rule it counts in one file', () => {
  const rule = [
    'title: Failed',
    'id: 00000000-0000-4000-8000-000000000001',
    'name: failed',
    'level: low',
    'logsource: {product: macos}',
    'detection: {s: {event.action: fork}, condition: s}',
    '---',
    'title: Many',
    'id: 00000000-0000-4000-8000-000000000002',
    'level: high',
    'correlation:',
    '  type: event_count',
    '  rules: [failed]',
    '  group-by: [process.entity_id]',
    '  timespan: 10s',
    '  condition: {gte: 3}',
  ].join('\n')
  const three = stream(told(1, 'fork'), told(2, 'fork'), told(3, 'fork'))
  const two = stream(told(1, 'fork'), told(2, 'fork'))
  const right = testRule({ path: 'a/rule.yml', rule, match: three, noMatch: two }, { mapping })
  deepEqual([right.ok, right.problems, right.cases.filter((one) => !one.ok)], [true, [], []])
  const wrong = testRule({ path: 'a/rule.yml', rule, match: two, noMatch: three }, { mapping })
  const [first, second] = wrong.cases
  match(first?.reason ?? '', /Nearest: process\.entity_id = "p1": 2 of 2 matches/)
  match(second?.reason ?? '', /fired on the events 1, 2, 3/)
})
