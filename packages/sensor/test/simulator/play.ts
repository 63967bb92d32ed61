import { ok } from 'node:assert/strict'
import {
  HOST_DEFAULT,
  parseScenario,
  readLine,
  type RawRecord,
  type Scenario,
  simulate,
  type SimulatedHost,
} from '@pomona/sensor'

/** A scenario of these steps. */
export function scenarioOf(
  steps: readonly unknown[],
  more: Readonly<Record<string, unknown>> = {},
): Scenario {
  const text = JSON.stringify({
    id: 't',
    name: 'T',
    description: 'T',
    kind: 'benign',
    ...more,
    steps,
  })
  const read = parseScenario(text, { path: 'test.yml' })
  ok(read.ok, read.ok ? '' : JSON.stringify(read.problems))
  return read.scenario
}

/** The records of a simulation of these steps. */
export function play(
  steps: readonly unknown[],
  host: Partial<SimulatedHost> = {},
): readonly RawRecord[] {
  const lines = simulate({ scenarios: [scenarioOf(steps)], host: { ...HOST_DEFAULT, ...host } })
  return Array.from(lines, (line, index) => {
    const read = readLine(line, index)
    ok(read.ok, line)
    return read.record
  })
}

/** A value inside a record by its keys; fails when it is not there. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  let inner = value
  for (const key of keys) {
    ok(
      typeof inner === 'object' && inner !== null && key in inner,
      `${keys.join('.')} lacks ${key}`,
    )
    // Sound: checked on the line above.
    inner = (inner as Readonly<Record<string, unknown>>)[key]
  }
  return inner
}
