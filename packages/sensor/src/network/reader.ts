import { type NetworkCounts, NetworkDecoder, type NetworkLimits } from './decoder.ts'
import type { NetworkRecord } from './record.ts'

/** A capture being read: iterate it once, ask for its counts at any time. */
export interface NetworkStream {
  /** The records in groups, one for each piece of bytes that brought any. */
  batches(): AsyncIterable<readonly NetworkRecord[]>
  counts(): NetworkCounts
}

/**
 * Reads a packet capture.
 *
 * @param bytes The capture in pieces of any size. Its errors pass through to the consumer.
 */
export function readNetwork(
  bytes: AsyncIterable<Uint8Array>,
  limits: NetworkLimits = {},
): NetworkStream {
  const decoder = new NetworkDecoder(limits)
  async function* batches(): AsyncGenerator<readonly NetworkRecord[]> {
    for await (const chunk of bytes) {
      const records = decoder.push(chunk)
      if (records.length > 0) yield records
    }
    const last = decoder.end()
    if (last.length > 0) yield last
  }
  return { batches, counts: () => decoder.counts() }
}
