/** Mutated captures, many; the short form stands in packages/sensor/test/network/fuzz.test.ts. */
import { equal, ok } from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { fuzzNetwork } from '../../packages/sensor/test/network/network-fuzz.ts'

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000_000))
const EXECUTIONS = 200_000

test(`network: two hundred thousand mutated captures are read or refused, seed ${SEED}`, () => {
  const { executions, records, broken } = fuzzNetwork(SEED, EXECUTIONS)
  equal(executions, EXECUTIONS)
  ok(records > EXECUTIONS)
  ok(broken > 0)
})
