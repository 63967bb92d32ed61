import { deriveId } from '@pomona/schema'
import {
  type DocumentPlace,
  type FilterPart,
  type ReferenceNames,
  type RuleDraft,
  failedOutcome,
} from '../draft.ts'
import { loadQueryDocument } from '../eql/document.ts'
import type { Position } from '../errors.ts'
import { ruleVersion } from '../identity.ts'
import { lintExpression } from '../lint/expression.ts'
import { truthOf } from '../lint/truth.ts'
import {
  type Category,
  type FieldMapping,
  GATE_OPEN,
  resolveLogSource,
} from '../mapping/mapping.ts'
import { type HintBudget, hintBudget, ProblemReport } from '../report.ts'
import type { Expression } from '../expression.ts'
import type { LogSource, Rule, RuleOutcome } from '../rule.ts'
import { ConditionBuilder, selectionsOf } from './condition-build.ts'
import { readCorrelation } from './correlation.ts'
import { SelectionCompiler } from './detection.ts'
import { type FieldNaming, FieldResolver, type FieldScope } from './field-resolver.ts'
import { readFilter } from './filter.ts'
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

/**
 * Reads the Sigma documents of one file: detections, correlations, filters. What refers to other
 * documents is left open; see {@link loadRules}.
 *
 * @param budget Of the whole set; the file's own without it.
 * @returns One draft a document, in order; at least one.
 * @throws  Never for anything in the text.
 * @see     Sigma specification 2.1.0.
 */
export function readSigma(
  source: RuleSource,
  options: SigmaOptions,
  budget: HintBudget = hintBudget(),
): readonly RuleDraft[] {
  const documents = readYaml(source.text, options.limits ?? YAML_LIMITS)
  const drafts = documents.flatMap((document) => {
    if (isEmpty(document)) return []
    return [new DocumentReader({ source, document, options, budget }).read()]
  })
  if (drafts.length > 0) return drafts
  const report = new ProblemReport(source.path)
  report.add('ERR_RULE_STRUCTURE', 'The file holds no rule.', { at: { line: 1, column: 1 } })
  const outcome = failedOutcome({}, { path: source.path, line: 1 }, report.problems)
  return [{ kind: 'settled', outcome, names: {} }]
}

// `---` at the end of a file begins a document that holds nothing, or the value null.
function isEmpty({ root, problems }: YamlDocument): boolean {
  const isNothing = root === undefined || (root.kind === 'scalar' && root.value === null)
  return isNothing && problems.length === 0
}

interface DocumentJob {
  readonly source: RuleSource
  readonly document: YamlDocument
  readonly options: SigmaOptions
  readonly budget: HintBudget
}

class DocumentReader {
  /** The whole file. */
  readonly #file: string
  readonly #beside: readonly string[] | undefined
  readonly #document: YamlDocument
  readonly #options: SigmaOptions
  readonly #report: ProblemReport
  readonly #place: DocumentPlace
  readonly #naming: FieldNaming
  readonly #isDeploy: boolean
  #names: ReferenceNames = {}

  constructor({ source, document, options, budget }: DocumentJob) {
    this.#file = source.text
    this.#beside = source.beside
    this.#document = document
    this.#options = options
    this.#report = new ProblemReport(source.path, budget)
    this.#place = {
      path: source.path,
      line: document.at.line,
      source: document.text,
      report: this.#report,
    }
    this.#naming = options.fields ?? 'ecs'
    this.#isDeploy = (options.purpose ?? 'deploy') === 'deploy'
  }

  read(): RuleDraft {
    const { root, problems } = this.#document
    for (const { code, message, at } of problems) this.#report.add(code, message, { at })
    if (root?.kind !== 'map') {
      if (problems.length === 0) this.#structure('A rule must be a map of keys.', this.#document.at)
      return this.#failed()
    }
    this.#names = namesOf(root)
    switch (documentKind(root)) {
      case 'detection':
        return this.#detection(root)
      case 'query':
        return this.#query(root)
      case 'correlation':
        return this.#correlation(root)
      case 'filter':
        return this.#filter(root)
      default:
        this.#structure('The rule has no detection section.', root.at)
        return this.#failed()
    }
  }

  #structure(message: string, at: Position): undefined {
    this.#report.add('ERR_RULE_STRUCTURE', message, { at })
    return undefined
  }

  #settled(outcome: RuleOutcome): RuleDraft {
    return { kind: 'settled', outcome, names: this.#names }
  }

  #failed(): RuleDraft {
    return this.#settled(failedOutcome(this.#names, this.#place, this.#report.problems))
  }

  #query(root: YamlMap): RuleDraft {
    this.#reportTests(root.at)
    const { path } = this.#place
    const document = { root, path, text: this.#document.text, file: this.#file }
    return this.#settled(loadQueryDocument(document, this.#report, this.#options))
  }

  #correlation(root: YamlMap): RuleDraft {
    const metadata = readMetadata(root, this.#report)
    const section = readCorrelation(root, this.#report)
    if (section === undefined || this.#report.fatal) return this.#failed()
    this.#reportTests(root.at)
    const { at } = root
    const names = this.#names
    return { kind: 'correlation', names, metadata, section, place: this.#place, at }
  }

  #filter(root: YamlMap): RuleDraft {
    const section = readFilter(root, this.#report)
    if (section === undefined) return this.#failed()
    const label = `${this.#names.title ?? 'filter'}: `
    return {
      kind: 'filter',
      names: this.#names,
      section,
      place: this.#place,
      at: root.at,
      compile: (category) => {
        const resolver = this.#resolver(category)
        const expression = this.#compile(section.detection, { resolver, label })
        const { missing } = resolver
        const isBroken = expression === undefined || this.#report.fatal
        return isBroken ? undefined : { expression, missing }
      },
    }
  }

  #detection(root: YamlMap): RuleDraft {
    const metadata = readMetadata(root, this.#report)
    const logsource = readLogSource(root)
    if (logsource === undefined && this.#isDeploy) {
      const at = entryOf(root, 'logsource')?.at ?? root.at
      this.#report.add('ERR_RULE_LOGSOURCE', 'The rule needs a logsource map.', { at })
    }
    const placed = this.#placeInMapping(logsource ?? {})
    if (placed.refusal !== undefined) {
      const { id, title } = this.#names
      return this.#settled({
        state: 'unsupported',
        ...(id === undefined ? {} : { id }),
        ...(title === undefined ? {} : { name: title }),
        path: this.#place.path,
        line: this.#place.line,
        reason: placed.refusal,
        problems: this.#report.problems,
      })
    }
    const { category } = placed
    const section = entryOf(root, 'detection')
    if (section?.value.kind !== 'map') {
      this.#structure('detection must be a map of selections.', section?.at ?? root.at)
      return this.#failed()
    }
    const resolver = this.#resolver(category)
    const expression = this.#compile(section.value, { resolver, label: '' })
    if (expression === undefined || this.#report.fatal) return this.#failed()
    this.#reportTests(root.at)
    const parts = { metadata, category, logsource: logsource ?? {}, at: root.at }
    return {
      kind: 'detection',
      names: this.#names,
      logsource: parts.logsource,
      category,
      finish: (filters) => this.#finish(parts, { expression, missing: resolver.missing }, filters),
    }
  }

  /** Finds the category, or the reason why the rule is for other events than ours. */
  #placeInMapping(logsource: LogSource): { category?: Category | undefined; refusal?: string } {
    const { mapping } = this.#options
    if (!this.#isDeploy) {
      const { category } = logsource
      return { category: category === undefined ? undefined : mapping.categories.get(category) }
    }
    const found = resolveLogSource(mapping, logsource)
    if (found.kind === 'category') return { category: found.category }
    if (found.kind !== 'other') return {}
    const known = [...mapping.categories.keys(), ...mapping.services.keys()]
    const { unknown, reason } = found
    const nearest = unknown === undefined ? undefined : this.#report.nearest(unknown, known)
    return { refusal: nearest === undefined ? reason : `${reason} Did you mean "${nearest}"?` }
  }

  #resolver(category: Category | undefined): FieldResolver {
    const { mapping } = this.#options
    const scope: FieldScope = {
      mapping,
      naming: this.#naming,
      isDeploy: this.#isDeploy,
      category,
    }
    return new FieldResolver(scope, this.#report)
  }

  /** Compiles the selections and the condition of a section. */
  #compile(
    section: YamlMap,
    { resolver, label }: { readonly resolver: FieldResolver; readonly label: string },
  ): Expression | undefined {
    const compiler = new SelectionCompiler({
      report: this.#report,
      placeholders: this.#options.placeholders ?? {},
      resolve: (name, at) => resolver.resolve(name, at),
      aliases: (field, value) => resolver.aliases(field, value),
    })
    const selections = new Map(
      selectionsOf(section).map(({ key, value }) => [key, compiler.compile(label + key, value)]),
    )
    return new ConditionBuilder(this.#report, section, selections).build()
  }

  #reportTests(at: Position): void {
    const missing = TESTS.filter((file) => this.#beside?.includes(file) === false)
    if (missing.length === 0) return
    const message = `The rule has no ${missing.join(' and no ')} beside it to prove it.`
    this.#report.add('WARN_RULE_TESTS_MISSING', message, { at })
  }

  // oxlint-disable-next-line max-params -- the rule's head, its own condition, what filters add
  #finish(head: RuleHead, own: FilterPart, filters: readonly FilterPart[]): RuleOutcome {
    const all = [own, ...filters]
    const expression: Expression =
      filters.length === 0
        ? own.expression
        : { kind: 'and', operands: all.flatMap((part) => conjuncts(part.expression)) }
    const missing = new Map(all.flatMap((part) => [...part.missing]))
    const { id, name, ...rest } = head.metadata
    const identity = name ?? `${this.#place.path}:${head.at.line}`
    const gate = this.#isDeploy ? (head.category?.gate ?? GATE_OPEN) : GATE_OPEN
    const rule: Omit<Rule, 'version'> = {
      id: id ?? deriveId('sigma', [identity]),
      name: identity,
      language: 'sigma',
      ...rest,
      logsource: head.logsource,
      body: { kind: 'event', gate, expression },
      silent: false,
      source: this.#document.text,
      path: this.#place.path,
      line: head.at.line,
    }
    const whole = { ...rule, version: ruleVersion(rule) }
    return this.#judge(whole, { expression, missing }, head.category)
  }

  // oxlint-disable-next-line max-params -- the rule, what it asks, and which events it sees
  #judge(rule: Rule, { expression, missing }: FilterPart, category?: Category): RuleOutcome {
    const report = this.#report
    if (this.#isDeploy && category?.missing !== undefined) {
      const reason = category.missing
      return { state: 'dead', rule, reason, fields: [], problems: report.problems }
    }
    const truth = truthOf(expression, (field) => missing.has(field))
    const relevant = this.#isDeploy ? [...missing] : []
    if (relevant.length > 0 && truth === false) {
      const fields = relevant.map(([field]) => field)
      const reasons = relevant.map(([field, reason]) => `${field}: ${reason}`)
      const reason = `It needs what no sensor provides (${reasons.join('; ')}).`
      return { state: 'dead', rule, reason, fields, problems: report.problems }
    }
    const at = { line: rule.line, column: 1 }
    if (truth === true) {
      const message = 'The condition holds for every event of the logsource.'
      report.add('WARN_RULE_ALWAYS_TRUE', message, { at })
    }
    lintExpression(expression, report)
    for (const [field, reason] of relevant) {
      const message = `Parts of the rule never hold: no sensor provides "${field}" (${reason}).`
      report.add('WARN_RULE_DEAD_FIELD', message, { at: firstUse(expression, field) ?? at })
    }
    return { state: 'loaded', rule, problems: report.problems }
  }
}

interface RuleHead {
  readonly metadata: Metadata
  readonly category: Category | undefined
  readonly logsource: LogSource
  readonly at: Position
}

function documentKind(root: YamlMap): 'detection' | 'query' | 'correlation' | 'filter' | 'none' {
  if (entryOf(root, 'detection') !== undefined) return 'detection'
  if (entryOf(root, 'query') !== undefined) return 'query'
  if (entryOf(root, 'correlation') !== undefined) return 'correlation'
  return entryOf(root, 'filter') === undefined ? 'none' : 'filter'
}

function namesOf(root: YamlMap): ReferenceNames {
  const [id, name, title] = ['id', 'name', 'title'].map((key) => textOf(root, key))
  return {
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    ...(title === undefined ? {} : { title }),
  }
}

// `(a and b) and (c)` is `a and b and c`, which is how people write it.
function conjuncts(expression: Expression): readonly Expression[] {
  return expression.kind === 'and' ? expression.operands : [expression]
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
