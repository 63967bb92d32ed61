import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { EcsEvent } from '@pomona/schema'
import { arrivalsOf, firesOn } from '../src/stream-test.ts'
import { eventTimeMs } from '../src/time/event-time.ts'
import { eqlRule, eventAt, rulesOf } from './explain/explained.ts'

const LATENESS_MS = 2_000

const at = (second: number): EcsEvent => eventAt(second, { 'event.action': 'exec' })

test('stream test: arrivals hold every event once, and none comes too late', () => {
  const events = Array.from({ length: 20 }, (_, index) => at(index * 0.4))
  const arrivals = arrivalsOf(events)
  ok(arrivals.length >= 3, `${arrivals.length} arrivals`)
  for (const { events: arrived } of arrivals) {
    equal(new Set(arrived).size, events.length)
    ok(arrived.some((event, index) => event !== events[index]))
    let newestMs = 0
    for (const event of arrived) {
      newestMs = Math.max(newestMs, eventTimeMs(event))
      ok(newestMs - eventTimeMs(event) < LATENESS_MS)
    }
  }
})

test('stream test: events far apart have one order, and those of one moment keep theirs', () => {
  deepEqual(arrivalsOf([at(1), at(20), at(40)]), [])
  const same = [at(5), at(5), at(5)]
  deepEqual(arrivalsOf(same), [])
})

test('stream test: a sequence whose order does not matter to arrival', () => {
  const rules = rulesOf(
    eqlRule('sequence by host.id with maxspan=10s\n  [any where true]\n  [any where true]'),
  )
  const events = [at(1), at(2)]
  deepEqual(firesOn(rules, events), { fired: true, events: [1, 2] })
  deepEqual(firesOn(rules, events.toReversed()), { fired: true, events: [2, 1] })
})

test('stream test: what must not come at the end did not, when the stream is over', () => {
  const query = 'sequence by host.id with maxspan=5s [any where event.id == "%"] ![any where true]'
  const ends = (id: string) => rulesOf(eqlRule(query.replace('%', id)))
  const events = [at(1), at(4)]
  const [first, second] = events.map(({ event }) => event?.id ?? '')
  equal(firesOn(ends(first ?? ''), events).fired, false)
  deepEqual(firesOn(ends(second ?? ''), events), { fired: true, events: [2] })
})
