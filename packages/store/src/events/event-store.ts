import type {
  EcsEvent,
  EventId,
  HostId,
  ProcessEntityId,
  ProcessNode,
  Signer,
} from '@pomona/schema'

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
