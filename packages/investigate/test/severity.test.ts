import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { incidentRisk, incidentSeverity } from '../src/severity.ts'

const cases = [
  { name: 'one alert has its own', highest: 'high', tacticCount: 1, ruleCount: 1, want: 'high' },
  { name: 'a chain rises', highest: 'medium', tacticCount: 4, ruleCount: 5, want: 'high' },
  { name: 'many rules of few tactics do not', highest: 'medium', tacticCount: 3, ruleCount: 9 },
  { name: 'many tactics of few rules do not', highest: 'medium', tacticCount: 9, ruleCount: 4 },
  { name: 'harmless things stay harmless', highest: 'low', tacticCount: 9, ruleCount: 20 },
  { name: 'nothing is above critical', highest: 'critical', tacticCount: 9, ruleCount: 20 },
] as const
for (const { name, ...facts } of cases) {
  test(`severity: ${name}`, () => {
    equal(incidentSeverity(facts), 'want' in facts ? facts.want : facts.highest)
  })
}

test('risk: a further rule adds, and nothing exceeds 100', () => {
  equal(incidentRisk([]), 0)
  equal(incidentRisk([73]), 73)
  ok(incidentRisk([73, 47]) > 73)
  equal(incidentRisk([47, 73]), incidentRisk([73, 47]))
  ok(incidentRisk(Array.from({ length: 500 }, () => 99)) <= 100)
})
