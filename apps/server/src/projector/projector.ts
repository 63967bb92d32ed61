import { type DeadLetter, deriveId, type EcsEvent, type StageCounts } from '@pomona/schema'
import type { EventStore } from '@pomona/store'
import {
  type ChunkEntry,
  entryLetter,
  type LogChunk,
  type LogSource,
  readChunk,
} from '../engine/log-chunk.ts'
import { Worker } from '../engine/worker.ts'
import { codeOf, messageOf } from '../errors.ts'
import type { Stage } from '../metrics/stage.ts'
import type { Intent, ProjectorOffsets } from './offsets.ts'

/** What the projector works with. */
export interface ProjectorOptions {
  readonly log: LogSource
  readonly events: Pick<EventStore, 'insert'>
  readonly offsets: ProjectorOffsets
  readonly stage: Stage
  /** Wall time, RFC 3339 with nine digits. */
  readonly now: () => string
  /** Keeps dead letters; resolves when they are stored. */
  readonly keepLetters: (letters: readonly DeadLetter[]) => Promise<void>
  /** Told after each chunk and after each failure. */
  readonly onProgress: (progress: ProjectorProgress) => void
  readonly limits?: Partial<ProjectorLimits>
}

/** Bounds of one range. */
export interface ProjectorLimits {
  readonly entriesMax: number
  /** Packed bytes of a range. */
  readonly bytesMax: number
  /** Bytes of JSON text of a range; one entry more may lie above it. */
  readonly unpackedBytesMax: number
  /** Inserts of one entry tried before it is set aside. */
  readonly attemptsMax: number
}

/** What the rest of the server knows of the projector. */
export interface ProjectorProgress {
  /** Next log offset. */
  readonly offset: number
  readonly counts: StageCounts
  /** Why it makes no progress; absent while it does. */
  readonly problem?: string
}

const LIMITS: ProjectorLimits = {
  entriesMax: 64,
  bytesMax: 4 * 1024 * 1024,
  unpackedBytesMax: 64 * 1024 * 1024,
  attemptsMax: 3,
}

/**
 * Copies the log into the event store, each range once. The range and its token are on stable
 * storage before the insert begins: after a kill the same range is inserted with the same token,
 * which the store knows, and only then does the place move on.
 */
export class Projector {
  readonly #options: ProjectorOptions
  readonly #limits: ProjectorLimits
  readonly #worker: Worker
  /** Inserts refused in a row: nothing of them is stored, so another range may be tried. */
  #refusals = 0
  /**
   * An entry may be set aside only after one that went in: else the store is sick, not the entry.
   */
  #succeeded = false
  #problem: string | undefined

  constructor(options: ProjectorOptions) {
    this.#options = options
    this.#limits = { ...LIMITS, ...options.limits }
    this.#worker = new Worker({
      step: () => this.step(),
      onFailure: (error) => {
        if (codeOf(error) === 'ERR_EVENTS_INSERT') this.#refusals += 1
        this.#problem = messageOf(error)
        options.stage.returnHeld()
        this.#tell()
      },
    })
  }

  start(): void {
    this.#tell()
    this.#worker.start()
  }

  wake(): void {
    this.#worker.wake()
  }

  async stop(): Promise<void> {
    await this.#worker.stop()
  }

  /**
   * Projects one range.
   * @returns Whether there was any. @throws StoreError when the insert fails; call again.
   */
  async step(): Promise<boolean> {
    const { log, stage, offsets } = this.#options
    const chunk = await this.#next(log)
    if (chunk.to === chunk.from) return false
    const eventsCount = sizeOf(chunk.entries)
    stage.take(eventsCount)
    const letters = this.#letters(chunk)
    const unusable = chunk.entries.reduce(
      (sum, entry) => sum + (entry.ok ? 0 : entry.eventsCount),
      0,
    )
    const stored = await this.#insert(chunk, letters)
    if (letters.length > 0) await this.#options.keepLetters(letters)
    offsets.commit(chunk.to)
    stage.discard(unusable, { reason: 'entry_undecodable' })
    if (stored === undefined) {
      stage.discard(eventsCount - unusable, { reason: 'insert_refused' })
    } else {
      stage.send(stored)
      stage.discard(eventsCount - unusable - stored, { reason: 'event_unfindable' })
    }
    this.#refusals = 0
    this.#succeeded = stored !== undefined
    this.#problem = undefined
    this.#tell()
    return true
  }

  async #next(log: LogSource): Promise<LogChunk> {
    const { offsets } = this.#options
    const intent = offsets.intent()
    const { bytesMax, unpackedBytesMax } = this.#limits
    if (intent !== undefined && this.#refusals === 0) return await readRange(log, intent)
    // After a refused insert (nothing of it is stored then) the range shrinks to find the cause.
    const entriesMax = this.#refusals > 0 ? 1 : this.#limits.entriesMax
    const limits = { entriesMax, bytesMax, unpackedBytesMax }
    return withinMonth(await readChunk(log, { from: offsets.offset(), ...limits }))
  }

  /**
   * @returns How many events the store took; `undefined` when the chunk, one entry, was set aside.
   */
  async #insert(chunk: LogChunk, letters: DeadLetter[]): Promise<number | undefined> {
    const { events, offsets, now } = this.#options
    const rows = chunk.entries.flatMap((entry): readonly EcsEvent[] =>
      entry.ok ? entry.events : [],
    )
    const token = tokenOf(chunk)
    const known = offsets.intent()
    if (known?.token !== token) offsets.begin({ from: chunk.from, to: chunk.to, token })
    if (rows.length === 0) return 0
    try {
      return (await events.insert({ token, events: rows })).stored
    } catch (error) {
      const alone = chunk.to - chunk.from === 1 && codeOf(error) === 'ERR_EVENTS_INSERT'
      const tried = this.#refusals + 1 >= this.#limits.attemptsMax
      if (!alone || !tried || !this.#succeeded) throw error
      letters.push(refusedLetter(chunk, { time: now(), detail: messageOf(error) }))
      return undefined
    }
  }

  #letters(chunk: LogChunk): DeadLetter[] {
    const time = this.#options.now()
    return chunk.entries.flatMap((entry) =>
      entry.ok ? [] : [entryLetter(entry, { stage: 'projector', time })],
    )
  }

  #tell(): void {
    const { offsets, stage, onProgress } = this.#options
    const progress = { offset: offsets.offset(), counts: stage.counts() }
    onProgress(this.#problem === undefined ? progress : { ...progress, problem: this.#problem })
  }
}

/**
 * The head of a chunk that the server took within one month. The store keeps months apart and
 * inserts one after the other: a refusal in the second would leave the first behind, and the
 * shorter range that is tried then has another token and would bring its events a second time.
 */
function withinMonth(chunk: LogChunk): LogChunk {
  let month: string | undefined
  const count = chunk.entries.findIndex((entry) => {
    if (!entry.ok) return false
    const own = entry.entry.ingested.slice(0, MONTH_LENGTH)
    month ??= own
    return own !== month
  })
  if (count === -1) return chunk
  return { from: chunk.from, to: chunk.from + count, entries: chunk.entries.slice(0, count) }
}

const MONTH_LENGTH = 'YYYY-MM'.length

/** Reads exactly the entries of an intent, whatever their size. */
async function readRange(log: LogSource, { from, to }: Intent): Promise<LogChunk> {
  const entries: ChunkEntry[] = []
  let at = from
  while (at < to) {
    const limits = { entriesMax: to - at, bytesMax: Infinity, unpackedBytesMax: Infinity }
    const chunk = await readChunk(log, { from: at, ...limits })
    if (chunk.to === at) break
    entries.push(...chunk.entries)
    at = chunk.to
  }
  return { from, to: at, entries }
}

/** Identity of an insert: the range and what was delivered in it. */
function tokenOf(chunk: LogChunk): string {
  const digests = chunk.entries.map((entry) => (entry.ok ? entry.entry.digest : 'unusable'))
  return deriveId('projection', [String(chunk.from), String(chunk.to), ...digests])
}

function refusedLetter(
  chunk: LogChunk,
  { time, detail }: { readonly time: string; readonly detail: string },
): DeadLetter {
  const entry = chunk.entries[0]
  const hostId = entry?.ok === true ? entry.entry.hostId : undefined
  return {
    id: deriveId('dead-letter', ['projector', 'insert', String(chunk.from)]),
    time,
    stage: 'projector',
    reason: 'insert_refused',
    ...(hostId === undefined ? {} : { host_id: hostId }),
    detail: `Log offset ${chunk.from}: ${detail}`,
    sample: '',
  }
}

function sizeOf(entries: readonly ChunkEntry[]): number {
  return entries.reduce(
    (sum, entry) => sum + (entry.ok ? entry.events.length : entry.eventsCount),
    0,
  )
}
