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
  if (bytesMax === limits.entryBytesMax) return { bytesMax, limit: 'entry_bytes' }
  // A small file that promises much has a total of its own.
  return { bytesMax, limit: budget.limits.bytesMax < limits.bytesMax ? 'ratio' : 'bytes' }
}

/** Factor by which the total of a small file may pass the floor of one entry. */
const FLOORS_OF_TOTAL = 64

/** What a file may unpack to in all: a disk of zeros names no packed bytes for its entries. */
export function totalMax(limits: ContainerLimits, fileBytes: number): number {
  const floor = limits.ratioFloorBytes * FLOORS_OF_TOTAL
  return Math.min(limits.bytesMax, Math.max(floor, fileBytes * limits.ratioMax))
}
