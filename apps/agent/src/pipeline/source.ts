import type { Normalized } from '@pomona/normalize'
import type { FileFacts, SensedBatch, Sensor } from '@pomona/sensor'

/** A sensor and how its records become events. */
export interface Source {
  /** Batches of the sensor, each record as a function that makes the event of its place. */
  batches(): AsyncIterable<SourceBatch>
  readonly sensor: Pick<Sensor<unknown>, 'start' | 'stop' | 'health' | 'restart'>
}

/** A batch of a sensor. */
export interface SourceBatch extends Omit<SensedBatch<unknown>, 'records'> {
  readonly count: number
  /** The event of one record, and what its type is called where it becomes none. */
  event(index: number, sequence: number): SourceEvent
}

/** An event, or why there is none. */
export interface SourceEvent {
  readonly normalized: Normalized
  readonly type: string
}

/** What a source does with the records of its sensor. */
export interface SourceSteps<Sensed> {
  /** Takes secrets out, before anything else sees the record. */
  readonly redact?: (record: Sensed) => Sensed
  /** Looks up what the records of a batch leave open, for each in their order; bounded in time. */
  readonly lookUp?: (records: readonly Sensed[]) => Promise<readonly (FileFacts | undefined)[]>
  readonly normalize: (record: Sensed, place: RecordPlace) => Normalized
  /** What the record is of, such as `exec`. */
  readonly typeOf: (record: Sensed) => string
}

/** What becomes part of an event beside its record. */
export interface RecordPlace {
  readonly sequence: number
  readonly facts: FileFacts | undefined
}

/** Puts a sensor and what is done with its records together. */
export function sourceOf<Sensed>(sensor: Sensor<Sensed>, steps: SourceSteps<Sensed>): Source {
  const { redact, lookUp, normalize, typeOf } = steps
  return {
    sensor,
    async *batches() {
      for await (const { records, ...batch } of sensor.batches()) {
        const found = await lookUp?.(records)
        yield {
          ...batch,
          count: records.length,
          event(index, sequence) {
            const record = records[index]
            if (record === undefined) throw new Error('A batch has no record of this index.')
            const place = { sequence, facts: found?.[index] }
            const normalized = normalize(redact?.(record) ?? record, place)
            return { normalized, type: normalized.ok ? '' : typeOf(record) }
          },
        }
      }
    },
  }
}
