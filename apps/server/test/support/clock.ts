import type { Clock } from '@pomona/schema'

/** A clock that stands still until it is moved. */
export class FakeClock implements Clock {
  #nowNs = 1_780_000_000_000_000_000n
  #monotonicNs = 0n

  nowNs(): bigint {
    return this.#nowNs
  }

  monotonicNs(): bigint {
    return this.#monotonicNs
  }

  /** Wall time jumps; elapsed time does not. */
  jumpSeconds(seconds: number): void {
    this.#nowNs += BigInt(Math.round(seconds * 1e9))
  }

  advanceSeconds(seconds: number): void {
    const ns = BigInt(Math.round(seconds * 1e9))
    this.#nowNs += ns
    this.#monotonicNs += ns
  }
}
