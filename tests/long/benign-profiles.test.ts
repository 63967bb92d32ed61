/** The benign profiles at full length; the short form stands in tests/content/scenarios.test.ts. */
import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { severityRank } from '@pomona/schema'
import { shippedRules } from '../content/rule-folders.ts'
import { alertCounts, findingsOf, shippedScenarios } from '../content/simulated-alerts.ts'

const EVENTS = 100_000
const MEDIUM = severityRank('medium')

const rules = shippedRules()

for (const profile of await shippedScenarios('benign')) {
  test(`benign: ${profile.id} stays below medium over ${EVENTS} events`, (context) => {
    const play = { background: [profile], eventsMax: EVENTS, seed: 'orchard' }
    const { alerts, events, problems } = findingsOf(rules, play)
    context.diagnostic(`${profile.id}: ${JSON.stringify(alertCounts(rules, alerts))}`)
    deepEqual(problems, [])
    equal(events, EVENTS)
    const loud = alerts.filter(({ severity }) => severityRank(severity) >= MEDIUM)
    deepEqual(alertCounts(rules, loud), {})
  })
}
