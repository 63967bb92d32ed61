const TICK_MS = 1_000
const SLOTS = 64
const NONE: readonly Timer[] = []

/** Something that has to happen when event time passes a point. Belongs to one wheel at a time. */
export abstract class Timer {
  /** Event time after which it fires. Set by {@link Timers.schedule}. */
  dueMs = Number.POSITIVE_INFINITY
  /** Where it stands; owned by the wheel. */
  slot: Timer[] | undefined
  index = -1

  /**
   * Called once, when the time has passed `dueMs`; it may schedule itself anew.
   *
   * @param nowMs The time its scope has reached: no event before it is still expected.
   */
  abstract fire(nowMs: number): void
}

/**
 * A hashed wheel: a timer stands in the slot of its second, modulo the number of slots, and is
 * looked at once a turn until it is due. Adding and taking out are O(1), and a timer that was taken
 * out leaves nothing behind.
 *
 * @see Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (SOSP 1987), scheme 6.
 */
class Wheel {
  readonly #slots: (Timer[] | undefined)[] = Array.from({ length: SLOTS })
  #tick: number | undefined
  size = 0

  add(timer: Timer): void {
    const due = Math.floor(timer.dueMs / TICK_MS)
    // What is already past is found in the slot at hand.
    const tick = this.#tick === undefined ? due : Math.max(due, this.#tick)
    const slot = (this.#slots[((tick % SLOTS) + SLOTS) % SLOTS] ??= [])
    timer.slot = slot
    timer.index = slot.push(timer) - 1
    this.size += 1
  }

  remove(timer: Timer): void {
    const { slot, index } = timer
    const last = slot?.pop()
    if (slot === undefined || last === undefined) return
    if (last !== timer) {
      slot[index] = last
      last.index = index
    }
    timer.slot = undefined
    this.size -= 1
  }

  /** Takes out the timers due before `toMs`, earliest first. */
  takeDue(toMs: number): readonly Timer[] {
    // An infinite time looks at every slot; so does the first.
    const isEnd = !Number.isFinite(toMs)
    const to = isEnd ? SLOTS - 1 : Math.max(Math.floor(toMs / TICK_MS), this.#tick ?? -Infinity)
    const from = isEnd ? 0 : Math.max(this.#tick ?? -Infinity, to - SLOTS + 1)
    let due: Timer[] | undefined
    for (let tick = from; tick <= to; tick += 1) {
      for (const timer of this.#slots[((tick % SLOTS) + SLOTS) % SLOTS] ?? NONE) {
        if (timer.dueMs < toMs) (due ??= []).push(timer)
      }
    }
    if (!isEnd) this.#tick = to
    if (due === undefined) return NONE
    for (const timer of due) this.remove(timer)
    return due.toSorted((a, b) => a.dueMs - b.dueMs)
  }
}

/**
 * Timers on event time, a wheel for each scope (a Mac, or a tenant): what one Mac's events say
 * about the time says nothing about another's. A scope without timers costs nothing.
 */
export class Timers {
  readonly #wheels = new Map<string, Wheel>()

  /** Sets a timer, or sets it anew. */
  schedule(scope: string, timer: Timer, dueMs: number): void {
    this.cancel(scope, timer)
    let wheel = this.#wheels.get(scope)
    if (wheel === undefined) {
      wheel = new Wheel()
      this.#wheels.set(scope, wheel)
    }
    timer.dueMs = dueMs
    wheel.add(timer)
  }

  /** Takes a timer out; nothing happens when it is not set. */
  cancel(scope: string, timer: Timer): void {
    if (timer.slot === undefined) return
    const wheel = this.#wheels.get(scope)
    wheel?.remove(timer)
    if (wheel?.size === 0) this.#wheels.delete(scope)
  }

  /**
   * Fires what is due before `toMs` in this scope, earliest first. A timer due exactly then waits:
   * another event of that time may still come.
   */
  advance(scope: string, toMs: number): void {
    for (;;) {
      const wheel = this.#wheels.get(scope)
      const due = wheel?.takeDue(toMs) ?? NONE
      if (wheel?.size === 0) this.#wheels.delete(scope)
      if (due.length === 0) return
      for (const timer of due) timer.fire(toMs)
    }
  }

  /** Fires all that is set, and what that sets: no event is expected any more, in no scope. */
  end(): void {
    while (this.#wheels.size > 0) {
      for (const scope of this.#wheels.keys()) this.advance(scope, Number.POSITIVE_INFINITY)
    }
  }

  /** Timers that are set in all scopes. */
  get size(): number {
    let size = 0
    for (const wheel of this.#wheels.values()) size += wheel.size
    return size
  }
}
