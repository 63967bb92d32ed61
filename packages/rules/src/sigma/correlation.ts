import { CORRELATION_TYPES, type CorrelationBound, type CorrelationType } from '../body.ts'
import type { Position } from '../errors.ts'
import type { ProblemReport } from '../report.ts'
import { type ConditionText, conditionPlace } from './condition-build.ts'
import { type Condition, parseCondition } from './condition.ts'
import { readReferences, type RuleReference } from './filter.ts'
import { parseTimespan } from './timespan.ts'
import { entryOf, textOf } from './yaml-tree.ts'
import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from './yaml-tree.ts'

/** A field name another document's events are asked for, and where it is written. */
export interface NamedField {
  readonly name: string
  readonly at: Position
}

/** `alias: { rule: field }`. */
export interface FieldAlias {
  readonly alias: string
  readonly fields: readonly { readonly rule: RuleReference; readonly field: NamedField }[]
}

/** The section `correlation` as written: its rules are still names. */
export interface CorrelationSection {
  readonly type: CorrelationType
  /** In the order that counts for `temporal_ordered`. */
  readonly rules: readonly RuleReference[]
  readonly groupBy: readonly NamedField[]
  readonly aliases: readonly FieldAlias[]
  readonly spanMs: number
  readonly bounds: readonly CorrelationBound[]
  readonly values: readonly NamedField[]
  readonly percentile: number | undefined
  /** Extended condition over names of rules. */
  readonly condition: Condition | undefined
  readonly conditionAt: Position
  /** The rules it refers to make alerts of their own as well. */
  readonly generate: boolean
  /** The place of each key, for what is found out later. */
  readonly at: Position
}

const KEYS = ['type', 'rules', 'group-by', 'timespan', 'condition', 'aliases', 'generate'] as const
const COMPARISONS = ['lt', 'lte', 'gt', 'gte', 'eq', 'neq'] as const
const CONDITION_KEYS = [...COMPARISONS, 'field', 'percentile'] as const
const INPUTS_MAX = 100
const PARTS_MAX = 20
const WEEK_MS = 604_800_000
const PERCENTILE = 50

/** Types whose condition is about a field's values. */
const BY_VALUE = /^value_/
const TEMPORAL = /^temporal/

/**
 * Reads the section `correlation`.
 *
 * @returns `undefined` when a problem was reported.
 * @see     Sigma specification 2.1.0, correlation rules.
 */
export function readCorrelation(
  root: YamlMap,
  report: ProblemReport,
): CorrelationSection | undefined {
  const entry = entryOf(root, 'correlation')
  if (entry?.value.kind !== 'map') {
    const message = 'correlation must be a map with type, rules, timespan and condition.'
    report.add('ERR_RULE_CORRELATION', message, { at: entry?.at ?? root.at })
    return undefined
  }
  return new SectionReader(root, entry.value, report).read()
}

class SectionReader {
  readonly #root: YamlMap
  readonly #section: YamlMap
  readonly #report: ProblemReport

  constructor(root: YamlMap, section: YamlMap, report: ProblemReport) {
    this.#root = root
    this.#section = section
    this.#report = report
  }

  read(): CorrelationSection | undefined {
    this.#warnUnknown(this.#section, KEYS)
    const type = this.#type()
    const spanMs = this.#timespan()
    const groupBy = this.#fields('group-by')
    const aliases = this.#aliases()
    const generate = this.#generate()
    const condition = entryOf(this.#section, 'condition')
    const asked = type === undefined ? undefined : this.#condition(type, condition)
    const rules = this.#rules(asked?.condition)
    if (this.#report.fatal) return undefined
    if (type === undefined || spanMs === undefined || asked === undefined) return undefined
    if (groupBy.length === 0) {
      const message =
        'Without group-by the correlation counts over all Macs together; name host.id or a user.'
      this.#report.add('WARN_RULE_GROUP_BY_MISSING', message, { at: this.#section.at })
    }
    const conditionAt = condition?.at ?? this.#section.at
    const at = this.#section.at
    return { type, rules, groupBy, aliases, spanMs, ...asked, conditionAt, generate, at }
  }

  #refuse(message: string, at: Position, nearest?: string): undefined {
    this.#report.add('ERR_RULE_CORRELATION', message, { at, nearest })
    return undefined
  }

  #place(key: string): Position {
    return entryOf(this.#section, key)?.at ?? this.#section.at
  }

  // A mistyped key would change what the rule means without a word.
  #warnUnknown(map: YamlMap, known: readonly string[]): void {
    for (const { key, at } of map.entries) {
      if (known.includes(key)) continue
      const nearest = this.#report.nearest(key, known)
      const message = `"${key}" is no part of a correlation.`
      if (nearest === undefined) this.#report.add('WARN_RULE_UNKNOWN_KEY', message, { at })
      else this.#refuse(message, at, nearest)
    }
  }

  #type(): CorrelationType | undefined {
    const text = textOf(this.#section, 'type')
    const type = CORRELATION_TYPES.find((one) => one === text)
    if (type !== undefined) return type
    const at = this.#place('type')
    if (text === undefined) return this.#refuse('The correlation has no type.', at)
    const nearest = this.#report.nearest(text, CORRELATION_TYPES)
    return this.#refuse(`"${text}" is no type of correlation.`, at, nearest)
  }

  #timespan(): number | undefined {
    const text = textOf(this.#section, 'timespan')
    const at = this.#place('timespan')
    if (text === undefined) return this.#refuse('The correlation has no timespan.', at)
    const spanMs = parseTimespan(text)
    if (spanMs === undefined) {
      const message = `"${text}" is no timespan: write a whole number and s, m, h, d, w, M or y.`
      return this.#refuse(message, at)
    }
    if (spanMs > WEEK_MS) {
      const message = `Matches are kept for ${text}; a span of days sees as much and costs less.`
      this.#report.add('WARN_RULE_TIMESPAN_LONG', message, { at })
    }
    return spanMs
  }

  #fields(key: 'group-by'): readonly NamedField[] {
    const entry = entryOf(this.#section, key)
    if (entry === undefined) return []
    return this.#names(entry.value, key) ?? []
  }

  #names(node: YamlNode, key: string): readonly NamedField[] | undefined {
    const references = readReferences(node)
    if (references === undefined || references.length === 0) {
      return this.#refuse(`${key} must be a field or a list of fields.`, node.at)
    }
    if (references.length > PARTS_MAX) {
      const message = `${key} has more than ${PARTS_MAX} fields.`
      this.#report.add('ERR_RULE_TOO_LARGE', message, { at: node.at })
      return undefined
    }
    return references.map(({ text: name, at }) => ({ name, at }))
  }

  #aliases(): readonly FieldAlias[] {
    const entry = entryOf(this.#section, 'aliases')
    if (entry === undefined) return []
    const maps = entry.value.kind === 'map' ? entry.value.entries : []
    const aliases = maps.flatMap(({ key, value, at }) => {
      const pairs = value.kind === 'map' ? value.entries : []
      const fields = pairs.flatMap((pair) => {
        if (pair.value.kind !== 'scalar' || pair.value.text === '') return []
        const rule = { text: pair.key, at: pair.at }
        return [{ rule, field: { name: pair.value.text, at: pair.value.at } }]
      })
      if (pairs.length === 0 || fields.length !== pairs.length) {
        this.#refuse(`The alias "${key}" must be a map of rules to their fields.`, at)
      }
      return [{ alias: key, fields }]
    })
    if (maps.length === 0) this.#refuse('aliases must be a map of names.', entry.at)
    return aliases
  }

  // The specification's schema has it beside the section, its examples and pySigma inside.
  #generate(): boolean {
    const entry = entryOf(this.#section, 'generate') ?? entryOf(this.#root, 'generate')
    if (entry === undefined) return false
    if (entry.value.kind === 'scalar' && typeof entry.value.value === 'boolean') {
      return entry.value.value
    }
    this.#refuse('generate must be true or false.', entry.at)
    return false
  }

  /** The rules, in the order of the extended condition where there is one. */
  #rules(condition: Condition | undefined): readonly RuleReference[] {
    const entry = entryOf(this.#section, 'rules')
    const listed = entry === undefined ? undefined : readReferences(entry.value)
    const at = this.#place('rules')
    if (entry !== undefined && (listed === undefined || listed.length === 0)) {
      this.#refuse('rules must be the id, name or title of a rule, or a list of them.', at)
      return []
    }
    const named = condition === undefined ? undefined : namesOf(condition)
    if (listed === undefined && named === undefined) {
      this.#refuse('The correlation names no rules.', at)
      return []
    }
    const rules = this.#bothSame(listed, named, at)
    if (rules.length > INPUTS_MAX) {
      const message = `The correlation has more than ${INPUTS_MAX} rules.`
      this.#report.add('ERR_RULE_TOO_LARGE', message, { at })
    }
    return rules
  }

  // oxlint-disable-next-line max-params -- the two lists that are compared, and where
  #bothSame(
    listed: readonly RuleReference[] | undefined,
    named: readonly string[] | undefined,
    at: Position,
  ): readonly RuleReference[] {
    if (named === undefined) return listed ?? []
    const conditionAt = this.#place('condition')
    if (listed === undefined) return named.map((text) => ({ text, at: conditionAt }))
    const byText = new Map(listed.map((rule) => [rule.text, rule]))
    const unlisted = named.filter((name) => !byText.has(name))
    const mentioned = new Set(named)
    const unused = listed.filter(({ text }) => !mentioned.has(text))
    for (const name of unlisted) {
      const nearest = this.#report.nearest(name, [...byText.keys()])
      this.#refuse(`The condition names "${name}", which is not in rules.`, conditionAt, nearest)
    }
    for (const rule of unused) {
      this.#refuse(`The condition does not name "${rule.text}", which is in rules.`, rule.at)
    }
    if (unlisted.length > 0 || unused.length > 0) return []
    return named.map((name) => byText.get(name) ?? { text: name, at })
  }

  #condition(type: CorrelationType, entry: YamlEntry | undefined): Asked | undefined {
    const nothing = { bounds: [], values: [], percentile: undefined, condition: undefined }
    const node = entry?.value
    if (node === undefined || entry === undefined) {
      if (TEMPORAL.test(type)) return nothing
      return this.#refuse(`${type} needs a condition such as gte: 10.`, this.#section.at)
    }
    if (node.kind === 'map') return this.#bounded(type, node)
    if (node.kind !== 'scalar' || typeof node.value !== 'string') {
      return this.#refuse('condition must be a map of bounds.', entry.at)
    }
    if (!TEMPORAL.test(type)) {
      const message = `Only temporal types take a condition over names of rules, not ${type}.`
      return this.#refuse(message, entry.at)
    }
    const condition = this.#extended(node)
    return condition === undefined ? undefined : { ...nothing, condition }
  }

  #extended(node: YamlScalar): Condition | undefined {
    const text: ConditionText = { text: node.text, node }
    const parsed = parseCondition(node.text)
    if (!parsed.ok) {
      const { message, offset } = parsed.problem
      const at = conditionPlace(text, offset)
      this.#report.add('ERR_RULE_CONDITION', message, { at })
      return undefined
    }
    const quantifier = quantifierOf(parsed.condition)
    if (quantifier !== undefined) {
      const message = 'Name the rules one by one; "of" has no meaning between rules.'
      this.#report.add('ERR_RULE_CONDITION', message, { at: conditionPlace(text, quantifier) })
      return undefined
    }
    return parsed.condition
  }

  #bounded(type: CorrelationType, map: YamlMap): Asked | undefined {
    this.#warnUnknown(map, CONDITION_KEYS)
    const bounds = COMPARISONS.flatMap((comparison) => {
      const entry = entryOf(map, comparison)
      if (entry === undefined) return []
      const value = numberOf(entry.value)
      if (value === undefined) this.#refuse(`${comparison} needs a number.`, entry.value.at)
      return value === undefined ? [] : [{ comparison, value }]
    })
    if (bounds.length === 0) this.#refuse('The condition has no bound such as gte: 10.', map.at)
    const field = entryOf(map, 'field')
    const values = field === undefined ? [] : (this.#names(field.value, 'field') ?? [])
    if (BY_VALUE.test(type)) this.#checkValues(type, values, map.at)
    else if (field !== undefined) {
      const message = `${type} counts matches; "field" has no effect.`
      this.#report.add('WARN_RULE_UNKNOWN_KEY', message, { at: field.at })
    }
    const percentile = this.#percentile(type, map)
    const counted = BY_VALUE.test(type) ? values : []
    return { bounds, values: counted, percentile, condition: undefined }
  }

  // oxlint-disable-next-line max-params -- what is checked, for which type, and where
  #checkValues(type: CorrelationType, values: readonly NamedField[], at: Position): void {
    if (values.length === 0) this.#refuse(`${type} needs a field in its condition.`, at)
    if (type !== 'value_count' && values.length > 1) {
      this.#refuse(`${type} computes with one field, not with ${values.length}.`, at)
    }
  }

  #percentile(type: CorrelationType, map: YamlMap): number | undefined {
    const entry = entryOf(map, 'percentile')
    if (type !== 'value_percentile') {
      if (entry !== undefined) {
        const message = `"percentile" has an effect in value_percentile only, not in ${type}.`
        this.#report.add('WARN_RULE_UNKNOWN_KEY', message, { at: entry.at })
      }
      return undefined
    }
    if (entry === undefined) {
      const message = `The condition does not say which percentile; the ${PERCENTILE}th is taken.`
      this.#report.add('WARN_RULE_PERCENTILE_MISSING', message, { at: map.at })
      return PERCENTILE
    }
    const percentile = numberOf(entry.value)
    if (percentile !== undefined && percentile >= 0 && percentile <= 100) return percentile
    return this.#refuse('percentile must be a number from 0 to 100.', entry.value.at)
  }
}

type Asked = Pick<CorrelationSection, 'bounds' | 'values' | 'percentile' | 'condition'>

const NUMBER = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

function numberOf(node: YamlNode): number | undefined {
  if (node.kind !== 'scalar' || !NUMBER.test(node.text)) return undefined
  const value = Number(node.text)
  return Number.isFinite(value) ? value : undefined
}

/** The names of a condition, each once, in the order of their first mention. */
function namesOf(condition: Condition): readonly string[] {
  const names = new Set<string>()
  const visit = (node: Condition): void => {
    if (node.kind === 'selection') names.add(node.name)
    else if (node.kind === 'not') visit(node.operand)
    else if (node.kind !== 'quantifier') for (const operand of node.operands) visit(operand)
  }
  visit(condition)
  return [...names]
}

function quantifierOf(condition: Condition): number | undefined {
  if (condition.kind === 'quantifier') return condition.offset
  if (condition.kind === 'selection') return undefined
  if (condition.kind === 'not') return quantifierOf(condition.operand)
  for (const operand of condition.operands) {
    const offset = quantifierOf(operand)
    if (offset !== undefined) return offset
  }
  return undefined
}
