import type { Flow } from './flow.ts'

interface Waiting {
  readonly flow: Flow
  readonly dueNs: bigint
}

/** Entries already taken that may lie at the head before they are cut off. */
const GONE_MAX = 1_024

/** Connections that wait equally long for something, in the order they began to. */
export class DueQueue {
  readonly #waitNs: bigint
  #waiting: Waiting[] = []
  #head = 0

  constructor(waitNs: bigint) {
    this.#waitNs = waitNs
  }

  /** Entries waiting. */
  get length(): number {
    return this.#waiting.length - this.#head
  }

  /** Begins to wait. */
  add(flow: Flow, atNs: bigint): void {
    this.#waiting.push({ flow, dueNs: atNs + this.#waitNs })
  }

  /** Takes the next whose time has come; without a time, the next. */
  take(atNs: bigint | undefined): Flow | undefined {
    const first = this.#waiting[this.#head]
    if (first === undefined || (atNs !== undefined && first.dueNs > atNs)) return undefined
    this.#head++
    if (this.#head > GONE_MAX && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head)
      this.#head = 0
    }
    return first.flow
  }
}
