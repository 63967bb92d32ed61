import type { JoinKey, RuleBody, Scope, Step } from '../body.ts'
import type { Position } from '../errors.ts'
import { fieldsOf } from '../formula.ts'
import type { BaseQuery, EqlNode, Term } from './ast.ts'
import { CompileContext } from './context.ts'
import { DIALECT_TRAITS, EQL_LIMITS, type EqlDialect, type EqlLimits } from './dialect.ts'
import { FilterCompiler } from './filter-compiler.ts'
import type { EqlNames, EqlReport } from './names.ts'
import { parseEql } from './parse-query.ts'
import { type Pipe, compilePipes } from './pipe.ts'
import { EqlStop } from './stop.ts'

/** How a query is compiled. */
export interface EqlOptions {
  readonly dialect: EqlDialect
  readonly names: EqlNames
  readonly report: EqlReport
  /** Where in its file a place of the query's text is. */
  readonly place: (offset: number) => Position
  readonly limits?: EqlLimits
  /** Of the endgame dialect: compare texts as they are. Default false. */
  readonly caseSensitive?: boolean
}

/** A compiled query. */
export interface CompiledEql {
  readonly body: RuleBody
  readonly pipes: readonly Pipe[]
}

/**
 * Compiles a query to the intermediate form.
 *
 * @returns The query; or `undefined` when it cannot be parsed or exceeds a limit, which was
 *          reported. What else is wrong is reported beside a result: the caller looks whether
 *          anything fatal was.
 * @throws  Never for anything in the text.
 */
export function compileEql(text: string, options: EqlOptions): CompiledEql | undefined {
  const { dialect, report, limits = EQL_LIMITS } = options
  const parsed = parseEql(text, { dialect, limits })
  if (!parsed.ok) {
    const { code, message, offset } = parsed.problem
    report(code, message, { offset })
    return undefined
  }
  for (const offset of parsed.query.obsolete) {
    const message = 'This is of earlier versions: write """…""" for ?"…", and not … : for !:.'
    report('WARN_RULE_OBSOLETE', message, { offset })
  }
  try {
    const compiler = new QueryCompiler(options, limits)
    const body = compiler.body(parsed.query.base)
    return { body, pipes: compiler.pipes(parsed.query.pipes, body) }
  } catch (error) {
    if (!(error instanceof EqlStop)) throw error
    const { code, message, offset } = error.problem
    report(code, message, { offset })
    return undefined
  }
}

class QueryCompiler {
  readonly #context: CompileContext
  readonly #filters: FilterCompiler
  readonly #limits: EqlLimits
  readonly #dialect: EqlDialect

  constructor(options: EqlOptions, limits: EqlLimits) {
    const { dialect, names, report, place, caseSensitive = false } = options
    const traits = DIALECT_TRAITS[dialect]
    const folds = traits.loose && !caseSensitive
    this.#dialect = dialect
    this.#limits = limits
    this.#context = new CompileContext({ traits, folds, names, report, place })
    this.#filters = new FilterCompiler(this.#context, limits)
  }

  body(base: BaseQuery): RuleBody {
    if (base.kind === 'event')
      return { kind: 'event', ...this.#filters.filter(base.query, 'query') }
    const steps = this.#steps(base)
    const until = base.until === undefined ? undefined : this.#step(base, base.until, 'until')
    this.#checkKeys(base, [...base.terms, ...(base.until === undefined ? [] : [base.until])])
    const ending = until === undefined ? {} : { until }
    if (base.kind !== 'sequence') {
      if (base.kind === 'sample') this.#checkSample(base)
      return { kind: base.kind, steps, ...ending }
    }
    this.#checkSequence(base, steps)
    const span = base.spanMs === undefined ? {} : { spanMs: base.spanMs }
    return { kind: 'sequence', steps, ...span, ...ending, scope: this.#scope(steps) }
  }

  pipes(nodes: Parameters<typeof compilePipes>[0], body: RuleBody): readonly Pipe[] {
    this.#context.asksRows = body.kind !== 'event'
    return compilePipes(nodes, { context: this.#context, formulas: this.#filters.formulas })
  }

  // Elastic's endpoint looks for sequences on one host. Its SIEM joins the events of all.
  #scope(steps: readonly Step[]): Scope {
    const hasKeys = steps.some(({ keys }) => keys.length > 0)
    return this.#dialect === 'elasticsearch' && hasKeys ? 'fleet' : 'host'
  }

  #wrong(message: string, { offset }: { readonly offset: number }): void {
    this.#context.report('ERR_RULE_SEQUENCE', message, { offset })
  }

  #steps(base: Exclude<BaseQuery, { kind: 'event' }>): readonly Step[] {
    const steps: Step[] = []
    for (const [index, term] of base.terms.entries()) {
      const name = term.alias ?? `step ${index + 1}`
      if (base.kind !== 'sequence') this.#checkPlain(base.kind, term)
      const step = this.#step(base, term, name)
      for (let run = 1; run <= term.runs; run += 1) {
        steps.push(term.runs === 1 ? step : { ...step, name: `${name}, run ${run}` })
      }
      if (steps.length > this.#limits.stepsMax) {
        const message = `More than ${this.#limits.stepsMax} steps, runs written out.`
        throw new EqlStop('ERR_RULE_TOO_LARGE', message, term.offset)
      }
      if (term.alias !== undefined) this.#name(term, steps.length - 1)
    }
    return steps
  }

  #name(term: Term, index: number): void {
    const { aliases } = this.#context
    const alias = term.alias ?? ''
    if (term.missing || term.runs > 1) {
      this.#wrong('A step that is missing, or runs more than once, has no one event to name.', term)
    }
    if (aliases.has(alias)) this.#wrong(`Two steps are named “${alias}”.`, term)
    aliases.set(alias, index)
  }

  // oxlint-disable-next-line max-params -- a term, what it is part of, and its name
  #step(base: Exclude<BaseQuery, { kind: 'event' }>, term: Term, name: string): Step {
    const keys = [...base.keys, ...term.keys].map((key) => this.#key(key))
    return {
      filter: this.#filters.filter(term.query, name),
      keys,
      missing: term.missing,
      ...(term.fork ? { fork: true as const } : {}),
      ...(term.alias === undefined ? {} : { alias: term.alias }),
      name,
    }
  }

  #key(node: EqlNode): JoinKey {
    const { formula } = this.#filters.formulas.compile(node)
    const folded = this.#context.folds ? { folded: true as const } : {}
    if (formula.kind === 'field' && formula.step === undefined && formula.path === undefined) {
      const optional = node.kind === 'field' && node.optional
      return { fields: formula.fields, written: formula.written, optional, ...folded }
    }
    if (!this.#context.traits.endgame) {
      this.#wrong('Events are joined by fields of their own only.', node)
    }
    const fields = [...new Set(fieldsOf(formula).flatMap((field) => field.fields))]
    return { fields, written: fields.join(', '), optional: false, formula, ...folded }
  }

  #checkKeys(base: Exclude<BaseQuery, { kind: 'event' }>, terms: readonly Term[]): void {
    const wanted = terms[0]?.keys.length ?? 0
    for (const term of terms) {
      if (term.keys.length === wanted) continue
      const count = base.keys.length + term.keys.length
      const others = base.keys.length + wanted
      this.#wrong(`This step has ${count} keys, the first has ${others}; give all the same.`, term)
    }
  }

  #checkPlain(kind: string, term: Term): void {
    if (!term.missing && term.runs === 1 && term.alias === undefined && !term.fork) return
    this.#wrong(
      `In a ${kind}, steps have keys only: no runs, names, forks or missing events.`,
      term,
    )
  }

  #checkSample(base: Extract<BaseQuery, { kind: 'sample' | 'join' }>): void {
    const hasKeys = base.keys.length > 0 || base.terms.every(({ keys }) => keys.length > 0)
    if (!hasKeys) this.#wrong('A sample needs join keys: write “sample by field”.', base)
    if (base.terms.length < 2) this.#wrong('A sample needs at least two events.', base)
  }

  #checkSequence(base: Extract<BaseQuery, { kind: 'sequence' }>, steps: readonly Step[]): void {
    if (steps.length < 2) this.#wrong('A sequence needs at least two events.', base)
    if (steps.every(({ missing }) => missing)) {
      this.#wrong('A sequence needs an event that is there, not only missing ones.', base)
    }
    if (base.spanMs === undefined && steps.some(({ missing }) => missing)) {
      this.#wrong('Missing events need a time to be missing in: write “with maxspan=…”.', base)
    }
    if (base.until?.missing === true) this.#wrong('until takes an event that is there.', base.until)
  }
}
