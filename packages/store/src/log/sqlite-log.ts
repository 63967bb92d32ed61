import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { HostId, TenantId } from '@pomona/schema'
import { StoreError } from '../errors.ts'
import {
  databaseError,
  isDiskFailure,
  isFull,
  lockFolder,
  openDatabase,
  pragma,
  type DatabaseContext,
  type FolderLock,
} from '../sqlite/database.ts'
import type { AppendResult, Log, LogAppend, LogEntry, LogReadOptions, StreamTotal } from './log.ts'
import { assertAppend, judge, type StoredRange } from './range.ts'
import { checksumOf, LOG_APPLICATION_ID, LOG_MIGRATIONS, logContext } from './sqlite-file.ts'
import { SqliteLogReader } from './sqlite-reader.ts'
import { StreamTotals } from './stream-totals.ts'

/**
 * How the log behaves. All bounds refuse with ERR_LOG_FULL; nothing that was acknowledged is
 * touched.
 */
export interface SqliteLogOptions {
  /** Folder of `log.sqlite`; made when absent. */
  readonly directory: string
  /** Size the log may reach. */
  readonly logBytesMax?: number
  /**
   * Space of the disk that is left to others; the smaller of 1 GiB and 5 % of the disk by default.
   */
  readonly freeBytesMin?: number
  /** Deliveries one commit may hold. */
  readonly commitEntriesMax?: number
  /** Payload bytes one commit may hold; a larger delivery is committed alone. */
  readonly commitBytesMax?: number
  /** Payload bytes that may wait for a commit. */
  readonly pendingBytesMax?: number
  /** Files up to so many bytes are checked page by page when opened; 0 never checks. */
  readonly checkBytesMax?: number
}

/** What the log did since it was opened: received = stored + known + refused + pending. */
export interface LogCounts {
  readonly received: number
  readonly stored: number
  /** Deliveries answered duplicate, overlap or conflict. */
  readonly known: number
  /**
   * Deliveries refused, by reason: `log_full`, `disk_full`, `pending_full`, `disk_failed`,
   * `closed`.
   */
  readonly refused: Readonly<Record<RefusalReason, number>>
  readonly pending: number
  readonly commits: number
  /** Bytes of the file, without its write-ahead log. */
  readonly bytes: number
}

type RefusalReason = 'log_full' | 'disk_full' | 'pending_full' | 'disk_failed' | 'closed'

/** The durable log, with its counts. */
export interface SqliteLog extends Log {
  counts(): LogCounts
}

/** What one commit has done so far; becomes the log's own only when the commit holds. */
interface CommitState {
  readonly free: number
  end: number
  bytes: number
  stored: number
  known: number
  readonly refused: RefusalReason[]
}

interface Waiting {
  readonly entry: LogAppend
  readonly resolve: (result: AppendResult) => void
  readonly reject: (error: StoreError) => void
}

const MEBIBYTE = 1024 * 1024
const GIBIBYTE = 1024 * MEBIBYTE
const FREE_SHARE_MIN = 0.05
/** Row, index entry and page overhead of an entry, generously. */
const ENTRY_OVERHEAD_BYTES = 1024

/**
 * Opens the log of a folder for writing. One process owns it; any number may read it.
 *
 * @throws StoreError ERR_STORE_LOCKED, ERR_STORE_CORRUPT, ERR_STORE_VERSION, ERR_LOG_IO.
 */
export async function openSqliteLog(options: SqliteLogOptions): Promise<SqliteLog> {
  const context = logContext(options.directory)
  const lock = lockFolder({ ...context, path: join(options.directory, 'log.lock') })
  try {
    const database = openDatabase({
      ...context,
      applicationId: LOG_APPLICATION_ID,
      migrations: LOG_MIGRATIONS,
      checkBytesMax: options.checkBytesMax ?? 256 * MEBIBYTE,
    })
    // 16 MiB of write-ahead log between checkpoints: each costs two more fsyncs.
    database.exec('pragma wal_autocheckpoint = 4096')
    return new GroupCommitLog({ database, context, lock }, options)
  } catch (error) {
    lock.release()
    throw error
  }
}

interface Parts {
  readonly database: DatabaseSync
  readonly context: DatabaseContext
  readonly lock: FolderLock
}

/**
 * Deliveries that arrive while the process is busy, or while a commit runs, share the next commit.
 * A lone delivery waits for nothing: its commit starts as soon as the current callback is done.
 */
class GroupCommitLog implements SqliteLog {
  readonly #database: DatabaseSync
  readonly #context: DatabaseContext
  readonly #lock: FolderLock
  readonly #reader: SqliteLogReader
  readonly #totals: StreamTotals
  readonly #limits: Required<Omit<SqliteLogOptions, 'checkBytesMax'>>
  readonly #selectRange: StatementSync
  readonly #insert: StatementSync
  readonly #pageBytes: number

  #waiting: Waiting[] = []
  #waitingBytes = 0
  #scheduled = false
  #end: number
  #bytes: number
  #closed = false
  #broken: StoreError | undefined

  #received = 0
  #stored = 0
  #known = 0
  #commits = 0
  readonly #refused: Record<RefusalReason, number> = {
    log_full: 0,
    disk_full: 0,
    pending_full: 0,
    disk_failed: 0,
    closed: 0,
  }

  constructor({ database, context, lock }: Parts, options: SqliteLogOptions) {
    this.#database = database
    this.#context = context
    this.#lock = lock
    this.#limits = limitsOf(options)
    this.#reader = new SqliteLogReader(database, context)
    this.#totals = new StreamTotals(database, context)
    this.#selectRange = database.prepare(
      `select position, first_sequence, last_sequence, digest from entries
       where stream_id = ? and host_id = ? and tenant_id = ? and first_sequence <= ?
       order by first_sequence desc limit 1`,
    )
    this.#insert = database.prepare('insert into entries values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#pageBytes = pragma(database, 'page_size')
    this.#bytes = this.#fileBytes()
    this.#end = this.#reader.endNow()
  }

  async append(entry: LogAppend): Promise<AppendResult> {
    assertAppend(entry)
    this.#received++
    const refusal = this.#refusalNow(entry)
    if (refusal !== undefined) throw refusal
    this.#waitingBytes += entry.payload.length
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject })
      this.#schedule()
    })
  }

  #refusalNow(entry: LogAppend): StoreError | undefined {
    if (this.#closed) return this.#refuse('closed')
    if (this.#broken !== undefined) return this.#refuse('disk_failed')
    const bytes = this.#waitingBytes + entry.payload.length
    const fits = this.#waiting.length === 0 || bytes <= this.#limits.pendingBytesMax
    return fits ? undefined : this.#refuse('pending_full')
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#commitOnce()
      this.#schedule()
    })
  }

  #commitOnce(): void {
    const batch = this.#take()
    if (batch.length === 0) return
    let results: (AppendResult | StoreError)[]
    try {
      results = this.#commit(batch)
    } catch (error) {
      const failure = this.#failure(error, batch.length)
      results = batch.map(() => failure)
    }
    for (const [index, { resolve, reject }] of batch.entries()) {
      const result = results[index]
      if (result instanceof StoreError) reject(result)
      else if (result !== undefined) resolve(result)
    }
  }

  #take(): Waiting[] {
    const { commitEntriesMax, commitBytesMax } = this.#limits
    let bytes = 0
    let count = 0
    for (const { entry } of this.#waiting) {
      bytes += entry.payload.length
      if (count > 0 && (count >= commitEntriesMax || bytes > commitBytesMax)) break
      this.#waitingBytes -= entry.payload.length
      count++
    }
    return this.#waiting.splice(0, count)
  }

  // Synchronous from BEGIN to COMMIT: when it returns, what it says is on stable storage.
  #commit(batch: readonly Waiting[]): (AppendResult | StoreError)[] {
    const free = this.#freeBytes()
    const state: CommitState = { end: this.#end, free, bytes: 0, stored: 0, known: 0, refused: [] }
    this.#database.exec('begin immediate')
    try {
      const results = batch.map(({ entry }) => this.#write(entry, state))
      this.#database.exec('commit')
      this.#end = state.end
      this.#stored += state.stored
      this.#known += state.known
      for (const reason of state.refused) this.#refused[reason]++
      this.#commits++
      this.#bytes = this.#fileBytes()
      return results
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback')
      throw error
    }
  }

  #write(entry: LogAppend, state: CommitState): AppendResult | StoreError {
    const known = judge(entry, (sequence) => this.#lookup(entry, sequence))
    if (known !== undefined) {
      state.known++
      return known
    }
    const bytes = state.bytes + entry.payload.length + ENTRY_OVERHEAD_BYTES
    const reason = this.#shortage(bytes, state.free)
    if (reason !== undefined) {
      state.refused.push(reason)
      return fullError(reason, this.#context.path)
    }
    const offset = state.end
    this.#insert.run(
      offset,
      entry.tenantId,
      entry.hostId,
      entry.streamId,
      entry.firstSequence,
      entry.lastSequence,
      entry.digest,
      entry.ingested,
      entry.eventsCount,
      checksumOf(offset, entry),
      entry.payload,
    )
    this.#totals.add(entry)
    state.end++
    state.bytes = bytes
    state.stored++
    return { status: 'stored', offset }
  }

  #shortage(bytes: number, free: number): 'log_full' | 'disk_full' | undefined {
    if (this.#bytes + bytes > this.#limits.logBytesMax) return 'log_full'
    return free - bytes < this.#limits.freeBytesMin ? 'disk_full' : undefined
  }

  #lookup(entry: LogAppend, sequence: number): StoredRange | undefined {
    const { streamId, hostId, tenantId } = entry
    const row = this.#selectRange.get(streamId, hostId, tenantId, sequence)
    if (row === undefined) return undefined
    return {
      offset: Number(row['position']),
      firstSequence: Number(row['first_sequence']),
      lastSequence: Number(row['last_sequence']),
      digest: String(row['digest']),
    }
  }

  #failure(error: unknown, count: number): StoreError {
    if (isFull(error)) {
      this.#refused.disk_full += count
      return fullError('disk_full', this.#context.path)
    }
    const failure = databaseError(error, this.#context)
    this.#refused.disk_failed += count
    // After a failed fsync the kernel may have dropped the pages and say "fine" the next time:
    // nothing is acknowledged any more until the file was opened, and recovered, afresh.
    if (isDiskFailure(error) || failure.code === 'ERR_STORE_CORRUPT') this.#broken = failure
    return failure
  }

  #refuse(reason: RefusalReason): StoreError {
    this.#refused[reason]++
    if (reason === 'closed') return new StoreError('ERR_STORE_CLOSED', 'The log is closed.')
    if (reason === 'disk_failed') {
      return new StoreError(
        'ERR_LOG_IO',
        `${this.#context.path} failed before; restart the server so that it is recovered.`,
        { cause: this.#broken },
      )
    }
    return fullError(reason, this.#context.path)
  }

  #freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#limits.directory)
    return bavail * bsize
  }

  #fileBytes(): number {
    return pragma(this.#database, 'page_count') * this.#pageBytes
  }

  async read(offset: number, options: LogReadOptions): Promise<readonly LogEntry[]> {
    return await this.#reader.read(offset, options)
  }

  async end(): Promise<number> {
    return await this.#reader.end()
  }

  async streams(tenantId: TenantId, hostId: HostId): Promise<readonly StreamTotal[]> {
    if (this.#closed) throw new StoreError('ERR_STORE_CLOSED', 'The log is closed.')
    return this.#totals.of(tenantId, hostId)
  }

  counts(): LogCounts {
    return {
      received: this.#received,
      stored: this.#stored,
      known: this.#known,
      refused: { ...this.#refused },
      pending: this.#waiting.length,
      commits: this.#commits,
      bytes: this.#bytes,
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    while (this.#waiting.length > 0) this.#commitOnce()
    await this.#reader.close()
    this.#lock.release()
  }
}

function limitsOf(options: SqliteLogOptions): Required<Omit<SqliteLogOptions, 'checkBytesMax'>> {
  const { blocks, bsize } = statfsSync(options.directory)
  return {
    directory: options.directory,
    logBytesMax: options.logBytesMax ?? 64 * GIBIBYTE,
    freeBytesMin: options.freeBytesMin ?? Math.min(GIBIBYTE, blocks * bsize * FREE_SHARE_MIN),
    commitEntriesMax: options.commitEntriesMax ?? 1_024,
    commitBytesMax: options.commitBytesMax ?? 16 * MEBIBYTE,
    pendingBytesMax: options.pendingBytesMax ?? 128 * MEBIBYTE,
  }
}

function fullError(reason: 'log_full' | 'disk_full' | 'pending_full', path: string): StoreError {
  const advice = {
    log_full: 'The log has reached its limit; raise it or move the data to a larger disk.',
    disk_full: 'The disk is (nearly) full; free space and the agents send again by themselves.',
    pending_full: 'More waits than the disk can take; send again in a moment.',
  }
  return new StoreError('ERR_LOG_FULL', advice[reason], { details: { path, reason } })
}
