const BASE_MS = 1000
const WAIT_MS_MAX = 30_000

/**
 * Wait before the next attempt: exponential with full jitter, so that a hundred consoles do not
 * return to a restarted server in the same second.
 *
 * @param attempt Failures so far, from 1.
 * @param random  Number from 0 to below 1.
 */
export function backoffMs(attempt: number, { random }: { readonly random: number }): number {
  const ceiling = Math.min(WAIT_MS_MAX, BASE_MS * 2 ** Math.max(0, attempt - 1))
  return Math.round(ceiling / 2 + (random * ceiling) / 2)
}
