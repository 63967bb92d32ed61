/**
 * Every code a rule or mapping problem can carry. `ERR_…` keeps the rule from being loaded,
 * `WARN_…` does not. The code is the contract; message texts may change.
 */
export const RULE_PROBLEM_CODES = [
  'ERR_RULE_TOO_LARGE',
  'ERR_RULE_SYNTAX',
  'ERR_RULE_STRUCTURE',
  'ERR_RULE_LOGSOURCE',
  // The condition cannot be parsed.
  'ERR_RULE_CONDITION',
  // The condition names a selection that the detection does not define.
  'ERR_RULE_UNKNOWN_SELECTION',
  // A field has a modifier that Sigma does not know.
  'ERR_RULE_UNKNOWN_MODIFIER',
  // A modifier does not go with the others or with its value.
  'ERR_RULE_MODIFIER',
  'ERR_RULE_VALUE',
  // A pattern is no RE2 expression, or too large.
  'ERR_RULE_REGEX',
  // A placeholder has no values here.
  'ERR_RULE_PLACEHOLDER',
  // No event has a field of this name.
  'ERR_RULE_UNKNOWN_FIELD',
  // A query of EQL cannot be parsed.
  'ERR_RULE_QUERY',
  // The query uses what only another dialect of EQL has.
  'ERR_RULE_DIALECT',
  // EQL has no function of this name.
  'ERR_RULE_UNKNOWN_FUNCTION',
  // A function or operator is given what it cannot work with.
  'ERR_RULE_OPERANDS',
  // No event is of this category.
  'ERR_RULE_UNKNOWN_CATEGORY',
  // Steps, keys, spans or runs of a sequence, sample or join do not go together.
  'ERR_RULE_SEQUENCE',
  // A pipe is not known, or stands where events have no end: in a rule.
  'ERR_RULE_PIPE',
  // Another rule that was loaded before has the same id.
  'ERR_RULE_DUPLICATE_ID',
  // The section correlation lacks a part, or has one that does not go with its type.
  'ERR_RULE_CORRELATION',
  // The section filter lacks a part, or has one of the wrong kind.
  'ERR_RULE_FILTER',
  // A correlation refers to a rule that is not in the set.
  'ERR_RULE_UNKNOWN_REFERENCE',
  // The name or title a correlation refers to is that of several rules.
  'ERR_RULE_AMBIGUOUS_REFERENCE',
  // A correlation refers to a rule that cannot be loaded, or cannot be counted.
  'ERR_RULE_REFERENCE',
  // A correlation stands on itself.
  'ERR_RULE_CYCLE',
  // The rule has no id; one is derived from its title.
  'WARN_RULE_ID_MISSING',
  // The rule has no title; alerts are named after its file and line.
  'WARN_RULE_TITLE_MISSING',
  // The level is missing or unknown; medium is used.
  'WARN_RULE_LEVEL',
  // The risk score is no whole number from 0 to 100; that of the level is used.
  'WARN_RULE_RISK_SCORE',
  // A tag under attack is no tactic or id of ATT&CK, or tags mix the names of two versions.
  'WARN_RULE_TAG',
  // A word of the condition is in upper case, which Sigma does not have.
  'WARN_RULE_CONDITION_CASE',
  // A selection or alias is defined and never used.
  'WARN_RULE_UNUSED_SELECTION',
  // The modifier all has no effect on a single value.
  'WARN_RULE_ALL_SINGLE',
  // The condition, or a part of it, holds for every event.
  'WARN_RULE_ALWAYS_TRUE',
  // The condition, or a part of it, can hold for no event.
  'WARN_RULE_NEVER_TRUE',
  // Two alternatives ask the same.
  'WARN_RULE_DUPLICATE_VALUE',
  // Every value has the pattern or expression.
  'WARN_RULE_MATCHES_ANYTHING',
  // A regular expression is slow: no literal leads to it, or it is very large.
  'WARN_RULE_REGEX_SLOW',
  // A search over all values is for less than three characters.
  'WARN_RULE_KEYWORD_BROAD',
  // A part of the rule can never hold: no sensor fills its field.
  'WARN_RULE_DEAD_FIELD',
  // No event of ours has a field of this name; taken as it is.
  'WARN_RULE_UNKNOWN_FIELD',
  // The rule has no events beside it that prove it.
  'WARN_RULE_TESTS_MISSING',
  // The query is written in a form of the language that is kept only for old queries.
  'WARN_RULE_OBSOLETE',
  // A key has no meaning here and is left out.
  'WARN_RULE_UNKNOWN_KEY',
  // The correlation has no group-by: it counts over all Macs together.
  'WARN_RULE_GROUP_BY_MISSING',
  // The condition does not say which percentile; the 50th is taken.
  'WARN_RULE_PERCENTILE_MISSING',
  // The timespan is longer than a week.
  'WARN_RULE_TIMESPAN_LONG',
  // A high or critical rule makes no alerts of its own, because a correlation counts it.
  'WARN_RULE_SILENCED',
  // No rule belongs to the filter.
  'WARN_RULE_FILTER_UNUSED',
] as const

/** One of {@link RULE_PROBLEM_CODES}. */
export type RuleProblemCode = (typeof RULE_PROBLEM_CODES)[number]

/** A place in a rule file, both counted from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** One thing that is wrong with a rule file. Loading lists all problems and throws none. */
export interface RuleProblem {
  readonly code: RuleProblemCode
  /** What happened, to what, and what to do. */
  readonly message: string
  readonly path: string
  readonly line: number
  readonly column: number
  /** The nearest valid name, where a name was not known. */
  readonly nearest?: string
}

/** Tells the problems that keep a rule out from those that do not. */
export function isFatal(problem: RuleProblem): boolean {
  return problem.code.startsWith('ERR_')
}

/** What can be wrong with a field mapping file. */
export type MappingErrorCode =
  // The field mapping is no YAML.
  | 'ERR_MAPPING_SYNTAX'
  // The field mapping lacks a part, or has one that is not known.
  | 'ERR_MAPPING_STRUCTURE'

/**
 * A field mapping that cannot be used. Thrown, because nothing can be loaded without one:
 * a mapping is shipped content or configuration, not data from outside.
 */
export class MappingError extends Error {
  readonly code: MappingErrorCode
  readonly details: Readonly<Record<string, string | number>>

  constructor(
    code: MappingErrorCode,
    message: string,
    details: Readonly<Record<string, string | number>> = {},
  ) {
    super(message)
    this.name = 'MappingError'
    this.code = code
    this.details = details
  }
}
