import { setImmediate as turn } from 'node:timers/promises'
import { formatTime, type SensorHealth, type TimeNs } from '@pomona/schema'
import { type CommandEnd, type CommandLine, howEnded } from '../command/command.ts'
import { Drops } from '../drops.ts'
import type { SensedBatch, SensedGap, Sensor, SensorCounts, SensorProblem } from '../sensor.ts'
import type { BackoffLimits } from '../supervision/backoff.ts'
import { Supervised, type SupervisionTools } from '../supervision/supervised.ts'
import { Tally } from '../tally.ts'
import { LogDecoder, type LogRead } from './decoder.ts'
import type { UnifiedLogRecord } from './record.ts'

/**
 * One predicate for all that is wanted: each further `log` process would cost as much as the first.
 * @see `log help predicates`.
 */
export const LOG_PREDICATE = [
  '(process == "syspolicyd" AND eventMessage BEGINSWITH "GK ")',
  '(process == "tccd" AND eventMessage BEGINSWITH "AUTHREQ_")',
  '(process == "mDNSResponder" AND eventMessage CONTAINS "getaddrinfo start")',
  'process == "sudo"',
  'process BEGINSWITH "sshd"',
  'process BEGINSWITH "XProtect"',
  'subsystem == "com.apple.Authorization"',
].join(' OR ')

/** macOS's `log`, at the level that is kept anyway. */
export const LOG_STREAM: CommandLine = {
  path: '/usr/bin/log',
  args: ['stream', '--style', 'ndjson', '--type', 'log', '--predicate', LOG_PREDICATE],
}

/** How a {@link UnifiedLog} works; all have defaults. */
export interface UnifiedLogOptions {
  /** Default {@link LOG_STREAM}. */
  readonly command?: CommandLine
  /** Bytes of records that wait to be handed out; beyond, new ones are dropped. Default 4 MiB. */
  readonly queueBytesMax?: number
  /** Records of one batch. Default 500. */
  readonly batchRecordsMax?: number
  readonly backoff?: Partial<BackoffLimits>
}

const NAME = 'unified_log'
const QUEUE_BYTES_MAX = 4 * 1024 * 1024
const BATCH_RECORDS_MAX = 500
const GAPS_MAX = 16

interface Waiting {
  readonly record: UnifiedLogRecord
  readonly bytes: number
}

/**
 * What macOS's own mechanisms write to the unified log, by one supervised `log stream`. The log
 * numbers nothing, so what it drops itself cannot be counted.
 */
export class UnifiedLog implements Sensor<UnifiedLogRecord> {
  readonly #tools: SupervisionTools
  readonly #supervised: Supervised
  readonly #queueBytesMax: number
  readonly #batchRecordsMax: number
  #decoder = new LogDecoder()
  #queue: Waiting[] = []
  #queueBytes = 0
  #ordinal = 0
  #finished = 0
  #sent = 0
  #bytes = 0
  readonly #discarded = new Tally()
  readonly #filtered = new Tally()
  readonly #refused = new Tally()
  readonly #drops = new Drops()
  #gaps: SensedGap[] = []
  #unseen: { readonly fromNs: TimeNs; readonly reason: string } | undefined
  #wake: (() => void) | undefined
  #stopping = false
  #stopped = false

  constructor(options: UnifiedLogOptions, tools: SupervisionTools) {
    const { command = LOG_STREAM, backoff } = options
    this.#tools = tools
    this.#queueBytesMax = options.queueBytesMax ?? QUEUE_BYTES_MAX
    this.#batchRecordsMax = options.batchRecordsMax ?? BATCH_RECORDS_MAX
    this.#supervised = new Supervised(
      {
        prepare: async () => command,
        started: () => {
          this.#decoder = new LogDecoder()
        },
        stdout: (bytes) => this.#stdout(bytes),
        ended: () => this.#ended(),
        explain: (lines, end) => logProblem(lines, end),
        ...(backoff !== undefined && { backoff }),
      },
      tools,
    )
  }

  start(): void {
    this.#unseen ??= { fromNs: this.#tools.clock.nowNs(), reason: 'sensor_starting' }
    this.#supervised.start()
  }

  async *batches(): AsyncGenerator<SensedBatch<UnifiedLogRecord>> {
    for (;;) {
      const batch = this.#take()
      if (batch !== undefined) {
        yield batch
        await turn()
      } else if (this.#stopped) return
      else await this.#news()
    }
  }

  health(): readonly SensorHealth[] {
    const { state, sinceNs, problem, restarts, lastRecordNs } = this.#supervised
    return [
      {
        sensor: NAME,
        state,
        since: formatTime(sinceNs),
        ...(problem !== undefined && { problem }),
        restarts,
        lost: 0,
        lost_by_type: {},
        ...(lastRecordNs !== undefined && { last_record: formatTime(lastRecordNs) }),
      },
    ]
  }

  counts(): Readonly<Record<string, SensorCounts>> {
    const unfinished = this.#decoder.isHolding ? 1 : 0
    return {
      [NAME]: {
        received: this.#finished + unfinished,
        sent: this.#sent,
        discarded: this.#discarded.read(),
        held: this.#queue.length + unfinished,
        bytes: this.#bytes,
      },
    }
  }

  restart(): void {
    this.#supervised.restart()
  }

  async stop(): Promise<void> {
    this.#closeGap()
    this.#stopping = true
    await this.#supervised.stop()
    this.#stopped = true
    this.#notify()
  }

  #stdout(bytes: Uint8Array): void {
    const atNs = this.#tools.clock.nowNs()
    this.#bytes += bytes.length
    this.#closeGap()
    this.#supervised.noteRecords(atNs)
    this.#sort(this.#decoder.push(bytes, atNs))
    this.#notify()
  }

  #ended(): void {
    this.#sort(this.#decoder.end())
    if (!this.#stopping) {
      this.#unseen ??= { fromNs: this.#tools.clock.nowNs(), reason: 'sensor_restarted' }
    }
    this.#notify()
  }

  #sort(reads: readonly LogRead[]): void {
    for (const read of reads) {
      if (read.kind === 'frame') continue
      this.#finished += 1
      if (read.kind === 'record') this.#keep(read)
      else {
        this.#discarded.add(read.reason)
        if (read.kind === 'filtered') this.#filtered.add(read.reason)
        else this.#refused.add(read.reason)
      }
    }
  }

  #keep({ record, bytes }: Waiting): void {
    if (this.#queue.length > 0 && this.#queueBytes + bytes > this.#queueBytesMax) {
      this.#discarded.add('queue_full')
      const type = logType(record)
      this.#drops.add({ reason: 'queue_full', type, time: record.time })
      return
    }
    this.#queue.push({ record, bytes })
    this.#queueBytes += bytes
  }

  #take(): SensedBatch<UnifiedLogRecord> | undefined {
    const isQuiet = this.#filtered.isEmpty && this.#refused.isEmpty && this.#drops.isEmpty
    if (this.#queue.length === 0 && isQuiet && this.#gaps.length === 0) return undefined
    const first = this.#ordinal
    const records: UnifiedLogRecord[] = []
    for (const { record, bytes } of this.#queue.splice(0, this.#batchRecordsMax)) {
      this.#queueBytes -= bytes
      records.push({ ...record, sequence: this.#ordinal })
      this.#ordinal += 1
    }
    this.#sent += records.length
    const dropped = this.#drops.take()
    const [filtered, refused] = [this.#filtered.take(), this.#refused.take()]
    const gaps = this.#gaps
    this.#gaps = []
    for (const { count } of dropped) this.#ordinal += count
    for (const count of Object.values(filtered)) this.#ordinal += count
    for (const count of Object.values(refused)) this.#ordinal += count
    const sensed = this.#ordinal - first
    const account = { sensed, filtered, refused, dropped, gaps }
    return { sensor: NAME, records, ...account, lost: 0, lostByType: {} }
  }

  #closeGap(): void {
    if (this.#unseen === undefined) return
    const { fromNs, reason } = this.#unseen
    this.#unseen = undefined
    const gap = { from: formatTime(fromNs), to: formatTime(this.#tools.clock.nowNs()), reason }
    const last = this.#gaps.at(-1)
    if (last === undefined || this.#gaps.length < GAPS_MAX) this.#gaps.push(gap)
    else this.#gaps[this.#gaps.length - 1] = { ...last, to: gap.to }
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

/** What kind of record it is, in one word, for counts. */
export function logType({ statement }: UnifiedLogRecord): string {
  return statement?.kind ?? 'log_message'
}

function logProblem(lines: readonly string[], end: CommandEnd): SensorProblem | undefined {
  if (end.failure !== 'not_found' && !lines.join('\n').includes('predicate')) return undefined
  return {
    code: 'log_unusable',
    message: `macOS's log command cannot be used as it is called (${howEnded(end)}).`,
  }
}
