import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { CorrelationBody, CorrelationType } from '@pomona/rules'
import { type CorrelationOptions, CorrelationWindow } from '../../src/correlation/window.ts'

const SPAN_MS = 60_000

function body(type: CorrelationType, more: Partial<CorrelationBody> = {}): CorrelationBody {
  const inputsCount = type.startsWith('temporal') ? 3 : 1
  const inputs = Array.from({ length: inputsCount }, (_, index) => {
    return { ruleId: `rule-${index}`, groupBy: [], values: [] }
  })
  return {
    kind: 'correlation',
    type,
    groupBy: [],
    inputs,
    spanMs: SPAN_MS,
    bounds: [],
    scope: 'host',
    ...more,
  }
}

const atLeast = (value: number) => ({ bounds: [{ comparison: 'gte', value } as const] })

/** A match: seconds, input or value. */
type Match = readonly [seconds: number, what: number | string]

interface Told {
  readonly seconds: number
  readonly figure: number
  readonly approximate: boolean
  readonly evidence: readonly number[]
}

function run(
  of: CorrelationBody,
  matches: readonly Match[],
  options: CorrelationOptions<number> = {},
): readonly Told[] {
  const window = new CorrelationWindow<number>(of, options)
  return matches.flatMap(([seconds, what], index) => {
    const isTemporal = of.type.startsWith('temporal')
    const found = window.offer({
      partition: 'mac',
      timeMs: seconds * 1_000,
      input: isTemporal ? Number(what) : 0,
      key: 'key',
      values: [what],
      evidence: index,
    })
    return found.map(({ timeMs, figure, approximate, evidence }) => ({
      seconds: timeMs / 1_000,
      figure,
      approximate,
      evidence: evidence.map((one) => one.evidence),
    }))
  })
}

const TIMES: readonly (readonly [
  name: string,
  body: CorrelationBody,
  matches: readonly Match[],
  told: readonly number[],
])[] = [
  [
    'a window is told when it fills',
    body('event_count', atLeast(3)),
    [
      [0, 0],
      [9, 0],
      [59, 0],
    ],
    [59],
  ],
  [
    'what is exactly one span old is out',
    body('event_count', atLeast(3)),
    [
      [0, 0],
      [9, 0],
      [60, 0],
    ],
    [],
  ],
  [
    'what stays true is told once a span',
    body('event_count', atLeast(2)),
    Array.from({ length: 130 }, (_, second): Match => [second, 0]),
    [1, 61, 121],
  ],
  [
    'what turns true again within a span is not told again',
    body('event_count', { bounds: [{ comparison: 'eq', value: 3 }] }),
    [
      [0, 0],
      [1, 0],
      [29, 0],
      [30, 0],
      [61.5, 0],
    ],
    [29],
  ],
  [
    'a late match is counted at its own time',
    body('event_count', atLeast(3)),
    [
      [0, 0],
      [70, 0],
      [90, 0],
      [50, 0],
    ],
    [90],
  ],
  [
    'a late match that no window sees changes nothing',
    body('event_count', atLeast(2)),
    [
      [99, 0],
      [0, 0],
    ],
    [],
  ],
  [
    'a range has both ends',
    body('event_count', {
      bounds: [
        { comparison: 'gt', value: 1 },
        { comparison: 'lte', value: 2 },
      ],
    }),
    [
      [0, 0],
      [1, 0],
      [2, 0],
    ],
    [1],
  ],
  [
    'any order',
    body('temporal'),
    [
      [0, 2],
      [1, 0],
      [2, 1],
    ],
    [2],
  ],
  [
    'a part of the rules where the condition says so',
    body('temporal', atLeast(2)),
    [
      [0, 2],
      [1, 2],
      [2, 1],
    ],
    [2],
  ],
  [
    'in order',
    body('temporal_ordered'),
    [
      [0, 0],
      [1, 2],
      [2, 1],
      [3, 2],
    ],
    [3],
  ],
  [
    'in order with a late first',
    body('temporal_ordered'),
    [
      [1, 1],
      [3, 2],
      [0, 0],
    ],
    [3],
  ],
  [
    'at the same time counts as in order',
    body('temporal_ordered'),
    [
      [5, 2],
      [5, 1],
      [5, 0],
    ],
    [5],
  ],
  [
    'not in order',
    body('temporal_ordered'),
    [
      [0, 2],
      [1, 1],
      [2, 0],
    ],
    [],
  ],
  [
    'in order through a storm of the first',
    body('temporal_ordered'),
    [[0, 0], [1, 1], ...Array.from({ length: 40 }, (_, second): Match => [second + 2, 0]), [50, 2]],
    [50],
  ],
  [
    'distinct values',
    body('value_count', atLeast(3)),
    [
      [0, 'a'],
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ],
    [3],
  ],
  [
    'a sum',
    body('value_sum', atLeast(10)),
    [
      [0, 4],
      [1, 5],
      [2, 1],
    ],
    [2],
  ],
  [
    'an average',
    body('value_avg', atLeast(5)),
    [
      [0, 1],
      [1, 2],
      [2, 12],
    ],
    [2],
  ],
  [
    'a median',
    body('value_median', atLeast(5)),
    [
      [0, 1],
      [1, 100],
      [2, 4],
      [3, 9],
    ],
    [1],
  ],
  [
    'a percentile',
    body('value_percentile', { ...atLeast(9), percentile: 90 }),
    [
      [0, 1],
      [1, 2],
      [2, 11],
    ],
    [2],
  ],
  ['numbers only', body('value_sum', atLeast(0)), [[0, 'four']], []],
]

for (const [name, of, matches, told] of TIMES) {
  test(`correlation window: ${name}`, () => {
    deepEqual(
      run(of, matches, { exactMax: 32 }).map(({ seconds }) => seconds),
      told,
    )
  })
}

const rule = (index: number) => ({ kind: 'rule', ruleId: `rule-${index}` }) as const

test('correlation window: an extended condition is judged at each match', () => {
  const expression = {
    kind: 'and',
    operands: [rule(0), { kind: 'not', operand: rule(1) }],
  } as const
  const of = body('temporal', { expression })
  const seconds = (matches: readonly Match[]): readonly number[] =>
    run(of, matches).map((told) => told.seconds)
  deepEqual(
    seconds([
      [0, 1],
      [1, 0],
    ]),
    [],
  )
  deepEqual(
    seconds([
      [0, 0],
      [1, 1],
    ]),
    [0],
  )
  deepEqual(
    seconds([
      [0, 1],
      [61, 0],
    ]),
    [61],
  )
})

test('correlation window: evidence is of the window, the newest of each input', () => {
  const storm = Array.from({ length: 100 }, (_, second): Match => [second / 10, 0])
  const [told] = run(body('temporal'), [[0, 1], ...storm, [11, 2]], { evidenceMax: 9 })
  deepEqual(told?.evidence, [0, 98, 99, 100, 101])
  const [count] = run(body('event_count', atLeast(80)), storm)
  equal(count?.evidence.length, 50)
})

test('correlation window: a clock far ahead blinds no rule', () => {
  const of = body('temporal')
  const told = run(of, [
    [0, 0],
    [4e9, 1],
    [1, 0],
    [2, 1],
    [3, 2],
  ])
  deepEqual(
    told.map(({ seconds }) => seconds),
    [3],
  )
})

test('correlation window: a storm of matches is told once a span', () => {
  const matches = Array.from({ length: 100_000 }, (_, index): Match => [index / 10_000, 0])
  equal(run(body('event_count', atLeast(3)), matches).length, 1)
})
