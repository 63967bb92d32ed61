import { type Alert, type Clock, type EcsEvent, formatTime, type HostAlert } from '@pomona/schema'
import { instant, type LedgerEntry } from '../ledger/entry.ts'
import type { Spool } from '../spool/spool.ts'
import type { HostDetection } from './detection.ts'
import { textOf } from './event-text.ts'
import { priorityOf } from './priority.ts'
import type { Source, SourceBatch } from './source.ts'

/** Sensor under which alerts of the engine on the host are accounted for. */
export const DETECTION_SENSOR = 'detection'

/** Reason for records of a sensor that the policy does not want. */
const SENSOR_OFF = 'sensor_off'
const NS_PER_MS = 1_000_000n

/** What a pipeline stands on. */
export interface PipelineOptions {
  readonly sources: readonly Source[]
  readonly spool: Spool
  readonly detection: HostDetection
  readonly clock: Clock
  /** Characters in memory beyond which a batch waits for the disk. */
  readonly flushBytes: number
  /** Whether records of a sensor are not wanted. */
  readonly isOff: (sensor: string) => boolean
  /** Told when the disk does not take what is in memory. */
  readonly onDiskError: (error: unknown) => void
}

/** What went through. Always: received = sent + the sum of discarded. */
export interface PipelineCounts {
  /** Records of all sensors. */
  readonly received: number
  /** Handed to the spool as events. */
  readonly sent: number
  readonly discarded: Readonly<Record<string, number>>
  readonly alerts: number
}

/**
 * Takes what sensors sense, makes events of it, lets the engine on the host see them, and hands
 * both to the spool. Each record takes the next sequence of the stream, whatever becomes of it.
 */
export class Pipeline {
  readonly #options: PipelineOptions
  readonly #discarded = new Map<string, number>()
  #received = 0
  #sent = 0
  #alerts = 0
  /** Whether events came since the engine was last told that none do. */
  #isBusy = false

  constructor(options: PipelineOptions) {
    this.#options = options
  }

  /** Takes from all sensors until each has ended. */
  async run(): Promise<void> {
    await Promise.all(this.#options.sources.map((source) => this.#drain(source)))
  }

  counts(): PipelineCounts {
    return {
      received: this.#received,
      sent: this.#sent,
      discarded: Object.fromEntries(this.#discarded),
      alerts: this.#alerts,
    }
  }

  /** Time goes on: when nothing came since the last call, the engine waits for nothing more. */
  tick(): void {
    if (!this.#isBusy) this.#keepAlerts(this.#options.detection.settle())
    this.#isBusy = false
  }

  async #drain(source: Source): Promise<void> {
    const { spool, flushBytes, onDiskError } = this.#options
    for await (const batch of source.batches()) {
      this.#take(batch)
      if (spool.pendingBytes < flushBytes) continue
      // Meanwhile the sensor holds what comes, inside its own bounds.
      await spool.commit().catch(onDiskError)
    }
  }

  #take(batch: SourceBatch): void {
    const { spool, clock } = this.#options
    const sensedNs = clock.nowNs()
    const sensedMs = Number(sensedNs / NS_PER_MS)
    const created = formatTime(sensedNs)
    const first = spool.takeSequences(batch.sensed)
    this.#received += batch.sensed
    this.#isBusy ||= batch.count > 0
    const entry = spool.entry(batch.sensor)
    this.#account(batch, { entry, sensedMs })
    if (this.#options.isOff(batch.sensor)) {
      entry.sensed += batch.count
      entry.filter(SENSOR_OFF, batch.count)
      this.#discard(SENSOR_OFF, batch.count)
      return
    }
    // The spool takes items in order of their sequences: alerts come behind the whole batch.
    const alerts: Alert[] = []
    for (let index = 0; index < batch.count; index++) {
      const { normalized, type } = batch.event(index, first + index)
      const place = { sensor: batch.sensor, sequence: first + index, sensedMs, created }
      if (normalized.ok) alerts.push(...this.#keep(normalized.event, place))
      else this.#lose({ ...place, type, reason: normalized.reason })
    }
    this.#keepAlerts(alerts)
  }

  /** What the sensor says it left out, could not read, had no room for, and never saw. */
  #account(batch: SourceBatch, { entry, sensedMs }: Accounting): void {
    for (const [reason, count] of Object.entries(batch.filtered)) {
      entry.sensed += count
      entry.filter(reason, count)
      this.#discard(reason, count)
    }
    for (const [reason, count] of Object.entries(batch.refused)) {
      const times = { fromMs: sensedMs, toMs: sensedMs }
      entry.sensed += count
      entry.drop({ reason, type: 'unknown', priority: 'normal', count, ...times })
      this.#discard(reason, count)
    }
    for (const { reason, type, count, from, to } of batch.dropped) {
      const times = { fromMs: msOf(from, sensedMs), toMs: msOf(to, sensedMs) }
      entry.sensed += count
      entry.drop({ reason, type, priority: 'normal', count, ...times })
      this.#discard(reason, count)
    }
    entry.lost += batch.lost
    for (const { from, to, reason } of batch.gaps) {
      const times = { from: instant(msOf(from, sensedMs)), to: instant(msOf(to, sensedMs)) }
      entry.miss({ ...times, reason })
    }
  }

  /** @returns What the engine on the host has found by this event. */
  #keep(event: EcsEvent, { sensor, sequence, sensedMs, created }: SensedPlace): readonly Alert[] {
    const text = textOf(event, created)
    const type = event.event?.action ?? 'unknown'
    if (text === undefined) {
      this.#lose({ sensor, sequence, sensedMs, created, type, reason: 'too_large' })
      return []
    }
    this.#sent += 1
    this.#options.spool.append({
      ...({ kind: 'event', sequence, sensor, type, sensedMs, text } as const),
      priority: priorityOf(event),
      timeMs: msOf(event['@timestamp'] ?? '', sensedMs),
    })
    return this.#options.detection.observe(event)
  }

  #keepAlerts(alerts: readonly Alert[]): void {
    const { spool, clock } = this.#options
    for (const alert of alerts) {
      const sequence = spool.takeSequences(1)
      const sensedMs = Number(clock.nowNs() / NS_PER_MS)
      const said: HostAlert = { sequence, alert }
      this.#alerts += 1
      spool.append({
        ...({ kind: 'alert', sequence, sensor: DETECTION_SENSOR, type: 'alert' } as const),
        ...({ priority: 'critical', sensedMs, timeMs: msOf(alert.time, sensedMs) } as const),
        text: JSON.stringify(said),
      })
    }
  }

  #lose({ sensor, sensedMs, type, reason }: LostRecord): void {
    const entry = this.#options.spool.entry(sensor)
    const times = { fromMs: sensedMs, toMs: sensedMs }
    entry.sensed += 1
    entry.drop({ reason, type, priority: 'normal', count: 1, ...times })
    this.#discard(reason, 1)
  }

  #discard(reason: string, count: number): void {
    this.#discarded.set(reason, (this.#discarded.get(reason) ?? 0) + count)
  }
}

interface Accounting {
  readonly entry: LedgerEntry
  readonly sensedMs: number
}

interface SensedPlace {
  readonly sensor: string
  readonly sequence: number
  readonly sensedMs: number
  /** RFC 3339, when the agent read it. */
  readonly created: string
}

interface LostRecord extends SensedPlace {
  readonly type: string
  readonly reason: string
}

function msOf(time: string, otherwise: number): number {
  const ms = Date.parse(time)
  return Number.isNaN(ms) ? otherwise : ms
}
