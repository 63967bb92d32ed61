import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Drops } from '../src/drops.ts'

test('drops: counted by reason and type, with the time they span', () => {
  const drops = new Drops()
  drops.add({ reason: 'queue_full', type: 'close', time: '2026-03-02T08:30:02Z' })
  drops.add({ reason: 'queue_full', type: 'close', time: '2026-03-02T08:30:01Z' })
  drops.add({ reason: 'queue_full', type: 'exec', time: '2026-03-02T08:30:03Z' })
  const [from, to] = ['2026-03-02T08:30:01Z', '2026-03-02T08:30:02Z']
  const at = '2026-03-02T08:30:03Z'
  deepEqual(drops.take(), [
    { reason: 'queue_full', type: 'close', count: 2, from, to },
    { reason: 'queue_full', type: 'exec', count: 1, from: at, to: at },
  ])
  ok(drops.isEmpty)
})

test('drops: beyond the bound of types nothing goes uncounted', () => {
  const drops = new Drops(3)
  for (let type = 0; type < 50; type += 1) {
    drops.add({ reason: 'queue_full', type: `t${type}`, time: '2026-03-02T08:30:01Z' })
  }
  const entries = drops.take()
  deepEqual(
    entries.map(({ type }) => type),
    ['t0', 't1', 't2', 'other'],
  )
  equal(
    entries.reduce((sum, { count }) => sum + count, 0),
    50,
  )
})
