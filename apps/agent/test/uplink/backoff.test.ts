import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs, fraction, retryAfterMs } from '../../src/uplink/backoff.ts'
import { SeededRandom } from '../support/random.ts'

const OPTIONS = { firstMs: 1_000, maxMs: 8_000 }
const HIGHEST = { bytes: (lengthBytes: number) => new Uint8Array(lengthBytes).fill(255) }
const LOWEST = { bytes: (lengthBytes: number) => new Uint8Array(lengthBytes) }

const cases = [
  { name: 'begins with the first wait', attempt: 0, end: 1_000 },
  { name: 'doubles', attempt: 2, end: 4_000 },
  { name: 'ends at the longest wait', attempt: 4, end: 8_000 },
  { name: 'survives any number of attempts', attempt: Infinity, end: 8_000 },
]
for (const { name, attempt, end } of cases) {
  test(`backoff: ${name}`, () => {
    const longest = backoffMs(attempt, OPTIONS, HIGHEST)
    ok(longest < end && longest > end * 0.999, `${longest}`)
    equal(backoffMs(attempt, OPTIONS, LOWEST), 0)
  })
}

test('backoff: waits are spread evenly over the whole span', () => {
  const random = new SeededRandom(1)
  const tenths = Array.from({ length: 10 }, () => 0)
  for (let draw = 0; draw < 10_000; draw++) {
    const tenth = Math.floor(fraction(random) * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  for (const count of tenths) ok(count > 800 && count < 1_200, tenths.join(' '))
})

test('backoff: a server can ask for patience, within reason', () => {
  equal(retryAfterMs(undefined), 0)
  equal(retryAfterMs(7), 7_000)
  equal(retryAfterMs(999_999), 600_000)
})
