import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type Alert,
  type Clock,
  type DeadLetter,
  deriveId,
  type EcsEvent,
  formatTime,
  type IncidentChange,
} from '@pomona/schema'
import type { Committed, Records } from '@pomona/store'
import type { Logger } from 'pino'
import { messageOf } from '../errors.ts'
import type { Stage } from '../metrics/stage.ts'
import {
  type ChunkEntry,
  entryLetter,
  type LogChunk,
  type LogSource,
  readChunk,
} from './log-chunk.ts'
import { Worker } from './worker.ts'

/**
 * What the engine asks of detection: alerts of one event after the other, and state that can be
 * kept.
 */
export interface Detection {
  observe(event: EcsEvent): readonly Alert[]
  /** Events it could not evaluate so far, by reason. */
  discards(): Readonly<Partial<Record<string, number>>>
  /** What became of incidents since the last call. */
  incidents(): readonly IncidentChange[]
  /** Everything it remembers, as text. */
  save(): string
}

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
}

/** Name under which the engine keeps its place in the log. */
export const ENGINE_CONSUMER = 'engine'
const LIMITS: EngineLimits = {
  entriesMax: 64,
  bytesMax: 2 * 1024 * 1024,
  unpackedBytesMax: 32 * 1024 * 1024,
  attemptsMax: 3,
  poisonMax: 8,
}
/** Time the engine works before it lets requests have a turn. */
const TURN_NS = 8_000_000n
const EVENTS_PER_CLOCK_READ = 32
const SAMPLE_CHARACTERS_MAX = 1_024

interface Poison {
  readonly attempts: number
  readonly message: string
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
  readonly #poison = new Map<string, Poison>()
  #detection: Detection | undefined
  #makeDetection: EngineOptions['detection']
  /** Waits for the end of the chunk at hand: one chunk sees one set of rules. */
  #nextDetection: EngineOptions['detection'] | undefined
  #offset = 0
  #state: string | undefined
  #problem: string | undefined

  constructor(options: EngineOptions) {
    this.#options = options
    this.#limits = { ...LIMITS, ...options.limits }
    this.#makeDetection = options.detection
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

  async start(): Promise<void> {
    const { records, log, logger } = this.#options
    const checkpoint = await records.checkpoint(ENGINE_CONSUMER)
    const [place, end] = [checkpoint?.offset ?? 0, await log.end()]
    // The log was replaced by an older or empty one. Waiting until it is as long again would pass
    // over everything that comes until then.
    if (place > end) logger.error({ place, log_end: end }, 'The log is shorter than it was.')
    this.#offset = Math.min(place, end)
    this.#state = checkpoint?.state
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
    const { log, events } = this.#options
    const { entriesMax, bytesMax, unpackedBytesMax } = this.#limits
    if (this.#nextDetection !== undefined) {
      this.#makeDetection = this.#nextDetection
      this.#nextDetection = undefined
      this.#detection = undefined
    }
    const limits = { entriesMax, bytesMax, unpackedBytesMax }
    const chunk = await readChunk(log, { from: this.#offset, ...limits })
    if (chunk.to === chunk.from) return false
    events.take(eventsOf(chunk.entries))
    await this.#evaluateChunk(chunk)
    this.#problem = undefined
    return true
  }

  async #evaluateChunk(chunk: LogChunk): Promise<void> {
    const { events, clock, records, onFindings } = this.#options
    const storedAt = formatTime(clock.nowNs())
    const letters: DeadLetter[] = []
    const discards = new Map<string, number>()
    const alerts = await this.#evaluate(chunk, { letters, discards, time: storedAt })
    if (letters.length > 0) await records.addDeadLetters(letters)
    const incidents = this.#detection?.incidents() ?? []
    const state = this.#detection?.save() ?? this.#state ?? ''
    const checkpoint = { consumer: ENGINE_CONSUMER, offset: chunk.to, state }
    const committed = await records.commit({ alerts, incidents, checkpoint, storedAt })
    this.#offset = chunk.to
    this.#state = state
    this.#poison.clear()
    let discarded = 0
    for (const [reason, count] of discards) {
      discarded += count
      events.discard(count, { reason })
    }
    events.send(eventsOf(chunk.entries) - discarded)
    if (committed.alerts.length + committed.incidents.length > 0) onFindings(committed)
  }

  async #evaluate(chunk: LogChunk, asides: Asides): Promise<readonly Alert[]> {
    const turn = { beganNs: this.#options.clock.monotonicNs() }
    for (;;) {
      const attempt: Asides = { letters: [], discards: new Map(), time: asides.time }
      const alerts: Alert[] = []
      const failed = await this.#attempt(chunk, { attempt, alerts, turn })
      if (failed) continue
      asides.letters.push(...attempt.letters)
      for (const [reason, count] of attempt.discards) asides.discards.set(reason, count)
      return alerts
    }
  }

  /**
   * @returns Whether an event failed, so that the chunk has to be evaluated again from saved state.
   */
  async #attempt(
    chunk: LogChunk,
    { attempt, alerts, turn }: { attempt: Asides; alerts: Alert[]; turn: { beganNs: bigint } },
  ): Promise<boolean> {
    const detection = (this.#detection ??= this.#makeDetection(this.#state))
    const before = detection.discards()
    for (const entry of chunk.entries) {
      if (!entry.ok) {
        attempt.letters.push(entryLetter(entry, { stage: 'engine', time: attempt.time }))
        addTo(attempt.discards, entry.reason, entry.eventsCount)
        continue
      }
      let poisoned = 0
      for (const [index, event] of entry.events.entries()) {
        if (index % EVENTS_PER_CLOCK_READ === 0) await this.#letOthersWork(turn)
        const id = `${entry.entry.offset}/${index}`
        const known = this.#poison.get(id)
        const aside = poisoned >= this.#limits.poisonMax
        if (aside || (known?.attempts ?? 0) >= this.#limits.attemptsMax) {
          poisoned += 1
          setAside(
            { event, id, message: known?.message ?? 'Too many others of this entry failed.' },
            attempt,
          )
          continue
        }
        try {
          alerts.push(...detection.observe(event))
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
    const attempts = (this.#poison.get(id)?.attempts ?? 0) + 1
    this.#poison.set(id, { attempts, message: messageOf(error) })
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

interface Asides {
  readonly letters: DeadLetter[]
  readonly discards: Map<string, number>
  readonly time: string
}

function setAside(
  { event, id, message }: { event: EcsEvent; id: string; message: string },
  { letters, discards, time }: Asides,
): void {
  addTo(discards, 'event_poison', 1)
  if (letters.length >= LETTERS_PER_CHUNK_MAX) return
  letters.push({
    id: deriveId('dead-letter', ['engine', 'event', id]),
    time,
    stage: 'engine',
    reason: 'event_poison',
    ...(event.host?.id === undefined ? {} : { host_id: event.host.id }),
    detail: `Log place ${id}: ${message}`,
    sample: JSON.stringify(event).slice(0, SAMPLE_CHARACTERS_MAX),
  })
}

const LETTERS_PER_CHUNK_MAX = 100

function addTo(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}

function eventsOf(entries: readonly ChunkEntry[]): number {
  return entries.reduce(
    (sum, entry) => sum + (entry.ok ? entry.events.length : entry.eventsCount),
    0,
  )
}
