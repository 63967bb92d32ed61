import { deriveId } from '@pomona/schema'
import type { RuleBody } from '../body.ts'
import type { Position } from '../errors.ts'
import type { Expression } from '../expression.ts'
import { ruleVersion } from '../identity.ts'
import type { FieldMapping } from '../mapping/mapping.ts'
import type { ProblemReport } from '../report.ts'
import type { LogSource, Rule, RuleOutcome } from '../rule.ts'
import type { Metadata } from '../sigma/metadata.ts'
import { compileEql } from './compile.ts'
import type { EqlDialect } from './dialect.ts'
import { judge } from './judge.ts'
import { MappedNames, type MappedNamesOptions } from './mapped-names.ts'

/** A rule whose detection is a query. */
export interface QueryRule {
  readonly query: string
  readonly dialect: EqlDialect
  readonly metadata: Metadata
  readonly logsource: LogSource
  readonly isStrict: boolean
  /** Where in the file a place of the query is. */
  readonly place: (offset: number) => Position
  readonly source: string
  readonly path: string
  readonly line: number
}

/** How rules with queries are loaded. */
export interface QueryRuleOptions {
  readonly mapping: FieldMapping
  readonly fields?: MappedNamesOptions['naming']
  readonly purpose?: 'deploy' | 'evaluate'
}

/**
 * Compiles a rule's query and decides whether it can ever hold.
 *
 * @throws Never for anything in the query.
 */
export function loadQueryRule(
  rule: QueryRule,
  report: ProblemReport,
  options: QueryRuleOptions,
): RuleOutcome {
  const isDeploy = (options.purpose ?? 'deploy') === 'deploy'
  const names = new MappedNames({
    mapping: options.mapping,
    naming: options.fields ?? 'ecs',
    isDeploy,
    isStrict: rule.isStrict,
    report,
  })
  const compiled = compileEql(rule.query, {
    dialect: rule.dialect,
    names,
    report: (code, message, { offset, nearest }) =>
      report.add(code, message, { at: rule.place(offset), nearest }),
    place: rule.place,
  })
  if (compiled !== undefined && compiled.pipes.length > 0) {
    const message = 'A rule looks at events that go on and on: it has no pipes.'
    report.add('ERR_RULE_PIPE', message, { at: rule.place(0) })
  }
  if (compiled === undefined || report.fatal) return failed(rule, report)
  const { kind } = compiled.body
  if (isDeploy && (kind === 'sample' || kind === 'join')) {
    const reason = `A ${kind} has no order and no end of time: it is for events that are stored.`
    return { ...failed(rule, report), state: 'unsupported', reason }
  }
  const whole = assembled(rule, compiled.body)
  return isDeploy ? outcome(whole, names, report) : loaded(whole, report)
}

function failed({ metadata: { id, name }, path, line }: QueryRule, report: ProblemReport) {
  return {
    state: 'failed' as const,
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    path,
    line,
    problems: report.problems,
  }
}

function loaded(rule: Rule, { problems }: ProblemReport): RuleOutcome {
  return { state: 'loaded', rule, problems }
}

function assembled({ metadata, logsource, source, path, line }: QueryRule, body: RuleBody): Rule {
  const { id, name, ...rest } = metadata
  const identity = name ?? `${path}:${line}`
  const rule: Omit<Rule, 'version'> = {
    id: id ?? deriveId('eql', [identity]),
    name: identity,
    language: 'eql',
    ...rest,
    logsource,
    body,
    silent: false,
    source,
    path,
    line,
  }
  return { ...rule, version: ruleVersion(rule) }
}

function outcome(rule: Rule, names: MappedNames, report: ProblemReport): RuleOutcome {
  const { truth, fields, reason } = judge(rule.body, names)
  if (truth === false) return { state: 'dead', rule, reason, fields, problems: report.problems }
  const at = { line: rule.line, column: 1 }
  if (truth === true) {
    const message = 'The query holds for every event of its category.'
    report.add('WARN_RULE_ALWAYS_TRUE', message, { at })
  }
  const places = placesOf(rule.body)
  for (const [field, why] of names.missing) {
    const message = `Parts of the rule never hold: no sensor provides "${field}" (${why}).`
    report.add('WARN_RULE_DEAD_FIELD', message, { at: places.get(field) ?? at })
  }
  return loaded(rule, report)
}

/** Where each field is asked for first. */
function placesOf(body: RuleBody): ReadonlyMap<string, Position> {
  const places = new Map<string, Position>()
  const visit = (expression: Expression): void => {
    switch (expression.kind) {
      case 'and':
      case 'or':
        for (const operand of expression.operands) visit(operand)
        break
      case 'not':
        visit(expression.operand)
        break
      case 'lineage':
        visit(expression.subject.expression)
        break
      case 'test': {
        const { field } = expression.predicate
        if (!places.has(field)) places.set(field, expression.at)
        break
      }
      case 'formula':
      case 'keyword':
      case 'constant':
        break
    }
  }
  if (body.kind === 'event') visit(body.expression)
  else if (body.kind !== 'correlation')
    for (const { filter } of body.steps) visit(filter.expression)
  return places
}
