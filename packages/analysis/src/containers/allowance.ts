import type { Budget } from '../bytes/budget.ts'
import type { ContainerLimit, ContainerLimits } from './limits.ts'

/** How many bytes something may unpack to, and which limit says so. */
export interface Allowance {
  readonly bytesMax: number
  readonly limit: ContainerLimit
}

/**
 * What one entry may unpack to.
 *
 * @param packedBytes Undefined where the ratio cannot be told.
 */
export function allowanceOf(
  budget: Budget,
  limits: ContainerLimits,
  packedBytes: number | undefined,
): Allowance {
  const byRatio =
    packedBytes === undefined
      ? Infinity
      : Math.max(limits.ratioFloorBytes, packedBytes * limits.ratioMax)
  const bytesMax = Math.min(budget.bytesLeft, limits.entryBytesMax, byRatio)
  if (bytesMax === byRatio) return { bytesMax, limit: 'ratio' }
  return { bytesMax, limit: bytesMax === limits.entryBytesMax ? 'entry_bytes' : 'bytes' }
}
