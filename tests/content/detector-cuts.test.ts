/** A server that is killed anywhere in an attack, and restored, tells the same alerts. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Detector } from '@pomona/detect'
import type { Alert } from '@pomona/schema'
import { dice } from '../../packages/detect/test/dice.ts'
import { shippedRules } from './rule-folders.ts'
import { eventsOf, shippedScenarios } from './simulated-alerts.ts'

const SEEDS = [20_261_125]
const CUTS = 200
const EVENTS_MAX = 3_000
/** Much of what is open at a cut is over by then; some runs go to the end. */
const EVENTS_AFTER = 200
const TO_THE_END_EVERY = 25

const rules = shippedRules()
const attacks = await shippedScenarios('attacks')
const profiles = await shippedScenarios('benign')

for (const seed of SEEDS) {
  test(`cuts: ${CUTS} kills within attacks change no alert, seed ${seed}`, () => {
    const next = dice(seed)
    const problems: string[] = []
    const play = { scenarios: attacks, background: profiles, seed: `cuts ${seed}` }
    const events = [
      ...eventsOf({ ...play, eventsMax: EVENTS_MAX }, (problem) => problems.push(problem)),
    ]
    deepEqual(problems, [])
    const cuts = new Set<number>()
    while (cuts.size < CUTS) cuts.add(next(events.length))
    const states = new Map<number, string>()
    const whole = new Detector(rules)
    const expected = events.map((event, index): readonly Alert[] => {
      if (cuts.has(index)) states.set(index, whole.checkpoint())
      return whole.process(event)
    })
    const settled = whole.settle()
    for (const [cut, [at, state]] of [...states].entries()) {
      const after = new Detector(rules)
      after.restore(state)
      equal(after.checkpoint(), state, 'what is restored is what was saved')
      const isToEnd = cut % TO_THE_END_EVERY === 0
      const end = isToEnd ? events.length : Math.min(events.length, at + EVENTS_AFTER)
      for (let index = at; index < end; index += 1) {
        const alerts = after.process(events[index] ?? {})
        deepEqual(alerts, expected[index], `seed ${seed}: cut at ${at}, event ${index}`)
      }
      if (end < events.length) continue
      deepEqual(after.settle(), settled, `seed ${seed}: cut at ${at}, at the end`)
      deepEqual(after.counts(), whole.counts())
    }
    equal(states.size, CUTS)
    const told = new Set([...expected.flat(), ...settled].map(({ rule_id: id }) => id))
    const stateful = rules.filter(({ id, body }) => body.kind !== 'event' && told.has(id))
    ok(stateful.length >= 10, `${stateful.length} rules over several events told an alert`)
  })
}
