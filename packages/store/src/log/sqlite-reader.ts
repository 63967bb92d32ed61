import { existsSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { StoreError } from '../errors.ts'
import { databaseError, openDatabase, type DatabaseContext } from '../sqlite/database.ts'
import type { Log, LogEntry, LogReadOptions } from './log.ts'
import {
  entryOf,
  LOG_APPLICATION_ID,
  LOG_MIGRATIONS,
  logContext,
  type EntryRow,
} from './sqlite-file.ts'

/** The reading half of a log, for processes that do not own it. */
export type LogReader = Pick<Log, 'read' | 'end' | 'close'>

/**
 * Opens the log of a folder that another process writes; sees every commit as soon as it is made.
 *
 * @throws StoreError ERR_LOG_IO when there is no log yet, ERR_STORE_CORRUPT.
 */
export async function openSqliteLogReader(options: {
  readonly directory: string
}): Promise<LogReader> {
  const context = logContext(options.directory)
  if (!existsSync(context.path)) {
    throw new StoreError(
      'ERR_LOG_IO',
      `There is no log at ${context.path}; start the server first.`,
    )
  }
  const database = openDatabase({
    ...context,
    applicationId: LOG_APPLICATION_ID,
    migrations: LOG_MIGRATIONS,
    readOnly: true,
    checkBytesMax: 0,
  })
  return new SqliteLogReader(database, context)
}

/** Reads entries through one connection; the writing half shares it with its own. */
export class SqliteLogReader implements LogReader {
  readonly #database: DatabaseSync
  readonly #context: DatabaseContext
  readonly #selectFrom: StatementSync
  readonly #selectEnd: StatementSync
  #closed = false

  constructor(database: DatabaseSync, context: DatabaseContext) {
    this.#database = database
    this.#context = context
    this.#selectFrom = database.prepare(
      'select * from entries where position >= ? order by position',
    )
    this.#selectEnd = database.prepare(
      'select coalesce(max(position) + 1, 0) as value from entries',
    )
  }

  async read(offset: number, options: LogReadOptions): Promise<readonly LogEntry[]> {
    this.#assertOpen()
    try {
      return this.#read(offset, options)
    } catch (error) {
      throw databaseError(error, this.#context)
    }
  }

  #read(offset: number, { entriesMax, bytesMax }: LogReadOptions): LogEntry[] {
    const entries: LogEntry[] = []
    let bytes = 0
    for (const row of this.#selectFrom.iterate(Math.max(0, offset))) {
      const entry = entryOf(row as unknown as EntryRow, this.#context) // The table is STRICT.
      bytes += entry.payload.length
      if (entries.length > 0 && bytes > bytesMax) break
      entries.push(entry)
      if (entries.length >= entriesMax) break
    }
    return entries
  }

  async end(): Promise<number> {
    this.#assertOpen()
    return this.endNow()
  }

  /** The same without a promise, for the writer. */
  endNow(): number {
    try {
      return Number(this.#selectEnd.get()?.['value'] ?? 0)
    } catch (error) {
      throw databaseError(error, this.#context)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#database.close()
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('ERR_STORE_CLOSED', 'The log is closed.')
  }
}
