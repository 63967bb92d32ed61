import { assertNever } from '../assert-never.ts'
import { quote, type EventColumn } from './columns.ts'
import type { ColumnCondition, TextMatch } from './condition.ts'
import type { Parameters } from './engine.ts'

/** A part of a where clause, and the values bound in it. */
export interface SqlCondition {
  readonly sql: string
  readonly parameters: Parameters
}

/**
 * Writes a condition as SQL. Names of columns come from our own table; every value is bound, none
 * is written into the text.
 */
export function conditionSql(condition: ColumnCondition): SqlCondition {
  const writer = new Writer()
  return { sql: writer.write(condition), parameters: writer.parameters }
}

class Writer {
  readonly parameters: Record<string, string | readonly string[]> = {}
  #count = 0

  write(condition: ColumnCondition): string {
    switch (condition.kind) {
      case 'constant':
        return condition.value ? '1' : '0'
      case 'and':
      case 'or':
        return `(${condition.operands.map((one) => this.write(one)).join(` ${condition.kind} `)})`
      case 'exists':
        return existsSql(condition.column)
      case 'boolean':
        return `(${quote(condition.column.name)} = ${condition.value ? 'true' : 'false'})`
      case 'text': {
        const { column, values, match } = condition
        const name = quote(column.name)
        if (!column.field.array) return this.#text(name, { values, match })
        return `arrayExists(x -> ${this.#text('x', { values, match })}, ${name})`
      }
      default:
        return assertNever(condition)
    }
  }

  // Rules fold case as Unicode does, the engine's `lower` only ASCII: other text always passes.
  #text(
    name: string,
    { values, match }: { readonly values: readonly string[]; readonly match: TextMatch },
  ): string {
    const parts = [`length(${name}) != lengthUTF8(${name})`]
    if (values.length > 0) parts.push(...this.#matches(`lower(${name})`, { values, match }))
    return `(${parts.join(' or ')})`
  }

  #matches(
    text: string,
    { values, match }: { readonly values: readonly string[]; readonly match: TextMatch },
  ): readonly string[] {
    if (match === 'equals') return [`${text} in ${this.#bind(values)}`]
    if (match === 'contains') {
      const groups = Array.from({ length: Math.ceil(values.length / NEEDLES_MAX) }, (_, index) =>
        values.slice(index * NEEDLES_MAX, (index + 1) * NEEDLES_MAX),
      )
      return groups.map((needles) => `multiSearchAny(${text}, ${this.#bind(needles)})`)
    }
    // One call a value: a lambda over the values would copy the column once for each of them.
    const test = match === 'prefix' ? 'startsWith' : 'endsWith'
    return values.map((value) => `${test}(${text}, ${this.#bind(value)})`)
  }

  #bind(value: string | readonly string[]): string {
    const name = `c${this.#count}`
    this.#count += 1
    this.parameters[name] = value
    return `{${name}:${typeof value === 'string' ? 'String' : 'Array(String)'}}`
  }
}

/** Needles that the engine takes in one search. */
const NEEDLES_MAX = 255

function existsSql({ name, type }: EventColumn): string {
  const column = quote(name)
  if (type.startsWith('Array')) return `notEmpty(${column})`
  if (type.startsWith('Nullable')) return `(${column} is not null)`
  return `(${column} != '')`
}
