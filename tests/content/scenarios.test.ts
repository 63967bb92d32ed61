/**
 * The shipped scenarios through the whole pipeline: every attack is found, benign days stay silent.
 */
import { deepEqual, ok } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Alert, severityRank } from '@pomona/schema'
import type { Scenario } from '@pomona/sensor'
import { shippedRules } from './rule-folders.ts'
import { alertCounts, findingsOf, shippedScenarios } from './simulated-alerts.ts'

const EXPECTED = join(import.meta.dirname, 'scenarios.expected.json')
const SEEDS = ['pomona', 'quince', 'medlar'] as const
const [SEED_GOLDEN] = SEEDS
const EVENTS_PER_PROFILE = 10_000

const rules = shippedRules()
const attacks = await shippedScenarios('attacks')
const profiles = await shippedScenarios('benign')

type Expected = Readonly<Record<string, Readonly<Record<string, number>>>>

function atLeast(alerts: readonly Alert[], severity: 'medium' | 'high'): readonly Alert[] {
  return alerts.filter((alert) => severityRank(alert.severity) >= severityRank(severity))
}

function checkAttack(scenario: Scenario, seed: string): Readonly<Record<string, number>> {
  const { alerts, problems } = findingsOf(rules, { scenario, seed })
  deepEqual(problems, [])
  ok(atLeast(alerts, 'high').length > 0, 'no alert of severity high')
  const shown = new Set(alerts.flatMap(({ tactics }) => tactics))
  deepEqual(
    scenario.tactics.filter((tactic) => !shown.has(tactic)),
    [],
    'tactics without an alert',
  )
  return alertCounts(rules, alerts)
}

test('scenarios: six attacks and four benign profiles ship', () => {
  ok(attacks.length >= 6)
  ok(profiles.length >= 4)
})

for (const scenario of attacks) {
  for (const seed of SEEDS) {
    test(`scenarios: ${scenario.id} is found in every tactic it shows (seed ${seed})`, () => {
      checkAttack(scenario, seed)
    })
  }
}

test('scenarios: each attack gives exactly the expected alerts', () => {
  const got: Expected = Object.fromEntries(
    attacks.map((scenario) => [scenario.id, checkAttack(scenario, SEED_GOLDEN)]),
  )
  if (process.env['UPDATE_GOLDEN'] === '1') {
    writeFileSync(EXPECTED, `${JSON.stringify(got, undefined, 2)}\n`)
  }
  const expected = JSON.parse(readFileSync(EXPECTED, 'utf8')) as Expected // Written just above.
  deepEqual(got, expected)
})

for (const profile of profiles) {
  test(`scenarios: ${profile.id} stays below medium over ${EVENTS_PER_PROFILE} events`, () => {
    const play = { background: [profile], eventsMax: EVENTS_PER_PROFILE, seed: SEED_GOLDEN }
    const { alerts, events, problems } = findingsOf(rules, play)
    deepEqual(problems, [])
    deepEqual(alertCounts(rules, atLeast(alerts, 'medium')), {})
    ok(events === EVENTS_PER_PROFILE)
  })
}
