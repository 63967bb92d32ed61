/** The fast matcher against the full scan on at least ten million pairs of a rule and an event. */
import { ok } from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { randomEvent, randomFilter } from '../../packages/detect/test/collision.ts'
import { dice } from '../../packages/detect/test/dice.ts'
import { judge, type Judged } from '../../packages/detect/test/judgement.ts'
import {
  conformanceEvents,
  laneEvents,
  macFilters,
  publicFilters,
  SHARED,
  simulatedEvents,
} from '../detection/corpora.ts'

const PAIRS_MIN = 10_000_000
const LANE_EVENTS = 200
const SIMULATED_EVENTS = 20_000
const ROUNDS = 200
const SEED = Number(process.env['POMONA_TEST_SEED'] ?? Date.now() % 1_000_000)
const skip = existsSync(SHARED) ? false : 'the public corpora are not at ../shared/data/detection'

const all: Judged[] = []

for (const route of [false, true]) {
  test(`indexed, long: public rules on public events, routed ${route}`, { skip }, (t) => {
    const events = [...conformanceEvents(), ...laneEvents(LANE_EVENTS)]
    const judged = judge(publicFilters(), events, { lookup: 'literal', route, label: 'public' })
    all.push(judged)
    t.diagnostic(JSON.stringify(judged))
  })
}

test('indexed, long: rules for Macs on simulated Macs', { skip }, async (t) => {
  const events = await simulatedEvents(SIMULATED_EVENTS)
  const judged = judge(macFilters(), events, { label: 'rules for Macs' })
  all.push(judged)
  t.diagnostic(JSON.stringify(judged))
})

test('indexed, long: random filters on random events', (t) => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const seed = SEED + round
    const next = dice(seed)
    const filters = Array.from({ length: 100 + next(300) }, () => randomFilter(next))
    const events = Array.from({ length: 40 }, () => randomEvent(next))
    const lookup = next(2) === 0 ? 'nested' : 'literal'
    const label = `POMONA_TEST_SEED=${seed}`
    all.push(judge(filters, events, { lookup, route: next(2) === 0, label }))
  }
  t.diagnostic(`seeds ${SEED} to ${SEED + ROUNDS - 1}`)
})

test('indexed, long: that was enough', { skip }, (t) => {
  const pairs = all.reduce((sum, judged) => sum + judged.pairs, 0)
  t.diagnostic(`${pairs} pairs of a rule and an event`)
  ok(pairs >= PAIRS_MIN)
})
