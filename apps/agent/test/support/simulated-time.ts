/** Time that passes when everybody waits for it, and only then. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '@pomona/schema'

const NS_PER_MS = 1_000_000n
const START_NS = 1_780_000_000_000_000_000n

interface Waiter {
  readonly atNs: bigint
  readonly order: number
  readonly wake: () => void
}

/** A clock and a sleep that belong together. */
export class SimulatedTime implements Clock {
  #monotonicNs = 0n
  #wallOffsetNs = START_NS
  #order = 0
  readonly #waiters = new Set<Waiter>()

  nowNs(): bigint {
    return this.#monotonicNs + this.#wallOffsetNs
  }

  monotonicNs(): bigint {
    return this.#monotonicNs
  }

  /** Sets the wall clock, as a person or a time server does. */
  jumpWall(ms: number): void {
    this.#wallOffsetNs += BigInt(Math.round(ms)) * NS_PER_MS
  }

  readonly sleep = (waitMs: number, signal: AbortSignal): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (signal.aborted) {
      reject(signal.reason)
      return promise
    }
    const waiter: Waiter = {
      atNs: this.#monotonicNs + BigInt(Math.ceil(waitMs)) * NS_PER_MS,
      order: this.#order++,
      wake: () => {
        signal.removeEventListener('abort', abort)
        resolve()
      },
    }
    const abort = (): void => {
      this.#waiters.delete(waiter)
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    this.#waiters.add(waiter)
    return promise
  }

  /** Waits that have not passed. */
  get waiting(): number {
    return this.#waiters.size
  }

  /** Lets time pass, one wait after the other, until `done` says so or nobody waits any more. */
  async run(done: () => boolean, spanMs = Infinity): Promise<void> {
    const endNs = spanMs === Infinity ? undefined : this.#monotonicNs + BigInt(spanMs) * NS_PER_MS
    for (;;) {
      await turn()
      if (done()) return
      const next = this.#next()
      if (next === undefined) return
      if (endNs !== undefined && next.atNs > endNs) {
        this.#monotonicNs = endNs
        return
      }
      if (next.atNs > this.#monotonicNs) this.#monotonicNs = next.atNs
      this.#waiters.delete(next)
      next.wake()
    }
  }

  #next(): Waiter | undefined {
    let next: Waiter | undefined
    for (const waiter of this.#waiters) {
      const sooner =
        next === undefined ||
        waiter.atNs < next.atNs ||
        (waiter.atNs === next.atNs && waiter.order < next.order)
      if (sooner) next = waiter
    }
    return next
  }
}
