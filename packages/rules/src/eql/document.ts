import type { Position } from '../errors.ts'
import { nearestName } from '../nearest.ts'
import type { ProblemReport } from '../report.ts'
import type { RuleOutcome } from '../rule.ts'
import { readLogSource, readMetadata } from '../sigma/metadata.ts'
import { entryOf, textOf, type YamlMap, type YamlScalar } from '../sigma/yaml-tree.ts'
import { EQL_DIALECTS, type EqlDialect } from './dialect.ts'
import { loadQueryRule, type QueryRuleOptions } from './rule.ts'

const LANGUAGE = 'eql'
const DIALECT_DEFAULT: EqlDialect = 'endpoint'

/** A rule document of YAML with a query in place of a detection. */
export interface QueryDocument {
  readonly root: YamlMap
  readonly path: string
  /** The document's own text. */
  readonly text: string
  /** The whole file, to find where the query begins in it. */
  readonly file: string
}

/**
 * Loads a rule document that has a `query`: the keys of a Sigma rule, `language: eql`, and the
 * dialect where it is not the endpoint's.
 *
 * @throws Never for anything in the text.
 */
export function loadQueryDocument(
  { root, path, text, file }: QueryDocument,
  report: ProblemReport,
  options: QueryRuleOptions,
): RuleOutcome {
  const metadata = readMetadata(root, report)
  const { line } = root.at
  const language = textOf(root, 'language')
  const { id, name } = metadata
  const head = { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) }
  const logsource = readLogSource(root) ?? {}
  const { product } = logsource
  const isDeploy = (options.purpose ?? 'deploy') === 'deploy'
  const isForeign = product !== undefined && !options.mapping.products.has(product.toLowerCase())
  const reason =
    language !== undefined && language !== LANGUAGE
      ? `Queries in "${language}" are not evaluated; EQL is.`
      : `The rule is for another platform, "${product}".`
  if ((language !== undefined && language !== LANGUAGE) || (isDeploy && isForeign)) {
    return { state: 'unsupported', ...head, path, line, reason, problems: report.problems }
  }
  const query = queryOf(root, report)
  const dialect = dialectOf(root, report)
  if (query === undefined || dialect === undefined) {
    return { state: 'failed', ...head, path, line, problems: report.problems }
  }
  const rule = {
    query: String(query.value),
    dialect,
    metadata,
    logsource,
    isStrict: true,
    place: placeIn(query, file),
    source: text,
    path,
    line,
  }
  return loadQueryRule(rule, report, options)
}

function queryOf(root: YamlMap, report: ProblemReport): YamlScalar | undefined {
  const entry = entryOf(root, 'query')
  if (entry?.value.kind === 'scalar' && typeof entry.value.value === 'string') return entry.value
  report.add('ERR_RULE_STRUCTURE', 'query must be a text.', { at: entry?.at ?? root.at })
  return undefined
}

function dialectOf(root: YamlMap, report: ProblemReport): EqlDialect | undefined {
  const written = textOf(root, 'dialect')
  if (written === undefined) return DIALECT_DEFAULT
  const dialect = EQL_DIALECTS.find((one) => one === written)
  if (dialect !== undefined) return dialect
  const message = `There is no dialect "${written}".`
  const nearest = nearestName(written, EQL_DIALECTS)
  report.add('ERR_RULE_VALUE', message, { at: entryOf(root, 'dialect')?.at ?? root.at, nearest })
  return undefined
}

/** A block scalar (`|`) has its lines as they are, but for the indentation. */
function placeIn(query: YamlScalar, file: string): (offset: number) => Position {
  const { line, column } = query.at
  const lines = file.split('\n')
  const isBlock = /^[|>]/.test(lines[line - 1]?.slice(column - 1) ?? '')
  const value = String(query.value)
  if (!isBlock) return (offset) => ({ line, column: column + query.quoteChars + offset })
  const first = lines.slice(line).find((text) => text.trim() !== '') ?? ''
  const indent = first.length - first.trimStart().length
  return (offset) => {
    const before = value.slice(0, offset).split('\n')
    return { line: line + before.length, column: indent + (before.at(-1)?.length ?? 0) + 1 }
  }
}
