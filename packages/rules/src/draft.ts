import type { Expression } from './expression.ts'
import type { Position, RuleProblem } from './errors.ts'
import type { Category } from './mapping/mapping.ts'
import type { LogSource, RuleOutcome } from './rule.ts'
import type { ProblemReport } from './report.ts'
import type { CorrelationSection } from './sigma/correlation.ts'
import type { FilterSection } from './sigma/filter.ts'
import type { Metadata } from './sigma/metadata.ts'

/** By what other documents can refer to a rule. */
export interface ReferenceNames {
  readonly id?: string
  /** The key `name`, made for references. */
  readonly name?: string
  readonly title?: string
}

/** A filter's condition, compiled for one rule. */
export interface FilterPart {
  readonly expression: Expression
  /** Fields it asks that no event carries, with the reason. */
  readonly missing: ReadonlyMap<string, string>
}

/** Where a document stands and what there is to say about it. */
export interface DocumentPlace {
  readonly path: string
  readonly line: number
  readonly source: string
  readonly report: ProblemReport
}

/** A document that needs no other to be understood. */
export interface SettledDraft {
  readonly kind: 'settled'
  readonly outcome: RuleOutcome
  readonly names: ReferenceNames
}

/** A detection rule that filters may still change. */
export interface DetectionDraft {
  readonly kind: 'detection'
  readonly names: ReferenceNames
  readonly logsource: LogSource
  readonly category: Category | undefined
  /** Makes the rule, with what the filters add. */
  readonly finish: (filters: readonly FilterPart[]) => RuleOutcome
}

/** A correlation whose rules are still names. */
export interface CorrelationDraft {
  readonly kind: 'correlation'
  readonly names: ReferenceNames
  readonly metadata: Metadata
  readonly section: CorrelationSection
  readonly place: DocumentPlace
  readonly at: Position
}

/** A filter, to be compiled for each category of the rules it belongs to. */
export interface FilterDraft {
  readonly kind: 'filter'
  readonly names: ReferenceNames
  readonly section: FilterSection
  readonly place: DocumentPlace
  readonly at: Position
  /** Compiles it for the rules of a category; `undefined` when a problem was reported. */
  readonly compile: (category: Category | undefined) => FilterPart | undefined
}

/** What a document of a rule file came to before it is seen together with the others. */
export type RuleDraft = SettledDraft | DetectionDraft | CorrelationDraft | FilterDraft

/** The outcome of a document that cannot be used. */
export function failedOutcome(
  names: ReferenceNames,
  place: { readonly path: string; readonly line: number },
  problems: readonly RuleProblem[],
): RuleOutcome {
  const { id, title } = names
  return {
    state: 'failed',
    ...(id === undefined ? {} : { id }),
    ...(title === undefined ? {} : { name: title }),
    path: place.path,
    line: place.line,
    problems,
  }
}
