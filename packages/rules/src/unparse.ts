import type { CorrelationBody, RuleBody, SampleBody, SequenceBody, Step } from './body.ts'
import { deniedField } from './eql/leaf.ts'
import { formulaText, quoted, testText } from './eql/formula-text.ts'
import type { Expression, Filter } from './expression.ts'
import type { Predicate } from './value-test.ts'

/**
 * Writes what a rule looks for, or one expression, as text for people: fields, operators and values
 * as compiled, one line. What came from EQL is EQL again: compiled once more, it means the same.
 *
 * @param charsMax Longer text is cut and ends in `…`.
 */
export function unparse(what: Expression | RuleBody, charsMax = 20_000): string {
  const writer = new Writer(charsMax)
  switch (what.kind) {
    case 'event':
      if (what.category === undefined) writer.write(what.expression, 0)
      else writer.filter(what)
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
type Group = Extract<Expression, { kind: 'and' | 'or' }>

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

  steps(body: SequenceBody | SampleBody): void {
    this.#add(body.kind)
    if (body.kind === 'sequence' && body.spanMs !== undefined) {
      this.#add(` with maxspan=${spanText(body.spanMs)}`)
    }
    for (const step of body.steps) this.#step(step)
    if (body.until === undefined) return
    this.#add(' until')
    this.#step(body.until)
  }

  #step({ filter, keys, missing, fork, alias }: Step): void {
    this.#add(missing ? ' ![' : ' [')
    this.filter(filter)
    this.#add(']')
    if (fork) this.#add(' fork=true')
    const written = keys.map((key) => (key.formula ? formulaText(key.formula) : key.written))
    if (written.length > 0) this.#add(` by ${written.join(', ')}`)
    if (alias !== undefined) this.#add(` as ${alias}`)
  }

  filter({ category, expression }: Filter): void {
    const name = category === undefined || isName(category) ? category : quoted(category)
    this.#add(`${name ?? 'any'} where `)
    this.write(expression, 0)
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
      case 'formula': {
        const { formula, holdsWhen } = expression
        return this.#add(holdsWhen ? formulaText(formula, RANK.not + 1) : negatedText(formula))
      }
      case 'lineage':
        this.#add(`${expression.relation} of [`)
        this.filter(expression.subject)
        return this.#add(']')
      case 'not':
        return this.#not(expression.operand)
      case 'and':
      case 'or':
        return this.#group(expression, outerRank)
    }
  }

  #not(operand: Expression): void {
    const isAbsent = operand.kind === 'test' && operand.predicate.test.kind === 'absent'
    if (isAbsent && isEql(operand.predicate)) {
      return this.#add(`${operand.predicate.field} != null`)
    }
    this.#add('not ')
    this.write(operand, RANK.not)
  }

  #group(group: Group, outerRank: number): void {
    const { kind } = group
    const rank = RANK[kind]
    const operands = group.operands.filter((_, index) => !isImplied(group, index))
    const isGroup = operands.length > 1 && rank < outerRank
    if (isGroup) this.#add('(')
    for (const [index, operand] of operands.entries()) {
      if (index > 0) this.#add(` ${kind} `)
      this.write(operand, operands.length > 1 ? rank + 1 : outerRank)
    }
    if (isGroup) this.#add(')')
  }
}

function negatedText(formula: Parameters<typeof formulaText>[0]): string {
  return `not ${formulaText(formula, RANK.not + 1)}`
}

// EQL's `not` says of a field that it has a value, too; the form says both.
function isImplied({ kind, operands }: Group, index: number): boolean {
  const [present, denied] = [operands[index], operands[index + 1]]
  if (kind !== 'and' || present?.kind !== 'not' || present.operand.kind !== 'test') return false
  return isEql(present.operand.predicate) && deniedField([present, denied]) !== undefined
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
]

/** A duration in its largest unit that leaves a whole number. */
function spanText(spanMs: number): string {
  const unit = UNITS.find(([, ms]) => spanMs % ms === 0)
  return unit === undefined ? `${spanMs}ms` : `${spanMs / unit[1]}${unit[0]}`
}

function isName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text)
}

// Sigma's operators have other names, so that the operator tells the language.
const EQL_OPERATORS =
  /^(?:==|:|<=?|>=?|(?:like|regex|match|startsWith|endsWith|stringContains)~?|cidrMatch)$/

function isEql({ operator }: Predicate): boolean {
  return EQL_OPERATORS.test(operator)
}

function predicateText(predicate: Predicate): string {
  const { field, operator, value, test } = predicate
  if (isEql(predicate)) return testText(field, test)
  const shown = operator === 'equals' ? '=' : operator
  if (test.kind === 'absent') return `${field} is absent`
  if (test.kind === 'field') return `${field} ${shown} ${test.other}`
  return `${field} ${shown} ${JSON.stringify(value)}`
}
