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
  'WARN_RULE_ID_MISSING',
  'WARN_RULE_TITLE_MISSING',
  'WARN_RULE_LEVEL',
  'WARN_RULE_RISK_SCORE',
  'WARN_RULE_TAG',
  'WARN_RULE_CONDITION_CASE',
  'WARN_RULE_UNUSED_SELECTION',
  'WARN_RULE_ALL_SINGLE',
  'WARN_RULE_ALWAYS_TRUE',
  'WARN_RULE_DEAD_FIELD',
  'WARN_RULE_UNKNOWN_FIELD',
  'WARN_RULE_TESTS_MISSING',
  'WARN_RULE_OBSOLETE',
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
