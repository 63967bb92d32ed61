import { FIELD_BY_NAME } from '@pomona/schema'
import type { Position } from '../errors.ts'
import { FIELDS_MISSING } from '../lint/sensors.ts'
import {
  type Category,
  type FieldMapping,
  resolveField,
  resolveSigmaField,
} from '../mapping/mapping.ts'
import type { ProblemReport } from '../report.ts'

/**
 * By which names events are asked.
 * `ecs`: the mapping's. `raw`: the rule's own, untouched. `sigma`: Sigma's taxonomy, also where a
 * rule is written with ECS names.
 */
export type FieldNaming = 'ecs' | 'raw' | 'sigma'

/** What names of a rule are looked up in. */
export interface FieldScope {
  readonly mapping: FieldMapping
  readonly naming: FieldNaming
  /** Unknown fields are errors: the rule is to run on our events. */
  readonly isDeploy: boolean
  readonly category: Category | undefined
}

/** Looks up the field names of one rule, and remembers those that no event carries. */
export class FieldResolver {
  readonly #scope: FieldScope
  readonly #report: ProblemReport
  readonly #missing = new Map<string, string>()

  constructor(scope: FieldScope, report: ProblemReport) {
    this.#scope = scope
    this.#report = report
  }

  /** Fields asked so far that no event carries, with the reason. */
  get missing(): ReadonlyMap<string, string> {
    return this.#missing
  }

  /** Names by which the event is asked for a field of the rule. */
  resolve(name: string, at: Position): readonly string[] {
    const { mapping, naming, category } = this.#scope
    if (naming === 'raw') return [name]
    if (naming === 'sigma') return resolveSigmaField(mapping, { name, category }).fields
    const { fields, missing } = resolveField(mapping, { name, category })
    if (missing !== undefined) this.#missing.set(name, missing)
    else for (const field of fields) this.#check(name, field, at)
    return fields
  }

  #check(written: string, field: string, at: Position): void {
    const reason = FIELDS_MISSING.get(field)
    if (reason !== undefined) this.#missing.set(field, reason)
    if (FIELD_BY_NAME.has(field)) return
    const valid = [...this.#scope.mapping.fields.keys(), ...FIELD_BY_NAME.keys()]
    const nearest = this.#report.nearest(written, valid)
    const code = this.#scope.isDeploy ? 'ERR_RULE_UNKNOWN_FIELD' : 'WARN_RULE_UNKNOWN_FIELD'
    this.#report.add(code, `No event has a field "${written}".`, { at, nearest })
  }

  /** Values of ours that a value of the rule also stands for. */
  aliases(field: string, value: string): readonly string[] {
    if (this.#scope.naming !== 'ecs') return []
    const aliases = this.#scope.mapping.values.get(field)?.get(value) ?? []
    return aliases.filter((alias) => alias !== value)
  }
}
