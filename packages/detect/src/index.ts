export { type Witness } from './condition.ts'
export { CorrelationEvaluation } from './correlation/evaluation.ts'
export { Engine, type EngineOptions, type Match, type RuleCounts } from './engine.ts'
export {
  ALERT_DISCARD_REASONS,
  type AlertDiscardReason,
  DetectError,
  type DetectErrorCode,
  DISCARD_REASONS,
  type DiscardReason,
} from './errors.ts'
export type { FieldLookup } from './event-view.ts'
export type { Distance, FailedPredicate } from './explain/closeness.ts'
export type { CorrelationExplanation } from './explain/correlation-explainer.ts'
export type { ExplainLimits, FilterExplanation } from './explain/filter-explainer.ts'
export type { LineageExplanation } from './explain/lineage-explainer.ts'
export type { EventPlace } from './explain/near-miss.ts'
export { RuleExplainer, type RuleExplanation } from './explain/rule-explainer.ts'
export type { Obstacle, SequenceExplanation } from './explain/sequence-explainer.ts'
export { explanationLines, explanationSummary } from './explain/text.ts'
export { foldCase } from './fold.ts'
export type { DetectorCounts, DiscardSample, ExceptedAlert } from './detector-counts.ts'
export type { DetectorOptions } from './detector-options.ts'
export { Detector } from './detector.ts'
export { type BlindEffect, blindness, type BlindRule } from './mute/blindness.ts'
export { type Notice, NOTICE_KINDS, type NoticeKind } from './notice.ts'
export type { DetectorRuleCounts } from './rule-accounts.ts'
export type { JsonLine } from './indexed/flat-line.ts'
export { regexLiterals } from './indexed/regex-literals.ts'
export { CATEGORY_FIELDS, QUERY_FIELDS, type QueryFields } from './query/dialect.ts'
export { evaluateQuery, type QueryOptions } from './query/evaluate.ts'
export type { QueryRow } from './query/row.ts'
export { type RuleCase, type RuleFolder, testRule, type RuleTestResult } from './rule-test.ts'
export {
  type Completion,
  type SequenceCounts,
  SequenceMachine,
  type SequenceOffer,
  type SequenceOptions,
  type SequenceShape,
  type SequenceState,
  type StepShape,
} from './sequence/machine.ts'
