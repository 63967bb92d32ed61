import { type Clock, formatTime, type TimeNs } from '@pomona/schema'
import type { SensedGap } from '../sensor.ts'

/** The time in which nobody looked: from the first start or the end of a program to its return. */
export class Unobserved {
  readonly #clock: Clock
  #since: { readonly fromNs: TimeNs; readonly reason: string } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Begins, unless it has begun. */
  begin(reason: string): void {
    this.#since ??= { fromNs: this.#clock.nowNs(), reason }
  }

  /** Ends; answers the time that went unseen, if any did. */
  end(): SensedGap | undefined {
    if (this.#since === undefined) return undefined
    const { fromNs, reason } = this.#since
    this.#since = undefined
    return { from: formatTime(fromNs), to: formatTime(this.#clock.nowNs()), reason }
  }
}
