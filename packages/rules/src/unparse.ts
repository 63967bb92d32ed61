import type { CorrelationBody, RuleBody, SampleBody, SequenceBody } from './body.ts'
import type { Expression } from './expression.ts'
import type { Predicate } from './value-test.ts'

/**
 * Writes what a rule looks for, or one expression, as text for people: fields, operators and values
 * as compiled, one line.
 *
 * @param charsMax Longer text is cut and ends in `…`.
 */
export function unparse(what: Expression | RuleBody, charsMax = 20_000): string {
  const writer = new Writer(charsMax)
  switch (what.kind) {
    case 'event':
      writer.write(what.expression, 0)
      break
    case 'sequence':
    case 'sample':
    case 'join':
      writer.steps(what)
      break
    case 'correlation':
      writer.correlation(what)
      break
    default:
      writer.write(what, 0)
  }
  return writer.text
}

const RANK = { or: 1, and: 2, not: 3 } as const

class Writer {
  text = ''
  readonly #charsMax: number

  constructor(charsMax: number) {
    this.#charsMax = charsMax
  }

  #add(text: string): void {
    if (this.text.length > this.#charsMax) return
    this.text += text
    if (this.text.length > this.#charsMax) this.text = `${this.text.slice(0, this.#charsMax)}…`
  }

  steps({ kind, steps }: SequenceBody | SampleBody): void {
    this.#add(kind)
    for (const { filter, keys, missing } of steps) {
      this.#add(missing ? ' ![' : ' [')
      this.write(filter.expression, 0)
      this.#add(']')
      if (keys.length > 0) this.#add(` by ${keys.map(({ written }) => written).join(', ')}`)
    }
  }

  correlation({ type, inputs, bounds }: CorrelationBody): void {
    this.#add(`${type} of ${inputs.map(({ ruleId }) => ruleId).join(', ')}`)
    for (const { comparison, value } of bounds) this.#add(` ${comparison} ${value}`)
  }

  write(expression: Expression, outerRank: number): void {
    if (this.text.length > this.#charsMax) return
    switch (expression.kind) {
      case 'test':
        return this.#add(predicateText(expression.predicate))
      case 'keyword': {
        const { operator, value } = expression.keyword
        return this.#add(`${operator} ${JSON.stringify(value)}`)
      }
      case 'constant':
        return this.#add(String(expression.value))
      case 'formula':
        return this.#add(expression.selection)
      case 'lineage':
        this.#add(`${expression.relation} of [`)
        this.write(expression.subject.expression, 0)
        return this.#add(']')
      case 'not':
        this.#add('not ')
        return this.write(expression.operand, RANK.not)
      case 'and':
      case 'or':
        return this.#group(expression, outerRank)
    }
  }

  #group({ kind, operands }: Extract<Expression, { kind: 'and' | 'or' }>, outerRank: number): void {
    const rank = RANK[kind]
    if (rank < outerRank) this.#add('(')
    for (const [index, operand] of operands.entries()) {
      if (index > 0) this.#add(` ${kind} `)
      this.write(operand, rank + 1)
    }
    if (rank < outerRank) this.#add(')')
  }
}

function predicateText({ field, operator, value, test }: Predicate): string {
  const shown = operator === 'equals' ? '=' : operator
  if (test.kind === 'absent') return `${field} is absent`
  if (test.kind === 'field') return `${field} ${shown} ${test.other}`
  return `${field} ${shown} ${JSON.stringify(value)}`
}
