import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs } from '../../src/live/backoff.ts'

const cases = [
  { name: 'starts within a second', attempt: 1, random: 1, want: 1000 },
  { name: 'doubles', attempt: 3, random: 1, want: 4000 },
  { name: 'waits half a minute at most', attempt: 60, random: 1, want: 30_000 },
  { name: 'never comes back at once', attempt: 1, random: 0, want: 500 },
]
for (const { name, attempt, random, want } of cases) {
  test(`backoff: ${name}`, () => equal(backoffMs(attempt, { random }), want))
}

test('backoff: spreads those who wait', () =>
  ok(backoffMs(5, { random: 0.1 }) !== backoffMs(5, { random: 0.9 })))
