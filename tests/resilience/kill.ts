/** The processes of a server are killed while it works and while it starts. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerHome } from '../platform/server-home.ts'
import type { Dice } from './hostile-rules.ts'
import type { Trouble } from './twins.ts'

const BEFORE_KILL_MS = 400
const STARTING_MS = 1_500

/** Kills the gateway and the engine, which are one process, or the projector. */
export class Killer implements Trouble {
  readonly #server: ServerHome
  readonly #next: Dice
  readonly counts = { 'server while it works': 0, 'server while it starts': 0, projector: 0 }
  readonly readyMs: number[] = []

  constructor(server: ServerHome, next: Dice) {
    this.#server = server
    this.#next = next
  }

  async strike(): Promise<void> {
    await sleep(this.#next(BEFORE_KILL_MS))
    if (this.#next(2) === 0) {
      await this.#server.killProjector()
      this.counts.projector += 1
      return
    }
    await this.#server.kill()
    this.counts['server while it works'] += 1
    if (this.#next(4) === 0) {
      await this.#server.killStarting(this.#next(STARTING_MS))
      this.counts['server while it starts'] += 1
    }
    const startMs = performance.now()
    await this.#server.start()
    this.readyMs.push(performance.now() - startMs)
  }
}
