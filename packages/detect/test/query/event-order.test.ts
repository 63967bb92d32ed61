import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { compareKeys, timeMsOf } from '../../src/query/event-order.ts'

const TIMES: readonly (readonly [value: unknown, timeMs: number | undefined])[] = [
  ['1970-01-01T00:00:01.500Z', 1_500],
  ['1970-01-01T00:00:00.000500Z', 0.5],
  ['1970-01-01T01:00:00+01:00', 0],
  [1_500, 1_500],
  ['1500', 1_500],
  [116_444_736_010_000_000, 1_000],
  ['yesterday', undefined],
  [null, undefined],
  [Number.NaN, undefined],
]

for (const [value, timeMs] of TIMES) {
  test(`event order: ${String(value)} is ${timeMs} ms`, () => equal(timeMsOf(value), timeMs))
}

const ORDERED: readonly unknown[] = [undefined, false, true, -1, 2, 10, '', '10', '2', 'a']

test('event order: keys are absent, truths, numbers, texts, each in their order', () => {
  for (const [index, left] of ORDERED.entries()) {
    for (const [other, right] of ORDERED.entries()) {
      equal(Math.sign(compareKeys(left, right)), Math.sign(index - other))
    }
  }
})
