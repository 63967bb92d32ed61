import type { Clock } from '@pomona/schema'

/** How much may be taken. */
export interface Rate {
  /** Units allowed at once. */
  readonly burst: number
  /** Units that come back each second. */
  readonly perSecond: number
}

/** So many units at once, and so many again in so many seconds. */
export function rateOf({
  count,
  spanSeconds,
}: {
  readonly count: number
  readonly spanSeconds: number
}): Rate {
  return { burst: count, perSecond: count / spanSeconds }
}

/** How much a key may take, and how many keys are remembered. */
export interface RateOptions extends Rate {
  /** Keys remembered; the longest unused is forgotten first. */
  readonly keysMax: number
  readonly clock: Clock
}

interface Bucket {
  tokens: number
  atNs: bigint
}

const NS_PER_SECOND = 1e9

/**
 * Token buckets by key (host, address, user). Forgetting a key fills its bucket, so the map's limit
 * can only be too generous, never lock somebody out.
 */
export class RateLimiter {
  readonly #options: RateOptions
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: RateOptions) {
    this.#options = options
  }

  /**
   * Takes `count` units of a key. A request larger than the whole burst passes when the bucket is
   * full and leaves it in debt, so that a large delivery is slowed down and never impossible.
   *
   * @returns 0 when taken, else the whole seconds to wait (at least 1); nothing is taken then.
   */
  take(key: string, count: number): number {
    const bucket = this.#refilled(key)
    const { burst, perSecond } = this.#options
    const needed = Math.min(count, burst)
    if (bucket.tokens >= needed) {
      bucket.tokens -= count
      return 0
    }
    return Math.max(1, Math.ceil((needed - bucket.tokens) / perSecond))
  }

  /** Seconds until one unit is available, 0 when one is; takes nothing. */
  wait(key: string): number {
    const { tokens } = this.#refilled(key)
    return tokens >= 1 ? 0 : Math.max(1, Math.ceil((1 - tokens) / this.#options.perSecond))
  }

  /** Fills a key's bucket again. */
  forget(key: string): void {
    this.#buckets.delete(key)
  }

  #refilled(key: string): Bucket {
    const { burst, perSecond, keysMax, clock } = this.#options
    const nowNs = clock.monotonicNs()
    const bucket = this.#buckets.get(key) ?? { tokens: burst, atNs: nowNs }
    const elapsedSeconds = Number(nowNs - bucket.atNs) / NS_PER_SECOND
    bucket.tokens = Math.min(burst, bucket.tokens + elapsedSeconds * perSecond)
    bucket.atNs = nowNs
    // Set again: the map's order is then the order of use.
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    const oldest = this.#buckets.keys().next().value
    if (this.#buckets.size > keysMax && oldest !== undefined) this.#buckets.delete(oldest)
    return bucket
  }
}
