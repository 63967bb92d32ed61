/** Attacks become one incident each, people at work become none that anybody is called for. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { severityRank } from '@pomona/schema'
import type { Scenario } from '@pomona/sensor'
import { shippedRules } from './rule-folders.ts'
import { shippedScenarios } from './simulated-alerts.ts'
import { type IncidentFindings, incidentsOf } from './simulated-incidents.ts'

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

/** The scenarios of the alerts of each incident that holds an alert of an attack. */
function attackIncidents({ incidents, scenariosOf }: IncidentFindings, ids: ReadonlySet<string>) {
  const told = incidents.map(({ joins }) => {
    return [...new Set(joins.flatMap(({ alert_id: id }) => scenariosOf(id)))].toSorted()
  })
  return told.filter((scenarios) => scenarios.some((id) => ids.has(id)))
}

function inOrder(told: readonly (readonly string[])[]) {
  return told.toSorted((a, b) => (a.join() < b.join() ? -1 : 1))
}

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
    deepEqual(attackIncidents(found, new Set([scenario.id])), [[scenario.id]])
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

test('incidents: every pair of attacks at once on one Mac is two', () => {
  const wrong: string[] = []
  for (const [index, first] of attacks.entries()) {
    for (const second of attacks.slice(index + 1)) {
      const found = incidentsOf(rules, {
        scenarios: [first, second],
        seed: 'pair',
        offsetsNs: [0n, 300_000_000n],
      })
      const told = attackIncidents(found, new Set([first.id, second.id]))
      const want = inOrder([[first.id], [second.id]])
      if (!isDeepStrictEqual(inOrder(told), want)) {
        wrong.push(`${first.id} + ${second.id}: ${JSON.stringify(told)}`)
      }
    }
  }
  deepEqual(wrong, [])
})

test('incidents: two attacks at once among people at work stay two', () => {
  const [first, second] = attacks.filter(({ id }) =>
    ['applescript-infostealer', 'supply-chain-dropper'].includes(id),
  )
  ok(first && second)
  const found = mixed([first, second], 'medlar')
  deepEqual(inOrder(attackIncidents(found, new Set([first.id, second.id]))), [
    [first.id],
    [second.id],
  ])
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
