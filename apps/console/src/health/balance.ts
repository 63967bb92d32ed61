import type { StageCounts } from '@pomona/schema'

/** A stage's counts summed up. */
export interface Balance {
  readonly discarded: number
  /** Of the discarded, those nobody wanted to lose. */
  readonly lost: number
  /** received − sent − held − discarded: anything but 0 is a bug of the pipeline. */
  readonly difference: number
}

/** Checks the promise that every stage accounts for all it received. */
export function balance(stage: StageCounts): Balance {
  const discarded = stage.discarded.reduce((sum, { count }) => sum + count, 0)
  const lost = stage.discarded.reduce(
    (sum, { count, intentional }) => sum + (intentional ? 0 : count),
    0,
  )
  return { discarded, lost, difference: stage.received - stage.sent - stage.held - discarded }
}

/** Share of the received that `count` is, from 0 to 1. */
export function share(count: number, { of }: { readonly of: number }): number {
  return of <= 0 ? 0 : Math.min(1, Math.max(0, count / of))
}
