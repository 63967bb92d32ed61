import { strict as assert } from 'node:assert'
import type { StageCounts } from '@pomona/schema'

interface Discard {
  readonly reason: string
  readonly intentional: boolean
  count: number
}

/** What a stage counts, under which name. */
export interface StageOptions {
  /** What is counted, as the middle of the metric's name: `gateway_events`. */
  readonly name: string
  readonly description: string
  /** Distinct reasons a stage may count; further ones are counted as `other`. */
  readonly reasonsMax?: number
}

/**
 * The books of one stage: everything received is sent on, discarded for a named reason, or still
 * held. `take` opens an entry and `send` or `discard` close it, so a lost record shows as `held`
 * that never returns to zero.
 */
export class Stage {
  readonly name: string
  readonly description: string
  readonly #reasonsMax: number
  readonly #discards = new Map<string, Discard>()
  #received = 0
  #sent = 0
  #held = 0

  constructor(options: StageOptions) {
    this.name = options.name
    this.description = options.description
    this.#reasonsMax = options.reasonsMax ?? 32
  }

  take(count: number): void {
    assert(count >= 0)
    this.#received += count
    this.#held += count
  }

  send(count: number): void {
    this.#settle(count)
    this.#sent += count
  }

  /** @param intentional The discard is wanted, such as a repeat that is stored already. */
  discard(count: number, why: { readonly reason: string; readonly intentional?: boolean }): void {
    if (count === 0) return
    this.#settle(count)
    const full = this.#discards.size >= this.#reasonsMax && !this.#discards.has(why.reason)
    const reason = full ? 'other' : why.reason
    const discard = this.#discards.get(reason)
    if (discard === undefined) {
      this.#discards.set(reason, { reason, intentional: why.intentional ?? false, count })
    } else {
      discard.count += count
    }
  }

  /** Takes back what is held and will be read again, as after a crash of the reader. */
  returnHeld(): void {
    this.#received -= this.#held
    this.#held = 0
  }

  counts(): StageCounts {
    return {
      stage: this.name,
      received: this.#received,
      sent: this.#sent,
      held: this.#held,
      discarded: Array.from(this.#discards.values(), ({ reason, intentional, count }) => {
        return { reason, intentional, count }
      }),
    }
  }

  #settle(count: number): void {
    assert(count >= 0 && count <= this.#held, `${this.name} settles more than it holds`)
    this.#held -= count
  }
}
