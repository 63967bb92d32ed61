import type { Clock } from '@pomona/schema'
import type { Checkpoint, Records } from '@pomona/store'
import type { Logger } from 'pino'
import { sealed, unsealed } from './seal.ts'

/** What detection remembered after the log before `offset`. */
export interface Snapshot {
  readonly offset: number
  /** Absent: nothing yet. */
  readonly state: string | undefined
}

/** Bounds on what saving may cost. */
export interface SnapshotLimits {
  /** Characters of state up to which it is saved with every chunk. */
  readonly inlineCharsMax: number
  /** Larger states are saved no more often than this. */
  readonly saveIntervalMs: number
}

interface SnapshotsOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: SnapshotLimits
}

/** A checkpoint to be committed, and what is to be kept after that. */
export interface PendingSnapshot {
  readonly checkpoint: Checkpoint
  readonly snapshot: Snapshot | undefined
}

/** Name under which the engine keeps its place in the log. */
export const ENGINE_CONSUMER = 'engine'
/** Name under which it keeps a state that is too large to be written with every chunk. */
export const STATE_CONSUMER = 'engine_state'

const NS_PER_MS = 1_000_000n

/**
 * Saves what detection remembers, at a price that does not grow with it. A small state is part of
 * the checkpoint of every chunk. A large one stands in a row of its own and is saved now and then;
 * what lies between it and the engine's place in the log is evaluated again when it is needed, and
 * its findings, which are stored already, are left out.
 */
export class Snapshots {
  readonly #records: Records
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #limits: SnapshotLimits
  #latest: Snapshot = { offset: 0, state: undefined }
  #chars = 0
  /** The row of its own holds a snapshot from which the log can be evaluated again. */
  #hasRow = false
  #savedNs = 0n

  constructor(records: Records, { clock, logger, limits }: SnapshotsOptions) {
    this.#records = records
    this.#clock = clock
    this.#logger = logger
    this.#limits = limits
  }

  /** The state to begin from: never past the engine's place. */
  get latest(): Snapshot {
    return this.#latest
  }

  /**
   * Reads what is stored.
   *
   * @returns The engine's place in the log.
   */
  async open(): Promise<number> {
    const checkpoint = await this.#records.checkpoint(ENGINE_CONSUMER)
    const place = checkpoint?.offset ?? 0
    const inline = checkpoint?.state ?? ''
    const row = inline === '' ? await this.#records.checkpoint(STATE_CONSUMER) : undefined
    const saved = inline === '' ? row : checkpoint
    const state = saved === undefined ? undefined : unsealed(saved.state)
    if (saved !== undefined && state === undefined) {
      this.#logger.error({ place }, 'Saved state is damaged; it is made anew from the whole log.')
      this.#latest = { offset: 0, state: undefined }
    } else if (saved === undefined || saved.offset > place) {
      this.#latest = { offset: place, state: undefined }
    } else {
      this.#latest = { offset: saved.offset, state }
      this.#hasRow = inline === ''
    }
    this.#chars = this.#latest.state?.length ?? 0
    return place
  }

  /** Lets the log begin earlier than thought, as when it was replaced. */
  drawBack(place: number): void {
    if (this.#latest.offset > place) this.#latest = { ...this.#latest, offset: place }
  }

  /** Takes up a state without storing it: what follows goes on from it. */
  hold(snapshot: Snapshot): void {
    this.#latest = snapshot
  }

  /**
   * Makes the checkpoint of a place in the log.
   *
   * @param save Gives the state at that place.
   * @param must Save the state now, whatever its size.
   */
  prepare(offset: number, save: () => string, must = false): PendingSnapshot {
    const { inlineCharsMax, saveIntervalMs } = this.#limits
    const ageNs = this.#clock.monotonicNs() - this.#savedNs
    const isDue = this.#chars <= inlineCharsMax || ageNs >= BigInt(saveIntervalMs) * NS_PER_MS
    if (!must && !isDue && this.#hasRow) {
      const checkpoint = { consumer: ENGINE_CONSUMER, offset, state: '' }
      return { checkpoint, snapshot: undefined }
    }
    const state = save()
    const isInline = state.length <= inlineCharsMax || !this.#hasRow
    const checkpoint = { consumer: ENGINE_CONSUMER, offset, state: isInline ? sealed(state) : '' }
    return { checkpoint, snapshot: { offset, state } }
  }

  /** Has to be called once the checkpoint is committed. */
  async keep({ snapshot }: PendingSnapshot): Promise<void> {
    if (snapshot?.state === undefined) return
    const { offset, state } = snapshot
    const isLarge = state.length > this.#limits.inlineCharsMax
    const row = { consumer: STATE_CONSUMER, offset, state: sealed(state) }
    if (isLarge) await this.#records.saveCheckpoint(row)
    this.#hasRow = isLarge
    this.#latest = snapshot
    this.#chars = state.length
    this.#savedNs = this.#clock.monotonicNs()
  }
}
