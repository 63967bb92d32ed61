import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { explained, eventAt } from './explained.ts'

function rule(correlation: string): string {
  return [
    'title: Failed',
    'id: 00000000-0000-4000-8000-000000000001',
    'name: failed',
    'level: low',
    'logsource: {product: macos}',
    'detection: {s: {event.action: fail}, condition: s}',
    '---',
    'title: Worked',
    'id: 00000000-0000-4000-8000-000000000002',
    'name: worked',
    'level: low',
    'logsource: {product: macos}',
    'detection: {s: {event.action: work}, condition: s}',
    '---',
    'title: Many',
    'id: 00000000-0000-4000-8000-000000000003',
    'level: high',
    'correlation:',
    ...correlation.split('\n').map((line) => `  ${line}`),
  ].join('\n')
}

const COUNT = `type: event_count
rules: [failed]
group-by: [user.name]
timespan: 10s
condition: {gte: 3}`

const VALUES = `type: value_count
rules: [failed]
group-by: [host.id]
timespan: 10s
condition: {gte: 3, field: user.name}`

const TEMPORAL = `type: temporal_ordered
rules: [failed, worked]
group-by: [user.name]
timespan: 10s`

interface Told {
  readonly action: string
  readonly user?: string
}

const at = (second: number, { action, user }: Told): object =>
  eventAt(second, {
    'event.action': action,
    ...(user === undefined ? {} : { 'user.name': user }),
  })
const fail = (second: number, user?: string): object =>
  at(second, { action: 'fail', ...(user === undefined ? {} : { user }) })
const work = (second: number, user: string): object => at(second, { action: 'work', user })

const cases: readonly {
  name: string
  correlation: string
  events: readonly object[]
  figure: number
  fired: number
  lines: readonly [first: number, last: number]
}[] = [
  {
    name: 'the highest count inside a window',
    correlation: COUNT,
    events: [fail(1, 'u'), fail(2, 'u'), fail(3, 'v'), fail(11.5, 'u')],
    figure: 2,
    fired: 0,
    lines: [1, 2],
  },
  {
    name: 'a count that is reached',
    correlation: COUNT,
    events: [fail(1, 'u'), fail(2, 'u'), fail(3, 'u')],
    figure: 3,
    fired: 1,
    lines: [1, 3],
  },
  {
    name: 'different values',
    correlation: VALUES,
    events: [fail(1, 'u'), fail(2, 'v'), fail(3, 'u')],
    figure: 2,
    fired: 0,
    lines: [1, 2],
  },
  {
    name: 'rules that came in the wrong order',
    correlation: TEMPORAL,
    events: [work(1, 'u'), fail(2, 'u')],
    figure: 1,
    fired: 0,
    lines: [1, 1],
  },
  {
    name: 'rules that came in their order',
    correlation: TEMPORAL,
    events: [fail(1, 'u'), work(2, 'u')],
    figure: 2,
    fired: 1,
    lines: [1, 2],
  },
]

for (const { name, correlation, events, figure, fired, lines } of cases) {
  test(`explain a correlation: ${name}`, () => {
    const explanation = explained(rule(correlation), events)
    const [nearest] = explanation.correlation?.nearest ?? []
    equal(nearest?.figure, figure)
    equal(nearest.holds, fired > 0)
    deepEqual([nearest.first.line, nearest.last.line], lines)
    equal(explanation.fired, fired)
  })
}

test('explain a correlation: matches without the key, and inputs that saw nothing', () => {
  const { correlation } = explained(rule(TEMPORAL), [fail(1)])
  deepEqual(
    correlation?.inputs.map(({ rule_name: of, matches, keyless }) => [of, matches, keyless]),
    [
      ['Failed', 1, 1],
      ['Worked', 0, 0],
    ],
  )
  equal(correlation.groups, 0)
  equal(correlation.inputs[1]?.filter?.nearest[0]?.failures[0]?.seen, 'fail')
})
