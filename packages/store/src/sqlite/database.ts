import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreError, type StoreErrorCode } from '../errors.ts'

// Result codes of SQLite, https://www.sqlite.org/rescode.html; extended codes carry them in the low byte.
const SQLITE_BUSY = 5
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26
const PRIMARY_CODE_MASK = 0xff

/** One step of a schema: takes a file from its position in the list to the next. */
export type Migration = string

/** Which file to open, and what it must be. */
export interface DatabaseOptions {
  readonly path: string
  /** Four bytes that tell our files from any other SQLite file. */
  readonly applicationId: number
  readonly migrations: readonly Migration[]
  /** Code for input and output failures that are not corruption. */
  readonly ioCode: StoreErrorCode
  /** Sentence for an operator whose file is damaged: what to do now. */
  readonly wayOut: string
  readonly readOnly?: boolean
  /** Files up to so many bytes are checked page by page when opened; 0 never checks. */
  readonly checkBytesMax: number
}

/**
 * Opens one of our SQLite files for durable use: WAL, every commit on stable storage, schema
 * current.
 *
 * @throws StoreError ERR_STORE_CORRUPT, ERR_STORE_VERSION (written by a newer Pomona),
 *         ERR_STORE_LOCKED, or `ioCode`.
 */
export function openDatabase(options: DatabaseOptions): DatabaseSync {
  const { path, readOnly = false } = options
  let database: DatabaseSync | undefined
  try {
    if (!readOnly) mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    database = new DatabaseSync(path, { readOnly, timeout: 5_000, defensive: true })
    if (!readOnly) setDurability(database)
    check(database, options)
    if (!readOnly) migrate(database, options)
    return database
  } catch (error) {
    database?.close()
    throw databaseError(error, options)
  }
}

function setDurability(database: DatabaseSync): void {
  database.exec('pragma journal_mode = wal')
  database.exec('pragma synchronous = full')
  // macOS reports a plain fsync done before the disk's cache is written; elsewhere these do
  // nothing.
  database.exec('pragma fullfsync = on; pragma checkpoint_fullfsync = on')
  database.exec('pragma foreign_keys = on')
  database.exec('pragma journal_size_limit = 67108864')
}

function check(database: DatabaseSync, options: DatabaseOptions): void {
  const found = pragma(database, 'application_id')
  if (found !== 0 && found !== options.applicationId) throw corrupt(options, 'not a file of ours')
  if (statSync(options.path).size > options.checkBytesMax) return
  const rows = database.prepare('pragma quick_check(1)').all()
  const answer = Object.values(rows[0] ?? {})[0]
  if (answer === 'ok') return
  // The first line only names the database: `*** in database main ***`.
  const lines = String(answer).split('\n')
  throw corrupt(options, lines.find((line) => !line.startsWith('***')) ?? 'quick_check')
}

function migrate(database: DatabaseSync, options: DatabaseOptions): void {
  const { path, migrations, applicationId } = options
  const version = pragma(database, 'user_version')
  if (version > migrations.length) {
    throw new StoreError(
      'ERR_STORE_VERSION',
      `${path} was written by a newer version (schema ${version}, known ${migrations.length}). ` +
        'Start that version again, or restore a backup made before the upgrade.',
      { details: { path, version } },
    )
  }
  if (version === migrations.length) return
  database.exec('begin immediate')
  try {
    for (const step of migrations.slice(version)) database.exec(step)
    database.exec(`pragma application_id = ${applicationId}`)
    database.exec(`pragma user_version = ${migrations.length}`)
    database.exec('commit')
  } catch (error) {
    if (database.isTransaction) database.exec('rollback')
    throw error
  }
}

/** Reads a pragma that is one whole number. */
export function pragma(database: DatabaseSync, name: string): number {
  const row = database.prepare(`pragma ${name}`).get()
  return Number(Object.values(row ?? {})[0] ?? 0)
}

/**
 * The primary SQLite result code of a thrown value, or `undefined` when SQLite did not throw it.
 */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & PRIMARY_CODE_MASK : undefined
}

/** True when the file system or the file's limit had no room; what was asked can be asked again. */
export function isFull(error: unknown): boolean {
  return sqliteCode(error) === SQLITE_FULL
}

/** True when the disk failed; nothing this connection says is trusted after that. */
export function isDiskFailure(error: unknown): boolean {
  return sqliteCode(error) === SQLITE_IOERR
}

/** What an operator needs to know of a file that failed. */
export interface DatabaseContext {
  readonly path: string
  readonly ioCode: StoreErrorCode
  readonly wayOut: string
}

/** Turns whatever SQLite threw into a coded error; a StoreError stays as it is. */
export function databaseError(error: unknown, context: DatabaseContext): StoreError {
  if (error instanceof StoreError) return error
  const code = sqliteCode(error)
  const reason = error instanceof Error ? error.message : String(error)
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) return corrupt(context, reason, error)
  if (code === SQLITE_BUSY) return locked(context.path, error)
  return new StoreError(context.ioCode, `${context.path}: ${reason}.`, {
    details: { path: context.path },
    cause: error,
  })
}

function corrupt(context: DatabaseContext, reason: string, cause?: unknown): StoreError {
  const { path, wayOut } = context
  return new StoreError('ERR_STORE_CORRUPT', `${path} is damaged (${reason}). ${wayOut}`, {
    details: { path },
    cause,
  })
}

function locked(path: string, cause: unknown): StoreError {
  return new StoreError(
    'ERR_STORE_LOCKED',
    `${path} is in use by another process. Stop the other server, or choose another data folder.`,
    { details: { path }, cause },
  )
}

/** Held while a process owns a folder. The kernel lets go of it when the process dies, however. */
export interface FolderLock {
  release(): void
}

/**
 * Takes the folder for this process alone.
 * A file lock by way of SQLite: it needs no native add-on and cannot be left behind by a crash.
 *
 * @throws StoreError ERR_STORE_LOCKED when another owner lives.
 */
export function lockFolder(context: DatabaseContext): FolderLock {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(context.path), { recursive: true, mode: 0o700 })
    database = new DatabaseSync(context.path, { timeout: 0 })
    database.exec('begin exclusive')
    const held = database
    return { release: () => held.close() }
  } catch (error) {
    database?.close()
    throw databaseError(error, context)
  }
}
