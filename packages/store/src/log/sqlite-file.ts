import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { DatabaseContext, Migration } from '../sqlite/database.ts'
import type { HostId, StreamId, TenantId } from '@pomona/schema'
import { StoreError } from '../errors.ts'
import type { LogAppend, LogEntry } from './log.ts'
import { STREAM_TOTALS_MIGRATION } from './stream-totals.ts'

/** "PoLg": names the file as a log of ours. */
export const LOG_APPLICATION_ID = 0x506f4c67

/**
 * `position` is the offset. The payload stands last, so that looking at an entry's range does not
 * read it. The index is unique by first sequence because ranges of a stream never overlap; the host
 * is part of it because an agent chooses its stream id, and must not reach another host's.
 */
export const LOG_MIGRATIONS: readonly Migration[] = [
  `create table entries (
     position integer primary key,
     tenant_id text not null,
     host_id text not null,
     stream_id text not null,
     first_sequence integer not null,
     last_sequence integer not null,
     digest text not null,
     ingested text not null,
     events_count integer not null,
     checksum integer not null,
     payload blob not null
   ) strict;
   create unique index entries_by_stream
     on entries (stream_id, host_id, tenant_id, first_sequence);`,
  STREAM_TOTALS_MIGRATION,
]

/** Where the log of a folder lies, and what to say when it is damaged. */
export function logContext(directory: string): DatabaseContext {
  return {
    path: join(directory, 'log.sqlite'),
    ioCode: 'ERR_LOG_IO',
    wayOut:
      'Stop the server, move log.sqlite, log.sqlite-wal and log.sqlite-shm out of the folder together, ' +
      'and restore a backup of them; without a backup start without them: alerts and what the event ' +
      'store holds stay, and agents send again what they still hold.',
  }
}

/** A row of `entries` as SQLite returns it. */
export interface EntryRow {
  readonly position: number
  readonly tenant_id: string
  readonly host_id: string
  readonly stream_id: string
  readonly first_sequence: number
  readonly last_sequence: number
  readonly digest: string
  readonly ingested: string
  readonly events_count: number
  readonly checksum: number
  readonly payload: Uint8Array
}

/** CRC-32 over an entry's facts and payload: finds what the page check of SQLite cannot see. */
export function checksumOf(offset: number, entry: LogAppend): number {
  const facts = [
    offset,
    entry.tenantId,
    entry.hostId,
    entry.streamId,
    entry.firstSequence,
    entry.lastSequence,
    entry.digest,
    entry.ingested,
    entry.eventsCount,
  ]
  return crc32(entry.payload, crc32(JSON.stringify(facts)))
}

/**
 * Turns a row into an entry.
 * @throws StoreError ERR_STORE_CORRUPT when the row is not what was written.
 */
export function entryOf(row: EntryRow, context: DatabaseContext): LogEntry {
  const entry: LogEntry = {
    offset: row.position,
    // Ids were checked when the entry was taken; the checksum says that they are still those.
    tenantId: row.tenant_id as TenantId,
    hostId: row.host_id as HostId,
    streamId: row.stream_id as StreamId,
    firstSequence: row.first_sequence,
    lastSequence: row.last_sequence,
    digest: row.digest,
    ingested: row.ingested,
    eventsCount: row.events_count,
    payload: row.payload,
  }
  if (checksumOf(row.position, entry) === row.checksum) return entry
  throw new StoreError(
    'ERR_STORE_CORRUPT',
    `${context.path}: entry ${row.position} is damaged (checksum). ${context.wayOut}`,
    { details: { path: context.path, offset: row.position } },
  )
}
