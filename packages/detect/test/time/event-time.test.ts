import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { formatTime, parseTime } from '@pomona/schema'
import { timeMsOf } from '../../src/time/event-time.ts'
import { dice } from '../dice.ts'

const cases = [
  { text: '1970-01-01T00:00:00Z', want: 0 },
  { text: '2026-03-02T08:30:01.334Z', want: Date.UTC(2026, 2, 2, 8, 30, 1, 334) },
  { text: '2024-02-29T23:59:59.000000001Z', want: Date.UTC(2024, 1, 29, 23, 59, 59) },
  { text: '2026-03-02T08:30:01+02:00', want: Date.UTC(2026, 2, 2, 6, 30, 1) },
  { text: '1969-12-31T23:59:59.5Z', want: -500 },
  { text: '', want: Number.NaN },
  { text: '2026-03-02', want: Number.NaN },
  { text: '2026-13-02T08:30:01Z', want: Number.NaN },
  { text: '2026-03-02T08:30:01.Z', want: Number.NaN },
  { text: '2026-03-02T08:30:01.12x4Z', want: Number.NaN },
  { text: '2026-03-02T08:30:01.1234567890Z', want: Number.NaN },
]
for (const { text, want } of cases) {
  test(`event time: ${text === '' ? 'an empty text' : text}`, () => {
    const have = timeMsOf(text)
    ok(Object.is(have, want) || Math.abs(have - want) < 0.001, `${have}, not ${want}`)
  })
}

test('event time: agrees with the exact reading, and rises with it, seed 61', () => {
  const next = dice(61)
  let before = { ns: -1n, ms: Number.NEGATIVE_INFINITY }
  for (let round = 0; round < 20_000; round += 1) {
    const ns = BigInt(next(2 ** 31)) * 1_000_000_000n * 2n + BigInt(next(1_000_000_000))
    const text = formatTime(ns)
    const ms = timeMsOf(text)
    equal(parseTime(text), ns)
    equal(Math.floor(ms / 1_000), Number(ns / 1_000_000_000n))
    ok(Math.abs(ms - Number(ns / 1_000n) / 1_000) < 0.002)
    if (ns >= before.ns) ok(ms >= before.ms)
    before = { ns, ms }
  }
})
