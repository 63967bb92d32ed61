import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { DeliveryTimes } from '../../src/fleet/delivery-times.ts'

test('delivery times: there is no figure without a delivery', () => {
  equal(new DeliveryTimes().quantileMs(0.5), undefined)
})

test('delivery times: quantiles are right to five percent', () => {
  const times = new DeliveryTimes()
  for (let ms = 1; ms <= 10_000; ms++) times.add(ms)
  for (const share of [0.5, 0.95, 0.99, 1]) {
    const got = times.quantileMs(share) ?? 0
    const want = share * 10_000
    ok(got >= want * 0.99 && got <= want * 1.05, `${share}: ${got}`)
  }
})

test('delivery times: none is above the longest', () => {
  const times = new DeliveryTimes()
  times.add(0)
  times.add(1_000)
  equal(times.quantileMs(1), 1_000)
  times.add(1e12)
  equal(times.quantileMs(1), Math.round(1.05 ** 399))
})
