import { equal, ok } from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { fuzzNetwork } from './network-fuzz.ts'

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000_000))
const EXECUTIONS = 5_000

test('network: mutated captures are read or refused, within limits, and the counts add up', () => {
  const { executions, records, broken } = fuzzNetwork(SEED, EXECUTIONS)
  equal(executions, EXECUTIONS)
  // It must reach what lies behind the framing, and the framing itself.
  ok(records > EXECUTIONS, `seed ${SEED}: only ${records} records`)
  ok(broken > 0, `seed ${SEED}: no capture was broken`)
})
