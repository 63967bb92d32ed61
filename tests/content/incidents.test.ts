/** Attacks become one incident each, people at work become none that anybody is called for. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { severityRank } from '@pomona/schema'
import type { Scenario } from '@pomona/sensor'
import { shippedRules } from './rule-folders.ts'
import { shippedScenarios } from './simulated-alerts.ts'
import { type IncidentFindings, incidentsOf, toldOf } from './simulated-incidents.ts'

const SEEDS = ['pomona', 'quince', 'medlar'] as const
const EVENTS_MIXED = 6_000
const EVENTS_BENIGN = 10_000
/** The attack begins in the middle of the work. */
const ATTACK_AT_NS = 45_000_000_000n
const CUTS = 200

const rules = shippedRules()
const attacks = await shippedScenarios('attacks')
const profiles = await shippedScenarios('benign')
const isLoud = severityRank('medium')

function mixed(scenarios: readonly Scenario[], seed: string): IncidentFindings {
  return incidentsOf(rules, {
    scenarios,
    background: profiles,
    seed,
    eventsMax: EVENTS_MIXED,
    offsetsNs: scenarios.map((_, index) => ATTACK_AT_NS + BigInt(index) * 500_000_000n),
  })
}

for (const [index, scenario] of attacks.entries()) {
  // Each attack with one seed; the long tests take all of them.
  const seed = SEEDS[index % SEEDS.length] ?? 'pomona'
  test(`incidents: ${scenario.id} among people at work is one, and nothing else is in it`, () => {
    const found = mixed([scenario], seed)
    deepEqual(toldOf(found, [scenario]), [scenario.id])
    const attack = found.incidents.find(({ joins }) =>
      joins.some(({ alert_id: id }) => found.scenariosOf(id).includes(scenario.id)),
    )
    ok(attack)
    ok(severityRank(attack.incident.severity) >= severityRank('high'))
    equal(attack.incident.alert_count, attack.joins.length)
    const alone = new Set(attack.joins.map(({ alert_id: id }) => id))
    const all = [...found.alerts.keys()].filter((id) => found.scenariosOf(id).includes(scenario.id))
    deepEqual(
      all.filter((id) => !alone.has(id)),
      [],
    )
    ok(attack.joins.every(({ because }) => because.length > 0))
  })
}

const inOrder = (...ids: readonly string[]) => ids.toSorted((a, b) => (a < b ? -1 : 1))

// Each with the one after it; the long tests take every pair.
for (const [index, first] of attacks.entries()) {
  const second = attacks[(index + 1) % attacks.length]
  if (second === undefined) continue
  test(`incidents: ${first.id} and ${second.id} at once on one Mac are two`, () => {
    const scenarios = [first, second]
    const play = { scenarios, seed: 'pair', offsetsNs: [0n, 300_000_000n] }
    deepEqual(toldOf(incidentsOf(rules, play), scenarios), inOrder(first.id, second.id))
  })
}

test('incidents: two attacks at once among people at work stay two', () => {
  const ids = ['applescript-infostealer', 'supply-chain-dropper']
  const both = attacks.filter(({ id }) => ids.includes(id))
  deepEqual(toldOf(mixed(both, 'medlar'), both), ids)
})

for (const profile of profiles) {
  test(`incidents: ${profile.id} alone gives none of medium or above`, () => {
    const { incidents, events } = incidentsOf(rules, {
      background: [profile],
      eventsMax: EVENTS_BENIGN,
      seed: 'pomona',
    })
    const loud = incidents.filter(({ incident }) => severityRank(incident.severity) >= isLoud)
    deepEqual(
      loud.map(({ incident }) => incident.name),
      [],
    )
    equal(events, EVENTS_BENIGN)
  })
}

test(`incidents: ${CUTS} restarts change nothing`, () => {
  const play = { scenarios: attacks, background: profiles, seed: 'cuts', eventsMax: 4_000 }
  const whole = incidentsOf(rules, play)
  // Every twentieth event, the step between two cuts varied.
  const before = new Set(Array.from({ length: CUTS }, (_, cut) => cut * 20 + ((cut * 7) % 19)))
  const cut = incidentsOf(rules, play, { before })
  deepEqual(cut.incidents, whole.incidents)
  ok(whole.incidents.length > attacks.length)
})
