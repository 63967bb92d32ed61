import type { DetectorCounts } from './detector-counts.ts'
import type { DetectorRuleCounts } from './rule-accounts.ts'

/** What an operator has to know of: something went on with less than it should have. */
export const NOTICE_KINDS = [
  // A rule's open partials or windows reached a limit, and the oldest were given up.
  'rule_state_evicted',
  // A rule did more than its share, and was not given some of its events.
  'rule_work_skipped',
  // A rule had more to tell of a host than it may in one hour.
  'rule_flooded',
  // A rule could not be evaluated on some events.
  'rule_errored',
  // Events went on before they were in order: more was held than may be.
  'events_hurried',
  // A host sent nothing but late events, so that its clock must have been set back.
  'clock_reset',
  // More hosts than are remembered.
  'hosts_forgotten',
  // More processes of known descent than are remembered.
  'lineage_evicted',
  // More findings than are remembered: repeats may be told.
  'repeats_forgotten',
  // Excepted alerts were not fetched in time, and are only counted.
  'excepted_dropped',
] as const

/** One of {@link NOTICE_KINDS}. */
export type NoticeKind = (typeof NOTICE_KINDS)[number]

/** Says how often something went wrong since it was last asked. */
export interface Notice {
  readonly kind: NoticeKind
  /** The rule it is about, where it is about one. */
  readonly ruleId?: string
  readonly count: number
}

const OF_RULES: readonly (readonly [NoticeKind, keyof DetectorRuleCounts])[] = [
  ['rule_state_evicted', 'evicted'],
  ['rule_work_skipped', 'skipped'],
  ['rule_flooded', 'flooded'],
  ['rule_errored', 'errored'],
]

const OF_ALL: readonly (readonly [NoticeKind, keyof DetectorCounts])[] = [
  ['events_hurried', 'hurried'],
  ['clock_reset', 'clocksReset'],
  ['hosts_forgotten', 'hostsForgotten'],
  ['lineage_evicted', 'lineageEvicted'],
  ['repeats_forgotten', 'repeatsForgotten'],
  ['excepted_dropped', 'exceptedDropped'],
]

/** What became worse between two counts. */
export function noticesBetween({
  before,
  after,
}: {
  readonly before: DetectorCounts
  readonly after: DetectorCounts
}): readonly Notice[] {
  const rulesBefore = new Map(before.rules.map((rule) => [rule.ruleId, rule]))
  const ofRules = after.rules.flatMap((rule) => {
    const { ruleId } = rule
    return OF_RULES.flatMap(([kind, key]): Notice[] => {
      const count = Number(rule[key]) - Number(rulesBefore.get(ruleId)?.[key] ?? 0)
      return count > 0 ? [{ kind, ruleId, count }] : []
    })
  })
  const ofAll = OF_ALL.flatMap(([kind, key]): Notice[] => {
    const count = Number(after[key]) - Number(before[key])
    return count > 0 ? [{ kind, count }] : []
  })
  return [...ofRules, ...ofAll]
}
