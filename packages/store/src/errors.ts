/** Every way the stores fail by exception. */
export type StoreErrorCode =
  | 'ERR_STORE_CLOSED'
  | 'ERR_STORE_CORRUPT'
  | 'ERR_STORE_LOCKED'
  | 'ERR_STORE_VERSION'
  | 'ERR_LOG_FULL'
  | 'ERR_LOG_IO'
  | 'ERR_EVENTS_INSERT'
  // The event store refused or ended a query: a limit of time or memory, or a wrong cursor.
  | 'ERR_EVENTS_QUERY'
  | 'ERR_EVENTS_UNAVAILABLE'
  | 'ERR_RECORD_EXISTS'
  // The disk of the records failed; nothing of the transaction was stored.
  | 'ERR_RECORDS_IO'
  | 'ERR_QUERY_INVALID'

interface StoreErrorOptions {
  readonly details?: StoreError['details']
  readonly cause?: unknown
}

/** What the stores throw. The code is the contract; the message says what to do. */
export class StoreError extends Error {
  readonly code: StoreErrorCode
  readonly details: Readonly<Record<string, string | number>>

  constructor(code: StoreErrorCode, message: string, options: StoreErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'StoreError'
    this.code = code
    this.details = options.details ?? {}
  }
}
