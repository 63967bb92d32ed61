import { deepEqual, equal, ok } from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { HOST_DEFAULT, loadScenarios, readLine, simulate } from '@pomona/sensor'

const FOLDER = fileURLToPath(new URL('../../../../content/scenarios', import.meta.url))
const { scenarios, problems } = await loadScenarios(FOLDER)

// RFC 5737 and RFC 1918, and the loopback.
const ADDRESS_RESERVED = /^(?:192\.0\.2|198\.51\.100|203\.0\.113|10|127|192\.168)\./

test('shipped scenarios: all are read', () => {
  deepEqual(problems, [])
  const kinds = scenarios.map(({ kind }) => kind)
  ok(kinds.filter((kind) => kind === 'attack').length >= 6)
  ok(kinds.filter((kind) => kind === 'benign').length >= 4)
  equal(new Set(scenarios.map(({ id }) => id)).size, scenarios.length)
})

for (const scenario of scenarios) {
  test(`shipped scenarios: ${scenario.id} says what it follows and shows`, () => {
    ok(scenario.path.endsWith(`/${scenario.id}.yml`))
    ok(scenario.references.length > 0)
    for (const reference of scenario.references) ok(URL.canParse(reference), reference)
    for (const technique of scenario.techniques) ok(/^T\d{4}(\.\d{3})?$/.test(technique), technique)
    equal(scenario.tactics.length > 0, scenario.kind === 'attack')
  })

  test(`shipped scenarios: ${scenario.id} plays on every release and with any seed`, () => {
    for (const osVersion of ['14.5', '15.6', '27.0']) {
      for (const seed of ['a', 'b']) {
        const host = { ...HOST_DEFAULT, osVersion }
        let events = 0
        for (const line of simulate({ scenarios: [scenario], host, seed })) {
          ok(readLine(line, events++).ok, line)
          for (const [address] of line.matchAll(/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g)) {
            ok(
              ADDRESS_RESERVED.test(address) || /^\d{3}\.0\.\d{4}/.test(address),
              `${address} in ${line}`,
            )
          }
        }
        ok(events >= 30 && events <= 400, `${events} events`)
      }
    }
  })
}
