import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { FailedPredicate } from '../../src/index.ts'
import { explained, type Fields, eventAt } from './explained.ts'

function rule(detection: string): string {
  return [
    'title: Test',
    'id: 00000000-0000-4000-8000-000000000001',
    'level: high',
    'logsource: {product: macos, category: process_creation}',
    'detection:',
    ...detection.split('\n').map((line) => `  ${line}`),
  ].join('\n')
}

const EXEC: Fields = { 'event.action': 'exec', 'process.executable': '/usr/bin/curl' }

function failed(parts: Partial<FailedPredicate>): FailedPredicate {
  return {
    selection: 's',
    field: 'process.executable',
    operator: 'endswith',
    wanted: ['/dscl'],
    wantedMore: 0,
    seen: '/usr/bin/curl',
    negated: false,
    ...parts,
  }
}

const absent = (field: string, value: string): FailedPredicate => {
  const { seen: _, ...rest } = failed({ field, operator: 'equals', wanted: [value] })
  return rest
}

const cases: readonly {
  name: string
  detection: string
  fields: Fields
  missed: number
  held: number
  failures: readonly FailedPredicate[]
}[] = [
  {
    name: 'one predicate, with what the event has',
    detection: 's: {process.executable|endswith: /dscl}\ncondition: s',
    fields: EXEC,
    missed: 1,
    held: 1,
    failures: [failed({})],
  },
  {
    name: 'the values of a list are told together',
    detection: 's: {process.executable|endswith: [/a, /b, /c, /d, /e, /f]}\ncondition: s',
    fields: EXEC,
    missed: 1,
    held: 1,
    failures: [failed({ wanted: ['/a', '/b', '/c', '/d', '/e'], wantedMore: 1 })],
  },
  {
    name: 'all of an and, of which some hold',
    detection:
      's: {process.executable|endswith: /curl, process.name: x, process.pid: 7}\ncondition: s',
    fields: EXEC,
    missed: 2,
    held: 2,
    failures: [absent('process.name', 'x'), absent('process.pid', '7')],
  },
  {
    name: 'the nearer side of an or',
    detection: [
      's: {process.name: x, process.pid: 7}',
      't: {process.executable|endswith: /dscl}',
      'condition: s or t',
    ].join('\n'),
    fields: EXEC,
    missed: 1,
    held: 1,
    failures: [failed({ selection: 't' })],
  },
  {
    name: 'what holds under a not',
    detection: [
      's: {process.executable|endswith: /curl}',
      'filter: {process.executable|startswith: /usr/}',
      'condition: s and not filter',
    ].join('\n'),
    fields: EXEC,
    missed: 1,
    held: 2,
    failures: [
      failed({ selection: 'filter', operator: 'startswith', wanted: ['/usr/'], negated: true }),
    ],
  },
  {
    name: 'an event of another kind',
    detection: 's: {process.executable|endswith: /curl}\ncondition: s',
    fields: { ...EXEC, 'event.action': 'fork' },
    missed: 1,
    held: 1,
    failures: [
      failed({
        selection: '',
        field: 'event.action',
        operator: 'is one of',
        wanted: ['exec'],
        seen: 'fork',
      }),
    ],
  },
]

for (const { name, detection, fields, missed, held, failures } of cases) {
  test(`explain: ${name}`, () => {
    const { fired, filter } = explained(rule(detection), [eventAt(1, fields)])
    equal(fired, 0)
    deepEqual(filter?.nearest, [{ place: { line: 1 }, missed, held, failures }])
  })
}

test('explain: the nearest events come first, and no more than asked for', () => {
  const text = rule('s: {process.name: a, process.pid: 1, user.name: u}\ncondition: s')
  const events = [
    eventAt(1, { 'event.action': 'open' }),
    eventAt(2, { 'event.action': 'exec', 'process.name': 'a', 'process.pid': 1 }),
    eventAt(3, { 'event.action': 'exec', 'process.name': 'a' }),
    eventAt(4, { 'event.action': 'exec', 'process.name': 'a', 'process.pid': 1 }),
    ...Array.from({ length: 20 }, (_, index) => eventAt(5 + index, { 'event.action': 'exec' })),
  ]
  const { filter } = explained(text, events)
  equal(filter?.events, events.length)
  deepEqual(
    filter.nearest.map(({ place, missed }) => [place.line, missed]),
    [
      [2, 1],
      [4, 1],
      [3, 2],
      [5, 3],
      [6, 3],
    ],
  )
})

test('explain: what held is told of a match', () => {
  const text = rule('s: {process.executable|endswith: /curl}\ncondition: s')
  const { fired, filter } = explained(text, [eventAt(1, EXEC)])
  equal(fired, 1)
  deepEqual(filter?.matched, [
    {
      place: { line: 1 },
      witnesses: [
        {
          selection: 's',
          field: 'process.executable',
          operator: 'endswith',
          pattern: '/curl',
          value: '/usr/bin/curl',
        },
      ],
    },
  ])
})
