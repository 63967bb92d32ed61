import { setImmediate as turn } from 'node:timers/promises'
import { formatTime, type SensorHealth } from '@pomona/schema'
import type { CommandLine } from '../command/command.ts'
import { Drops } from '../drops.ts'
import type { SensedBatch, SensedGap, Sensor, SensorCounts } from '../sensor.ts'
import type { BackoffLimits } from '../supervision/backoff.ts'
import { type SilenceLimits, Supervised, type SupervisionTools } from '../supervision/supervised.ts'
import { Unobserved } from '../supervision/unobserved.ts'
import { Tally } from '../tally.ts'
import { type NetworkCounts, NetworkDecoder, type NetworkLimits } from './decoder.ts'
import { DropLines } from './drop-lines.ts'
import { PACKET_FILTER } from './packet-filter.ts'
import { tcpdumpProblem } from './problems.ts'
import type { NetworkRecord } from './record.ts'

/**
 * Apple's tcpdump on all interfaces with the processes of packets: no names looked up, packets
 * whole, flushed one by one, in Apple's own form of pcapng.
 */
export const TCPDUMP: CommandLine = {
  path: '/usr/sbin/tcpdump',
  args: ['-i', 'pktap,all', '-n', '-s', '16384', '-U', '-P', '-w', '-'],
}

/** Bounds of the queue between tcpdump and whoever reads batches. */
export interface NetworkQueueLimits {
  /** Records that wait; beyond, new ones are dropped and counted. */
  readonly recordsMax: number
  /** Records of one batch. */
  readonly batchRecordsMax: number
}

/** How a {@link NetworkSensor} works; all have defaults. */
export interface NetworkSensorOptions {
  /** The program and what stands before its filter. Default {@link TCPDUMP}. */
  readonly command?: CommandLine
  /** In the language of pcap-filter. Default {@link PACKET_FILTER}. */
  readonly filter?: string
  readonly limits?: NetworkLimits
  readonly queue?: Partial<NetworkQueueLimits>
  readonly backoff?: Partial<BackoffLimits>
  /** How long no packet may come before that is told; `null`: for ever. Default 15 minutes. */
  readonly silence?: Pick<SilenceLimits, 'afterMs'> | null
  /** How often tcpdump is asked what the system dropped. Default 60,000. */
  readonly askMs?: number
}

/** Name of the sensor in batches, health and counts. */
const NAME = 'network'
const QUEUE: NetworkQueueLimits = { recordsMax: 20_000, batchRecordsMax: 500 }
const SILENCE_MS = 900_000
const ASK_MS = 60_000
const GAPS_MAX = 16

/**
 * Network activity by process: `tcpdump` on macOS's packet tap, supervised. The filter is evaluated
 * by tcpdump for each packet, so it spares the pipe and this process, not tcpdump.
 */
export class NetworkSensor implements Sensor<NetworkRecord> {
  readonly #options: NetworkSensorOptions
  readonly #tools: SupervisionTools
  readonly #queue: NetworkQueueLimits
  readonly #supervised: Supervised
  readonly #unobserved: Unobserved
  readonly #drops = new Drops()
  readonly #discarded = new Tally()
  readonly #dropLines = new DropLines()
  #decoder: NetworkDecoder
  #waiting: NetworkRecord[] = []
  #gaps: SensedGap[] = []
  #sequence = 0
  #bytes = 0
  #sent = 0
  #received = 0
  /** Packets lost in runs that are over, and how many of all were told. */
  #lostBefore = 0
  #lostTold = 0
  #cancelAsking: (() => void) | undefined
  #wake: (() => void) | undefined
  #isStopping = false
  #isStopped = false

  constructor(options: NetworkSensorOptions, tools: SupervisionTools) {
    const { silence = { afterMs: SILENCE_MS }, backoff } = options
    this.#options = options
    this.#tools = tools
    this.#queue = { ...QUEUE, ...options.queue }
    this.#unobserved = new Unobserved(tools.clock)
    this.#decoder = new NetworkDecoder(options.limits)
    this.#supervised = new Supervised(
      {
        prepare: async () => this.#command(),
        started: () => this.#began(),
        stdout: (bytes) => this.#stdout(bytes),
        stderr: (bytes) => this.#dropLines.add(bytes),
        ended: () => this.#ended(),
        explain: tcpdumpProblem,
        ...(backoff !== undefined && { backoff }),
        ...(silence !== null && { silence: { ...silence, answerMs: 0 } }),
      },
      tools,
    )
  }

  start(): void {
    this.#unobserved.begin('sensor_starting')
    this.#supervised.start()
  }

  async *batches(): AsyncGenerator<SensedBatch<NetworkRecord>> {
    for (;;) {
      const batch = this.#take()
      if (batch !== undefined) {
        yield batch
        // A reader that never waits must not keep the pipe from being read.
        await turn()
      } else if (this.#isStopped) return
      else await this.#news()
    }
  }

  health(): readonly SensorHealth[] {
    const { state, sinceNs, problem, restarts, lastRecordNs } = this.#supervised
    const lost = this.#lost
    const one: SensorHealth = {
      sensor: NAME,
      state,
      since: formatTime(sinceNs),
      ...(problem !== undefined && { problem }),
      restarts,
      lost,
      lost_by_type: lost > 0 ? { packet: lost } : {},
      ...(lastRecordNs !== undefined && { last_record: formatTime(lastRecordNs) }),
    }
    return [one]
  }

  counts(): Readonly<Record<string, SensorCounts>> {
    return {
      [NAME]: {
        received: this.#received,
        sent: this.#sent,
        discarded: this.#discarded.read(),
        held: this.#waiting.length,
        bytes: this.#bytes,
      },
    }
  }

  /** What became of the packets of the process that runs now. */
  packets(): NetworkCounts {
    return this.#decoder.counts()
  }

  restart(): void {
    this.#supervised.restart()
  }

  async stop(): Promise<void> {
    this.#closeGap()
    this.#isStopping = true
    await this.#supervised.stop()
    this.#isStopped = true
    this.#notify()
  }

  // Packets lost since the sensor was made. tcpdump's own count and those in the capture are of the
  // same packets.
  get #lost(): number {
    const { packets } = this.#decoder.counts().packets.loss
    return this.#lostBefore + Math.max(packets, this.#dropLines.dropped)
  }

  #command(): CommandLine {
    const { command = TCPDUMP, filter = PACKET_FILTER } = this.#options
    return { ...command, args: [...command.args, filter] }
  }

  #began(): void {
    this.#dropLines.clear()
    this.#decoder = new NetworkDecoder({ ...this.#options.limits, firstSequence: this.#sequence })
    this.#askLater()
  }

  #askLater(): void {
    this.#cancelAsking = this.#tools.timer.after(this.#options.askMs ?? ASK_MS, () => {
      this.#supervised.askForCounts()
      this.#askLater()
    })
  }

  #stdout(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    this.#supervised.noteRecords(this.#tools.clock.nowNs())
    this.#closeGap()
    this.#add(this.#decoder.push(bytes))
    // What follows cannot be read; a new capture can.
    if (this.#decoder.counts().packets.broken !== undefined) this.#supervised.restart()
  }

  #ended(): void {
    this.#cancelAsking?.()
    this.#add(this.#decoder.end())
    this.#lostBefore = this.#lost
    this.#dropLines.clear()
    this.#decoder = new NetworkDecoder(this.#options.limits)
    if (!this.#isStopping) this.#unobserved.begin('sensor_restarted')
    this.#notify()
  }

  #add(records: readonly NetworkRecord[]): void {
    for (const record of records) {
      this.#received++
      this.#sequence = record.sequence + 1
      if (this.#waiting.length < this.#queue.recordsMax) this.#waiting.push(record)
      else {
        this.#discarded.add('queue_full')
        this.#drops.add({ reason: 'queue_full', type: record.action, time: record.time })
      }
    }
    if (records.length > 0) this.#notify()
  }

  #closeGap(): void {
    const gap = this.#unobserved.end()
    if (gap === undefined) return
    const last = this.#gaps.at(-1)
    if (this.#gaps.length < GAPS_MAX || last === undefined) this.#gaps.push(gap)
    else this.#gaps[this.#gaps.length - 1] = { ...last, to: gap.to }
    this.#notify()
  }

  #take(): SensedBatch<NetworkRecord> | undefined {
    const lost = this.#lost - this.#lostTold
    const hasNews = this.#waiting.length > 0 || !this.#drops.isEmpty || this.#gaps.length > 0
    if (!hasNews && lost === 0) return undefined
    const records = this.#waiting.slice(0, this.#queue.batchRecordsMax)
    this.#waiting = this.#waiting.slice(records.length)
    const dropped = this.#drops.take()
    const gaps = this.#gaps
    this.#gaps = []
    this.#lostTold += lost
    this.#sent += records.length
    return {
      sensor: NAME,
      records,
      sensed: dropped.reduce((sum, { count }) => sum + count, records.length),
      filtered: {},
      refused: {},
      dropped,
      lostByType: lost > 0 ? { packet: lost } : {},
      lost,
      gaps,
    }
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }
}
