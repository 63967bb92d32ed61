import { parse, TomlError } from 'smol-toml'
import { EQL_LIMITS } from '../eql/dialect.ts'
import { loadQueryRule, type QueryRuleOptions } from '../eql/rule.ts'
import type { Position } from '../errors.ts'
import { ProblemReport } from '../report.ts'
import type { RuleOutcome } from '../rule.ts'
import type { RuleSource } from '../sigma/load.ts'
import { readElasticMetadata } from './metadata.ts'
import { tableOf, textAt, textsAt, type TomlTable } from './table.ts'

const FILE_CHARS_MAX = 524_288
const START: Position = { line: 1, column: 1 }

/**
 * Loads one of Elastic's rule files: of `detection-rules` (`[metadata]`, `[rule]` with a `type`) or
 * of `protections-artifacts` (`[rule]` with an `os_list`). Queries of the first are in the
 * Elasticsearch dialect, of the second in the endpoint's.
 *
 * @throws Never for anything in the text.
 */
export function loadElastic(source: RuleSource, options: QueryRuleOptions): RuleOutcome {
  const { path, text } = source
  const report = new ProblemReport(path)
  const root = readToml(text, report)
  const rule = root === undefined ? undefined : tableOf(root, 'rule')
  if (root === undefined || rule === undefined) {
    if (root !== undefined) {
      report.add('ERR_RULE_STRUCTURE', 'The file has no table [rule].', { at: START })
    }
    return { state: 'failed', path, line: 1, problems: report.problems }
  }
  const line = lineOf(text, /^[ \t]*\[rule\]/m)
  const at = { line, column: 1 }
  const metadata = readElasticMetadata({ root, rule, at }, report)
  const { id, name } = metadata
  const head = { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) }
  const isDeploy = (options.purpose ?? 'deploy') === 'deploy'
  const reason = whyUnsupported(rule, isDeploy)
  if (reason !== undefined) {
    return { state: 'unsupported', ...head, path, line, reason, problems: report.problems }
  }
  const query = textAt(rule, 'query')
  if (query === undefined) {
    report.add('ERR_RULE_STRUCTURE', 'The rule has no query.', { at })
    return { state: 'failed', ...head, path, line, problems: report.problems }
  }
  const isSiem = textAt(rule, 'type') !== undefined
  const detection = {
    query,
    dialect: isSiem ? ('elasticsearch' as const) : ('endpoint' as const),
    metadata,
    logsource: {},
    isStrict: false,
    place: placeIn(text, query),
    source: text,
    path,
    line,
  }
  return loadQueryRule(detection, report, options)
}

function readToml(text: string, report: ProblemReport): TomlTable | undefined {
  if (text.length > FILE_CHARS_MAX) {
    const message = `The file is longer than ${FILE_CHARS_MAX} characters.`
    report.add('ERR_RULE_TOO_LARGE', message, { at: START })
    return undefined
  }
  try {
    return parse(text, { maxDepth: EQL_LIMITS.depthMax })
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [message = 'The file is not TOML.'] = error.message.split('\n')
    const at = { line: Math.max(1, error.line), column: Math.max(1, error.column) }
    report.add('ERR_RULE_SYNTAX', message, { at })
    return undefined
  }
}

const PLATFORM = 'macos'

/** Types of rules that are evaluated somewhere else, by what they are. */
const OTHER_TYPES: Readonly<Record<string, string>> = {
  esql: 'It is a query in ES|QL, which runs in Elasticsearch only.',
  machine_learning: 'It is a job of Elastic’s machine learning.',
  new_terms: 'It tells values never seen before in Elasticsearch.',
  query: 'It is a query in KQL or Lucene.',
  threat_match: 'It matches indicators in Elasticsearch.',
  threshold: 'It counts the results of a KQL query.',
}

function whyUnsupported(rule: TomlTable, isDeploy: boolean): string | undefined {
  const type = textAt(rule, 'type') ?? 'eql'
  if (type !== 'eql') return OTHER_TYPES[type] ?? `Rules of the type "${type}" are not known.`
  if (!isDeploy) return undefined
  const platforms = textsAt(rule, 'os_list')
  const systems = textsAt(rule, 'tags').filter((tag) => tag.startsWith('OS: '))
  const isOther =
    (platforms.length > 0 && !platforms.includes(PLATFORM)) ||
    (systems.length > 0 && !systems.includes('OS: macOS'))
  return isOther ? 'The rule is for another platform.' : undefined
}

function lineOf(text: string, pattern: RegExp): number {
  const offset = pattern.exec(text)?.index ?? 0
  return text.slice(0, offset).split('\n').length
}

// Between ''' the text is as it is; of another kind of string only the line is known.
function placeIn(text: string, query: string): (offset: number) => Position {
  const from = text.indexOf(query)
  if (from === -1) {
    const line = lineOf(text, /^query\s*=/m)
    return () => ({ line, column: 1 })
  }
  return (offset) => {
    const before = text.slice(0, from + offset)
    const lastLine = before.lastIndexOf('\n')
    return { line: before.split('\n').length, column: before.length - lastLine }
  }
}
