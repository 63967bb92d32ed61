import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Tally } from '../src/tally.ts'

test('tally: taking reads and begins again', () => {
  const tally = new Tally()
  tally.add('muted')
  tally.addAll({ muted: 2, budget: 1 })
  equal(tally.total, 4)
  deepEqual(tally.take(), { muted: 3, budget: 1 })
  ok(tally.isEmpty)
})

test('tally: names are bounded in number and length, counts are not lost', () => {
  const tally = new Tally(2)
  for (const name of ['a', 'b', 'c', 'd', 'x'.repeat(1_000)]) tally.add(name)
  deepEqual(tally.read(), { a: 1, b: 1, other: 3 })
  const long = new Tally()
  long.add('x'.repeat(1_000))
  equal(Object.keys(long.read())[0]?.length, 64)
})
