/** Incidents at full length; the short form stands in tests/content/incidents.test.ts. */
import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { severityRank } from '@pomona/schema'
import { shippedRules } from '../content/rule-folders.ts'
import { shippedScenarios } from '../content/simulated-alerts.ts'
import { incidentsOf, toldOf } from '../content/simulated-incidents.ts'

const SEEDS = ['pomona', 'quince', 'medlar', 'damson', 'sloe']
const EVENTS_MIXED = 12_000
const EVENTS_BENIGN = 100_000
const MEDIUM = severityRank('medium')

const rules = shippedRules()
const attacks = await shippedScenarios('attacks')
const profiles = await shippedScenarios('benign')

for (const seed of SEEDS) {
  test(`incidents: every attack among people at work is one of its own, seed ${seed}`, () => {
    const wrong: string[] = []
    for (const scenario of attacks) {
      const play = { scenarios: [scenario], background: profiles, seed, eventsMax: EVENTS_MIXED }
      const told = toldOf(incidentsOf(rules, { ...play, offsetsNs: [45_000_000_000n] }), [scenario])
      if (told.join(';') !== scenario.id) wrong.push(`${scenario.id}: ${JSON.stringify(told)}`)
    }
    deepEqual(wrong, [])
  })

  test(`incidents: every pair of attacks at once is two, seed ${seed}`, () => {
    const wrong: string[] = []
    for (const [index, first] of attacks.entries()) {
      for (const second of attacks.slice(index + 1)) {
        const scenarios = [first, second]
        const told = toldOf(
          incidentsOf(rules, { scenarios, seed, offsetsNs: [0n, 300_000_000n] }),
          scenarios,
        )
        const want = scenarios.map(({ id }) => id).toSorted((a, b) => (a < b ? -1 : 1))
        if (told.join(';') !== want.join(';')) wrong.push(`${want.join(' + ')}: ${told.join(';')}`)
      }
    }
    deepEqual(wrong, [])
  })
}

test('incidents: all attacks at once among people at work are as many', () => {
  const play = { scenarios: attacks, background: profiles, seed: 'all', eventsMax: 20_000 }
  const told = toldOf(incidentsOf(rules, { ...play, spreadNs: 60_000_000_000n }), attacks)
  deepEqual(
    told,
    attacks.map(({ id }) => id).toSorted((a, b) => (a < b ? -1 : 1)),
  )
})

for (const profile of profiles) {
  test(`incidents: ${profile.id} gives none of medium or above over ${EVENTS_BENIGN} events`, () => {
    const play = { background: [profile], eventsMax: EVENTS_BENIGN, seed: 'orchard' }
    const loud = incidentsOf(rules, play).incidents.filter(
      ({ incident }) => severityRank(incident.severity) >= MEDIUM,
    )
    deepEqual(
      loud.map(({ incident }) => incident.name),
      [],
    )
  })
}
