import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Alert, type Clock, formatTime } from '@pomona/schema'
import type { Notice } from '@pomona/detect'
import type { Committed, Records, StoredLetter } from '@pomona/store'
import type { Logger } from 'pino'
import { messageOf } from '../errors.ts'
import type { Stage } from '../metrics/stage.ts'
import { addTo, type Asides, setAside } from './asides.ts'
import { type Detection, type HeldCounts, NOTHING_HELD } from './detection.ts'
import { closeExcepted } from './excepted.ts'
import { PoisonBook } from './poison-book.ts'
import { Snapshots } from './snapshots.ts'
import {
  countOf,
  entryLetter,
  evaluated,
  type LogChunk,
  type ReadEntry,
  type LogSource,
  readChunk,
} from './log-chunk.ts'
import { stepsOf } from './steps.ts'
import { Worker } from './worker.ts'

/** What the engine works with. */
export interface EngineOptions {
  readonly log: LogSource
  readonly records: Records
  readonly clock: Clock
  readonly logger: Logger
  readonly events: Stage
  /** Makes detection from saved state; with `undefined`, from nothing. */
  readonly detection: (state: string | undefined) => Detection
  /** Told of what is new after it is stored. */
  readonly onFindings: (committed: Committed) => void
  /** Told now and then what an operator has to know of. */
  readonly onNotices?: (notices: readonly Notice[]) => void
  readonly limits?: Partial<EngineLimits>
}

/** Bounds of one turn of the engine. */
export interface EngineLimits {
  readonly entriesMax: number
  /** Packed bytes of a chunk. */
  readonly bytesMax: number
  /** Bytes of JSON text of a chunk; one entry more may lie above it. */
  readonly unpackedBytesMax: number
  /** Tries an event gets that makes a rule fail, before it is set aside. */
  readonly attemptsMax: number
  /** Events of one entry set aside before the rest of the entry is. */
  readonly poisonMax: number
  /** Characters of state up to which it is saved with every chunk. */
  readonly inlineCharsMax: number
  /** A larger state is saved no more often than this. */
  readonly saveIntervalMs: number
  /** Time without new entries after which events that wait for older ones are evaluated. */
  readonly settleMs: number
}

const LIMITS: EngineLimits = {
  entriesMax: 64,
  bytesMax: 2 * 1024 * 1024,
  unpackedBytesMax: 32 * 1024 * 1024,
  attemptsMax: 3,
  poisonMax: 8,
  inlineCharsMax: 256 * 1024,
  saveIntervalMs: 10_000,
  settleMs: 2_000,
}
/** Time the engine works before it lets requests have a turn. */
const TURN_NS = 8_000_000n
const EVENTS_PER_CLOCK_READ = 32
const NOTICES_EVERY_NS = 60_000_000_000n
const NS_PER_MS = 1_000_000n

/** What came of a part of the log. */
interface Found {
  readonly alerts: readonly Alert[]
  /** What engines on hosts found. */
  readonly hostAlerts: readonly Alert[]
}

interface Attempt {
  readonly attempt: Asides
  readonly found: { readonly alerts: Alert[]; readonly hostAlerts: Alert[] }
  readonly turn: { beganNs: bigint }
}

/**
 * Reads the log at its own pace and evaluates every event. Alerts and the place in the log are
 * stored together or not at all, and alert ids are derived, so a crash anywhere gives neither a
 * missing nor a second alert.
 */
export class Engine {
  readonly #options: EngineOptions
  readonly #limits: EngineLimits
  readonly #worker: Worker
  readonly #poison: PoisonBook
  #detection: Detection | undefined
  #makeDetection: EngineOptions['detection']
  /** Waits for the end of the chunk at hand: one chunk sees one set of rules. */
  #nextDetection: EngineOptions['detection'] | undefined
  readonly #snapshots: Snapshots
  #offset = 0
  /** When the log was last found to have grown. */
  #busyNs = 0n
  /** Nothing waits for older events any more. */
  #isSettled = false
  #noticedNs = 0n
  #problem: string | undefined

  constructor(options: EngineOptions) {
    this.#options = options
    this.#limits = { ...LIMITS, ...options.limits }
    this.#poison = new PoisonBook(this.#limits.attemptsMax)
    this.#makeDetection = options.detection
    const { clock, records, logger } = options
    this.#snapshots = new Snapshots(records, { clock, logger, limits: this.#limits })
    this.#worker = new Worker({
      step: () => this.#step(),
      onFailure: (error) => {
        this.#problem = messageOf(error)
        // What it remembers may be half of a chunk: begin again from what is stored.
        this.#detection = undefined
        options.events.returnHeld()
        options.logger.error(
          { error: { message: this.#problem } },
          'The engine failed; it retries.',
        )
      },
    })
  }

  /** The next log offset it will read. */
  get offset(): number {
    return this.#offset
  }

  /** Why it makes no progress; absent while it does. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** What rules over several events hold; zero before the first event. */
  held(): HeldCounts {
    return this.#detection?.held() ?? NOTHING_HELD
  }

  async start(): Promise<void> {
    const { log, logger, clock } = this.#options
    const [place, end] = [await this.#snapshots.open(), await log.end()]
    // The log was replaced by an older or empty one. Waiting until it is as long again would pass
    // over everything that comes until then.
    if (place > end) logger.error({ place, log_end: end }, 'The log is shorter than it was.')
    this.#offset = Math.min(place, end)
    this.#snapshots.drawBack(this.#offset)
    this.#busyNs = clock.monotonicNs()
    this.#worker.start()
  }

  /** Says that the log has grown. */
  wake(): void {
    this.#worker.wake()
  }

  /** Evaluates what comes next with other rules; what the old ones remembered is carried over. */
  replaceDetection(make: EngineOptions['detection']): void {
    this.#nextDetection = make
    this.wake()
  }

  /** Ends after the chunk at hand. */
  async stop(): Promise<void> {
    await this.#worker.stop()
  }

  async #step(): Promise<boolean> {
    const { events, clock } = this.#options
    if (this.#nextDetection !== undefined) {
      const state = this.#detection?.save()
      if (state !== undefined) this.#snapshots.hold({ offset: this.#offset, state })
      this.#makeDetection = this.#nextDetection
      this.#nextDetection = undefined
      this.#detection = undefined
    }
    const chunk = await this.#read(this.#offset)
    if (chunk.to === chunk.from) {
      await this.#settle()
      this.#problem = undefined
      return false
    }
    this.#busyNs = clock.monotonicNs()
    this.#isSettled = false
    events.take(countOf(chunk.entries))
    await this.#evaluateChunk(chunk)
    this.#problem = undefined
    return true
  }

  async #read(from: number): Promise<LogChunk> {
    const { entriesMax, bytesMax, unpackedBytesMax } = this.#limits
    return await readChunk(this.#options.log, { from, entriesMax, bytesMax, unpackedBytesMax })
  }

  async #evaluateChunk(chunk: LogChunk): Promise<void> {
    const { events, records } = this.#options
    const letters: StoredLetter[] = []
    const discards = new Map<string, number>()
    const time = formatTime(this.#options.clock.nowNs())
    const { alerts, hostAlerts } = await this.#evaluate(chunk, { letters, discards, time })
    if (letters.length > 0) await records.letters.add(letters)
    await this.#commit(chunk.to, { alerts, hostAlerts })
    let discarded = 0
    for (const [reason, count] of discards) {
      discarded += count
      events.discard(count, { reason })
    }
    events.send(countOf(chunk.entries) - discarded)
  }

  /** With the log idle, evaluates what waits for older events, once. */
  async #settle(): Promise<void> {
    const { clock } = this.#options
    const idleNs = clock.monotonicNs() - this.#busyNs
    if (this.#isSettled || idleNs < BigInt(this.#limits.settleMs) * NS_PER_MS) return
    const detection = await this.#current(this.#offset)
    const alerts = detection.settle()
    // Also to be up to date: it is cheap now, and nothing has to be evaluated again after a start.
    const isBehind = this.#snapshots.latest.offset < this.#offset
    if (alerts.length > 0 || isBehind) {
      await this.#commit(this.#offset, { alerts, hostAlerts: [], must: true })
    }
    this.#isSettled = true
  }

  /** Stores what was found up to a place in the log, with the place. */
  async #commit(
    to: number,
    { alerts, hostAlerts, must }: Found & { readonly must?: boolean },
  ): Promise<void> {
    const { records, clock, onFindings } = this.#options
    const detection = this.#detection
    if (detection === undefined) throw new Error('nothing was evaluated that could be stored')
    const storedAt = formatTime(clock.nowNs())
    const excepted = detection.excepted()
    // Before saving: what was not taken would be lost with the next start.
    const incidents = detection.incidents()
    const pending = this.#snapshots.prepare(to, () => detection.save(), must)
    const committed = await records.commit({
      alerts: [...alerts, ...excepted.map(({ alert }) => alert)],
      hostAlerts,
      incidents,
      checkpoint: pending.checkpoint,
      storedAt,
    })
    await this.#snapshots.keep(pending)
    this.#offset = to
    if (pending.snapshot !== undefined) this.#poison.clear()
    const told = await closeExcepted(records, { committed, excepted, storedAt })
    if (told.length + committed.incidents.length > 0) onFindings({ ...committed, alerts: told })
    this.#notify(detection)
  }

  #notify(detection: Detection): void {
    const { clock, onNotices } = this.#options
    const nowNs = clock.monotonicNs()
    if (onNotices === undefined || nowNs - this.#noticedNs < NOTICES_EVERY_NS) return
    this.#noticedNs = nowNs
    const notices = detection.notices()
    if (notices.length > 0) onNotices(notices)
  }

  /**
   * Detection as it is at a place in the log. When it has to be made anew, it begins from what is
   * saved and evaluates what came since; the findings of that are stored already.
   */
  async #current(place: number): Promise<Detection> {
    for (;;) {
      this.#detection ??= await this.#rebuilt(place)
      if (this.#detection !== undefined) return this.#detection
    }
  }

  /** @returns Nothing when an event failed; of one set aside before a restart no more is known. */
  async #rebuilt(place: number): Promise<Detection | undefined> {
    const { offset, state } = this.#snapshots.latest
    const detection = this.#makeDetection(state)
    for (let from = offset; from < place;) {
      const { to, entries } = await this.#read(from)
      if (to === from) break
      for (const entry of entries) {
        if (!entry.ok || entry.entry.offset >= place) continue
        if (!this.#isTaken(detection, entry)) return undefined
      }
      from = to
    }
    detection.incidents()
    detection.excepted()
    return detection
  }

  /** Lets detection see an entry whose findings are stored. @returns Whether nothing failed. */
  #isTaken(detection: Detection, entry: ReadEntry): boolean {
    let poisoned = 0
    for (const { id, take } of stepsOf(detection, entry)) {
      if (this.#poison.has(id)) poisoned += 1
      // The rest of an entry full of poison was set aside with it.
      if (poisoned >= this.#limits.poisonMax) break
      if (this.#poison.has(id)) continue
      try {
        take()
      } catch (error) {
        this.#notePoison(id, error)
        return false
      }
    }
    return true
  }

  async #evaluate(chunk: LogChunk, asides: Asides): Promise<Found> {
    const turn = { beganNs: this.#options.clock.monotonicNs() }
    for (;;) {
      const attempt: Asides = { letters: [], discards: new Map(), time: asides.time }
      const found = { alerts: [], hostAlerts: [] }
      const failed = await this.#attempt(chunk, { attempt, found, turn })
      if (failed) continue
      asides.letters.push(...attempt.letters)
      for (const [reason, count] of attempt.discards) asides.discards.set(reason, count)
      return found
    }
  }

  /**
   * @returns Whether an event failed, so that the chunk has to be evaluated again from saved state.
   */
  async #attempt(chunk: LogChunk, { attempt, found, turn }: Attempt): Promise<boolean> {
    const detection = await this.#current(chunk.from)
    const before = detection.discards()
    for (const entry of chunk.entries) {
      if (!entry.ok) {
        attempt.letters.push(entryLetter(entry, { stage: 'engine', time: attempt.time }))
        addTo(attempt.discards, entry.reason, entry.eventsCount)
        continue
      }
      let poisoned = 0
      for (const [index, event] of evaluated(entry).entries()) {
        if (index % EVENTS_PER_CLOCK_READ === 0) await this.#letOthersWork(turn)
        const id = `${entry.entry.offset}/${index}`
        const aside = poisoned >= this.#limits.poisonMax
        if (aside || this.#poison.has(id)) {
          poisoned += 1
          const message = this.#poison.message(id) ?? 'Too many others of this entry failed.'
          setAside({ event, place: { offset: entry.entry.offset, index }, message }, attempt)
          continue
        }
        try {
          found.alerts.push(...detection.observe(event, index >= entry.events.length))
        } catch (error) {
          this.#notePoison(id, error)
          return true
        }
      }
      for (const [index, alert] of entry.alerts.entries()) {
        const id = `${entry.entry.offset}/alert ${index}`
        // One that no incident can take in is told all the same.
        found.hostAlerts.push(alert)
        if (this.#poison.has(id)) continue
        try {
          detection.adopt(alert)
        } catch (error) {
          this.#notePoison(id, error)
          return true
        }
      }
    }
    for (const [reason, count = 0] of Object.entries(detection.discards())) {
      addTo(attempt.discards, reason, count - (before[reason] ?? 0))
    }
    return false
  }

  #notePoison(id: string, error: unknown): void {
    const attempts = this.#poison.note(id, error)
    // The failure may have come in the middle of an update of what detection remembers.
    this.#detection = undefined
    const { logger } = this.#options
    logger.error(
      { error: { message: messageOf(error) }, log_place: id, attempts },
      'Evaluating an event failed.',
    )
  }

  async #letOthersWork(turn: { beganNs: bigint }): Promise<void> {
    const { clock } = this.#options
    if (clock.monotonicNs() - turn.beganNs < TURN_NS) return
    await nextTurn()
    turn.beganNs = clock.monotonicNs()
  }
}
