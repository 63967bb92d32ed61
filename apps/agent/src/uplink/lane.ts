import type { Random } from '@pomona/schema'
import { codeOf, messageOf } from '../errors.ts'
import type { Sleep } from '../machine.ts'
import { BACKOFF_DEFAULT, backoffMs } from './backoff.ts'

/** Where the uplink says what happens; a logger of this shape will do. */
export interface UplinkLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What a lane stands on. */
export interface LaneOptions {
  readonly name: string
  readonly random: Random
  readonly sleep: Sleep
  readonly log: UplinkLog
}

const CALM_ATTEMPT = 4

/**
 * Keeps one strand of work going until the signal is aborted: what it throws is said, and after a
 * wait it begins anew. One strand that fails does not take the others down.
 *
 * @throws The signal's reason.
 */
export async function keepGoing(
  options: LaneOptions,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const { name, random, sleep, log } = options
  for (;;) {
    try {
      await work(signal)
      return
    } catch (error) {
      signal.throwIfAborted()
      const said = { lane: name, error: { message: messageOf(error), code: codeOf(error) } }
      log.warn(said, 'A part of the uplink failed and begins anew.')
    }
    await sleep(backoffMs(CALM_ATTEMPT, BACKOFF_DEFAULT, random), signal)
  }
}
