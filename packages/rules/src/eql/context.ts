import type { Position } from '../errors.ts'
import { fieldsOf, type Formula } from '../formula.ts'
import { nearestName } from '../nearest.ts'
import type { FieldNode } from './ast.ts'
import type { DialectTraits } from './dialect.ts'
import type { EqlNames, EqlReport } from './names.ts'

/** What is known of a formula's value before any event. */
export type ValueKind = 'text' | 'number' | 'truth' | 'null' | 'any'

/** A formula with what is known of its value. */
export interface Typed {
  readonly formula: Formula
  readonly kind: ValueKind
}

/** A formula with what is known of it; a constant null is known to be null. */
export function typed(formula: Formula, kind: ValueKind): Typed {
  const isNull = formula.kind === 'literal' && formula.value === null
  return { formula, kind: isNull ? 'null' : kind }
}

/** A pair of formulas that are compared, and where. */
export interface ComparedPair {
  readonly left: Formula
  readonly right: Formula
  readonly offset: number
}

/** Options of {@link CompileContext}. */
export interface ContextOptions {
  readonly traits: DialectTraits
  /** Texts are compared without case unless told otherwise: the endgame dialect. */
  readonly folds: boolean
  readonly names: EqlNames
  readonly report: EqlReport
  readonly place: (offset: number) => Position
}

// More problems than a report lists.
const HINTS_MAX = 200

/** What compiling the expressions of one query goes by: names, dialect, and earlier steps. */
export class CompileContext {
  readonly traits: DialectTraits
  readonly folds: boolean
  readonly names: EqlNames
  readonly report: EqlReport
  readonly place: (offset: number) => Position
  /** Steps that have a name, by index: fields of later steps may begin with it. */
  readonly aliases = new Map<string, number>()
  /** In a pipe, events of a sequence are asked as `events[0]`. */
  asksRows = false
  #hintsLeft = HINTS_MAX

  constructor({ traits, folds, names, report, place }: ContextOptions) {
    this.traits = traits
    this.folds = folds
    this.names = names
    this.report = report
    this.place = place
  }

  /** The name that was probably meant; none once too many were looked for. */
  nearest(name: string, valid: readonly string[]): string | undefined {
    this.#hintsLeft -= 1
    return this.#hintsLeft < 0 ? undefined : nearestName(name, valid)
  }

  /** Resolves a field: of the event at hand, or of an earlier step. */
  field({ parts, path, optional, offset }: Omit<FieldNode, 'kind'>): Formula {
    const [first = '', ...rest] = parts
    const [index, ...inRow] = path
    if (this.asksRows && first === 'events' && parts.length === 1 && typeof index === 'number') {
      const [head = '', ...tail] = inRow
      const fields = typeof head === 'string' ? [[head, ...keysOf(tail)].join('.')] : []
      return { kind: 'field', fields, written: `events[${index}].${fields[0] ?? ''}`, step: index }
    }
    const step = rest.length === 0 ? undefined : this.aliases.get(first)
    const name = (step === undefined ? parts : rest).join('.')
    const fields = this.names.field({ name, offset, at: this.place(offset) })
    const written = (optional ? '?' : '') + parts.join('.')
    return {
      kind: 'field',
      fields,
      written,
      ...(step === undefined ? {} : { step }),
      ...(path.length === 0 ? {} : { path }),
    }
  }

  /** Elasticsearch compares fields with constants only. */
  checkFields({ left, right, offset }: ComparedPair): void {
    if (this.traits.fieldComparison || !asksField(left) || !asksField(right)) return
    const areOptional = [left, right].every(
      (side) => side.kind === 'field' && side.written.startsWith('?'),
    )
    if (areOptional) return
    const message = 'Elasticsearch’s EQL compares a field with constants only, not with another.'
    this.report('ERR_RULE_DIALECT', message, { offset })
  }
}

function keysOf(path: readonly (string | number)[]): readonly string[] {
  return path.map(String)
}

/** Whether a formula asks for a field of an event. */
function asksField(formula: Formula): boolean {
  return fieldsOf(formula).length > 0
}
