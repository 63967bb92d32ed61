import type { Filter } from './expression.ts'
import type { Formula } from './formula.ts'

/** Holds for single events. */
export interface EventBody extends Filter {
  readonly kind: 'event'
}

/** One part of a join key; the parts of all steps stand in the same order. */
export interface JoinKey {
  /** Names to ask by; the first that has a value answers. */
  readonly fields: readonly string[]
  readonly written: string
  /** `?field`: an absent value joins with other absent ones. Without it, it joins with nothing. */
  readonly optional: boolean
  /** endgame: the part is computed from the event instead. `fields` are those it asks for. */
  readonly formula?: Formula
  /** Texts that differ by case only are the same part: the endgame dialect. */
  readonly folded?: true
}

/** One event of a sequence, or one that must not come. */
export interface Step {
  readonly filter: Filter
  /** Global keys first, then the step's own. */
  readonly keys: readonly JoinKey[]
  /** `![…]`: the sequence goes on only if no such event comes in this place. */
  readonly missing: boolean
  /** endgame's `fork`: what waits for this step is kept and can go on again. */
  readonly fork?: true
  /** Name under which later steps ask for this one's fields. */
  readonly alias?: string
  /** Shown as the selection of what matched: the alias, or `step 1`. */
  readonly name: string
}

/** Where the events of one stateful match may come from: one Mac, or all of a tenant's. */
export type Scope = 'host' | 'fleet'

/**
 * Events in order, joined by key.
 *
 * @see Elasticsearch, EQL syntax reference, "Sequences": one pending partial per key and state, a
 *      newer one takes its place, one event fills one step.
 */
export interface SequenceBody {
  readonly kind: 'sequence'
  /** `with runs=n` stands here as n equal steps. */
  readonly steps: readonly Step[]
  /** From the first event to the last, both included. Required when a step is missing. */
  readonly spanMs?: number
  /** Ends the open partials of its key. */
  readonly until?: Step
  readonly scope: Scope
}

/** Events that share a key in any order: EQL's `sample`, and endgame's `join`. */
export interface SampleBody {
  readonly kind: 'sample' | 'join'
  readonly steps: readonly Step[]
  readonly until?: Step
}

/** Sigma's correlation types; `value_sum`, `value_avg`, `value_median` as pySigma has them. */
export const CORRELATION_TYPES = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
] as const

/** One of {@link CORRELATION_TYPES}. */
export type CorrelationType = (typeof CORRELATION_TYPES)[number]

/** A rule whose matches a correlation counts. */
export interface CorrelationInput {
  /** Id of the rule. It may be a correlation itself; there are no cycles. */
  readonly ruleId: string
  /** The group-by key as this rule's events carry it, in the order of the correlation's. */
  readonly groupBy: readonly JoinKey[]
  /** The fields whose values are counted or computed with; none for counts of events. */
  readonly values: readonly JoinKey[]
}

/** What has to be true of a window's figure; several bounds make a range. */
export interface CorrelationBound {
  readonly comparison: 'lt' | 'lte' | 'gt' | 'gte' | 'eq' | 'neq'
  readonly value: number
}

/** A boolean expression over the rules that matched in the window. */
export type CorrelationExpression =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly CorrelationExpression[] }
  | { readonly kind: 'not'; readonly operand: CorrelationExpression }
  | { readonly kind: 'rule'; readonly ruleId: string }

/**
 * Figures over the matches of other rules in a sliding window of event time, a key at a time.
 *
 * @see Sigma specification 2.1.0, correlation rules.
 */
export interface CorrelationBody {
  readonly kind: 'correlation'
  readonly type: CorrelationType
  /** The group-by as the rule writes it; the parts of every input's key stand in this order. */
  readonly groupBy: readonly string[]
  readonly inputs: readonly CorrelationInput[]
  readonly spanMs: number
  /** All must hold. Of temporal types: how many of the inputs have to match, default all. */
  readonly bounds: readonly CorrelationBound[]
  /**
   * Extended condition, of temporal types only. Of `temporal_ordered` what stands on the right of
   * an `and` has to come after what stands on its left; see {@link orderedWays}.
   */
  readonly expression?: CorrelationExpression
  /** 0 to 100; of `value_percentile`. */
  readonly percentile?: number
  readonly scope: Scope
}

/** What a rule looks for. */
export type RuleBody = EventBody | SequenceBody | SampleBody | CorrelationBody
