import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { ByteBudget } from '../../src/gateway/budget.ts'
import { RateLimiter } from '../../src/gateway/rate.ts'
import { FakeClock } from '../support/clock.ts'

function limiter(options: { burst?: number; perSecond?: number; keysMax?: number } = {}) {
  const clock = new FakeClock()
  return {
    clock,
    rate: new RateLimiter({ burst: 10, perSecond: 2, keysMax: 3, clock, ...options }),
  }
}

test('rate: lets the burst through and then says how long to wait', () => {
  const { rate, clock } = limiter()
  equal(rate.take('a', 10), 0)
  equal(rate.take('a', 1), 1)
  equal(rate.take('a', 4), 2)
  clock.advanceSeconds(0.5)
  equal(rate.take('a', 1), 0)
})

test('rate: keys do not share', () => {
  const { rate } = limiter()
  equal(rate.take('a', 10), 0)
  equal(rate.take('b', 10), 0)
})

test('rate: what is larger than the burst passes a full bucket and is paid for later', () => {
  const { rate, clock } = limiter()
  equal(rate.take('a', 30), 0)
  equal(rate.take('a', 1), 11)
  clock.advanceSeconds(10.5)
  equal(rate.take('a', 1), 0)
})

test('rate: forgets the key unused for longest', () => {
  const { rate } = limiter()
  for (const key of ['a', 'b', 'c']) rate.take(key, 10)
  rate.take('a', 1)
  rate.take('d', 10)
  equal(rate.take('b', 10), 0, 'b was forgotten')
  ok(rate.take('d', 10) > 0, 'd was kept')
})

test('rate: asking takes nothing and forgetting fills', () => {
  const { rate } = limiter({ burst: 1 })
  equal(rate.wait('a'), 0)
  equal(rate.take('a', 1), 0)
  ok(rate.wait('a') > 0)
  rate.forget('a')
  equal(rate.wait('a'), 0)
})

test('budget: gives what it has and takes it back once', () => {
  const budget = new ByteBudget(10)
  const first = budget.open()
  ok(first.take(6))
  ok(!first.take(5))
  const second = budget.open()
  ok(second.take(4))
  ok(!second.take(1))
  first.release()
  first.release()
  equal(budget.bytes, 4)
})
