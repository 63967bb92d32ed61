import type { Position, RuleProblemCode } from '../errors.ts'
import type { Expression, Gate } from '../expression.ts'

/** Notes a problem at an offset of the query's text. */
export type EqlReport = (
  code: RuleProblemCode,
  message: string,
  where: { readonly offset: number; readonly nearest?: string | undefined },
) => void

/** What an event category stands for: the events it gates, and what they must also satisfy. */
export interface CategoryMeaning {
  readonly gate: Gate
  readonly expression?: Expression
}

/** A name in a query and where it stands. */
export interface NameQuery {
  readonly name: string
  readonly offset: number
  readonly at: Position
}

/** What the names in a query mean: field names, categories, and values of other vocabularies. */
export interface EqlNames {
  /** Names to ask the event by; several mean the first that has a value. */
  field(query: NameQuery): readonly string[]
  /** A category other than `any`; `undefined` when it is unknown, which was then reported. */
  category(query: NameQuery): CategoryMeaning | undefined
  /** All values that mean the same in this field, the value itself included. */
  values(field: string, value: string): readonly string[]
}

/** Names as the query writes them, and a category that is the value of a field. */
export class PlainNames implements EqlNames {
  readonly #categoryField: string
  readonly #folded: boolean

  constructor(categoryField: string, options: { readonly folded: boolean }) {
    this.#categoryField = categoryField
    this.#folded = options.folded
  }

  field({ name }: NameQuery): readonly string[] {
    return [name]
  }

  category({ name, at }: NameQuery): CategoryMeaning {
    return { gate: { events: [] }, expression: this.#test(name, at) }
  }

  values(_field: string, value: string): readonly string[] {
    return [value]
  }

  #test(name: string, at: Position): Expression {
    const field = this.#categoryField
    const test = {
      kind: 'pattern',
      pattern: name === '' ? [] : [{ text: name }],
      cased: !this.#folded,
    } as const
    const predicate = { field, written: field, test, operator: '==', value: name }
    return { kind: 'test', predicate, selection: 'category', at }
  }
}
