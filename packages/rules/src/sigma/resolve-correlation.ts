import { deriveId } from '@pomona/schema'
import { assertNever } from '../assert-never.ts'
import type {
  CorrelationBody,
  CorrelationExpression,
  CorrelationInput,
  JoinKey,
  Scope,
} from '../body.ts'
import type { CorrelationDraft } from '../draft.ts'
import { lintCorrelation } from '../lint/correlation.ts'
import type { Category } from '../mapping/mapping.ts'
import type { Rule, RuleOutcome } from '../rule.ts'
import { orderedWays, WAYS_MAX } from '../ways.ts'
import type { Condition } from './condition.ts'
import type { NamedField } from './correlation.ts'
import { type FieldNaming, FieldResolver } from './field-resolver.ts'
import type { FieldMapping } from '../mapping/mapping.ts'

/** A rule that a correlation refers to. */
export interface InputRule {
  readonly rule: Rule
  /** Why it can never match, where that is so, and the fields that are to blame. */
  readonly dead?: { readonly reason: string; readonly fields: readonly string[] } | undefined
  /** By which its field names are looked up. */
  readonly category: Category | undefined
  /** Names that aliases can call it by. */
  readonly names: ReadonlySet<string>
  /** As the correlation refers to it. */
  readonly reference: string
}

/** How names become fields; the same for the whole set. */
export interface NamingOptions {
  readonly mapping: FieldMapping
  readonly naming: FieldNaming
  readonly isDeploy: boolean
}

/** A rule's outcome, when it can be used. */
export type UsableOutcome = Extract<RuleOutcome, { readonly state: 'loaded' | 'dead' }>

/**
 * Makes the rule of a correlation whose references are known.
 *
 * @returns `undefined` when a problem was reported that keeps it out. The version is still empty:
 *          it depends on those of the inputs.
 */
export function resolveCorrelation(
  draft: CorrelationDraft,
  inputs: readonly InputRule[],
  options: NamingOptions,
): UsableOutcome | undefined {
  return new Resolution(draft, inputs, options).resolve()
}

interface DeadInput {
  readonly index: number
  readonly reason: string
  readonly fields: readonly string[]
}

class Resolution {
  readonly #draft: CorrelationDraft
  readonly #inputs: readonly InputRule[]
  readonly #options: NamingOptions

  constructor(draft: CorrelationDraft, inputs: readonly InputRule[], options: NamingOptions) {
    this.#draft = draft
    this.#inputs = inputs
    this.#options = options
  }

  resolve(): UsableOutcome | undefined {
    const { section, place } = this.#draft
    const { report } = place
    this.#checkAliases()
    const dead: DeadInput[] = []
    const inputs = this.#inputs.map((input, index) => this.#input(input, index, dead))
    const expression =
      section.condition === undefined ? undefined : this.#expression(section.condition)
    this.#checkOrder(expression)
    if (report.fatal) return undefined
    const body: CorrelationBody = {
      kind: 'correlation',
      type: section.type,
      groupBy: section.groupBy.map(({ name }) => name),
      inputs,
      spanMs: section.spanMs,
      bounds: section.bounds,
      ...(expression === undefined ? {} : { expression }),
      ...(section.percentile === undefined ? {} : { percentile: section.percentile }),
      scope: this.#options.naming === 'ecs' ? scopeOf(inputs) : 'fleet',
    }
    lintCorrelation(body, { report, at: section.conditionAt })
    for (const { rule } of this.#inputs) {
      const isLost = !section.generate && (rule.severity === 'high' || rule.severity === 'critical')
      if (!isLost) continue
      const message = `"${rule.name}" is ${rule.severity} and makes no alerts of its own any more; write generate: true to keep them.`
      report.add('WARN_RULE_SILENCED', message, { at: section.at })
    }
    return this.#judge(this.#rule(body), body, dead)
  }

  #rule(body: CorrelationBody): Rule {
    const { metadata, place, at } = this.#draft
    const { id, name, ...rest } = metadata
    const identity = name ?? `${place.path}:${at.line}`
    return {
      id: id ?? deriveId('sigma', [identity]),
      name: identity,
      version: '',
      language: 'sigma',
      ...rest,
      logsource: {},
      body,
      silent: false,
      source: place.source,
      path: place.path,
      line: at.line,
    }
  }

  // oxlint-disable-next-line max-params -- one input, its place, and what is found out about it
  #input(input: InputRule, index: number, dead: DeadInput[]): CorrelationInput {
    const { report } = this.#draft.place
    const { section } = this.#draft
    const resolver = new FieldResolver({ ...this.#options, category: input.category }, report)
    const keys = (named: readonly NamedField[]): readonly JoinKey[] =>
      named.map((field) => this.#key(field, input, resolver))
    const groupBy = keys(section.groupBy)
    const values = keys(section.values)
    if (input.dead !== undefined) dead.push({ index, ...input.dead })
    else if (resolver.missing.size > 0 && this.#options.isDeploy) {
      const reasons = [...resolver.missing].map(([field, reason]) => `${field}: ${reason}`)
      const reason = `it needs what no sensor provides (${reasons.join('; ')})`
      dead.push({ index, reason, fields: [...resolver.missing.keys()] })
    }
    return { ruleId: input.rule.id, groupBy, values }
  }

  #key(field: NamedField, input: InputRule, resolver: FieldResolver): JoinKey {
    const alias = this.#draft.section.aliases.find(({ alias: name }) => name === field.name)
    const aliased = alias?.fields.find(({ rule }) => input.names.has(rule.text))
    const { name, at } = aliased?.field ?? field
    const { body } = input.rule
    if (body.kind === 'correlation') {
      const part = body.groupBy.indexOf(name)
      const fields = body.inputs[0]?.groupBy[part]?.fields
      if (fields !== undefined) return { fields, written: name, optional: false }
    }
    return { fields: resolver.resolve(name, at), written: name, optional: false }
  }

  #checkAliases(): void {
    const { section, place } = this.#draft
    const names = this.#inputs.flatMap((input) => [...input.names])
    const known = new Set(names)
    const used = new Set([...section.groupBy, ...section.values].map(({ name }) => name))
    for (const { alias, fields } of section.aliases) {
      for (const { rule } of fields) {
        if (known.has(rule.text)) continue
        const nearest = place.report.nearest(rule.text, names)
        const message = `The alias "${alias}" is for "${rule.text}", which is none of the rules.`
        place.report.add('ERR_RULE_UNKNOWN_REFERENCE', message, { at: rule.at, nearest })
      }
      if (used.has(alias)) continue
      const message = `The alias "${alias}" is used neither in group-by nor as field.`
      place.report.add('WARN_RULE_UNUSED_SELECTION', message, {
        at: fields[0]?.rule.at ?? section.at,
      })
    }
  }

  #expression(condition: Condition): CorrelationExpression {
    switch (condition.kind) {
      case 'selection': {
        const input = this.#inputs.find(({ reference }) => reference === condition.name)
        return { kind: 'rule', ruleId: input?.rule.id ?? condition.name }
      }
      case 'not':
        return { kind: 'not', operand: this.#expression(condition.operand) }
      case 'and':
      case 'or': {
        const operands = condition.operands.map((operand) => this.#expression(operand))
        return { kind: condition.kind, operands }
      }
      case 'quantifier':
        // The section's reader refused it.
        return { kind: 'rule', ruleId: condition.selector }
      default:
        return assertNever(condition)
    }
  }

  #checkOrder(expression: CorrelationExpression | undefined): void {
    const { section, place } = this.#draft
    if (section.type !== 'temporal_ordered') return
    const at = section.conditionAt
    if (section.bounds.length > 0) {
      const message =
        'temporal_ordered asks for all of its rules; a part of them in order is an extended condition.'
      place.report.add('ERR_RULE_CORRELATION', message, { at })
    }
    if (expression === undefined) return
    const ways = orderedWays(expression)
    if (ways === undefined) {
      const message = `The condition can come true in more than ${WAYS_MAX} ways or steps.`
      place.report.add('ERR_RULE_TOO_LARGE', message, { at })
    } else if (ways.some(({ steps }) => steps.length === 0)) {
      const message = 'An ordered condition must name what has to match, not only what must not.'
      place.report.add('ERR_RULE_CORRELATION', message, { at })
    }
  }

  // oxlint-disable-next-line max-params -- the rule, what it asks, and what can never answer
  #judge(rule: Rule, body: CorrelationBody, dead: readonly DeadInput[]): UsableOutcome {
    const { report } = this.#draft.place
    const told = dead.map(({ index, reason }) => {
      return `"${this.#inputs[index]?.reference}" can never match: ${reason}`
    })
    if (!canHold(body, new Set(dead.map(({ index }) => index)))) {
      const fields = [...new Set(dead.flatMap((input) => input.fields))]
      const reason = `Of its rules ${told.join('; ')}`
      return { state: 'dead', rule, reason, fields, problems: report.problems }
    }
    for (const reason of told) {
      const message = `Of its rules ${reason}`
      report.add('WARN_RULE_DEAD_FIELD', message, { at: this.#draft.section.at })
    }
    return { state: 'loaded', rule, problems: report.problems }
  }
}

/** Whether the condition can still come true when some inputs never match. */
function canHold(body: CorrelationBody, dead: ReadonlySet<number>): boolean {
  const alive = body.inputs.filter((_, index) => !dead.has(index))
  if (!body.type.startsWith('temporal')) return alive.length > 0
  const ids = new Set(alive.map(({ ruleId }) => ruleId))
  if (body.expression !== undefined) return truthOf(body.expression, ids) !== false
  return alive.length === body.inputs.length || (body.bounds.length > 0 && alive.length > 0)
}

/** Kleene's truth of a condition when rules that are not alive never match. */
function truthOf(
  expression: CorrelationExpression,
  alive: ReadonlySet<string>,
): boolean | undefined {
  switch (expression.kind) {
    case 'rule':
      return alive.has(expression.ruleId) ? undefined : false
    case 'not': {
      const truth = truthOf(expression.operand, alive)
      return truth === undefined ? undefined : !truth
    }
    case 'and':
    case 'or': {
      const decisive = expression.kind === 'or'
      const truths = new Set(expression.operands.map((operand) => truthOf(operand, alive)))
      if (truths.has(decisive)) return decisive
      return truths.has(undefined) ? undefined : !decisive
    }
    default:
      return assertNever(expression)
  }
}

const OF_HOST: ReadonlySet<string> = new Set(['host.id', 'host.name'])

/** Grouped by what belongs to one Mac alone, a correlation never joins events of two. */
function scopeOf(inputs: readonly CorrelationInput[]): Scope {
  const isOfHost = (field: string): boolean => OF_HOST.has(field) || field.endsWith('.entity_id')
  const [first] = inputs
  const isHost = first?.groupBy.some((_, part) =>
    inputs.every(({ groupBy }) => groupBy[part]?.fields.every(isOfHost)),
  )
  return isHost === true ? 'host' : 'fleet'
}
