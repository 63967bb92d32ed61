import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Distinct } from '../../src/correlation/cardinality.ts'

const EMPTY = { slice: 0, count: 0, sum: 0, cells: [] }

test('cardinality: estimates of several slices together are within 10 %', () => {
  const slices = [0, 1, 2, 3].map((slice) => new Distinct({ ...EMPTY, slice }))
  let inserted = 0
  for (const wanted of [1, 10, 100, 1_000, 10_000, 50_000]) {
    for (; inserted < wanted; inserted += 1) {
      // A value in two slices counts once.
      slices[inserted % 4]?.add(`value ${inserted}`)
      slices[(inserted + 1) % 4]?.add(`value ${inserted}`)
    }
    const found = Distinct.union(slices)
    ok(Math.abs(found / wanted - 1) < 0.1, `${wanted} estimated as ${found}`)
  }
})

test('cardinality: state survives JSON', () => {
  const one = new Distinct({ ...EMPTY, slice: 7 })
  for (let index = 0; index < 500; index += 1) one.add(String(index))
  const again = new Distinct(JSON.parse(JSON.stringify(one.state())))
  deepEqual(again.state(), one.state())
  equal(again.slice, 7)
  equal(Distinct.union([again]), Distinct.union([one]))
  equal(Distinct.union([]), 0)
})
