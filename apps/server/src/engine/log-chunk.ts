import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Alert, type DeadLetter, deriveId, type EcsEvent } from '@pomona/schema'
import { type DecodedPayload, decodePayload, type Log, type LogEntry } from '@pomona/store'
import { codeOf, messageOf } from '../errors.ts'

/** The reading half of a log. */
export type LogSource = Pick<Log, 'read' | 'end'>

/** One entry of the log, unpacked. */
export interface ReadEntry {
  readonly ok: true
  readonly entry: LogEntry
  readonly events: readonly EcsEvent[]
  /** What the engine on the host found. */
  readonly alerts: readonly Alert[]
  /** Events that are in the log already and are to be evaluated once more. */
  readonly again: readonly EcsEvent[]
}

/** One entry of the log, unpacked; or why it cannot be. */
export type ChunkEntry =
  | ReadEntry
  | {
      readonly ok: false
      readonly offset: number
      readonly hostId: string | undefined
      /** Events the entry says it has; 0 when not even that can be read. */
      readonly eventsCount: number
      readonly reason: 'entry_undecodable' | 'entry_unreadable'
      readonly detail: string
    }

/** Entries `from` to `to` - 1, in order, without holes. */
export interface LogChunk {
  readonly from: number
  readonly to: number
  readonly entries: readonly ChunkEntry[]
}

/** Which part of the log to read. */
export interface ChunkOptions {
  readonly from: number
  readonly entriesMax: number
  /** Packed bytes; one entry is read whatever its size. */
  readonly bytesMax: number
  /**
   * Bytes of JSON text after which no further entry is unpacked: what packs well is small in the
   * log and thousands of times as large in memory.
   */
  readonly unpackedBytesMax: number
}

/**
 * Reads the next entries of the log and unpacks them. An entry that is damaged is an answer, not an
 * error: it is reported and passed by, because the log never changes and reading it again would
 * never end.
 *
 * @throws StoreError for what is not the fault of one entry (disk, closed store, damage at the
 * end).
 */
export async function readChunk(log: LogSource, options: ChunkOptions): Promise<LogChunk> {
  const { from, entriesMax, bytesMax, unpackedBytesMax } = options
  try {
    const entries = await log.read(from, { entriesMax, bytesMax })
    const unpackedEntries: ChunkEntry[] = []
    let unpackedBytes = 0
    for (const entry of entries) {
      const { chunkEntry, bytes } = unpacked(entry)
      unpackedEntries.push(chunkEntry)
      unpackedBytes += bytes
      if (unpackedBytes >= unpackedBytesMax) break
      // Unpacking is work of milliseconds: whoever shares the process gets a turn in between.
      await nextTurn()
    }
    return { from, to: from + unpackedEntries.length, entries: unpackedEntries }
  } catch (error) {
    if (codeOf(error) !== 'ERR_STORE_CORRUPT') throw error
    // One of several is damaged: read them one by one until it stands alone.
    if (entriesMax > 1) return await readChunk(log, { ...options, entriesMax: 1 })
    // At the end there is no entry to pass by: whoever went on would be far beyond it when the log
    // is whole again, and miss what comes then.
    if (from >= (await log.end())) throw error
    const entry = {
      ok: false,
      offset: from,
      hostId: undefined,
      eventsCount: 0,
      reason: 'entry_unreadable',
      detail: messageOf(error),
    } as const
    return { from, to: from + 1, entries: [entry] }
  }
}

function unpacked(entry: LogEntry): { readonly chunkEntry: ChunkEntry; readonly bytes: number } {
  try {
    const { events, alerts, again, bytes } = decodePayload(entry.payload)
    return { chunkEntry: { ok: true, entry, events, alerts, again }, bytes }
  } catch (error) {
    if (codeOf(error) !== 'ERR_STORE_CORRUPT') throw error
    const chunkEntry = {
      ok: false,
      offset: entry.offset,
      hostId: entry.hostId,
      eventsCount: entry.eventsCount,
      reason: 'entry_undecodable',
      detail: messageOf(error),
    } as const
    return { chunkEntry, bytes: 0 }
  }
}

/** The dead letter of an entry that cannot be used. Its id is derived: reading again adds none. */
export function entryLetter(
  entry: Extract<ChunkEntry, { readonly ok: false }>,
  { stage, time }: { readonly stage: string; readonly time: string },
): DeadLetter {
  return {
    id: deriveId('dead-letter', [stage, 'entry', String(entry.offset)]),
    time,
    stage,
    reason: entry.reason,
    ...(entry.hostId === undefined ? {} : { host_id: entry.hostId }),
    detail: `Log offset ${entry.offset}: ${entry.detail}`,
    sample: '',
  }
}

/** The events of an entry that are to be evaluated. */
export function evaluated({
  events,
  again,
}: Pick<DecodedPayload, 'events' | 'again'>): readonly EcsEvent[] {
  return again.length === 0 ? events : [...events, ...again]
}

/** How many events of these entries are evaluated, or would be if they could be read. */
export function countOf(entries: readonly ChunkEntry[]): number {
  return entries.reduce(
    (sum, entry) => sum + (entry.ok ? evaluated(entry).length : entry.eventsCount),
    0,
  )
}
