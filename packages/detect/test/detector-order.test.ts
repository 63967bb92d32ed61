import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { EcsEvent } from '@pomona/schema'
import { Detector } from '../src/index.ts'
import { dice } from './dice.ts'
import { randomWorld, worldRules } from './stateful/world.ts'

/** What a detector tells of a stream: the ids of all alerts, in no order. */
function told(events: readonly EcsEvent[]): readonly string[] {
  // What one event alone says depends on which of two repeats arrives first; it is left out.
  const detector = new Detector(worldRules(), { repeatSpanMs: 0 })
  const alerts = events.flatMap((event) => detector.process(event))
  alerts.push(...detector.settle())
  ok(detector.counts().late === 0)
  return alerts.map(({ rule_id: rule, id }) => `${rule} ${id}`).toSorted()
}

for (const seed of [5, 68, 90_125]) {
  test(`order: what arrives shuffled within the lateness tells the same, seed ${seed}`, () => {
    const next = dice(seed)
    const events = randomWorld(next, 3_000)
    const want = told(events)
    ok(want.length > 200, `${want.length} alerts`)
    for (let round = 0; round < 5; round += 1) {
      const shuffled = events
        .map((event, index) => {
          const arrivalMs = Date.parse(event['@timestamp'] ?? '') + next(1_990)
          return { event, arrivalMs, index }
        })
        .toSorted((a, b) => a.arrivalMs - b.arrivalMs || a.index - b.index)
        .map(({ event }) => event)
      deepEqual(told(shuffled), want)
    }
  })
}
