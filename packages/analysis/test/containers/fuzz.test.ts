import { ok } from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { unpack } from '../../src/containers/unpack.ts'
import { dice } from '../dice.ts'
import { mutated } from '../mutate.ts'
import { SAMPLES } from './support/samples.ts'

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000))
const ROUNDS = Number(process.env['ROUNDS'] ?? 5_000)
const LIMITS = {
  depthMax: 6,
  entriesMax: 500,
  bytesMax: 4_000_000,
  entryBytesMax: 1_000_000,
  stepsMax: 20_000,
  findingsMax: 100,
}

for (const { name, bytes, structureBytes = bytes.length } of SAMPLES) {
  test(`fuzz: a damaged ${name} never throws and stays in its limits (SEED=${SEED})`, () => {
    const roll = dice(SEED)
    let [taken, odd] = [0, 0]
    for (let round = 0; round < ROUNDS; round++) {
      const hint = `SEED=${SEED} round ${round} of ${name}`
      let seen = 0
      const visit = (_: unknown, content: Uint8Array) => {
        seen += content.length
      }
      const structure = mutated(bytes.subarray(0, structureBytes), roll)
      const damaged = Buffer.concat([structure, bytes.subarray(structureBytes)])
      const unpacked = unpack(damaged, { name, limits: LIMITS, visit })
      ok(unpacked.members.length <= LIMITS.entriesMax, hint)
      ok(unpacked.findings.length <= LIMITS.findingsMax, hint)
      ok(seen <= LIMITS.bytesMax, hint)
      if (unpacked.members.length > 0) taken += 1
      if (unpacked.findings.length > 0 || unpacked.limits.length > 0) odd += 1
    }
    // Neither all nor none: the mutations reach the readers and their refusals.
    ok(taken > ROUNDS / 20 && odd > ROUNDS / 100, `${taken} taken, ${odd} odd`)
  })
}
