import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { LedgerHour } from '@pomona/schema'
import { balanceOf, hoursBetween } from '../../src/hosts/completeness-hours.ts'
import { NOW_MS } from './host.ts'

function hour(parts: Partial<LedgerHour>): LedgerHour {
  return {
    ...{ sensed: 10, filtered: 1, dropped: 2, sent: 4, lost: 0, unobserved_ms: 0 },
    ...{ sensor: 'a', hour: '2026-11-22T11:00:00Z' },
    ...{ filtered_by: {}, dropped_by: [], unobserved: [] },
    ...parts,
  }
}

test('completeness hours: what is held is what is left over, never less than nothing', () => {
  equal(balanceOf(hour({})).held, 3)
  equal(balanceOf(hour({ sent: 12 })).held, 0)
})

test('completeness hours: hours without a word stand between the others', () => {
  const hours = hoursBetween('2026-11-22T09:30:00Z', NOW_MS, [
    hour({ hour: '2026-11-22T09:00:00Z' }),
    hour({}),
    hour({ sensor: 'b', lost: 5, unobserved_ms: 7 }),
  ])
  deepEqual(
    hours.map(({ hour: at, balance }) => [at.slice(11, 13), balance.sensed, balance.held]),
    [
      ['09', 10, 3],
      ['10', 0, 0],
      ['11', 20, 6],
      ['12', 0, 0],
    ],
  )
  const { balance, sensors } = hours[2] ?? {}
  deepEqual([balance?.lost, balance?.unobserved_ms, sensors?.length], [5, 7, 2])
})

test('completeness hours: are bounded, the newest stay', () => {
  const hours = hoursBetween('2020-01-01T00:00:00Z', NOW_MS, [])
  equal(hours.length, 336)
  equal(hours.at(-1)?.hour, '2026-11-22T12:00:00.000Z')
})
