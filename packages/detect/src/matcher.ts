import type { Filter, LogSource } from '@pomona/rules'
import type { Witness } from './condition.ts'
import type { FieldLookup } from './event-view.ts'

/** Options of every {@link Matcher}. */
export interface MatcherOptions {
  /** Default `nested`. */
  readonly lookup?: FieldLookup
  /**
   * Skip filters whose logsource contradicts the event's own `product`, `service` or `category`.
   * Default false.
   */
  readonly route?: boolean
  /** Predicates kept as explanation of one match. Default 50; the rest is left out. */
  readonly witnessesMax?: number
  /**
   * Texts of events about which a matcher remembers what it found out, so that it need not look
   * again. Default 16,384; 0 remembers none.
   */
  readonly valuesMax?: number
}

/** A filter, with the logsource of its rule where events are routed by it. */
export interface RoutedFilter extends Filter {
  readonly logsource?: LogSource
}

/** How often a filter was evaluated in full, held, or could not be evaluated. */
export interface FilterCounts {
  readonly evaluated: number
  readonly matched: number
  readonly errored: number
}

/**
 * Finds the filters that hold for an event, each known by its index. What is evaluated to find them
 * is the implementation's affair; which are found is not.
 */
export interface Matcher {
  /**
   * @returns The indices of the filters that hold, in ascending order. The array is the caller's.
   * @throws  Never: a filter that fails on an event counts as `errored` and not as a match.
   */
  match(document: object): number[]
  /** Why a filter held for the document matched last. */
  explain(index: number): readonly Witness[]
  /** Counts of a filter since the matcher was made, or since they were set. */
  counts(index: number): FilterCounts
  setCounts(index: number, counts: FilterCounts): void
}

/** Default of {@link MatcherOptions.valuesMax}. */
export const VALUES_MAX = 16_384

/** Default of {@link MatcherOptions.witnessesMax}. */
export const WITNESSES_MAX = 50
