import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { HostId, StreamId, TenantId } from '@pomona/schema'
import { databaseError, type DatabaseContext } from '../sqlite/database.ts'
import type { LogAppend, StreamTotal } from './log.ts'

/** What is counted by stream: as the entries tell it, so that an older log has it as well. */
export const STREAM_TOTALS_MIGRATION = `create table streams (
     tenant_id text not null,
     host_id text not null,
     stream_id text not null,
     epoch integer,
     entries integer not null,
     delivered integer not null,
     events integer not null,
     primary key (tenant_id, host_id, stream_id)
   ) strict, without rowid;
   insert into streams
     select tenant_id, host_id, stream_id, null, count(*), sum(events_count), sum(events_count)
     from entries group by tenant_id, host_id, stream_id;`

/** Keeps the totals of streams in the log's own transactions. */
export class StreamTotals {
  readonly #context: DatabaseContext
  readonly #add: StatementSync
  readonly #select: StatementSync

  constructor(database: DatabaseSync, context: DatabaseContext) {
    this.#context = context
    this.#add = database.prepare(
      `insert into streams values (?, ?, ?, ?, 1, ?, ?)
       on conflict do update set epoch = coalesce(excluded.epoch, epoch), entries = entries + 1,
         delivered = delivered + excluded.delivered, events = events + excluded.events`,
    )
    this.#select = database.prepare(
      `select stream_id, epoch, entries, delivered, events from streams
       where tenant_id = ? and host_id = ? order by stream_id`,
    )
  }

  /** Part of the transaction that stores the entry. */
  add(entry: LogAppend): void {
    const { tenantId, hostId, streamId, epoch = null, eventsCount } = entry
    const delivered = entry.delivered ?? eventsCount
    this.#add.run(tenantId, hostId, streamId, epoch, delivered, eventsCount)
  }

  /** @throws StoreError ERR_STORE_CORRUPT, ERR_LOG_IO. */
  of(tenantId: TenantId, hostId: HostId): readonly StreamTotal[] {
    try {
      return this.#select.all(tenantId, hostId).map(totalOf)
    } catch (error) {
      throw databaseError(error, this.#context)
    }
  }
}

function totalOf(row: Readonly<Record<string, unknown>>): StreamTotal {
  return {
    streamId: String(row['stream_id']) as StreamId, // Written from a StreamId.
    ...(row['epoch'] !== null && { epoch: Number(row['epoch']) }),
    entries: Number(row['entries']),
    delivered: Number(row['delivered']),
    events: Number(row['events']),
  }
}
