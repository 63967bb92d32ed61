import type {
  EcsEvent,
  EventId,
  HostId,
  ProcessEntityId,
  ProcessNode,
  Signer,
} from '@pomona/schema'
import type { EventCondition } from './condition.ts'

/** Events that go into the store together, once, however often the call is repeated. */
export interface EventInsert {
  /** Identity of the content: hash of log range and digests. Same token, same events. */
  readonly token: string
  readonly events: readonly EcsEvent[]
}

/**
 * What became of the events of an insert: given = stored + discarded, also when the token was
 * known.
 */
export interface EventInsertResult {
  readonly stored: number
  /** Events without event.id, host.id or @timestamp: nothing could ever find them again. */
  readonly discarded: number
}

/** Selects events of one host, newest first. `from` is inside, `to` is not. */
export interface EventQuery {
  readonly hostId: HostId
  readonly from?: string
  readonly to?: string
  readonly actions?: readonly string[]
  readonly categories?: readonly string[]
  readonly processEntityId?: ProcessEntityId
  /** Text to find, without case, in paths, command line, process name and domain. */
  readonly text?: string
  readonly cursor?: string
  readonly limit: number
}

/** One page of events; `nextCursor` is absent on the last. */
export interface EventResult {
  readonly events: readonly EcsEvent[]
  readonly nextCursor?: string
}

/** Which hosts and times are meant; all without them. `from` is inside, `to` is not. */
export interface EventRange {
  readonly hostIds?: readonly HostId[]
  readonly from?: string
  readonly to?: string
}

/** Selects events of many hosts in the order they happened, oldest first. */
export interface EventScan extends EventRange {
  readonly condition: EventCondition
  readonly cursor?: string
  readonly limit: number
  /** Whether events come with their raw record, `event.original`. Default false. */
  readonly original?: boolean
}

/** What a store holds of a range. */
export interface EventCoverage {
  readonly events: number
  readonly hosts: number
  /** Days (UTC) with at least one event, counted for each host. */
  readonly hostDays: number
  /** Times of the first and the last event; absent when there is none. */
  readonly first?: string
  readonly last?: string
}

/** Selects process images of one host, newest start first. */
export interface ProcessSelection {
  readonly hostId: HostId
  readonly text?: string
  readonly signers?: readonly Signer[]
  readonly running?: boolean
  readonly cursor?: string
  readonly limit: number
}

/** A process image as the store knows it; alerts are joined by the server. */
export type StoredProcess = Omit<ProcessNode, 'alerts'>

/** How much of the tree around an image is wanted. */
export interface TreeOptions {
  readonly ancestorsMax: number
  readonly descendantsMax: number
  readonly siblingsMax: number
}

/** What the events say, searchable; rebuilt from the log at any time. */
export interface EventStore {
  /**
   * Stores events and the process images they tell of. Durable when it resolves.
   * Repeating a token changes nothing.
   * @throws StoreError ERR_EVENTS_INSERT when the engine refuses; nothing of the batch is stored
   *         then, if all of it was ingested in one month (UTC): months go in one after the other.
   */
  insert(batch: EventInsert): Promise<EventInsertResult>
  /** The events with these ids that are stored, oldest first. At most 1,000 ids. */
  get(ids: readonly EventId[]): Promise<readonly EcsEvent[]>
  search(query: EventQuery): Promise<EventResult>
  /**
   * The events that a condition may be true for, in the order of time, host and sequence: at least
   * all for which it is true, see {@link EventCondition}. A page holds 10,000 at most.
   * @throws StoreError ERR_QUERY_INVALID for a condition that is too large.
   */
  scan(scan: EventScan): Promise<EventResult>
  coverage(range: EventRange): Promise<EventCoverage>
  /** How often each event.action occurs under the query, most often first. */
  actions(query: EventQuery): Promise<readonly { readonly value: string; readonly count: number }[]>
  processes(selection: ProcessSelection): Promise<{
    readonly processes: readonly StoredProcess[]
    readonly nextCursor?: string
  }>
  /** Ancestors, siblings and descendants of one image, from the process table. */
  processTree(
    hostId: HostId,
    entityId: ProcessEntityId,
    options: TreeOptions,
  ): Promise<{ readonly nodes: readonly StoredProcess[]; readonly truncated: boolean }>
  /** Events held, and bytes they take on disk. */
  size(): Promise<{ readonly events: number; readonly bytes: number }>
  /** Empties the store, before it is rebuilt from the log. */
  reset(): Promise<void>
  close(): Promise<void>
}
