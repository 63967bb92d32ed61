import { ok } from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { fuzzSample } from './support/fuzz.ts'
import { SAMPLES } from './support/samples.ts'

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000))
const ROUNDS = Number(process.env['ROUNDS'] ?? 5_000)

for (const sample of SAMPLES) {
  test(`fuzz: a damaged ${sample.name} never throws and stays in its limits (SEED=${SEED})`, () => {
    const { taken, odd } = fuzzSample(sample, { seed: SEED, rounds: ROUNDS })
    // Neither all nor none: the mutations reach the readers and their refusals.
    ok(taken > ROUNDS / 20 && odd > ROUNDS / 100, `${taken} taken, ${odd} odd`)
  })
}
