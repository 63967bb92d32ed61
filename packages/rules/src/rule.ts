import type { Severity, Technique } from '@pomona/schema'
import type { RuleBody } from './body.ts'
import type { RuleProblem } from './errors.ts'

/** What the rule says about where its events come from; Sigma's *logsource*. */
export interface LogSource {
  readonly category?: string
  readonly product?: string
  readonly service?: string
}

/** A rule in the intermediate form all languages compile to. Plain data. */
export interface Rule {
  readonly id: string
  readonly name: string
  /** Hash of everything that decides when the rule fires and what its alert says. */
  readonly version: string
  readonly language: 'sigma' | 'eql'
  readonly severity: Severity
  /** 0 to 100. */
  readonly riskScore: number
  readonly attackVersion: string
  readonly techniques: readonly Technique[]
  readonly tactics: readonly string[]
  readonly tags: readonly string[]
  readonly logsource: LogSource
  readonly body: RuleBody
  /** Counts and feeds correlations, but makes no alerts of its own: Sigma's `generate: false`. */
  readonly silent: boolean
  readonly description?: string
  readonly author?: string
  readonly status?: string
  readonly references: readonly string[]
  readonly falsePositives: readonly string[]
  /** What to do when it fires, in the order of doing. */
  readonly response: readonly string[]
  /** The document as written. */
  readonly source: string
  readonly path: string
  /** Line of the document in its file, from 1. */
  readonly line: number
}

/** What became of one rule document. Every document ends as exactly one of these. */
export type RuleOutcome =
  | {
      readonly state: 'loaded'
      readonly rule: Rule
      readonly problems: readonly RuleProblem[]
    }
  | {
      /** Correct, but it can never hold on what today's sensors report. */
      readonly state: 'dead'
      readonly rule: Rule
      readonly reason: string
      readonly fields: readonly string[]
      readonly problems: readonly RuleProblem[]
    }
  | {
      /** Correct as far as it was read, but of a kind or for a platform that is not evaluated. */
      readonly state: 'unsupported'
      readonly id?: string
      readonly name?: string
      readonly reason: string
      readonly path: string
      readonly line: number
      readonly problems: readonly RuleProblem[]
    }
  | {
      /** A filter: no rule itself, but a part of those that it belongs to. */
      readonly state: 'applied'
      readonly id?: string
      readonly name?: string
      readonly ruleIds: readonly string[]
      readonly path: string
      readonly line: number
      readonly problems: readonly RuleProblem[]
    }
  | {
      readonly state: 'failed'
      readonly id?: string
      readonly name?: string
      readonly path: string
      readonly line: number
      readonly problems: readonly RuleProblem[]
    }
