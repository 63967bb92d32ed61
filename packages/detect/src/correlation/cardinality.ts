import { deriveId } from '@pomona/schema'
import type { BucketState } from './figure.ts'

// HyperLogLog (Flajolet et al., 2007) with linear counting for small numbers (Heule et al., 2013).
const INDEX_BITS = 10
const REGISTERS = 2 ** INDEX_BITS
const BIAS = 0.7213 / (1 + 1.079 / REGISTERS)
/** Hash bits after the index; rank 41 says that all of them are zero. */
const REST_BITS = 40
const OVERHEAD_BYTES = 64

/** The different values of one slice of time, as HyperLogLog. */
export class Distinct {
  readonly slice: number
  readonly #registers = new Uint8Array(REGISTERS)

  constructor({ slice, cells }: BucketState) {
    this.slice = slice
    for (const [index, rank] of cells) this.#registers[index] = rank
  }

  /** Takes a value in. The hash is SHA-256, so that nobody can choose values that collide. */
  add(value: string): void {
    const hash = deriveId('distinct', [value])
    const index = Number.parseInt(hash.slice(0, 3), 16) >>> (12 - INDEX_BITS)
    const rest = Number.parseInt(hash.slice(3, 13), 16)
    const rank = rest === 0 ? REST_BITS + 1 : REST_BITS - Math.floor(Math.log2(rest))
    this.#registers[index] = Math.max(this.#registers[index] ?? 0, rank)
  }

  /** Estimates how many different values several slices hold together. */
  static union(slices: readonly Distinct[]): number {
    let inverse = 0
    let empty = 0
    for (let index = 0; index < REGISTERS; index += 1) {
      let rank = 0
      for (const { registers } of slices) rank = Math.max(rank, registers[index] ?? 0)
      inverse += 2 ** -rank
      if (rank === 0) empty += 1
    }
    const estimate = (BIAS * REGISTERS * REGISTERS) / inverse
    const isSmall = estimate <= 2.5 * REGISTERS && empty > 0
    return Math.round(isSmall ? REGISTERS * Math.log(REGISTERS / empty) : estimate)
  }

  /** The ranks, by register. */
  get registers(): Readonly<Uint8Array> {
    return this.#registers
  }

  bytes(): number {
    return REGISTERS + OVERHEAD_BYTES
  }

  state(): BucketState {
    const cells = [...this.#registers.entries()].filter(([, rank]) => rank > 0)
    return { slice: this.slice, count: 0, sum: 0, cells }
  }
}
