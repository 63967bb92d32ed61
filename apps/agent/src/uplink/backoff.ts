import type { Random } from '@pomona/schema'

/** How long to wait between attempts. */
export interface BackoffOptions {
  /** Upper end of the first wait. */
  readonly firstMs: number
  /** Upper end of every wait. */
  readonly maxMs: number
}

/**
 * The first waits of a fleet that lost its server together are spread over two seconds, those of a
 * restart that takes longer over ever more: measured with 5,000 agents, see `docs/benchmarks.md`.
 */
export const BACKOFF_DEFAULT: BackoffOptions = { firstMs: 2_000, maxMs: 60_000 }

/** Longest wait a server can ask for. */
const RETRY_AFTER_SECONDS_MAX = 600
const DOUBLINGS_MAX = 20

/**
 * Full jitter: a wait is drawn evenly from nothing to an upper end that doubles, so that agents
 * that lost their server together do not come back together.
 *
 * @param attempt Attempts that have failed before this wait, from 0.
 * @returns       Milliseconds.
 * @see           "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(attempt: number, options: BackoffOptions, random: Random): number {
  const { firstMs, maxMs } = options
  return Math.min(maxMs, firstMs * 2 ** Math.min(attempt, DOUBLINGS_MAX)) * fraction(random)
}

/** What a server asked for, in milliseconds and within reason. */
export function retryAfterMs(seconds: number | undefined): number {
  return Math.min(seconds ?? 0, RETRY_AFTER_SECONDS_MAX) * 1_000
}

/** A number from 0 to below 1. */
export function fraction(random: Random): number {
  const [high = 0, middle = 0, low = 0] = random.bytes(3)
  return (high * 65_536 + middle * 256 + low) / 2 ** 24
}
