import { ok } from 'node:assert/strict'
import { unpack } from '../../../src/containers/unpack.ts'
import { dice } from '../../dice.ts'
import { mutated } from '../../mutate.ts'
import type { Sample } from './samples.ts'

const LIMITS = {
  depthMax: 6,
  entriesMax: 500,
  bytesMax: 4_000_000,
  entryBytesMax: 1_000_000,
  stepsMax: 20_000,
  findingsMax: 100,
}

/** How often a damaged sample still gave something, and how often something was told of it. */
export interface FuzzCounts {
  readonly taken: number
  readonly odd: number
}

/** How long to go on, and from where. */
export interface FuzzOptions {
  readonly seed: number
  readonly rounds: number
}

/** Takes damaged copies of a sample apart: nothing may be thrown, and every limit holds. */
export function fuzzSample(sample: Sample, { seed, rounds }: FuzzOptions): FuzzCounts {
  const { name, bytes, structureBytes = bytes.length } = sample
  const roll = dice(seed)
  let [taken, odd] = [0, 0]
  for (let round = 0; round < rounds; round++) {
    const hint = `SEED=${seed} round ${round} of ${name}`
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
  return { taken, odd }
}
