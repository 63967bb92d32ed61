import { AnalysisError } from '../errors.ts'

/** What reading one file may cost in all. Each is a hard bound; reaching it is allowed. */
export interface BudgetLimits {
  /** Bytes made from the file: decompressed, copied, decoded. */
  readonly bytesMax: number
  /** Things that are kept: load commands, symbols, members of archives, list entries. */
  readonly itemsMax: number
  /** Units of work, such as an entry or a node visited, whether or not it is kept. */
  readonly stepsMax: number
  /** Structures inside of each other: archives, trees, nested messages. */
  readonly depthMax: number
}

/** The defaults of {@link Budget}. */
export const BUDGET_LIMITS: BudgetLimits = {
  bytesMax: 2_147_483_648,
  itemsMax: 2_000_000,
  stepsMax: 50_000_000,
  depthMax: 64,
}

/** What was spent, by the name of its limit. */
export interface BudgetSpent {
  readonly bytes: number
  readonly items: number
  readonly steps: number
  /** The deepest nesting there was. */
  readonly depth: number
}

/**
 * Counts what reading a file costs and stops it at a bound. Nothing here looks at a clock: the
 * same bytes end at the same place on every machine.
 */
export class Budget {
  readonly limits: BudgetLimits
  #bytes = 0
  #items = 0
  #steps = 0
  #depth = 0
  #deepest = 0

  constructor(limits: Partial<BudgetLimits> = {}) {
    this.limits = { ...BUDGET_LIMITS, ...limits }
  }

  get spent(): BudgetSpent {
    return { bytes: this.#bytes, items: this.#items, steps: this.#steps, depth: this.#deepest }
  }

  /** Bytes that may still be made. */
  get bytesLeft(): number {
    return this.limits.bytesMax - this.#bytes
  }

  /** @throws AnalysisError ERR_ANALYSIS_LIMIT when there would be more bytes than allowed. */
  spendBytes(count: number): void {
    this.#bytes += count
    if (this.#bytes > this.limits.bytesMax) this.#refuse('bytesMax')
  }

  /** @throws AnalysisError ERR_ANALYSIS_LIMIT when there would be more items than allowed. */
  spendItems(count = 1): void {
    this.#items += count
    if (this.#items > this.limits.itemsMax) this.#refuse('itemsMax')
  }

  /** @throws AnalysisError ERR_ANALYSIS_LIMIT when it would be more work than allowed. */
  spendSteps(count = 1): void {
    this.#steps += count
    if (this.#steps > this.limits.stepsMax) this.#refuse('stepsMax')
  }

  /**
   * Does something one level deeper.
   *
   * @throws AnalysisError ERR_ANALYSIS_LIMIT when that is deeper than allowed.
   */
  nested<Value>(work: () => Value): Value {
    if (this.#depth >= this.limits.depthMax) this.#refuse('depthMax')
    this.#depth += 1
    this.#deepest = Math.max(this.#deepest, this.#depth)
    try {
      return work()
    } finally {
      this.#depth -= 1
    }
  }

  #refuse(limit: keyof BudgetLimits): never {
    const max = this.limits[limit]
    throw new AnalysisError('ERR_ANALYSIS_LIMIT', `The budget ${limit} of ${max} is used up.`, {
      details: { limit, max },
    })
  }
}
