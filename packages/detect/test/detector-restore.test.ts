import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert } from '@pomona/schema'
import { Detector, type DetectorOptions } from '../src/index.ts'
import { dice } from './dice.ts'
import { randomWorld, worldRules } from './stateful/world.ts'

const CUTS = 200
// Without the limits nothing is lost; with them, what is lost is lost alike.
const VARIANTS: readonly (readonly [name: string, options: DetectorOptions])[] = [
  ['', {}],
  [
    ' and tight limits',
    {
      hostPartialsMax: 6,
      partialsMax: 12,
      lineageHostMax: 4,
      hostHeldMax: 4,
      heldMax: 8,
      alertsPerHourMax: 20,
      repeatsMax: 10,
      hostWorkMax: 40,
      ruleWorkMax: 70,
      workBlockEvents: 200,
    },
  ],
]

for (const [name, options] of VARIANTS) {
  for (const seed of [31, 4_077]) {
    test(`restore: ${CUTS} random cuts change no alert and no count${name}, seed ${seed}`, () => {
      const next = dice(seed)
      const events = randomWorld(next, 2_000)
      const rules = worldRules()
      const whole = new Detector(rules, options)
      const states: string[] = []
      const expected: (readonly Alert[])[] = events.map((event) => {
        states.push(whole.checkpoint())
        return whole.process(event)
      })
      states.push(whole.checkpoint())
      const settled = whole.settle()
      const told = new Set(expected.flat().map(({ rule_id: id }) => id))
      equal(told.size, rules.length - 1, [...told].join(', '))
      for (let cut = 0; cut < CUTS; cut += 1) {
        const at = next(events.length)
        const after = new Detector(rules, options)
        after.restore(states[at] ?? '')
        equal(after.checkpoint(), states[at], 'what is restored is what was saved')
        // Long enough that every window which is open at the cut closes; a part goes to the end.
        const end = cut % 20 === 0 ? events.length : Math.min(events.length, at + 250)
        for (let index = at; index < end; index += 1) {
          const alerts = after.process(events[index] ?? {})
          deepEqual(alerts, expected[index], `cut at ${at}, event ${index}`)
        }
        equal(
          after.checkpoint(),
          states[end] ?? whole.checkpoint().replace(/.*/, after.checkpoint()),
        )
        if (end < events.length) continue
        deepEqual(after.settle(), settled)
        deepEqual(after.counts(), whole.counts())
      }
      ok(whole.counts().alerts > 100)
    })
  }
}
