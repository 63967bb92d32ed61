import type { HostId, StreamId, TenantId } from '@pomona/schema'

/** One delivery of an agent, as the log keeps it. */
export interface LogAppend {
  readonly tenantId: TenantId
  readonly hostId: HostId
  readonly streamId: StreamId
  readonly firstSequence: number
  readonly lastSequence: number
  /** SHA-256 of the delivery, hex; tells a repeat from a different delivery with the same range. */
  readonly digest: string
  /** When the server took it; RFC 3339, nine digits. */
  readonly ingested: string
  readonly eventsCount: number
  /**
   * Records that this delivery acknowledges: events and alerts, also those that were set aside. As
   * many as `eventsCount` when absent.
   */
  readonly delivered?: number
  /** Run of the agent that sent it, where it said so. */
  readonly epoch?: number
  /** The events: zstd-compressed JSON text of an array of ECS events. */
  readonly payload: Uint8Array
}

/** What the log holds at one offset. Offsets count from 0 without holes. */
export interface LogEntry extends Omit<LogAppend, 'delivered' | 'epoch'> {
  readonly offset: number
}

/** What the log took of one stream since its beginning. */
export interface StreamTotal {
  readonly streamId: StreamId
  readonly epoch?: number
  readonly entries: number
  /** Records that were acknowledged, see {@link LogAppend.delivered}. */
  readonly delivered: number
  readonly events: number
}

/**
 * - `stored`: on stable storage.
 * - `duplicate`: this stream and range are stored already, with the same digest or inside what is
 *   stored.
 * - `overlap`: starts inside what is stored and goes beyond; send again from `lastSequence + 1`.
 * - `conflict`: the same range is stored with another digest; nothing was written.
 */
export type AppendResult =
  | { readonly status: 'stored' | 'duplicate'; readonly offset: number }
  | { readonly status: 'overlap'; readonly lastSequence: number }
  | { readonly status: 'conflict'; readonly offset: number }

/** How much one read takes; whichever limit comes first. */
export interface LogReadOptions {
  readonly entriesMax: number
  readonly bytesMax: number
}

/** The truth: an append-only sequence of deliveries. */
export interface Log {
  /**
   * Appends one delivery. Resolves after it is on stable storage; concurrent calls share one
   * commit.
   * @throws StoreError ERR_LOG_FULL, ERR_LOG_IO (nothing was acknowledged), ERR_STORE_CLOSED.
   */
  append(entry: LogAppend): Promise<AppendResult>
  /** Entries from `offset` on, in order; always at least one if there is one, whatever its size. */
  read(offset: number, options: LogReadOptions): Promise<readonly LogEntry[]>
  /** The offset the next entry will get. */
  end(): Promise<number>
  /** What was taken of each stream of a host; counted in the commit that stored it. */
  streams(tenantId: TenantId, hostId: HostId): Promise<readonly StreamTotal[]>
  close(): Promise<void>
}
