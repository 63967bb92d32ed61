import { messageOf } from './errors.ts'
import type { RunningServer } from './running-server.ts'

/**
 * Keeps a server running until it is told to stop (SIGTERM, SIGINT) or cannot go on. SIGHUP reads
 * the rules again; a second signal to stop ends the process at once.
 *
 * @returns The exit code: 0 when told to stop, 1 when it could not go on.
 */
export async function runUntilStopped(server: RunningServer): Promise<number> {
  const told = Promise.withResolvers<undefined>()
  let signals = 0
  const onStop = (): void => {
    signals += 1
    if (signals > 1) process.exit(1)
    told.resolve(undefined)
  }
  const onReload = (): void => {
    server.reloadRules('SIGHUP').catch((error: unknown) => {
      process.stderr.write(`${messageOf(error)}\n`)
    })
  }
  process.on('SIGTERM', onStop).on('SIGINT', onStop).on('SIGHUP', onReload)
  const failure = await Promise.race([told.promise, server.failure])
  if (failure !== undefined) process.stderr.write(`${failure.message}\n`)
  await server.close()
  process.off('SIGTERM', onStop).off('SIGINT', onStop).off('SIGHUP', onReload)
  return failure === undefined ? 0 : 1
}
