import type { Timer } from '../timer.ts'

/** Bounds of {@link Turns}. */
export interface TurnLimits {
  /** Files read at the same time. */
  readonly concurrencyMax: number
  /** Files that wait to be read; more are not read. */
  readonly waitingMax: number
  /** How long one may take in all; what hangs longer keeps its place and nobody waits. */
  readonly turnMsMax: number
}

/** Why something had no turn, or did not come to its end in it. */
export type TurnFailure = 'queue_full' | 'stalled' | 'too_slow'

type Waiter = (refusal: TurnFailure | undefined) => void

/**
 * Lets few things happen at a time. A file system may hang for ever in a call that cannot be taken
 * back: what hangs keeps its place, and when all places hang everything is refused at once, so that
 * no more threads hang and nobody waits in vain.
 */
export class Turns {
  readonly #limits: TurnLimits
  readonly #timer: Timer
  #urgent: Waiter[] = []
  #others: Waiter[] = []
  #busy = 0
  #hanging = 0

  constructor(limits: TurnLimits, timer: Timer) {
    this.#limits = limits
    this.#timer = timer
  }

  /** Whether everything is refused because all that was begun hangs. */
  get isStalled(): boolean {
    return this.#hanging >= this.#limits.concurrencyMax
  }

  /** Does something when it is its turn: first what is urgent. `work` must not reject. */
  async take<Result>(
    work: () => Promise<Result>,
    { isUrgent }: { readonly isUrgent: boolean },
  ): Promise<Result | TurnFailure> {
    const refusal = await this.#place(isUrgent)
    return refusal ?? this.#bounded(work)
  }

  async #place(isUrgent: boolean): Promise<TurnFailure | undefined> {
    const { concurrencyMax, waitingMax } = this.#limits
    if (this.isStalled) return 'stalled'
    if (this.#busy < concurrencyMax) {
      this.#busy += 1
      return undefined
    }
    if (this.#urgent.length + this.#others.length >= waitingMax) {
      // The oldest that is not urgent gives up its place.
      const displaced = isUrgent ? this.#others.shift() : undefined
      if (displaced === undefined) return 'queue_full'
      displaced('queue_full')
    }
    return new Promise((resolve) => (isUrgent ? this.#urgent : this.#others).push(resolve))
  }

  async #bounded<Result>(work: () => Promise<Result>): Promise<Result | TurnFailure> {
    return new Promise((resolve) => {
      let isHanging = false
      const cancel = this.#timer.after(this.#limits.turnMsMax, () => {
        isHanging = true
        this.#hanging += 1
        if (this.isStalled) this.#refuseAll()
        resolve('too_slow')
      })
      void work().then((result) => {
        cancel()
        if (isHanging) this.#hanging -= 1
        this.#handOn()
        resolve(result)
      })
    })
  }

  // The place is handed on, not given up, where somebody waits for it.
  #handOn(): void {
    const next = this.#urgent.shift() ?? this.#others.shift()
    if (next === undefined) this.#busy -= 1
    else next(undefined)
  }

  #refuseAll(): void {
    const waiting = [...this.#urgent, ...this.#others]
    this.#urgent = []
    this.#others = []
    for (const waiter of waiting) waiter('stalled')
  }
}
