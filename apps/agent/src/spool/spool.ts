import type { Clock, LedgerRow, Random } from '@pomona/schema'
import { AgentError, codeOf, messageOf } from '../errors.ts'
import { hourOf } from '../ledger/book.ts'
import type { LedgerEntry } from '../ledger/entry.ts'
import { Accounts } from './accounts.ts'
import type { FileSystem } from './file-system.ts'
import { Flight, type FlyingGroup, groupsOf, spanOf } from './flight.ts'
import type { SpoolItem } from './item.ts'
import { Outbox } from './outbox.ts'
import { Pending } from './pending.ts'
import type { Acknowledgement, Delivery, DeliveryLimits, SpoolReader } from './reader.ts'
import { recover, type Recovered } from './recovery.ts'
import { Room } from './room.ts'
import { type Change, comparePlaces, type EpochState, runOf, type SpoolState } from './state.ts'
import { GROUP_OVERHEAD_BYTES, SegmentWriter } from './writer.ts'

const NS_PER_MS = 1_000_000n
const SEGMENTS_AIM = 64
const SEGMENT_BYTES_MIN = 64 * 1024
const SEGMENT_BYTES_MAX = 4 * 1024 * 1024
const INSTALLATION_BYTES = 16
/** For commits that leave what is in memory to the next flush: each group costs its own room. */
const NOTHING = new Pending()

/** What a spool works with. */
export interface SpoolOptions {
  readonly fileSystem: FileSystem
  readonly folder: string
  readonly clock: Clock
  readonly random: Random
  /** Bytes of all files together. */
  readonly bytesMax: number
  /** Bytes of the disk that are left to others. */
  readonly freeBytesMin: number
  /** Characters of items in memory while the disk does not take them. Default 8 Mi. */
  readonly pendingBytesMax?: number
  readonly bootId: string
  /** Names the stream of an epoch. `run` tells apart spools and starts of this boot. */
  readonly streamId: (run: string) => string
}

/** Whether what is in memory gets to the disk. */
export interface SpoolHealth {
  readonly state: 'running' | 'degraded'
  /** What the disk said last, when it did not take something. */
  readonly problem?: { readonly code: string; readonly message: string }
}

/** What a spool holds and has done since it was opened. */
export interface SpoolFigures {
  readonly bytes: number
  /** Items on the disk and in memory, neither sent nor given up. */
  readonly held: number
  /** Items in memory alone. */
  readonly pending: number
  readonly commits: number
}

/**
 * Keeps items until the server has them: in memory for a moment, then on a bounded disk. An item is
 * durable when a commit that has it has been written; everything that happens to it is counted in
 * the same accounts, so that sensed = filtered + dropped + sent + held at every commit.
 */
export class Spool implements SpoolReader {
  readonly #options: SpoolOptions
  readonly #state: SpoolState
  readonly #accounts: Accounts
  readonly #writer: SegmentWriter
  readonly #outbox: Outbox
  readonly #pending = new Pending()
  readonly #epoch: EpochState
  readonly #room: Room
  #flight: Flight | undefined
  #sequence = 0
  #commits = 0
  #problem: SpoolHealth['problem']
  #queue: Promise<unknown> = Promise.resolve()
  #changed = Promise.withResolvers<undefined>()

  private constructor(options: SpoolOptions, { state, generation }: Recovered) {
    const { fileSystem, folder, bootId } = options
    this.#options = options
    this.#state = state
    this.#accounts = new Accounts({ fileSystem, folder, generation })
    const epoch = state.epoch + 1
    const run = runOf(state.installation, epoch)
    this.#epoch = { epoch, bootId, run, streamId: options.streamId(run) }
    this.#writer = new SegmentWriter({
      fileSystem,
      folder,
      epoch: this.#epoch,
      segmentNext: state.segmentNext,
      segmentBytesMax: Math.min(
        SEGMENT_BYTES_MAX,
        Math.max(SEGMENT_BYTES_MIN, options.bytesMax / SEGMENTS_AIM),
      ),
    })
    this.#outbox = new Outbox(fileSystem, folder)
    this.#room = new Room(options, {
      state,
      accounts: this.#accounts,
      writer: this.#writer,
      outbox: this.#outbox,
    })
  }

  /**
   * Opens the spool of a folder and begins an epoch, which is durable when this returns.
   *
   * @throws AgentError ERR_AGENT_SPOOL_UNUSABLE.
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { fileSystem, folder, clock, random } = options
    try {
      await fileSystem.makeFolder(folder)
      const installation = Buffer.from(random.bytes(INSTALLATION_BYTES)).toString('hex')
      const nowMs = Number(clock.nowNs() / NS_PER_MS)
      const recovered = await recover({ fileSystem, folder, nowMs, installation })
      const spool = new Spool(options, recovered)
      for (const change of recovered.changes) spool.#pending.change(change)
      spool.#pending.change({ kind: 'epoch', ...spool.#epoch })
      await spool.commit()
      return spool
    } catch (error) {
      throw new AgentError(
        'ERR_AGENT_SPOOL_UNUSABLE',
        `The spool in ${folder} cannot be used: ${messageOf(error)}`,
        { cause: error, details: { folder } },
      )
    }
  }

  /** The stream that what is sensed now belongs to. */
  get epoch(): EpochState {
    return this.#epoch
  }

  /** Names the run of the agent that this stream is of; see {@link SpoolOptions.streamId}. */
  get run(): string {
    return this.#epoch.run
  }

  /** Characters of items that are in memory only. */
  get pendingBytes(): number {
    return this.#pending.bytes
  }

  /** Takes the next sequences of the stream. @returns The first of them. */
  takeSequences(count: number): number {
    const first = this.#sequence
    this.#sequence += count
    return first
  }

  /** From now on a time in which the agent does not run is told for these sensors. */
  watch(sensors: readonly string[]): void {
    this.#pending.change({ kind: 'watched', sensors: [...sensors] })
  }

  /** Keeps an item, in memory at first; it is durable after the next {@link commit}. */
  append(item: SpoolItem): void {
    this.#pending.add(item)
    const bytesMax = this.#options.pendingBytesMax ?? 8 * 1024 * 1024
    if (this.#pending.bytes > bytesMax) {
      this.#pending.shrink(bytesMax, this.#problem === undefined ? 'memory_full' : 'disk_failed')
    }
  }

  /** What is to be told of a sensor now, beside items; to be added to at once, not kept. */
  entry(sensor: string): LedgerEntry {
    const nowMs = Number(this.#options.clock.nowNs() / NS_PER_MS)
    return this.#pending.book.at(sensor, hourOf(nowMs))
  }

  /**
   * Makes everything durable that is in memory now.
   *
   * @throws The error of the system when the disk does not take it. Nothing is lost by that: it is
   *         tried again with the next commit, as long as memory lasts.
   */
  commit(): Promise<void> {
    return this.#serial(() => this.#commit([]))
  }

  /** How the spool is doing. */
  health(): SpoolHealth {
    const problem = this.#problem
    return problem === undefined ? { state: 'running' } : { state: 'degraded', problem }
  }

  figures(): SpoolFigures {
    const pending = this.#pending.count + (this.#flight?.waitingCount ?? 0)
    return {
      bytes: this.#state.bytes + this.#accounts.bytes,
      held: this.#state.held - this.#outbox.settlingCount + pending,
      pending,
      commits: this.#commits,
    }
  }

  /** @see SpoolReader.next */
  next(limits: DeliveryLimits): Promise<Delivery | undefined> {
    return this.#serial(async () => {
      const offered = this.#outbox.offer
      const state = this.#state
      // What may have been offered before a restart is offered again by itself.
      const settled = this.#outbox.settled ?? state.settled
      const isOpen = comparePlaces(state.offered, settled) > 0
      const until = isOpen ? state.offered : undefined
      const isFilled = await this.#outbox.fill(this.#view(), { limits, until })
      const offer = this.#outbox.offer
      const isNew =
        offered === undefined && offer !== undefined && comparePlaces(offer, state.offered) > 0
      const changes: readonly Change[] = isNew ? [{ kind: 'offered', ...offer }] : []
      const isDamaged = !isFilled && this.#outbox.finished().length > 0
      // Sending goes on when the disk does not: at worst it is not known after a crash that the
      // server may have these items.
      if (isNew || isDamaged) await this.#commit(changes, NOTHING).catch(() => undefined)
      return this.#outbox.delivery(state.epochs, limits)
    })
  }

  /** @see SpoolReader.ready */
  async ready(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<undefined>()
    const onAbort = (): void => aborted.resolve(undefined)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      while (!signal.aborted && this.#state.held <= this.#outbox.settlingCount) {
        await Promise.race([this.#changed.promise, aborted.promise])
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** @see SpoolReader.acknowledge */
  acknowledge(upTo: Acknowledgement): number {
    return this.#outbox.settle(upTo)
  }

  /** @see SpoolReader.discard */
  discard({ epoch, lastSequence }: Delivery, reason: string): void {
    this.#outbox.settle({ epoch, lastSequence }, reason)
  }

  /**
   * Rows of the ledger that the server does not have, in order, durable. While there are none, what
   * was counted since is cut into new ones.
   */
  ledgerRows(): Promise<readonly LedgerRow[]> {
    return this.#serial(async () => {
      const { book } = this.#state
      try {
        await this.#commit([])
        const rows = book.rows.length > 0 ? [] : book.draft(this.#epoch.epoch)
        if (rows.length > 0) await this.#commit([{ kind: 'rows', rows: [...rows] }])
      } catch {
        // The disk does not take them, which `health` says; what is durable can be told.
      }
      return book.rows
    })
  }

  /** The server has every row of the ledger before this one. */
  confirmRows(next: number): void {
    const { rows, end } = this.#state.book
    const [first] = rows
    // Of a server that has more rows than there are here nothing can be learned about these.
    const isKnown = first !== undefined && first.index < next && next <= end
    if (isKnown) this.#pending.change({ kind: 'confirmed', next })
  }

  /** Index after the newest row of the ledger. */
  get ledgerEnd(): number {
    return this.#state.book.end
  }

  /**
   * Makes everything durable and marks the end of the epoch, so that the next start knows that
   * nothing was in memory.
   */
  close(): Promise<void> {
    return this.#serial(async () => {
      await this.#commit([])
      await this.#commit([{ kind: 'end' }])
      await this.#outbox.close()
      await this.#writer.closeAll()
      await this.#accounts.close()
    })
  }

  #serial<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => undefined)
    return result
  }

  #view() {
    const written = this.#flight?.written ?? new Set()
    const segments = new Map([...this.#state.segments].filter(([id]) => !this.#room.doomed.has(id)))
    return {
      segments,
      settled: this.#state.settled,
      isOpen: (id: number): boolean => {
        const segment = segments.get(id)
        const isWritten = segment !== undefined && this.#writer.openSegment(segment.priority) === id
        return isWritten || written.has(id)
      },
    }
  }

  /** Brings a commit to its end that is on its way, then one with everything else. */
  async #commit(changes: readonly Change[], pending: Pending = this.#pending): Promise<void> {
    try {
      if (this.#flight !== undefined) await this.#land(this.#flight)
      const finished = this.#outbox.finished()
      const isIdle = pending.isEmpty && !this.#outbox.isSettling && finished.length === 0
      if (isIdle && changes.length === 0) return
      const taken = pending.take()
      const flight = new Flight({
        commit: this.#state.commit + 1,
        atMs: Number(this.#options.clock.nowNs() / NS_PER_MS),
        changes: [...taken.changes, ...this.#outbox.takeSettled(), ...changes],
        groups: await groupsOf(taken.groups),
      })
      this.#flight = flight
      // Of a segment that was read to its end nothing is left but what could not be read.
      for (const id of finished) await this.#room.giveUp(flight, { id, reason: 'damaged' })
      await this.#land(flight)
    } catch (error) {
      this.#problem = { code: codeOf(error) ?? 'ERR', message: messageOf(error) }
      throw error
    }
  }

  async #land(flight: Flight): Promise<void> {
    for (const group of [...flight.waiting]) await this.#write(flight, group)
    const { commit, atMs } = flight
    for (;;) {
      try {
        await this.#accounts.write(this.#state, { commit, atMs, changes: [...flight.changes()] })
        break
      } catch (error) {
        if (!(await this.#room.makeAfter(error, flight))) throw error
      }
    }
    this.#state.apply({ commit, atMs, changes: [...flight.changes()] })
    this.#flight = undefined
    this.#problem = undefined
    this.#commits += 1
    await this.#room.clear()
    this.#changed.resolve(undefined)
    this.#changed = Promise.withResolvers<undefined>()
  }

  /** Writes a group, or gives it up when all room is taken by what is worth more. */
  async #write(flight: Flight, group: FlyingGroup): Promise<void> {
    const { priority, body, tally } = group
    while (flight.waiting.includes(group)) {
      if (await this.#room.makeFor(flight, body.length + GROUP_OVERHEAD_BYTES)) continue
      try {
        const header = { commit: flight.commit, ...spanOf(group), tally }
        const at = await this.#writer.write({ priority, body, header })
        flight.landed(group, { ...at, epoch: this.#epoch.epoch })
      } catch (error) {
        if (!(await this.#room.makeAfter(error, flight))) throw error
      }
    }
  }
}
