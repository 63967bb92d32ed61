import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { Backoff } from '../../src/supervision/backoff.ts'

test('backoff: waits double up to their bound while a program keeps ending', () => {
  const backoff = new Backoff({ delayMsMin: 100, delayMsMax: 1_000 })
  const waits = Array.from({ length: 6 }, () => backoff.delayMs(10))
  deepEqual(waits, [100, 200, 400, 800, 1_000, 1_000])
})

test('backoff: a program that was well begins anew', () => {
  const backoff = new Backoff({ delayMsMin: 100, wellMs: 5_000 })
  backoff.delayMs(10)
  backoff.delayMs(10)
  equal(backoff.delayMs(4_999), 400)
  equal(backoff.delayMs(5_000), 100)
})

test('backoff: thousands of ends do not overflow', () => {
  const backoff = new Backoff()
  for (let count = 0; count < 5_000; count += 1) backoff.delayMs(0)
  equal(backoff.delayMs(0), 60_000)
})
