import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import type { PriorityClass } from '@pomona/schema'
import { z } from 'zod'
import { HOUR_MS, Tally } from './tally.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

// Level 1 takes as long and a twentieth more room; level 6 takes three times as long for a fifth
// less (docs/benchmarks.md).
const COMPRESSION_LEVEL = 3
/** Bytes a group may have inflated. Groups are far smaller; a bomb is no group of ours. */
const GROUP_BYTES_MAX = 64 * 1024 * 1024

/** What is kept of one record, or of one alert of the engine on the host. */
export interface SpoolItem {
  readonly kind: 'event' | 'alert'
  readonly sequence: number
  readonly sensor: string
  /** What drops are counted by, such as `exec`. */
  readonly type: string
  readonly priority: PriorityClass
  /** When it was sensed; milliseconds since 1970. */
  readonly sensedMs: number
  /** When it happened. */
  readonly timeMs: number
  /** JSON text, as it goes into a batch. */
  readonly text: string
}

/** An item as it is read again: its priority is that of the segment it was read from. */
export type StoredItem = Omit<SpoolItem, 'priority'>

const Table = z.array(
  z.tuple([
    ...([z.enum(['event', 'alert']), z.int().min(0), z.string(), z.string()] as const),
    ...([z.int(), z.int(), z.int().min(0)] as const),
  ]),
)

/**
 * Writes items as one compressed group: a JSON table, a line feed, then their texts one after the
 * other. The table has kind, sequence, sensor, type, sensed, time, and bytes of the text.
 */
export async function encodeGroup(items: readonly SpoolItem[]): Promise<Buffer> {
  const table: z.infer<typeof Table> = items.map((item) => [
    ...([item.kind, item.sequence, item.sensor, item.type] as const),
    ...([item.sensedMs, item.timeMs, Buffer.byteLength(item.text)] as const),
  ])
  const text = `${JSON.stringify(table)}\n${items.map((item) => item.text).join('')}`
  return compress(text, { params: { [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL } })
}

/** Reads a group. @returns `undefined` when it is none of ours. */
export async function decodeGroup(bytes: Uint8Array): Promise<readonly StoredItem[] | undefined> {
  let group: Buffer
  let table: z.infer<typeof Table>
  let at: number
  try {
    group = await decompress(bytes, { maxOutputLength: GROUP_BYTES_MAX })
    at = group.indexOf('\n') + 1
    table = Table.parse(JSON.parse(group.toString('utf8', 0, at)))
  } catch {
    // The frame's digest was right: somebody wrote it who knew how, or we have a bug.
    return undefined
  }
  const items: StoredItem[] = []
  for (const [kind, sequence, sensor, type, sensedMs, timeMs, lengthBytes] of table) {
    const text = group.toString('utf8', at, at + lengthBytes)
    at += lengthBytes
    items.push({ kind, sequence, sensor, type, sensedMs, timeMs, text })
  }
  return at === group.length ? items : undefined
}

/** Counts items by sensor, hour and type. */
export function tallyOf(items: readonly StoredItem[]): Tally {
  const tally = new Tally()
  for (const { sensor, type, sensedMs, timeMs } of items) {
    const hourMs = Math.floor(sensedMs / HOUR_MS) * HOUR_MS
    tally.add({ sensor, hourMs, type, count: 1, fromMs: timeMs, toMs: timeMs })
  }
  return tally
}
