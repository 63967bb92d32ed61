import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock, Random } from '@pomona/schema'

const NS_PER_MS = 1_000_000n

/**
 * Waits; rejects with the signal's reason when that is aborted. Passed in, so that tests own time.
 */
export type Sleep = (waitMs: number, signal: AbortSignal) => Promise<void>

/** The machine's own clock. Nothing else in the agent reads it. */
export const systemClock: Clock = {
  nowNs: () => BigInt(Date.now()) * NS_PER_MS,
  monotonicNs: () => process.hrtime.bigint(),
}

/** Unpredictable bytes from the operating system. */
export const systemRandom: Random = { bytes: (lengthBytes) => randomBytes(lengthBytes) }

/** A sleep on the machine's clock. */
export const systemSleep: Sleep = async (waitMs, signal) => {
  await wait(waitMs, undefined, { signal })
}
