import { setImmediate as nextTurn } from 'node:timers/promises'
import { type DeadLetter, deriveId, type EcsEvent } from '@pomona/schema'
import { decodeEvents, type Log, type LogEntry } from '@pomona/store'
import { codeOf, messageOf } from '../errors.ts'

/** The reading half of a log. */
export type LogSource = Pick<Log, 'read' | 'end'>

/** One entry of the log, unpacked; or why it cannot be. */
export type ChunkEntry =
  | { readonly ok: true; readonly entry: LogEntry; readonly events: readonly EcsEvent[] }
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
}

/**
 * Reads the next entries of the log and unpacks them. An entry that is damaged is an answer, not an
 * error: it is reported and passed by, because the log never changes and reading it again would
 * never end.
 *
 * @throws StoreError for what is not the fault of one entry (disk, closed store).
 */
export async function readChunk(log: LogSource, options: ChunkOptions): Promise<LogChunk> {
  const { from, entriesMax, bytesMax } = options
  try {
    const entries = await log.read(from, { entriesMax, bytesMax })
    const unpackedEntries: ChunkEntry[] = []
    for (const entry of entries) {
      unpackedEntries.push(unpacked(entry))
      // Unpacking is work of milliseconds: whoever shares the process gets a turn in between.
      await nextTurn()
    }
    return { from, to: from + entries.length, entries: unpackedEntries }
  } catch (error) {
    if (codeOf(error) !== 'ERR_STORE_CORRUPT') throw error
    // One of several is damaged: read them one by one until it stands alone.
    if (entriesMax > 1) return await readChunk(log, { ...options, entriesMax: 1 })
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

function unpacked(entry: LogEntry): ChunkEntry {
  try {
    return { ok: true, entry, events: decodeEvents(entry.payload) }
  } catch (error) {
    if (codeOf(error) !== 'ERR_STORE_CORRUPT') throw error
    return {
      ok: false,
      offset: entry.offset,
      hostId: entry.hostId,
      eventsCount: entry.eventsCount,
      reason: 'entry_undecodable',
      detail: messageOf(error),
    }
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
