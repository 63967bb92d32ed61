export { assertNever } from './assert-never.ts'
export { BUNDLE_PATHS, type BundleContent, HOST_TAG, loadBundle } from './bundle.ts'
export {
  CORRELATION_TYPES,
  type CorrelationBody,
  type CorrelationBound,
  type CorrelationExpression,
  type CorrelationInput,
  type CorrelationType,
  type EventBody,
  type JoinKey,
  type RuleBody,
  type SampleBody,
  type Scope,
  type SequenceBody,
  type Step,
} from './body.ts'
export { loadElastic } from './elastic/load.ts'
export { type CompiledEql, compileEql, type EqlOptions } from './eql/compile.ts'
export { EQL_DIALECTS, EQL_LIMITS, type EqlDialect, type EqlLimits } from './eql/dialect.ts'
export {
  type Arithmetic,
  callFunction,
  compareValues,
  compute,
  type FunctionCall,
  type ValueComparison,
} from './eql/evaluate.ts'
export { isFloat, isTruthy } from './eql/folding.ts'
export { EQL_FUNCTIONS, type EqlFunction } from './eql/functions.ts'
export { type CategoryMeaning, type EqlNames, type EqlReport, PlainNames } from './eql/names.ts'
export type { Pipe } from './eql/pipe.ts'
export {
  isFatal,
  MappingError,
  type MappingErrorCode,
  type Position,
  RULE_PROBLEM_CODES,
  type RuleProblem,
  type RuleProblemCode,
} from './errors.ts'
export {
  type ExceptionSet,
  isExceptionFor,
  loadExceptions,
  type RuleException,
} from './exception.ts'
export type {
  Expression,
  Filter,
  FormulaTest,
  Gate,
  GateEvent,
  LineageRelation,
  LineageTest,
} from './expression.ts'
export { foldCase } from './fold.ts'
export {
  type FieldReference,
  fieldsOf,
  type Formula,
  type FormulaValue,
  FUNCTION_NAMES,
  type FunctionName,
  partsOf,
} from './formula.ts'
export { FIELDS_MISSING } from './lint/sensors.ts'
export {
  type Category,
  type FieldMapping,
  type LogSourceResult,
  type ResolvedField,
  resolveField,
  resolveLogSource,
} from './mapping/mapping.ts'
export { parseFieldMapping } from './mapping/parse.ts'
export { nearestName } from './nearest.ts'
export { type Address, type Network, networkHolds, parseAddress, parseNetwork } from './network.ts'
export { compileRegex, type RegexResult, type RegexSource, type RuleRegex } from './regex.ts'
export { filterId } from './identity.ts'
export type { LogSource, Rule, RuleOutcome } from './rule.ts'
export { loadRuleFile, loadRules, loadSigma, problemsOf, type RuleSet } from './rule-set.ts'
export type { FieldNaming } from './sigma/field-resolver.ts'
export type { RuleSource, SigmaOptions } from './sigma/load.ts'
export { RISK_BY_SEVERITY } from './sigma/metadata.ts'
export { MODIFIER_NAMES } from './sigma/modifier.ts'
export type { Placeholders } from './sigma/placeholder.ts'
export { parseSigmaText, writeSigmaText } from './sigma/text.ts'
export { YAML_LIMITS, type YamlLimits } from './sigma/yaml-tree.ts'
export { unparse } from './unparse.ts'
export { type OrderedWay, orderedWays } from './ways.ts'
export type {
  Affix,
  Comparison,
  Keyword,
  Pattern,
  PatternPart,
  Predicate,
  Test,
  TimePart,
} from './value-test.ts'
