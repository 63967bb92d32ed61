import type { AlertDiscardReason } from './errors.ts'
import type { RuleStateCounts } from './stateful/counts.ts'

/** What became of the matches of one rule: `matched` is the sum of the others. */
export type MatchCounts = Readonly<Record<'matched' | 'alerts' | AlertDiscardReason, number>>

/** What became of one rule, and what it takes. */
export interface DetectorRuleCounts extends MatchCounts, RuleStateCounts {
  readonly ruleId: string
  /** Filters of the rule that were evaluated in full; those an index left out do not count. */
  readonly evaluated: number
  /** Filters that could not be evaluated. */
  readonly errored: number
}

type Outcome = 'alerts' | AlertDiscardReason

const NOTHING: MatchCounts = {
  matched: 0,
  alerts: 0,
  repeated: 0,
  excepted: 0,
  flooded: 0,
  silent: 0,
}

/** Counts what becomes of matches, by index of the rule. */
export class RuleAccounts {
  readonly #rules: Record<Outcome | 'matched', number>[]

  constructor(rules: number) {
    this.#rules = Array.from({ length: rules }, () => ({ ...NOTHING }))
  }

  /** A rule held, and this came of it. */
  note(rule: number, outcome: Outcome): void {
    const counts = this.#rules[rule]
    if (counts === undefined) return
    counts.matched += 1
    counts[outcome] += 1
  }

  of(rule: number): MatchCounts {
    return this.#rules[rule] ?? NOTHING
  }

  set(rule: number, counts: MatchCounts): void {
    const { matched, alerts, repeated, excepted, flooded, silent } = counts
    this.#rules[rule] = { matched, alerts, repeated, excepted, flooded, silent }
  }
}
