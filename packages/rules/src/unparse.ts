import type { Expression, Predicate } from './rule.ts'

/**
 * Writes an expression as text for people: fields, operators and values as compiled, one line.
 *
 * @param charsMax Longer text is cut and ends in `…`.
 */
export function unparse(expression: Expression, charsMax = 20_000): string {
  const writer = new Writer(charsMax)
  writer.write(expression, 0)
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
