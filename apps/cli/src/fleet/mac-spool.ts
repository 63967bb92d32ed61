import {
  hourOf,
  LedgerBook,
  LedgerFeed,
  MemorySpool,
  Spool,
  type SpoolReader,
  systemFileSystem,
} from '@pomona/agent'
import type { Clock, Random, StreamId } from '@pomona/schema'
import type { DeliveryTimes } from './delivery-times.ts'

/** One event that a Mac keeps until it is delivered. */
export interface KeptEvent {
  readonly type: string
  readonly timeMs: number
  /** JSON text. */
  readonly text: string
}

/** What a Mac keeps its events in. */
export interface MacSpool {
  readonly reader: SpoolReader
  readonly ledger: LedgerFeed
  readonly epoch: number
  /** Names the run of the sensor that sequences count in. */
  readonly run: string
  /** Takes the next sequence of the stream for a record that was sensed now. */
  sense(): number
  keep(sequence: number, event: KeptEvent): void
  /** What was sensed and is left out on purpose. */
  filter(reason: string): void
  /** Makes durable what was kept. */
  commit(): Promise<void>
  /** @param delivered Events that the server has, by its own word. */
  counts(delivered: number): MacSpoolCounts
  /** The agent ends and starts again. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** What became of a Mac's events, as its spool knows. */
export interface MacSpoolCounts {
  readonly dropped: number
  readonly held: number
}

/** What a spool of a Mac stands on. */
export interface MacSpoolOptions {
  readonly clock: Clock
  readonly random: Random
  readonly bootId: string
  readonly streamId: (run: string) => StreamId
  readonly times: DeliveryTimes
  /** Bytes a spool on disk may take, or items of one in memory. */
  readonly bytesMax: number
  readonly itemsMax: number
}

const SENSOR = 'eslogger'
const NS_PER_MS = 1_000_000n

/**
 * A spool in memory: it stands for one on disk that outlives its agent. Its stream goes on when the
 * agent is started again.
 */
export class MacMemorySpool implements MacSpool {
  readonly reader: MemorySpool
  readonly run = 'agent-simulated'
  readonly ledger: LedgerFeed
  readonly #book = new LedgerBook()
  readonly #clock: Clock
  #epoch = 1
  #sequence = 0

  constructor({ clock, bootId, streamId, times, itemsMax }: MacSpoolOptions) {
    this.#clock = clock
    this.reader = new MemorySpool({
      ...{ epoch: 1, bootId, streamId: streamId(this.run), run: this.run, itemsMax },
      onSettled: ({ mark = 0n }, fate) => {
        const nowMs = this.#nowMs()
        const sensedMs = Number(mark)
        const entry = this.#book.at(SENSOR, hourOf(sensedMs))
        if (fate === 'acknowledged') {
          entry.sent += 1
          times.add(nowMs - sensedMs)
        } else {
          const drop = { reason: fate === 'dropped' ? 'spool_full' : 'refused', type: 'event' }
          const span = { fromMs: sensedMs, toMs: nowMs }
          entry.drop({ ...drop, priority: 'normal', count: 1, ...span })
        }
      },
    })
    const source = {
      ledgerRows: () => {
        if (this.#book.rows.length === 0) this.#book.take(this.#book.draft(this.#epoch))
        return Promise.resolve(this.#book.rows)
      },
      confirmRows: (next: number) => this.#book.confirm(next),
    }
    this.ledger = new LedgerFeed(source, clock)
  }

  get epoch(): number {
    return this.#epoch
  }

  sense(): number {
    this.#book.at(SENSOR, hourOf(this.#nowMs())).sensed += 1
    return this.#sequence++
  }

  keep(sequence: number, { text }: KeptEvent): void {
    this.reader.put({ sequence, kind: 'event', text, mark: BigInt(this.#nowMs()) })
  }

  filter(reason: string): void {
    this.#book.at(SENSOR, hourOf(this.#nowMs())).filter(reason, 1)
  }

  commit(): Promise<void> {
    return Promise.resolve()
  }

  counts(): MacSpoolCounts {
    const { dropped, discarded, held } = this.reader.counts()
    return { dropped: dropped + discarded, held }
  }

  restart(): Promise<void> {
    this.#epoch += 1
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #nowMs(): number {
    return Number(this.#clock.nowNs() / NS_PER_MS)
  }
}

/** What a spool on disk stands on. */
export interface DiskSpoolOptions extends MacSpoolOptions {
  readonly folder: string
}

interface Waiting {
  readonly epoch: number
  readonly sequence: number
  readonly sensedMs: number
}

/** The agents' own spool, in a folder. Each start of the agent begins another stream. */
export class MacDiskSpool implements MacSpool {
  readonly reader: SpoolReader
  readonly ledger: LedgerFeed
  readonly #options: DiskSpoolOptions
  /** What was kept and not acknowledged, in order; only for how long deliveries take. */
  readonly #waiting: Waiting[] = []
  #spool: Spool
  #kept = 0

  private constructor(options: DiskSpoolOptions, spool: Spool) {
    this.#options = options
    this.#spool = spool
    this.reader = {
      next: (limits) => this.#spool.next(limits),
      ready: (signal) => this.#spool.ready(signal),
      acknowledge: (upTo) => {
        this.#time(upTo)
        return this.#spool.acknowledge(upTo)
      },
      discard: (delivery, reason) => this.#spool.discard(delivery, reason),
    }
    const source = {
      ledgerRows: () => this.#spool.ledgerRows(),
      confirmRows: (next: number) => this.#spool.confirmRows(next),
    }
    this.ledger = new LedgerFeed(source, options.clock)
  }

  /** Opens the spool of a folder. @throws AgentError ERR_AGENT_SPOOL_UNUSABLE. */
  static async open(options: DiskSpoolOptions): Promise<MacDiskSpool> {
    return new MacDiskSpool(options, await openSpool(options))
  }

  get epoch(): number {
    return this.#spool.epoch.epoch
  }

  get run(): string {
    return this.#spool.run
  }

  sense(): number {
    this.#spool.entry(SENSOR).sensed += 1
    return this.#spool.takeSequences(1)
  }

  keep(sequence: number, { type, timeMs, text }: KeptEvent): void {
    const sensedMs = Number(this.#options.clock.nowNs() / NS_PER_MS)
    this.#kept += 1
    this.#waiting.push({ epoch: this.epoch, sequence, sensedMs })
    this.#spool.append({
      ...({ kind: 'event', sequence, sensor: SENSOR, type, priority: 'normal' } as const),
      ...{ sensedMs, timeMs, text },
    })
  }

  filter(reason: string): void {
    this.#spool.entry(SENSOR).filter(reason, 1)
  }

  commit(): Promise<void> {
    return this.#spool.commit()
  }

  counts(delivered: number): MacSpoolCounts {
    const { held } = this.#spool.figures()
    return { held, dropped: this.#kept - delivered - held }
  }

  async restart(): Promise<void> {
    await this.#spool.close()
    this.#spool = await openSpool(this.#options)
  }

  close(): Promise<void> {
    return this.#spool.close()
  }

  /** Notes the deliveries of a batch; what was dropped before it is in there, too. */
  #time({ epoch, lastSequence }: { readonly epoch: number; readonly lastSequence: number }): void {
    const nowMs = Number(this.#options.clock.nowNs() / NS_PER_MS)
    for (;;) {
      const [first] = this.#waiting
      const isIn =
        first !== undefined &&
        (first.epoch < epoch || (first.epoch === epoch && first.sequence <= lastSequence))
      if (!isIn) return
      this.#waiting.shift()
      this.#options.times.add(nowMs - first.sensedMs)
    }
  }
}

async function openSpool(options: DiskSpoolOptions): Promise<Spool> {
  const { folder, clock, random, bytesMax, bootId, streamId } = options
  return await Spool.open({
    ...{ fileSystem: systemFileSystem, folder, clock, random, bytesMax, bootId, streamId },
    freeBytesMin: 0,
  })
}
