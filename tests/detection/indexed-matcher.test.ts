/** The fast matcher against the full scan: public and shipped rules, a sample of all events. */
import { ok } from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { judge } from '../../packages/detect/test/judgement.ts'
import {
  conformanceEvents,
  laneEvents,
  macFilters,
  publicFilters,
  SHARED,
  simulatedEvents,
} from './corpora.ts'

const LANE_EVENTS = 25
const SIMULATED_EVENTS = 4_000
const skip = existsSync(SHARED) ? false : 'the public corpora are not at ../shared/data/detection'

for (const route of [false, true]) {
  test(`indexed: every public rule on a sample of every event, routed ${route}`, { skip }, (t) => {
    const events = [...conformanceEvents(), ...laneEvents(LANE_EVENTS)]
    const filters = publicFilters()
    const judged = judge(filters, events, { lookup: 'literal', route, label: 'public rules' })
    ok(judged.matches > 500)
    t.diagnostic(`${filters.length} filters, ${events.length} events: ${JSON.stringify(judged)}`)
  })
}

test('indexed: every rule for Macs on simulated attacks and benign work', { skip }, async (t) => {
  const filters = macFilters()
  const events = await simulatedEvents(SIMULATED_EVENTS)
  const judged = judge(filters, events, { label: 'rules for Macs' })
  ok(judged.matches > 100)
  t.diagnostic(`${filters.length} filters, ${events.length} events: ${JSON.stringify(judged)}`)
})
