import type { Severity, Technique } from '@pomona/schema'
import type { Position, RuleProblem } from './errors.ts'

/**
 * A part of a pattern: text to find as it stands, or a wildcard. `*` is any number of characters,
 * none included; `?` is exactly one.
 */
export type PatternPart = { readonly text: string } | { readonly wildcard: '*' | '?' }

/** A pattern without its language's escaping, so that every rule language can share it. */
export type Pattern = readonly PatternPart[]

/** Numeric comparisons. */
export type Comparison = 'lt' | 'lte' | 'gt' | 'gte' | 'eq'

/** Parts of a timestamp a rule can ask for; `week` is the ISO 8601 week. */
export type TimePart = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year'

/** Where in the other field's value the text has to be. */
export type Affix = 'whole' | 'prefix' | 'suffix' | 'inside'

/**
 * What is asked of one value. All hold for an array when any element satisfies them, and none but
 * `absent` and `exists: false` holds for an absent field.
 */
export type Test =
  /** The value, as text, is the pattern. Without `cased` both sides are lower-cased. */
  | { readonly kind: 'pattern'; readonly pattern: Pattern; readonly cased: boolean }
  /** Equal as number, or as the text the rule writes. */
  | { readonly kind: 'number'; readonly value: number; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** RE2 syntax, found anywhere in the value. Flags as in `(?ims)`. */
  | { readonly kind: 'regex'; readonly source: string; readonly flags: string }
  | { readonly kind: 'cidr'; readonly network: string }
  /** No value, or null. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'exists'; readonly value: boolean }
  | { readonly kind: 'compare'; readonly comparison: Comparison; readonly value: number }
  | {
      readonly kind: 'time'
      readonly part: TimePart
      readonly comparison: Comparison
      readonly value: number
    }
  /** Compared with another field of the same event. */
  | {
      readonly kind: 'field'
      readonly other: string
      readonly affix: Affix
      readonly cased: boolean
    }

/** A question about one field of an event. */
export interface Predicate {
  /** Name by which the event is asked. */
  readonly field: string
  /** Name the rule writes. */
  readonly written: string
  readonly test: Test
  /** The operator as the rule's author reads it, such as `endswith` or `re`. */
  readonly operator: string
  /** The value as the rule writes it. */
  readonly value: string
}

/** A search over all values of an event, without a field. */
export interface Keyword {
  readonly test: Extract<Test, { readonly kind: 'pattern' | 'regex' }>
  readonly operator: string
  readonly value: string
}

/** The condition of a rule: a tree over predicates. Plain data; JSON keeps all of it. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] }
  | { readonly kind: 'not'; readonly operand: Expression }
  | {
      readonly kind: 'test'
      readonly predicate: Predicate
      readonly selection: string
      readonly at: Position
    }
  | {
      readonly kind: 'keyword'
      readonly keyword: Keyword
      readonly selection: string
      readonly at: Position
    }
  | { readonly kind: 'constant'; readonly value: boolean }

/** Events a rule wants to see: those with this action and, where given, these values. */
export interface GateEvent {
  /** Value of `event.action`. */
  readonly action: string
  readonly equals: Readonly<Record<string, string | number | boolean>>
}

/** Which events a rule is tried on. No entry means every event. */
export interface Gate {
  readonly events: readonly GateEvent[]
}

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
  readonly language: 'sigma'
  readonly severity: Severity
  /** 0 to 100. */
  readonly riskScore: number
  readonly attackVersion: string
  readonly techniques: readonly Technique[]
  readonly tactics: readonly string[]
  readonly tags: readonly string[]
  readonly logsource: LogSource
  readonly gate: Gate
  readonly expression: Expression
  readonly description?: string
  readonly author?: string
  readonly status?: string
  readonly references: readonly string[]
  readonly falsePositives: readonly string[]
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
      readonly state: 'failed'
      readonly id?: string
      readonly name?: string
      readonly path: string
      readonly line: number
      readonly problems: readonly RuleProblem[]
    }
