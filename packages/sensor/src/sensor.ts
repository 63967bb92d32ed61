import type { SensorHealth } from '@pomona/schema'
import type { RawRecord } from './eslogger/line.ts'

/** How a sensor is doing; see the agent's report. */
export type SensorState = SensorHealth['state']
/** What keeps a sensor from working, and what to do about it. */
export type SensorProblem = NonNullable<SensorHealth['problem']>

/** Records of one type that a sensor read and had no room for. */
export interface SensedDrop {
  /** Why. */
  readonly reason: string
  /** Apple's name of the event type; `unknown` where the record did not say it plainly. */
  readonly type: string
  readonly count: number
  /** RFC 3339 times of the first and the last. */
  readonly from: string
  readonly to: string
}

/** A time in which a sensor did not look. */
export interface SensedGap {
  readonly from: string
  readonly to: string
  readonly reason: string
}

/**
 * What came of a sensor since the batch before, complete:
 * `sensed = records.length + filtered + refused + dropped`, each summed up.
 * Records that never reached the sensor are in `lost`, beside that sum.
 */
export interface SensedBatch<Sensed = RawRecord> {
  readonly sensor: string
  readonly records: readonly Sensed[]
  readonly sensed: number
  /** Left out on purpose, by reason. */
  readonly filtered: Readonly<Record<string, number>>
  /** Not readable, by reason. */
  readonly refused: Readonly<Record<string, number>>
  readonly dropped: readonly SensedDrop[]
  /** Missing by gaps in the numbering of the sensor, by event type. */
  readonly lostByType: Readonly<Record<string, number>>
  readonly lost: number
  readonly gaps: readonly SensedGap[]
}

/** What a sensor did since it was made; always received = sent + discarded + held. */
export interface SensorCounts {
  readonly received: number
  /** Handed out in batches. */
  readonly sent: number
  readonly discarded: Readonly<Record<string, number>>
  /** Waiting to be handed out. */
  readonly held: number
  readonly bytes: number
}

/** A source of records that runs on its own and is read in batches. */
export interface Sensor<Sensed = RawRecord> {
  /** Begins to sense. Trouble shows in `health`, never as an exception. */
  start(): void
  /**
   * What was sensed, batch by batch; ends after `stop`, when everything was handed out.
   * One reader only.
   */
  batches(): AsyncIterable<SensedBatch<Sensed>>
  /** One entry for each part that can fail on its own, and its counts by the same name. */
  health(): readonly SensorHealth[]
  counts(): Readonly<Record<string, SensorCounts>>
  /** Starts a part again, or all. */
  restart(sensor?: string): void
  /** Ends sensing; resolves when nothing of it runs any more. */
  stop(): Promise<void>
}
