import { DueQueue } from './due-queue.ts'
import type { Flow } from './flow.ts'

/** Limits of the flow table. */
export interface FlowLimits {
  /** Connections remembered. */
  readonly flowsMax: number
  /** How long an attempt waits for an answer, of event time. */
  readonly attemptNs: bigint
  /** How long an ended connection is remembered, and one that only one side has ended. */
  readonly endedNs: bigint
}

/** What a flow table counts. */
export interface FlowCounts {
  readonly opened: number
  readonly held: number
  /** Ended, or ended by one side and silent since. */
  readonly ended: number
  /** Attempts nobody answered. */
  readonly unanswered: number
  /** Forgotten because the table was full; their end will have no beginning. */
  readonly evicted: number
}

/**
 * The connections of a capture. Time is that of its packets: an attempt without answer and a
 * connection that ended are forgotten when packets say that enough of it has passed. An established
 * one stays, however silent, until it ends or the table is full: of a filtered capture nothing
 * between the beginning and the end may be seen for days.
 */
export class FlowTable {
  readonly #limits: FlowLimits
  readonly #flows = new Map<string, Flow>()
  readonly #attempts: DueQueue
  readonly #ending: DueQueue
  #opened = 0
  #ended = 0
  #unanswered = 0
  #evicted = 0

  constructor(limits: FlowLimits) {
    this.#limits = limits
    this.#attempts = new DueQueue(limits.attemptNs)
    this.#ending = new DueQueue(limits.endedNs)
  }

  /** The counts so far: opened = held + ended + unanswered + evicted. */
  get counts(): FlowCounts {
    return {
      opened: this.#opened,
      held: this.#flows.size,
      ended: this.#ended,
      unanswered: this.#unanswered,
      evicted: this.#evicted,
    }
  }

  /** The connection with a key. */
  get(key: string): Flow | undefined {
    const flow = this.#flows.get(key)
    if (flow !== undefined) flow.touched = true
    return flow
  }

  /** Takes a new connection, in the place of an ended one with the same key. */
  add(flow: Flow): void {
    const before = this.#flows.get(flow.key)
    if (before !== undefined) this.#drop(before)
    if (this.#flows.size >= this.#limits.flowsMax) this.#evict()
    this.#flows.set(flow.key, flow)
    this.#opened++
    if (flow.isEstablished || flow.isClosed) return
    this.#attempts.add(flow, flow.startNs)
    if (this.#attempts.length > 2 * this.#limits.flowsMax) this.#attempts.take(undefined)
  }

  /** Takes notice that one side ended the connection, or both did. */
  ending(flow: Flow, atNs: bigint): void {
    if (flow.isQueued) return
    flow.isQueued = true
    this.#ending.add(flow, atNs)
  }

  /**
   * Forgets what is due.
   *
   * @returns Connections that one side ended and the other did not within the time.
   */
  advance(atNs: bigint): readonly Flow[] {
    for (let flow = this.#attempts.take(atNs); flow; flow = this.#attempts.take(atNs)) {
      const isUnanswered = !flow.isEstablished && !flow.isQueued
      if (!isUnanswered || this.#flows.get(flow.key) !== flow) continue
      this.#flows.delete(flow.key)
      this.#unanswered++
    }
    return this.#due(atNs)
  }

  /** What one side has ended by the end of the capture. */
  settle(): readonly Flow[] {
    return this.#due(undefined)
  }

  #due(atNs: bigint | undefined): readonly Flow[] {
    const halfEnded: Flow[] = []
    for (let flow = this.#ending.take(atNs); flow; flow = this.#ending.take(atNs)) {
      if (this.#flows.get(flow.key) !== flow) continue
      if (!flow.isClosed) halfEnded.push(flow)
      this.#drop(flow)
    }
    return halfEnded
  }

  #drop(flow: Flow): void {
    this.#flows.delete(flow.key)
    if (flow.isQueued || flow.isClosed) this.#ended++
    else if (flow.isEstablished) this.#evicted++
    else this.#unanswered++
  }

  // The oldest not used since the last look goes; used ones get a second chance at the end.
  #evict(): void {
    for (const flow of this.#flows.values()) {
      this.#flows.delete(flow.key)
      if (flow.touched) {
        flow.touched = false
        this.#flows.set(flow.key, flow)
      } else {
        this.#evicted++
        return
      }
    }
  }
}
