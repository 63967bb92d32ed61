import type { ServerConfig } from './config.ts'
import { openSqliteRecords } from '@pomona/store'
import { ServerError } from './errors.ts'
import { createLogger } from './logger.ts'
import { ProjectorProcess, type ProjectorExit } from './projector/process.ts'

/** How far a rebuild has come. */
export interface RebuildProgress {
  /** Next log offset. */
  readonly offset: number
  /** Events put into the store so far. */
  readonly events: number
}

/**
 * Empties the event store and fills it from the log again. The server must not be running on the
 * folder.
 *
 * @returns Events in the store at the end.
 * @throws ServerError ERR_REBUILD with the reason; running it again begins anew. StoreError when a
 * server
 *         has the folder.
 */
export async function rebuildEvents(
  config: ServerConfig,
  onProgress: (progress: RebuildProgress) => void = () => undefined,
): Promise<{ readonly events: number }> {
  const records = await openSqliteRecords({ directory: config.data_directory })
  try {
    return await rebuild(config, {
      onProgress,
      keepLetters: (letters) => records.letters.add(letters),
    })
  } finally {
    await records.close()
  }
}

type Options = Pick<ConstructorParameters<typeof ProjectorProcess>[0], 'keepLetters'> & {
  readonly onProgress: (progress: RebuildProgress) => void
}

async function rebuild(
  config: ServerConfig,
  { onProgress, keepLetters }: Options,
): Promise<{ readonly events: number }> {
  let rebuilt: number | undefined
  let problem: string | undefined
  let exit: ProjectorExit | undefined
  const child = new ProjectorProcess({
    settings: { dataDirectory: config.data_directory, mode: 'rebuild' },
    logger: createLogger({ level: config.log_level, service: 'pomona-rebuild' }),
    keepLetters,
    onProgress: (progress) => {
      problem = progress.problem
      onProgress({ offset: progress.offset, events: progress.counts.sent })
    },
    onRebuilt: (events) => {
      rebuilt = events
    },
    onExit: (how) => {
      exit = how
    },
  })
  await child.exited()
  if (rebuilt !== undefined) return { events: rebuilt }
  const why = exit?.reason ?? problem ?? exit?.signal ?? `exit code ${exit?.exitCode}`
  throw new ServerError('ERR_REBUILD', `The event store was not rebuilt: ${why}`)
}
