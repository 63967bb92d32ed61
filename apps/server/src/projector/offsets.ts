import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreError } from '@pomona/store'
import { messageOf } from '../errors.ts'

/** A range of the log about to be inserted, written down before the insert begins. */
export interface Intent {
  readonly from: number
  /** First offset after the range. */
  readonly to: number
  /** Hash of range and digests: the identity of the insert. */
  readonly token: string
}

/** Where the projector is, on stable storage. */
export interface ProjectorOffsets {
  /** The next log offset to project. */
  offset(): number
  /** The insert that was under way, if the last one did not end. */
  intent(): Intent | undefined
  begin(intent: Intent): void
  /** Ends the intent: everything before `to` is in the event store. */
  commit(to: number): void
  /** Begins to empty the event store: until {@link endReset} every start has to finish it first. */
  beginReset(): void
  resetting(): boolean
  endReset(): void
  close(): void
}

/** Keeps the projector's place in memory; for an event store that is in memory too. */
export function memoryOffsets(): ProjectorOffsets {
  let offset = 0
  let intent: Intent | undefined
  let resetting = false
  return {
    offset: () => offset,
    intent: () => intent,
    begin: (next) => {
      intent = next
    },
    commit: (to) => {
      offset = to
      intent = undefined
    },
    beginReset: () => {
      offset = 0
      intent = undefined
      resetting = true
    },
    resetting: () => resetting,
    endReset: () => {
      resetting = false
    },
    close: () => undefined,
  }
}

const FILE = 'projector.sqlite'

/**
 * Keeps the projector's place in `projector.sqlite`, each change on stable storage when the call
 * returns. Synchronous: the projector is alone in its process and waits for each step anyway.
 *
 * A place that is new belongs to no store: it begins in the middle of a reset, so that events
 * nobody knows the place of are not inserted a second time.
 *
 * @param directory The event store's own folder, so that both are moved away together.
 * @throws StoreError ERR_STORE_CORRUPT when the file cannot be used. Error when it cannot be
 *         written; the projector then ends and is started anew.
 */
export function sqliteOffsets(directory: string): ProjectorOffsets {
  const path = join(directory, FILE)
  let database: DatabaseSync | undefined
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    database = new DatabaseSync(path, { timeout: 5_000 })
    return offsetsIn(database)
  } catch (error) {
    database?.close()
    throw new StoreError(
      'ERR_STORE_CORRUPT',
      `${path} cannot be used (${messageOf(error)}). Stop the server and move the folder ` +
        `${directory} away: the event store is rebuilt from the log.`,
      { cause: error, details: { path } },
    )
  }
}

/**
 * Takes the place back to the end of the log when it lies beyond it: the log was replaced by an
 * older or empty one, and what comes next would be passed over. Nobody may append meanwhile.
 *
 * @param options.directory The event store's own folder.
 * @returns Whether it did.
 * @throws StoreError ERR_STORE_CORRUPT.
 */
export function withdrawOffset(options: {
  readonly directory: string
  readonly logEnd: number
}): boolean {
  const { directory, logEnd } = options
  if (!existsSync(join(directory, FILE))) return false
  const offsets = sqliteOffsets(directory)
  try {
    const isBeyond = offsets.offset() > logEnd
    if (isBeyond) offsets.commit(logEnd)
    return isBeyond
  } finally {
    offsets.close()
  }
}

function offsetsIn(database: DatabaseSync): ProjectorOffsets {
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma fullfsync = on')
  database.exec(`create table if not exists place (
    one integer primary key check (one = 1),
    next_offset integer not null,
    intent_to integer,
    intent_token text,
    resetting integer not null
  ) strict`)
  database.exec('insert or ignore into place values (1, 0, null, null, 1)')
  const select = database.prepare(
    'select next_offset, intent_to, intent_token, resetting from place',
  )
  const update = database.prepare(
    'update place set next_offset = ?, intent_to = ?, intent_token = ?',
  )
  const row = () => select.get() ?? {}
  return {
    offset: () => Number(row()['next_offset']),
    intent: () => {
      const { next_offset: from, intent_to: to, intent_token: token } = row()
      return typeof token === 'string' ? { from: Number(from), to: Number(to), token } : undefined
    },
    begin: ({ from, to, token }) => void update.run(from, to, token),
    commit: (to) => void update.run(to, null, null),
    beginReset: () =>
      database.exec(`update place
        set next_offset = 0, intent_to = null, intent_token = null, resetting = 1`),
    resetting: () => row()['resetting'] === 1,
    endReset: () => database.exec('update place set resetting = 0'),
    close: () => database.close(),
  }
}
