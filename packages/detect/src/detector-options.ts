import type { RuleException } from '@pomona/rules'
import type { TenantId } from '@pomona/schema'
import type { StatefulLimits } from './stateful/options.ts'

/** Options of a detector. */
export interface DetectorOptions extends StatefulLimits {
  readonly tenantId?: TenantId
  /** What is known and harmless. */
  readonly exceptions?: readonly RuleException[]
  /** Matched predicates kept in one alert. Default 50. */
  readonly matchesMax?: number
  /** Characters kept of a matched value. Default 4,096; a cut value ends in `…`. */
  readonly valueCharsMax?: number
  /** Processes named in one alert. Default 100; those of the last events stay. */
  readonly processesMax?: number
  /** Sensor streams whose position is remembered. Default 100,000; the oldest goes first. */
  readonly streamsMax?: number
  /** Discarded events kept as samples, newest last. Default 20. */
  readonly samplesMax?: number
  /**
   * Event time in which a rule tells the same process image and file once. Default 60,000; 0 turns
   * the filter off.
   */
  readonly repeatSpanMs?: number
  /** Findings remembered for it. Default 10,000; the oldest goes first. */
  readonly repeatsMax?: number
  /** Alerts of one rule on one host in an hour of event time. Default 500. */
  readonly alertsPerHourMax?: number
  /** Excepted alerts kept until they are fetched. Default 1,000; later ones are only counted. */
  readonly exceptedMax?: number
}
