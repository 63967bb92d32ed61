import type { PriorityClass } from '@pomona/schema'
import { codeOf } from '../errors.ts'
import type { Accounts } from './accounts.ts'
import type { FileSystem } from './file-system.ts'
import type { Flight } from './flight.ts'
import type { Outbox } from './outbox.ts'
import { DROP_ORDER } from './pending.ts'
import { segmentPath } from './segment-file.ts'
import { comparePlaces, type SpoolState } from './state.ts'
import type { SegmentWriter } from './writer.ts'

/** How much disk there is, and whose it is. */
export interface RoomOptions {
  readonly fileSystem: FileSystem
  readonly folder: string
  /** Bytes of all files together. */
  readonly bytesMax: number
  /** Bytes of the disk that are left to others. */
  readonly freeBytesMin: number
}

/** Bytes the spool takes although less is free than is to be left to others. */
const FLOOR_BYTES = 16 * 1024 * 1024

/** The parts of a spool that take room. */
export interface RoomParts {
  readonly state: SpoolState
  readonly accounts: Accounts
  readonly writer: SegmentWriter
  readonly outbox: Outbox
}

/**
 * Decides what goes when there is not room for everything: never of a higher class while there is
 * something of a lower one, and of a class the oldest first. What was offered to the server stays,
 * because the server may have it: it would count as dropped and be there.
 */
export class Room {
  readonly #options: RoomOptions
  readonly #parts: RoomParts
  readonly #doomed = new Set<number>()

  constructor(options: RoomOptions, parts: RoomParts) {
    this.#options = options
    this.#parts = parts
  }

  /** Segments that leave with the commit that is on its way. */
  get doomed(): ReadonlySet<number> {
    return this.#doomed
  }

  /** Makes room for so many bytes more. @returns Whether something went for it; then ask again. */
  async makeFor(flight: Flight, bytes: number): Promise<boolean> {
    const reason = await this.#fullFor(flight, bytes)
    return reason !== undefined && this.#make(flight, reason)
  }

  /** Makes room when the disk was full. @returns Whether it was, and something went for it. */
  async makeAfter(error: unknown, flight: Flight): Promise<boolean> {
    return codeOf(error) === 'ENOSPC' && this.#make(flight, 'disk_full')
  }

  /** A segment leaves with this commit. */
  async giveUp(flight: Flight, { id, reason }: Omit<Victim, 'priority'>): Promise<void> {
    flight.sacrifice(id, reason)
    this.#doomed.add(id)
    await this.#parts.outbox.forget(id)
  }

  /** The commit is durable: what left with it is taken off the disk. */
  async clear(): Promise<void> {
    for (const id of this.#doomed) await this.#removeFile(id)
    this.#doomed.clear()
  }

  /** Why there is no room for so many bytes more, if there is none. */
  async #fullFor(flight: Flight, needBytes: number): Promise<string | undefined> {
    const { bytesMax, freeBytesMin, fileSystem, folder } = this.#options
    const { accounts, state } = this.#parts
    // The next account file is made beside the current one.
    let bytes = 2 * accounts.bytes + needBytes + flight.landedBytes
    for (const { id, bytes: own } of state.segments.values()) {
      if (!this.#doomed.has(id)) bytes += own
    }
    if (bytes > bytesMax) return 'spool_full'
    // Nothing is delivered that was not on the disk: a little is taken however short it is.
    if (freeBytesMin === 0 || bytes <= FLOOR_BYTES) return undefined
    const freeBytes = await fileSystem.freeBytes(folder)
    return freeBytes - needBytes < freeBytesMin ? 'disk_reserve' : undefined
  }

  async #make(flight: Flight, reason: string): Promise<boolean> {
    const { state } = this.#parts
    for (const { id, priority, left } of state.segments.values()) {
      if (left.total > 0 || this.#doomed.has(id) || flight.written.has(id)) continue
      return this.#sacrifice(flight, { id, priority, reason })
    }
    for (const priority of DROP_ORDER) {
      const id = this.#oldest(priority)
      if (id !== undefined) return this.#sacrifice(flight, { id, priority, reason })
      const group = flight.waiting.find((waiting) => waiting.priority === priority)
      if (group === undefined) continue
      flight.drop(group, reason)
      return true
    }
    return false
  }

  async #sacrifice(flight: Flight, { id, priority, reason }: Victim): Promise<true> {
    const { writer } = this.#parts
    if (writer.openSegment(priority) === id) await writer.close(priority)
    await this.giveUp(flight, { id, reason })
    // A full disk cannot take the news first. Should it never: a segment that is gone is accounted
    // for when the spool is opened.
    if (reason !== 'spool_full') await this.#removeFile(id)
    return true
  }

  /** The oldest segment of a class that nothing was offered of. */
  #oldest(priority: PriorityClass): number | undefined {
    const { state, outbox } = this.#parts
    const isOpen = comparePlaces(state.offered, state.settled) > 0
    const pinned = new Set(isOpen ? state.offered.segments : [])
    for (const segment of outbox.offer?.segments ?? []) pinned.add(segment)
    let oldest: number | undefined
    for (const { id, priority: own } of state.segments.values()) {
      if (own !== priority || pinned.has(id) || this.#doomed.has(id)) continue
      if (oldest === undefined || id < oldest) oldest = id
    }
    return oldest
  }

  async #removeFile(id: number): Promise<void> {
    const { fileSystem, folder } = this.#options
    // A file that stays is unknown to the accounts and goes when the spool is opened again.
    await fileSystem.remove(segmentPath(folder, id)).catch(() => undefined)
  }
}

interface Victim {
  readonly id: number
  readonly priority: PriorityClass
  readonly reason: string
}
