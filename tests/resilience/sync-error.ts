/** The disk of a server says that it could not write what it was given. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { failingSync } from '../platform/failing-sync.ts'
import type { ServerHome } from '../platform/server-home.ts'
import type { Dice } from './hostile-rules.ts'
import type { Trouble } from './twins.ts'

/** So many syncs of a thread succeed at most. */
const SYNCS_MAX = 10
/** Nothing is synced any more when all is delivered; then nothing can fail. */
const PATIENCE_MS = 30_000

/**
 * Starts the server on a disk that goes bad, and then on a sound one, as whatever keeps a server
 * running would. One sync of each thread fails, or all from then on.
 */
export class SyncErrors implements Trouble {
  readonly #server: ServerHome
  readonly #next: Dice
  readonly counts = { 'ended by itself': 0, 'refused to start': 0, 'went on': 0 }
  readonly readyMs: number[] = []

  constructor(server: ServerHome, next: Dice) {
    this.#server = server
    this.#next = next
  }

  async strike(): Promise<void> {
    await this.#server.stop()
    const first = 1 + this.#next(SYNCS_MAX)
    const under = failingSync(this.#next(3) === 0 ? `${first}` : `${first}+`)
    try {
      await this.#server.start({ under })
    } catch {
      this.counts['refused to start'] += 1
      await this.#recover()
      return
    }
    const { child } = this.#server.process
    const ended = once(child, 'exit').then(() => 'ended by itself' as const)
    const outcome = await Promise.race([ended, sleep(PATIENCE_MS, 'went on' as const)])
    this.counts[child.exitCode === null ? outcome : 'ended by itself'] += 1
    await this.#server.kill()
    await this.#recover()
  }

  async #recover(): Promise<void> {
    const startMs = performance.now()
    await this.#server.start()
    this.readyMs.push(performance.now() - startMs)
  }
}
