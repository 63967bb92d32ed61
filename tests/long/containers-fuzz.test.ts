/**
 * Damaged containers of every kind, many; the short form stands in
 * packages/analysis/test/containers/fuzz.test.ts.
 */
import { ok } from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { fuzzSample } from '../../packages/analysis/test/containers/support/fuzz.ts'
import { SAMPLES } from '../../packages/analysis/test/containers/support/samples.ts'

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000_000))
const EXECUTIONS = 200_000

for (const sample of SAMPLES) {
  test(`containers: ${sample.name} is damaged two hundred thousand times, seed ${SEED}`, () => {
    const { taken, odd } = fuzzSample(sample, { seed: SEED, rounds: EXECUTIONS })
    ok(taken > 0 && odd > 0, `${taken} taken, ${odd} odd`)
  })
}
