/** What the engine holds and lost, beside what single rules account for. */
export interface StatefulCounts {
  /** Events that wait until they are in order. */
  readonly held: number
  /** Events that came too late to be put in order; evaluated all the same. */
  readonly late: number
  /** Events that could not wait as long as they should have. */
  readonly hurried: number
  /** Hosts whose clock was set back. */
  readonly clocksReset: number
  readonly hostsForgotten: number
  /** Process images known to come from something a rule asks for. */
  readonly lineage: number
  readonly lineageEvicted: number
}

/** What the state of one rule takes, and what it lost. */
export interface RuleStateCounts {
  /** Open partials of a sequence, open keys of a correlation. */
  readonly open: number
  /** Estimated. */
  readonly bytes: number
  /** Given up for a limit: what would have come of them is lost. */
  readonly evicted: number
  /** Matches not taken because the rule had done too much. */
  readonly skipped: number
}

/** Of a detector without rules over several events. */
export const NOTHING_HELD: StatefulCounts = {
  held: 0,
  late: 0,
  hurried: 0,
  clocksReset: 0,
  hostsForgotten: 0,
  lineage: 0,
  lineageEvicted: 0,
}

/** Of a rule on single events. */
export const NO_STATE: RuleStateCounts = { open: 0, bytes: 0, evicted: 0, skipped: 0 }
