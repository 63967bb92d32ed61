import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { dailyAlerts } from '../../src/backtest/daily-alerts.ts'

const cases: readonly {
  name: string
  counts: number[]
  hostDays: number
  want: readonly [p50: number, p95: number, max: number]
}[] = [
  { name: 'no day at all', counts: [], hostDays: 0, want: [0, 0, 0] },
  { name: 'only quiet days', counts: [], hostDays: 10, want: [0, 0, 0] },
  { name: 'one loud day of a hundred', counts: [7], hostDays: 100, want: [0, 0, 7] },
  {
    name: 'six loud days of a hundred',
    counts: [1, 2, 3, 4, 5, 6],
    hostDays: 100,
    want: [0, 1, 6],
  },
  { name: 'every day, in any order', counts: [10, 2, 30], hostDays: 3, want: [10, 30, 30] },
  { name: 'more loud days than were counted', counts: [4, 4], hostDays: 1, want: [4, 4, 4] },
]

for (const { name, counts, hostDays, want } of cases) {
  test(`daily alerts: ${name}`, () => {
    const { p50, p95, max } = dailyAlerts(counts, hostDays)
    deepEqual([p50, p95, max], want)
  })
}
