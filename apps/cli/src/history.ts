import { join } from 'node:path'
import { type History, logHistory, storeHistory } from '@pomona/investigate'
import { openChdbEventStore, openSqliteLogReader, StoreError } from '@pomona/store'
import { isFolder } from './content.ts'
import { wrongUse } from './errors.ts'

/** Where the past is read from. */
export const HISTORY_SOURCES = ['auto', 'events', 'log'] as const
/** One of {@link HISTORY_SOURCES}. */
export type HistorySource = (typeof HISTORY_SOURCES)[number]

/** A history that has to be closed. */
export interface OpenHistory {
  readonly history: History
  /** Why it is not the event store, when that was wanted and could not be had. */
  readonly note?: string
  close(): Promise<void>
}

/** Folder of the event store below a server's data directory. */
const EVENTS_FOLDER = 'events'

/**
 * Opens what a server kept. The event store belongs to one process: while a server runs on the
 * folder, the log is read instead, which holds the same events and can be shared.
 *
 * @throws CliError ERR_CLI_USAGE when the folder is no data directory; StoreError when what was
 *         asked for cannot be opened.
 */
export async function openHistory(directory: string, source: HistorySource): Promise<OpenHistory> {
  if (source === 'log') return await openLog(directory)
  const events = join(directory, EVENTS_FOLDER)
  if (!(await isFolder(events))) {
    if (source === 'auto' && (await isFolder(directory))) return await openLog(directory)
    throw wrongUse(`There is no event store in ${directory}; name the data directory of a server.`)
  }
  try {
    const store = await openChdbEventStore({ directory: events })
    return { history: storeHistory(store), close: async () => await store.close() }
  } catch (error) {
    const isLocked = error instanceof StoreError && error.code === 'ERR_STORE_LOCKED'
    if (!isLocked || source === 'events') throw error
    const note = 'A server runs on this folder and has the event store; the log is read instead.'
    return { ...(await openLog(directory)), note }
  }
}

async function openLog(directory: string): Promise<OpenHistory> {
  const log = await openSqliteLogReader({ directory })
  return { history: logHistory(log), close: async () => await log.close() }
}
