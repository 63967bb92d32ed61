import { deriveId, FIELD_BY_NAME } from '@pomona/schema'
import type { Position } from '../errors.ts'
import { loadQueryDocument } from '../eql/document.ts'
import { ruleVersion } from '../identity.ts'
import { FIELDS_MISSING } from '../lint/sensors.ts'
import { truthOf } from '../lint/truth.ts'
import {
  type Category,
  type FieldMapping,
  GATE_OPEN,
  resolveField,
  resolveLogSource,
  resolveSigmaField,
} from '../mapping/mapping.ts'
import { nearestName } from '../nearest.ts'
import { ProblemReport } from '../report.ts'
import type { Expression } from '../expression.ts'
import type { LogSource, Rule, RuleOutcome } from '../rule.ts'
import { ConditionBuilder, selectionsOf } from './condition-build.ts'
import { SelectionCompiler } from './detection.ts'
import { type Metadata, readLogSource, readMetadata } from './metadata.ts'
import type { Placeholders } from './placeholder.ts'
import { entryOf, readYaml, textOf, YAML_LIMITS, type YamlLimits } from './yaml-tree.ts'
import type { YamlDocument, YamlMap } from './yaml-tree.ts'

/** A rule file. `path` only names it in problems; nothing is read from disk here. */
export interface RuleSource {
  readonly path: string
  readonly text: string
  /** Names of the files beside it, where they are known: a rule without its tests is warned of. */
  readonly beside?: readonly string[]
}

/**
 * By which names events are asked.
 * `ecs`: the mapping's. `raw`: the rule's own, untouched. `sigma`: Sigma's taxonomy, also where a
 * rule is written with ECS names.
 */
export type FieldNaming = 'ecs' | 'raw' | 'sigma'

/** How rules are loaded. */
export interface SigmaOptions {
  readonly mapping: FieldMapping
  /** Default `ecs`. */
  readonly fields?: FieldNaming
  /**
   * `deploy` (default) loads what can fire on our sensors: other platforms are unsupported, unknown
   * fields an error, rules that need what no sensor reports dead. `evaluate` takes rules as they
   * are. Only `deploy` sets gates.
   */
  readonly purpose?: 'deploy' | 'evaluate'
  readonly placeholders?: Placeholders
  readonly limits?: YamlLimits
}

const TESTS = ['match.jsonl', 'no-match.jsonl'] as const
const NONE_MISSING: ReadonlyMap<string, string> = new Map()

/**
 * Loads the Sigma rules of one file.
 *
 * @returns One outcome a document, in order: loaded, dead, unsupported or failed, with all
 *          problems.
 * @throws  Never for anything in the text.
 * @see     Sigma specification 2.1.0, rules.
 */
export function loadSigma(source: RuleSource, options: SigmaOptions): readonly RuleOutcome[] {
  const documents = readYaml(source.text, options.limits ?? YAML_LIMITS)
  const outcomes = documents.flatMap((document) => {
    return isEmpty(document) ? [] : [new DocumentLoader(source, document, options).load()]
  })
  if (outcomes.length > 0) return outcomes
  const report = new ProblemReport(source.path)
  report.add('ERR_RULE_STRUCTURE', 'The file holds no rule.', { at: { line: 1, column: 1 } })
  return [{ state: 'failed', path: source.path, line: 1, problems: report.problems }]
}

// `---` at the end of a file begins a document that holds nothing, or the value null.
function isEmpty({ root, problems }: YamlDocument): boolean {
  const isNothing = root === undefined || (root.kind === 'scalar' && root.value === null)
  return isNothing && problems.length === 0
}

class DocumentLoader {
  readonly #path: string
  readonly #file: string
  readonly #beside: readonly string[] | undefined
  readonly #document: YamlDocument
  readonly #options: SigmaOptions
  readonly #report: ProblemReport
  readonly #naming: FieldNaming
  readonly #isDeploy: boolean
  /** Fields of this rule that no event carries, with the reason. */
  readonly #missing = new Map<string, string>()
  #category: Category | undefined

  constructor(source: RuleSource, document: YamlDocument, options: SigmaOptions) {
    this.#path = source.path
    this.#file = source.text
    this.#beside = source.beside
    this.#document = document
    this.#options = options
    this.#report = new ProblemReport(source.path)
    this.#naming = options.fields ?? 'ecs'
    this.#isDeploy = (options.purpose ?? 'deploy') === 'deploy'
  }

  load(): RuleOutcome {
    const { root, problems } = this.#document
    for (const { code, message, at } of problems) this.#report.add(code, message, { at })
    if (root?.kind !== 'map') {
      if (problems.length === 0) this.#structure('A rule must be a map of keys.', this.#document.at)
      return this.#failed(undefined)
    }
    const kind = documentKind(root)
    if (kind === 'query') {
      const document = { root, path: this.#path, text: this.#document.text, file: this.#file }
      this.#reportTests(root.at)
      return loadQueryDocument(document, this.#report, this.#options)
    }
    if (kind !== 'detection') return this.#unsupported(root, kind)
    const metadata = readMetadata(root, this.#report)
    const logsource = readLogSource(root)
    if (logsource === undefined && this.#isDeploy) {
      const at = entryOf(root, 'logsource')?.at ?? root.at
      this.#report.add('ERR_RULE_LOGSOURCE', 'The rule needs a logsource map.', { at })
    }
    const source = logsource ?? {}
    const refusal = this.#isDeploy ? this.#placeInMapping(source) : this.#peekCategory(source)
    if (refusal !== undefined) {
      return { ...this.#unsupportedHead(root), reason: refusal, problems: this.#report.problems }
    }
    const expression = this.#detection(root)
    if (expression === undefined || this.#report.fatal) return this.#failed(root)
    const rule = this.#rule({ metadata, logsource: source, expression, at: root.at })
    return this.#judge(rule, expression)
  }

  #structure(message: string, at: Position): undefined {
    this.#report.add('ERR_RULE_STRUCTURE', message, { at })
    return undefined
  }

  #failed(root: YamlMap | undefined): RuleOutcome {
    const problems = this.#report.problems
    const { line } = this.#document.at
    return { state: 'failed', ...names(root), path: this.#path, line, problems }
  }

  #unsupportedHead(root: YamlMap) {
    const { line } = this.#document.at
    return { state: 'unsupported' as const, ...names(root), path: this.#path, line }
  }

  #unsupported(root: YamlMap, kind: 'correlation' | 'filter' | 'none'): RuleOutcome {
    if (kind === 'none') {
      this.#structure('The rule has no detection section.', root.at)
      return this.#failed(root)
    }
    const reason =
      kind === 'correlation'
        ? 'Correlation rules are not evaluated in this version.'
        : 'Filter rules are not evaluated in this version.'
    return { ...this.#unsupportedHead(root), reason, problems: this.#report.problems }
  }

  /** Finds the category; returns the reason when the rule is for other events than ours. */
  #placeInMapping(logsource: LogSource): string | undefined {
    const { mapping } = this.#options
    const found = resolveLogSource(mapping, logsource)
    if (found.kind === 'category') this.#category = found.category
    if (found.kind !== 'other') return undefined
    const known = [...mapping.categories.keys(), ...mapping.services.keys()]
    const nearest = found.unknown === undefined ? undefined : nearestName(found.unknown, known)
    return nearest === undefined ? found.reason : `${found.reason} Did you mean "${nearest}"?`
  }

  #peekCategory({ category }: LogSource): undefined {
    const { categories } = this.#options.mapping
    this.#category = category === undefined ? undefined : categories.get(category)
    return undefined
  }

  #detection(root: YamlMap): Expression | undefined {
    const section = entryOf(root, 'detection')
    if (section?.value.kind !== 'map') {
      return this.#structure('detection must be a map of selections.', section?.at ?? root.at)
    }
    const selections = this.#selections(section.value)
    return new ConditionBuilder(this.#report, section.value, selections).build()
  }

  #selections(section: YamlMap): ReadonlyMap<string, Expression | undefined> {
    const compiler = new SelectionCompiler({
      report: this.#report,
      placeholders: this.#options.placeholders ?? {},
      resolve: (name, at) => this.#resolve(name, at),
      aliases: (field, value) => this.#aliases(field, value),
    })
    return new Map(
      selectionsOf(section).map(({ key, value }) => [key, compiler.compile(key, value)]),
    )
  }

  #resolve(name: string, at: Position): readonly string[] {
    if (this.#naming === 'raw') return [name]
    const { mapping } = this.#options
    const query = { name, category: this.#category }
    if (this.#naming === 'sigma') return resolveSigmaField(mapping, query).fields
    const { fields, missing } = resolveField(mapping, query)
    if (missing !== undefined) this.#missing.set(name, missing)
    else for (const field of fields) this.#check(name, field, at)
    return fields
  }

  #check(written: string, field: string, at: Position): void {
    const reason = FIELDS_MISSING.get(field)
    if (reason !== undefined) this.#missing.set(field, reason)
    if (FIELD_BY_NAME.has(field)) return
    const valid = [...this.#options.mapping.fields.keys(), ...FIELD_BY_NAME.keys()]
    const nearest = nearestName(written, valid)
    const code = this.#isDeploy ? 'ERR_RULE_UNKNOWN_FIELD' : 'WARN_RULE_UNKNOWN_FIELD'
    this.#report.add(code, `No event has a field "${written}".`, { at, nearest })
  }

  #aliases(field: string, value: string): readonly string[] {
    if (this.#naming !== 'ecs') return []
    const aliases = this.#options.mapping.values.get(field)?.get(value) ?? []
    return aliases.filter((alias) => alias !== value)
  }

  #rule({ metadata, logsource, expression, at }: RuleParts): Rule {
    this.#reportTests(at)
    const { id, name, ...rest } = metadata
    const identity = name ?? `${this.#path}:${at.line}`
    const gate = this.#isDeploy ? (this.#category?.gate ?? GATE_OPEN) : GATE_OPEN
    const rule: Omit<Rule, 'version'> = {
      id: id ?? deriveId('sigma', [identity]),
      name: identity,
      language: 'sigma',
      ...rest,
      logsource,
      body: { kind: 'event', gate, expression },
      silent: false,
      source: this.#document.text,
      path: this.#path,
      line: at.line,
    }
    return { ...rule, version: ruleVersion(rule) }
  }

  #reportTests(at: Position): void {
    const missing = TESTS.filter((file) => this.#beside?.includes(file) === false)
    if (missing.length === 0) return
    const message = `The rule has no ${missing.join(' and no ')} beside it to prove it.`
    this.#report.add('WARN_RULE_TESTS_MISSING', message, { at })
  }

  #judge(rule: Rule, expression: Expression): RuleOutcome {
    const isMissing = (field: string): boolean => this.#missing.has(field)
    if (this.#isDeploy && this.#category?.missing !== undefined) {
      const reason = this.#category.missing
      return { state: 'dead', rule, reason, fields: [], problems: this.#report.problems }
    }
    const missing = this.#isDeploy ? this.#missing : NONE_MISSING
    const truth = truthOf(expression, isMissing)
    if (missing.size > 0 && truth === false) {
      const fields = [...missing.keys()]
      const reasons = fields.map((field) => `${field}: ${missing.get(field)}`)
      const reason = `It needs what no sensor provides (${reasons.join('; ')}).`
      return { state: 'dead', rule, reason, fields, problems: this.#report.problems }
    }
    const at = { line: rule.line, column: 1 }
    if (truth === true) {
      const message = 'The condition holds for every event of the logsource.'
      this.#report.add('WARN_RULE_ALWAYS_TRUE', message, { at })
    }
    for (const [field, reason] of missing) {
      const message = `Parts of the rule never hold: no sensor provides "${field}" (${reason}).`
      this.#report.add('WARN_RULE_DEAD_FIELD', message, { at: firstUse(expression, field) ?? at })
    }
    return { state: 'loaded', rule, problems: this.#report.problems }
  }
}

interface RuleParts {
  readonly metadata: Metadata
  readonly logsource: LogSource
  readonly expression: Expression
  readonly at: Position
}

function documentKind(root: YamlMap): 'detection' | 'query' | 'correlation' | 'filter' | 'none' {
  if (entryOf(root, 'detection') !== undefined) return 'detection'
  if (entryOf(root, 'query') !== undefined) return 'query'
  if (entryOf(root, 'correlation') !== undefined) return 'correlation'
  return entryOf(root, 'filter') === undefined ? 'none' : 'filter'
}

function names(root: YamlMap | undefined): { readonly id?: string; readonly name?: string } {
  const id = root === undefined ? undefined : textOf(root, 'id')
  const name = root === undefined ? undefined : textOf(root, 'title')
  return { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) }
}

function firstUse(whole: Expression, field: string): Position | undefined {
  let found: Position | undefined
  const visit = (expression: Expression): void => {
    if (found !== undefined) return
    if (expression.kind === 'test' && expression.predicate.field === field) found = expression.at
    else if (expression.kind === 'not') visit(expression.operand)
    else if (expression.kind === 'and' || expression.kind === 'or') {
      for (const operand of expression.operands) visit(operand)
    }
  }
  visit(whole)
  return found
}
