/** How a program that ends is started again. */
export interface BackoffLimits {
  /** Wait before the first restart. Default 1,000. */
  readonly delayMsMin: number
  /** Longest wait. Default 60,000. */
  readonly delayMsMax: number
  /** A program that ends sooner cannot work as it is called. Default 2,000. */
  readonly ranMsMin: number
  /** A program that ran so long is well; the next wait is the first again. Default 60,000. */
  readonly wellMs: number
}

/** Defaults of {@link BackoffLimits}. */
export const BACKOFF_LIMITS: BackoffLimits = {
  delayMsMin: 1_000,
  delayMsMax: 60_000,
  ranMsMin: 2_000,
  wellMs: 60_000,
}

/** Doubles the wait from restart to restart, until a program stays. */
export class Backoff {
  readonly #limits: BackoffLimits
  #failures = 0

  constructor(limits: Partial<BackoffLimits> = {}) {
    this.#limits = { ...BACKOFF_LIMITS, ...limits }
  }

  /** Whether a program that ran so long ended at once: a failure of its configuration. */
  isAtOnce(ranMs: number): boolean {
    return ranMs < this.#limits.ranMsMin
  }

  /** How long to wait after a program ran so long. */
  delayMs(ranMs: number): number {
    const { delayMsMin, delayMsMax, wellMs } = this.#limits
    if (ranMs >= wellMs) this.#failures = 0
    const delayMs = Math.min(delayMsMax, delayMsMin * 2 ** Math.min(this.#failures, 30))
    this.#failures += 1
    return delayMs
  }
}
