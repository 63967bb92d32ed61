import { type Clock, parseTime, type TimeNs } from '@pomona/schema'

/** When a request left and its answer came, by the clock that never jumps. */
export interface Exchange {
  readonly sentNs: bigint
  readonly receivedNs: bigint
}

/**
 * How far this Mac's clock is from the server's, learnt from what the server says of its time. The
 * server is authenticated, the clock of a Mac is not: what expires is judged by the server's.
 */
export class ClockSkew {
  readonly #clock: Clock
  #skewNs: bigint | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Takes what an answer said. The server is taken to have written it half way between question
   * and answer, unless it held the question back: then only the way home counts, and `heldBack`
   * says so.
   */
  learn(serverTime: string, exchange: Exchange, heldBack = false): void {
    const serverNs = parseTime(serverTime)
    if (serverNs === undefined) return
    const tripNs = exchange.receivedNs - exchange.sentNs
    const elapsedNs = this.#clock.monotonicNs() - exchange.receivedNs
    const homeNs = heldBack ? 0n : tripNs / 2n
    this.#skewNs = serverNs + homeNs + elapsedNs - this.#clock.nowNs()
  }

  /** Nanoseconds that the server's clock is ahead of ours; nothing before it was first heard. */
  skewNs(): bigint | undefined {
    return this.#skewNs
  }

  /** The server's time now, as far as it is known; before that our own. */
  serverNowNs(): TimeNs {
    return this.#clock.nowNs() + (this.#skewNs ?? 0n)
  }
}
