import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { formatTime, type Clock } from '@pomona/schema'
import {
  type EventStore,
  type Log,
  openSqliteLog,
  openSqliteRecords,
  type Records,
} from '@pomona/store'
import type { Logger } from 'pino'
import type { ServerConfig } from './config.ts'
import { messageOf } from './errors.ts'
import type { Counted } from './metrics/registry.ts'
import { Stage } from './metrics/stage.ts'
import { folderKeyFiles, type KeyFiles, memoryKeyFiles } from './pki/key-files.ts'
import { type EventQueries, EVENTS_FOLDER } from './projector/ipc.ts'
import { memoryOffsets, withdrawOffset } from './projector/offsets.ts'
import { Projector, type ProjectorProgress } from './projector/projector.ts'
import { ProjectorSupervisor } from './projector/supervisor.ts'

/**
 * The stores a server may be given instead of those of its data directory; tests give it ones in
 * memory.
 */
export interface GivenStores {
  readonly log: Log
  readonly records: Records
  /** Lives in this process; a projector fills it here. */
  readonly events: EventStore
  /** In memory when absent. */
  readonly keys?: KeyFiles
}

/** What fills the event store and answers from it, in this process or in its own. */
export interface Projection extends Counted {
  readonly queries: EventQueries
  readonly offset: number
  readonly problem: string | undefined
  /** Pid of the process, where it has its own. */
  readonly pid: number | undefined
  start(): void
  wake(): void
  stop(): Promise<void>
}

/** Everything durable of a running server. */
export interface OpenStores {
  readonly log: Log
  readonly keys: KeyFiles
  readonly records: Records
  readonly projection: Projection
  /** Closes log and records; the projection is stopped before. */
  close(): Promise<void>
}

const KEYS_FOLDER = 'pki'

interface OpenOptions {
  readonly config: ServerConfig
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * @throws StoreError when the folder is locked by another server, damaged, or cannot be written.
 */
export async function openStores(
  given: GivenStores | undefined,
  options: OpenOptions,
): Promise<OpenStores> {
  if (given !== undefined) return inProcess(given, options)
  const { config, logger } = options
  const directory = config.data_directory
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const log = await openSqliteLog({ directory, logBytesMax: config.log_bytes_max })
  let records: Records
  try {
    records = await openSqliteRecords({ directory })
  } catch (error) {
    await log.close()
    throw error
  }
  withdraw({ directory: join(directory, EVENTS_FOLDER), logEnd: await log.end() }, logger)
  const projection = new ProjectorSupervisor({
    settings: { dataDirectory: directory, mode: 'serve' },
    logger,
    keepLetters: (letters) => records.letters.add(letters),
  })
  const keys = folderKeyFiles(join(directory, KEYS_FOLDER))
  return { log, records, keys, projection, close: () => closeBoth(log, records) }
}

function withdraw(options: Parameters<typeof withdrawOffset>[0], logger: Logger): void {
  try {
    if (!withdrawOffset(options)) return
    logger.error({ log_end: options.logEnd }, 'The log is shorter than it was.')
  } catch (error) {
    // Batches and alerts do not need the event store; the projector says the same in the health.
    logger.error({ error: { message: messageOf(error) } }, 'The event store cannot be used.')
  }
}

async function closeBoth(log: Log, records: Records): Promise<void> {
  try {
    await log.close()
  } finally {
    await records.close()
  }
}

const DESCRIPTION = 'Events copied from the log into the event store'

function inProcess(
  { log, records, events, keys = memoryKeyFiles() }: GivenStores,
  { clock, logger }: OpenOptions,
): OpenStores {
  const stage = new Stage({ name: 'projector_events', description: DESCRIPTION })
  let progress: ProjectorProgress | undefined
  const projector = new Projector({
    log,
    events,
    offsets: memoryOffsets(),
    stage,
    now: () => formatTime(clock.nowNs()),
    keepLetters: (letters) => records.letters.add(letters),
    onProgress: (now) => {
      progress = now
    },
  })
  const projection: Projection = {
    description: DESCRIPTION,
    queries: events,
    get offset() {
      return progress?.offset ?? 0
    },
    get problem() {
      return progress?.problem
    },
    pid: undefined,
    counts: () => stage.counts(),
    start: () => projector.start(),
    wake: () => projector.wake(),
    stop: async () => {
      await projector.stop()
      await events.close()
    },
  }
  const close = async (): Promise<void> => {
    await closeBoth(log, records)
    logger.debug('Stores closed.')
  }
  return { log, records, keys, projection, close }
}
