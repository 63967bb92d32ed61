import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Session } from 'chdb'
import { StoreError, type StoreErrorCode } from '../errors.ts'

/** Bounds of the engine. */
export interface EngineOptions {
  readonly directory: string
  /** Memory of the whole engine; a statement may take three quarters of it. */
  readonly memoryBytesMax: number
  /** Longest a query may run, in whole seconds. */
  readonly querySecondsMax: number
}

/** Values bound to `{name:Type}` in a statement. */
export type Parameters = Readonly<Record<string, string | number | readonly string[]>>

// Codes of ClickHouse's ErrorCodes.cpp that mean: what is on disk is not what was written.
const CORRUPTION_CODES: ReadonlySet<number> = new Set([
  5, // CANNOT_READ_FROM_ISTREAM
  32, // ATTEMPT_TO_READ_AFTER_EOF
  33, // CANNOT_READ_ALL_DATA
  40, // CHECKSUM_DOESNT_MATCH
  107, // FILE_DOESNT_EXIST
  226, // NO_FILE_IN_DATA_PART
  228, // BAD_SIZE_OF_FILE_IN_DATA_PART
  231, // TOO_MANY_UNEXPECTED_DATA_PARTS
  246, // CORRUPTED_DATA
  271, // CANNOT_DECOMPRESS
])

/** What to do with a folder that cannot be used; the log holds everything that was in it. */
export const EVENTS_WAY_OUT =
  'Stop the server, move the folder away and start with an empty one: the event store is rebuilt from the log.'

/**
 * One open ClickHouse inside this process. A process can hold one, and a folder belongs to one
 * process.
 */
export class Engine {
  readonly #session: Session
  readonly #options: EngineOptions

  private constructor(session: Session, options: EngineOptions) {
    this.#session = session
    this.#options = options
  }

  /** @throws StoreError ERR_STORE_CORRUPT; the engine writes its reason to standard error. */
  static async open(options: EngineOptions): Promise<Engine> {
    const { directory } = options
    // Loaded here and not at the top: the library takes 100 MB, also of processes that only talk of
    // it.
    const { Session } = await import('chdb')
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      const config = join(directory, 'engine.xml')
      writeFileSync(config, configText(options))
      const session = new Session(join(directory, 'data'), {
        connectionArgs: [`--config-file=${config}`],
      })
      return new Engine(session, options)
    } catch (error) {
      throw engineError(error, directory, 'ERR_STORE_CORRUPT')
    }
  }

  /** Runs a statement that returns nothing. */
  async command(sql: string): Promise<void> {
    await this.rows(sql)
  }

  /**
   * Runs a query and returns its rows, each a list of values in the order of the select.
   * @throws StoreError ERR_EVENTS_QUERY (also for its bounds), ERR_STORE_CORRUPT.
   */
  async rows(sql: string, parameters?: Parameters): Promise<readonly (readonly unknown[])[]> {
    const options = { format: 'JSONCompactEachRow' }
    const statement = `${sql}${this.#settings(sql)}`
    try {
      const result =
        parameters === undefined
          ? await this.#session.queryAsync(statement, options)
          : await this.#session.queryBindAsync(statement, parameters, options)
      const text = result.text()
      const lines = text === '' ? [] : text.trimEnd().split('\n')
      // The format is our choice: one array a line.
      return lines.map((line) => JSON.parse(line) as readonly unknown[])
    } catch (error) {
      throw engineError(error, this.#options.directory, 'ERR_EVENTS_QUERY')
    }
  }

  #settings(sql: string): string {
    if (!sql.startsWith('select')) return ''
    const { querySecondsMax, memoryBytesMax } = this.#options
    return `
settings max_execution_time = ${querySecondsMax},
  max_memory_usage = ${statementBytes(memoryBytesMax)},
  max_threads = 2,
  date_time_output_format = 'iso',
  output_format_json_quote_64bit_integers = 0`
  }

  /**
   * Inserts lines of JSONEachRow as one block, so that it goes in whole or not at all (per
   * partition), and once for one token.
   * @throws StoreError ERR_EVENTS_INSERT, ERR_STORE_CORRUPT.
   */
  async insert(table: string, lines: readonly string[], token: string): Promise<void> {
    try {
      await this.#session.insert({
        table,
        format: 'JSONEachRow',
        values: Buffer.from(lines.join('\n')),
        settings: {
          insert_deduplication_token: token,
          async_insert: 0,
          date_time_input_format: 'basic',
          input_format_parallel_parsing: 0,
          max_insert_threads: 1,
          max_insert_block_size: BLOCK_ROWS_MAX,
          min_insert_block_size_rows: BLOCK_ROWS_MAX,
          min_insert_block_size_bytes: BLOCK_BYTES_MAX,
          max_partitions_per_insert_block: 0,
          max_memory_usage: statementBytes(this.#options.memoryBytesMax),
        },
      })
    } catch (error) {
      throw engineError(error, this.#options.directory, 'ERR_EVENTS_INSERT')
    }
  }

  /** Closes, and waits until nothing runs any more. */
  async close(): Promise<void> {
    const { drainPending } = await import('chdb')
    this.#session.close()
    await drainPending()
  }
}

const BLOCK_ROWS_MAX = 10_000_000
const BLOCK_BYTES_MAX = 8 * 1024 * 1024 * 1024
const STATEMENT_SHARE = 0.75

function statementBytes(memoryBytesMax: number): number {
  return Math.floor(memoryBytesMax * STATEMENT_SHARE)
}

// By default ClickHouse takes most of the machine's memory, and 5 GiB for marks alone.
function configText({ memoryBytesMax }: EngineOptions): string {
  const cacheBytes = Math.floor(memoryBytesMax / 16)
  return `<clickhouse>
  <max_server_memory_usage>${memoryBytesMax}</max_server_memory_usage>
  <max_server_memory_usage_to_ram_ratio>0.5</max_server_memory_usage_to_ram_ratio>
  <mark_cache_size>${cacheBytes}</mark_cache_size>
  <index_mark_cache_size>${Math.floor(cacheBytes / 4)}</index_mark_cache_size>
  <primary_index_cache_size>${cacheBytes}</primary_index_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
  <mmap_cache_size>0</mmap_cache_size>
  <background_pool_size>2</background_pool_size>
</clickhouse>
`
}

function engineError(error: unknown, directory: string, fallback: StoreErrorCode): StoreError {
  if (error instanceof StoreError) return error
  const message = error instanceof Error ? error.message : String(error)
  const number = Number(/Code: (\d+)/.exec(message)?.[1] ?? 0)
  const details = { path: directory, engine_code: number }
  if (CORRUPTION_CODES.has(number) || fallback === 'ERR_STORE_CORRUPT') {
    return new StoreError(
      'ERR_STORE_CORRUPT',
      `${directory} is damaged (${shortened(message)}). ${EVENTS_WAY_OUT}`,
      { details, cause: error },
    )
  }
  return new StoreError(fallback, `The event engine refused: ${shortened(message)}.`, {
    details,
    cause: error,
  })
}

// Engine messages may carry whole rows: what an endpoint wrote does not belong into logs at length.
function shortened(message: string): string {
  const line = message.split('\n')[0] ?? ''
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}
