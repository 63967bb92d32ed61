import type { Clock } from '@pomona/schema'

/** How an {@link Allowance} grows. */
export interface AllowanceLimits {
  /** Of the time that passes. */
  readonly share: number
  /** Milliseconds saved up at most, and there at the beginning. */
  readonly msMax: number
}

const NS_PER_MS = 1e6

/** Milliseconds that may be spent: a share of the time that passes, saved up to a bound. */
export class Allowance {
  readonly #limits: AllowanceLimits
  readonly #clock: Clock
  #leftMs: number
  #atNs: bigint

  constructor(limits: AllowanceLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
    this.#leftMs = limits.msMax
    this.#atNs = clock.monotonicNs()
  }

  /** Milliseconds there are now. */
  get leftMs(): number {
    const { share, msMax } = this.#limits
    const nowNs = this.#clock.monotonicNs()
    const passedMs = Number(nowNs - this.#atNs) / NS_PER_MS
    this.#atNs = nowNs
    this.#leftMs = Math.min(msMax, this.#leftMs + passedMs * share)
    return this.#leftMs
  }

  /** Spends some; what was not there is owed. */
  spend(ms: number): void {
    this.#leftMs = this.leftMs - ms
  }
}
