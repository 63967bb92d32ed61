import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { exactPercentile, Numbers } from '../../src/correlation/quantile.ts'
import { dice } from '../dice.ts'

const EMPTY = { slice: 0, count: 0, sum: 0, cells: [] }

test('quantile: of one number it is the number, between two in proportion', () => {
  equal(exactPercentile([7], 99), 7)
  equal(exactPercentile([1, 2], 50), 1.5)
  equal(exactPercentile([1, 2, 3, 4, 5], 25), 2)
  equal(exactPercentile([1, 2, 3, 4, 5], 100), 5)
})

for (const [name, scale] of [
  ['bytes', 1e9],
  ['fractions', 1e-3],
  ['both signs', -1],
] as const) {
  test(`quantile: sketches of ${name} are within 2 % and survive JSON`, () => {
    const next = dice(5)
    const slices = [0, 1, 2].map((slice) => new Numbers({ ...EMPTY, slice }, true))
    const values: number[] = []
    for (let index = 0; index < 30_000; index += 1) {
      const uniform = (next(1_000_000) + 1) / 1_000_000
      const value = scale < 0 ? Math.exp(uniform * 10) - 500 : uniform ** 3 * scale
      values.push(value)
      slices[index % 3]?.add(value)
    }
    const again = slices.map(
      (slice) => new Numbers(JSON.parse(JSON.stringify(slice.state())), true),
    )
    values.sort((one, other) => one - other)
    for (const percentile of [0, 1, 10, 50, 90, 99, 100]) {
      const found = Numbers.percentile(again, percentile) ?? Number.NaN
      const index = Math.floor((percentile / 100) * (values.length - 1))
      const wanted = values[index] ?? 0
      ok(Math.abs(found - wanted) <= 0.0201 * Math.abs(wanted) + 1e-9, `p${percentile}`)
    }
    ok(slices.every((slice) => slice.bytes() < 20_000))
  })
}

test('quantile: hostile numbers stay within the bins', () => {
  const slice = new Numbers(EMPTY, true)
  for (let index = -3_000; index < 3_000; index += 1)
    slice.add(index < 0 ? -(1.1 ** -index) : 1.1 ** index)
  slice.add(Number.MAX_VALUE)
  slice.add(Number.MIN_VALUE)
  ok(slice.bytes() < 20_000)
  ok(Number.isFinite(Numbers.percentile([slice], 100)))
})
