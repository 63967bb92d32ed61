import { FIELD_BY_NAME } from '@pomona/schema'
import type { Position } from '../errors.ts'
import type { Expression, Gate } from '../expression.ts'
import { FIELDS_MISSING } from '../lint/sensors.ts'
import {
  type FieldMapping,
  GATE_OPEN,
  resolveField,
  resolveSigmaField,
} from '../mapping/mapping.ts'
import type { ProblemReport } from '../report.ts'
import type { CategoryMeaning, EqlNames, NameQuery } from './names.ts'

/** How names of a query are looked up. */
export interface MappedNamesOptions {
  readonly mapping: FieldMapping
  /** As for Sigma: names of our events, those the rule writes, or Sigma's. */
  readonly naming: 'ecs' | 'raw' | 'sigma'
  /** Categories become gates, and what no sensor reports is noted. */
  readonly isDeploy: boolean
  /**
   * A field or category that is not known is an error: a rule of our own. Without it the rule is
   * another product's, which may have more fields than ours: it is dead, and says why.
   */
  readonly isStrict: boolean
  readonly report: ProblemReport
}

/** Where our events carry their categories. */
export const CATEGORY_FIELD = 'event.category'
const UNKNOWN = 'no event of this version has it'

/** The names of a query under a field mapping; remembers which of them no sensor fills. */
export class MappedNames implements EqlNames {
  /** Fields that no event carries, with the reason. */
  readonly missing = new Map<string, string>()
  /** Gates of categories that no sensor reports, with the reason. */
  readonly missingGates = new Map<Gate, string>()
  readonly #options: MappedNamesOptions
  #valid: readonly string[] | undefined

  constructor(options: MappedNamesOptions) {
    this.#options = options
  }

  field({ name, at }: NameQuery): readonly string[] {
    const { mapping, naming } = this.#options
    if (naming === 'raw') return [name]
    if (naming === 'sigma') return resolveSigmaField(mapping, { name }).fields
    const { fields, missing } = resolveField(mapping, { name })
    if (missing === undefined) for (const field of fields) this.#check(name, field, at)
    else this.missing.set(name, missing)
    return fields
  }

  #check(written: string, field: string, at: Position): void {
    const reason = FIELDS_MISSING.get(field)
    if (reason !== undefined) this.missing.set(field, reason)
    if (FIELD_BY_NAME.has(field)) return
    const { mapping, isDeploy, isStrict, report } = this.#options
    this.#valid ??= [...mapping.fields.keys(), ...FIELD_BY_NAME.keys()]
    const nearest = report.nearest(written, this.#valid)
    const isError = isDeploy && isStrict
    const code = isError ? 'ERR_RULE_UNKNOWN_FIELD' : 'WARN_RULE_UNKNOWN_FIELD'
    report.add(code, `No event has a field "${written}".`, { at, nearest })
    if (!isError) this.missing.set(field, UNKNOWN)
  }

  category({ name, at }: NameQuery): CategoryMeaning | undefined {
    const { mapping, naming, isDeploy } = this.#options
    if (!isDeploy || naming !== 'ecs') {
      return { gate: GATE_OPEN, expression: categoryTest(name, at) }
    }
    const known = mapping.eventCategories.get(name)
    if (known === undefined) return this.#unknown(name, at)
    if (known.missing !== undefined) {
      this.missingGates.set(
        known.gate,
        `No sensor reports the category "${name}": ${known.missing}`,
      )
    }
    return { gate: known.gate }
  }

  #unknown(name: string, at: Position): CategoryMeaning | undefined {
    const { mapping, isStrict, report } = this.#options
    const message = `No event is of the category "${name}".`
    if (isStrict) {
      const nearest = report.nearest(name, [...mapping.eventCategories.keys()])
      report.add('ERR_RULE_UNKNOWN_CATEGORY', message, { at, nearest })
      return undefined
    }
    const gate: Gate = { events: [{ action: name, equals: {} }] }
    this.missingGates.set(gate, message)
    return { gate }
  }

  values(field: string, value: string): readonly string[] {
    const { mapping, naming } = this.#options
    if (naming !== 'ecs') return [value]
    const others = mapping.values.get(field)?.get(value) ?? []
    return [value, ...others.filter((other) => other !== value)]
  }
}

function categoryTest(name: string, at: Position): Expression {
  const test = { kind: 'pattern', pattern: [{ text: name }], cased: true } as const
  const predicate = {
    field: CATEGORY_FIELD,
    written: CATEGORY_FIELD,
    test,
    operator: '==',
    value: name,
  }
  return { kind: 'test', predicate, selection: 'category', at }
}
