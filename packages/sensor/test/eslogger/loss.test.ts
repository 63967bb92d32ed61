import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { LossCounter } from '@pomona/sensor'

type Row = readonly [type: string, number: unknown, global: unknown]

const cases: readonly {
  readonly name: string
  readonly rows: readonly Row[]
  readonly want: Partial<ReturnType<LossCounter['counts']>>
}[] = [
  {
    name: 'sees no loss in a whole stream',
    rows: [
      ['exec', 0, 0],
      ['fork', 0, 1],
      ['exec', 1, 2],
    ],
    want: {},
  },
  {
    name: 'counts a gap by type and in all',
    rows: [
      ['exec', 0, 0],
      ['exec', 3, 3],
    ],
    want: { missing: 2, missingByType: { exec: 2 } },
  },
  {
    name: 'counts loss before the first event of a type',
    rows: [
      ['exec', 0, 0],
      ['fork', 2, 3],
    ],
    want: { missing: 2, missingByType: { fork: 2 } },
  },
  {
    name: 'does not count what came before a stream joined late',
    rows: [
      ['exec', 27, 75],
      ['fork', 9, 76],
    ],
    want: {},
  },
  {
    name: 'notices another eslogger',
    rows: [
      ['exec', 5, 9],
      ['exec', 0, 0],
      ['exec', 1, 1],
    ],
    want: { restarts: 1 },
  },
  {
    name: 'counts gaps after a restart',
    rows: [
      ['exec', 5, 9],
      ['exec', 0, 0],
      ['exec', 2, 2],
    ],
    want: { restarts: 1, missing: 1, missingByType: { exec: 1 } },
  },
  {
    name: 'counts a type that is numbered backwards',
    rows: [
      ['exec', 5, 9],
      ['exec', 4, 10],
    ],
    want: { unnumbered: 1 },
  },
  {
    name: 'counts records without numbers',
    rows: [
      ['exec', undefined, 0],
      ['exec', -1, 0],
      ['exec', 1.5, 0],
      ['exec', '1', 0],
    ],
    want: { unnumbered: 4 },
  },
]
for (const { name, rows, want } of cases) {
  test(`loss: ${name}`, () => {
    const counter = new LossCounter()
    for (const [type, number, global] of rows) {
      counter.observe({ seq_num: number, global_seq_num: global, event: { [type]: {} } })
    }
    deepEqual(counter.counts(), {
      missing: 0,
      missingByType: {},
      restarts: 0,
      unnumbered: 0,
      ...want,
    })
  })
}
