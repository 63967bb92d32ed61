import type { RuleException } from '@pomona/rules'
import type { Alert } from '@pomona/schema'
import type { AlertDiscardReason, DiscardReason } from './errors.ts'
import type { DetectorRuleCounts } from './rule-accounts.ts'
import type { StatefulCounts } from './stateful/counts.ts'

/** An event that was not evaluated. */
export interface DiscardSample {
  readonly reason: DiscardReason
  readonly eventId?: string
}

/** An alert that an exception keeps from being told. */
export interface ExceptedAlert {
  readonly alert: Alert
  readonly exception: Pick<RuleException, 'id' | 'name' | 'owner' | 'reason'>
}

/**
 * What went through a detector: of events `received = evaluated + Σ discarded`, of matches
 * `Σ rules.matched = alerts + Σ alertsDiscarded`.
 */
export interface DetectorCounts extends StatefulCounts {
  readonly received: number
  readonly evaluated: number
  readonly discarded: Readonly<Partial<Record<DiscardReason, number>>>
  readonly alerts: number
  /** Matches that were meant not to become alerts. */
  readonly alertsDiscarded: Readonly<Record<AlertDiscardReason, number>>
  /** Events at or before their stream's high-water mark: a replay, a second delivery, or late. */
  readonly behindMark: number
  /** Events whose time cannot be read: only rules on single events looked at them. */
  readonly timeless: number
  readonly streamsForgotten: number
  /** Findings forgotten before their span was over: their repeats may be alerts. */
  readonly repeatsForgotten: number
  /** Excepted alerts that were not kept. */
  readonly exceptedDropped: number
  readonly rules: readonly DetectorRuleCounts[]
}
