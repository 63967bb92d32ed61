import type { Clock, TimeNs } from '@pomona/schema'
import type { Timer } from '../timer.ts'

interface Order {
  readonly atMs: number
  readonly work: () => void
}

const NS_PER_MS = 1_000_000n

/** A clock and a timer that stand still until a test moves them. */
export class ManualTime implements Clock, Timer {
  readonly #startNs: TimeNs
  #nowMs = 0
  #orders: Order[] = []

  /** @param startNs Wall time at the beginning. Default 2026-03-02T08:30:00Z. */
  constructor(startNs: TimeNs = 1_772_440_200_000_000_000n) {
    this.#startNs = startNs
  }

  nowNs(): TimeNs {
    return this.#startNs + this.monotonicNs()
  }

  monotonicNs(): bigint {
    return BigInt(Math.round(this.#nowMs)) * NS_PER_MS
  }

  after(delayMs: number, work: () => void): () => void {
    const order = { atMs: this.#nowMs + delayMs, work }
    this.#orders.push(order)
    return () => {
      this.#orders = this.#orders.filter((one) => one !== order)
    }
  }

  /** Orders that wait. */
  get waiting(): number {
    return this.#orders.length
  }

  /**
   * Lets time pass: what falls due runs in its order, and what that sets off in promises runs
   * before the next.
   */
  async advance(spanMs: number): Promise<void> {
    const endMs = this.#nowMs + spanMs
    await settled()
    for (;;) {
      const due = this.#orders
        .filter(({ atMs }) => atMs <= endMs)
        .toSorted((left, right) => left.atMs - right.atMs)[0]
      if (due === undefined) break
      this.#orders = this.#orders.filter((one) => one !== due)
      this.#nowMs = Math.max(this.#nowMs, due.atMs)
      due.work()
      await settled()
    }
    this.#nowMs = endMs
  }
}

/** Lets everything run that waits on promises already kept. */
async function settled(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve)
  })
}
