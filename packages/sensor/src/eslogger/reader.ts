import { EsloggerDecoder, type BadLine, type ReaderCounts, type ReaderOptions } from './decoder.ts'
import type { LineRead } from './line.ts'

/** A stream being read: iterate it once, ask for its counts at any time. */
export interface EsloggerStream extends AsyncIterable<LineRead> {
  /** The same reads in groups, one for each piece of bytes: cheaper than one promise a line. */
  batches(): AsyncIterable<readonly LineRead[]>
  counts(): ReaderCounts
  /** Shortened refused lines, at most `samplesMax`. */
  samples(): readonly BadLine[]
}

/**
 * Reads an eslogger stream: JSON lines, one Endpoint Security message each.
 *
 * @param bytes The stream in pieces of any size. Its errors pass through to the consumer.
 * @returns     Every line as a record or a reason, in order, each with its sequence.
 */
export function readEslogger(
  bytes: AsyncIterable<Uint8Array>,
  options: ReaderOptions = {},
): EsloggerStream {
  const decoder = new EsloggerDecoder(options)
  async function* batches(): AsyncGenerator<readonly LineRead[]> {
    for await (const chunk of bytes) {
      const reads = decoder.push(chunk)
      if (reads.length > 0) yield reads
    }
    const last = decoder.end()
    if (last.length > 0) yield last
  }
  async function* lines(): AsyncGenerator<LineRead> {
    for await (const reads of batches()) yield* reads
  }
  return {
    [Symbol.asyncIterator]: lines,
    batches,
    counts: () => decoder.counts(),
    samples: () => decoder.samples(),
  }
}
