import type { Random } from '@pomona/schema'

/** Repeatable randomness: a seed gives the same run (mulberry32). */
export class SeededRandom implements Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  bytes(lengthBytes: number): Uint8Array {
    return Uint8Array.from({ length: lengthBytes }, () => this.below(256))
  }
}

/** Seeds of a run: one of the environment, or some of this process. */
export function seeds(count: number): readonly number[] {
  const asked = process.env['POMONA_TEST_SEED']
  if (asked !== undefined) return [Number(asked)]
  return Array.from({ length: count }, (_, index) => process.pid * 1_000 + index)
}
