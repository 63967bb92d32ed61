/**
 * A small repeatable random source for property tests (mulberry32); print the seed with a failure.
 */
export interface Dice {
  readonly seed: number
  /** Whole number from 0, below `limit`. */
  below(limit: number): number
  pick<T>(list: readonly T[]): T
}

export function dice(seed: number): Dice {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    seed,
    below: (limit) => Math.floor(next() * limit),
    pick: (list) => {
      const value = list[Math.floor(next() * list.length)]
      if (value === undefined) throw new Error('pick from an empty list')
      return value
    },
  }
}
