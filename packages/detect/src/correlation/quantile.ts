import type { BucketState } from './figure.ts'

// DDSketch (Masson, Rim, Lee, 2019): bins whose bounds grow by a factor, so that every quantile is
// within a relative error of the true value. Negative numbers mirror the positive ones.
const RELATIVE_ERROR = 0.02
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
const LOG_GAMMA = Math.log(GAMMA)
/** Smaller numbers are zero. */
const LEAST = 1e-9
/** Bins of one sign; numbers beyond 1e306 share the last. */
const BIN_OFFSET = 20_000
const BINS_MAX = 512
const CELL_BYTES = 32
const OVERHEAD_BYTES = 96

/** The numbers of one slice of time: how many, their sum, and their distribution. */
export class Numbers {
  readonly slice: number
  count: number
  sum: number
  /** How many numbers are in a bin; ascending bins hold ascending numbers. */
  readonly #bins: Map<number, number>
  readonly #isDistribution: boolean

  constructor({ slice, count, sum, cells }: BucketState, isDistribution: boolean) {
    this.slice = slice
    this.count = count
    this.sum = sum
    this.#bins = new Map(cells)
    this.#isDistribution = isDistribution
  }

  add(value: number): void {
    this.count += 1
    this.sum += value
    if (!this.#isDistribution) return
    const bin = binOf(value)
    const known = this.#bins.get(bin)
    if (known === undefined && this.#bins.size >= BINS_MAX) {
      const nearest = nearestOf(this.#bins.keys(), bin)
      this.#bins.set(nearest, (this.#bins.get(nearest) ?? 0) + 1)
      return
    }
    this.#bins.set(bin, (known ?? 0) + 1)
  }

  /** Estimates a percentile, 0 to 100, over several slices; `undefined` without numbers. */
  static percentile(slices: readonly Numbers[], percentile: number): number | undefined {
    const bins = new Map<number, number>()
    let total = 0
    for (const { cells } of slices) {
      for (const [bin, count] of cells) {
        bins.set(bin, (bins.get(bin) ?? 0) + count)
        total += count
      }
    }
    const rank = (percentile / 100) * (total - 1)
    let below = 0
    for (const [bin, count] of [...bins].toSorted(([one], [other]) => one - other)) {
      below += count
      if (below > rank) return valueOf(bin)
    }
    return undefined
  }

  /** Bins and how many numbers are in each. */
  get cells(): Iterable<readonly [number, number]> {
    return this.#bins
  }

  bytes(): number {
    return OVERHEAD_BYTES + this.#bins.size * CELL_BYTES
  }

  state(): BucketState {
    return { slice: this.slice, count: this.count, sum: this.sum, cells: [...this.#bins] }
  }
}

function binOf(value: number): number {
  const size = Math.abs(value)
  if (size < LEAST) return 0
  const bin = Math.ceil(Math.log(size) / LOG_GAMMA) + BIN_OFFSET
  return value < 0 ? -bin : bin
}

function valueOf(bin: number): number {
  if (bin === 0) return 0
  const size = (2 * GAMMA ** (Math.abs(bin) - BIN_OFFSET)) / (GAMMA + 1)
  return bin < 0 ? -size : size
}

function nearestOf(bins: Iterable<number>, wanted: number): number {
  let nearest = wanted
  let least = Number.POSITIVE_INFINITY
  for (const bin of bins) {
    const distance = Math.abs(bin - wanted)
    if (distance >= least) continue
    least = distance
    nearest = bin
  }
  return nearest
}

/**
 * The percentile of sorted numbers, between two of them in proportion; of one number, itself. The
 * 50th is the median.
 */
export function exactPercentile(sorted: readonly number[], percentile: number): number {
  const rank = (percentile / 100) * (sorted.length - 1)
  const below = Math.floor(rank)
  const low = sorted[below] ?? 0
  const high = sorted[below + 1] ?? low
  return low + (high - low) * (rank - below)
}
