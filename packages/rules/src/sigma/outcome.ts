import { failedOutcome, type RuleDraft } from '../draft.ts'
import type { RuleProblem } from '../errors.ts'
import { lintExpression } from '../lint/expression.ts'
import { ProblemReport } from '../report.ts'
import type { RuleOutcome } from '../rule.ts'

/** The loader of Sigma's detections looks at them itself; here are those of other languages. */
export function linted(outcome: RuleOutcome): RuleOutcome {
  if (outcome.state !== 'loaded') return outcome
  const { rule, problems } = outcome
  const report = new ProblemReport(rule.path)
  const { body } = rule
  if (body.kind === 'event') lintExpression(body.expression, report)
  else if (body.kind !== 'correlation') {
    for (const { filter } of body.steps) lintExpression(filter.expression, report)
  }
  return { ...outcome, problems: [...problems, ...report.problems] }
}

/** The id of the rule an outcome is about. */
export function ruleIdOf(outcome: RuleOutcome | undefined): string | undefined {
  if (outcome === undefined || outcome.state === 'applied') return undefined
  return 'rule' in outcome ? outcome.rule.id : outcome.id
}

/** The name of the rule an outcome has. */
export function nameOf(outcome: RuleOutcome | undefined): string | undefined {
  return outcome !== undefined && 'rule' in outcome ? outcome.rule.name : undefined
}

/** The version of the rule an outcome has. */
export function versionOf(outcome: RuleOutcome | undefined): string | undefined {
  return outcome !== undefined && 'rule' in outcome ? outcome.rule.version : undefined
}

/** What was said of a draft that has no outcome yet. */
export function reportOf(draft: RuleDraft): readonly RuleProblem[] {
  return draft.kind === 'correlation' ? draft.place.report.problems : []
}

/** Where a document stands. */
export function placeOf(
  draft: RuleDraft,
  outcome: RuleOutcome | undefined,
): { readonly path: string; readonly line: number } {
  if (draft.kind === 'correlation' || draft.kind === 'filter') return draft.place
  if (outcome === undefined) return { path: '', line: 1 }
  return 'rule' in outcome ? outcome.rule : outcome
}

/** What became of a filter, and of which rules it is a part. */
export function filterOutcome(
  { names, place }: Extract<RuleDraft, { kind: 'filter' }>,
  ruleIds: readonly string[],
): RuleOutcome {
  if (place.report.fatal) return failedOutcome(names, place, place.report.problems)
  const { id, title } = names
  return {
    state: 'applied',
    ...(id === undefined ? {} : { id }),
    ...(title === undefined ? {} : { name: title }),
    path: place.path,
    line: place.line,
    ruleIds,
    problems: place.report.problems,
  }
}
