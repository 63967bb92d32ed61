import { randomBytes } from 'node:crypto'
import type { Clock, Random } from '@pomona/schema'

const NS_PER_MS = 1_000_000n

/** The machine's own clock and entropy: the only place in the server that reads either. */
export const systemClock: Clock = {
  nowNs: () => BigInt(Date.now()) * NS_PER_MS,
  monotonicNs: () => process.hrtime.bigint(),
}

/** Unpredictable bytes from the operating system. */
export const systemRandom: Random = { bytes: (lengthBytes) => randomBytes(lengthBytes) }
