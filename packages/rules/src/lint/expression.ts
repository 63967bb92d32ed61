import { FIELD_BY_NAME } from '@pomona/schema'
import type { Position } from '../errors.ts'
import type { Expression } from '../expression.ts'
import type { ProblemReport } from '../report.ts'
import type { Pattern, Predicate, Test } from '../value-test.ts'
import { emptyRange, intersect, rangeOf } from './range.ts'
import { regexCost } from './regex-cost.ts'
import { excludes, implies, isAnything, shapeOf } from './text-shape.ts'

/** Pairs of tests compared in one rule; a rule of more is not looked at any closer. */
const PAIRS_MAX = 20_000
const KEYWORD_CHARS_MIN = 3

type Leaf = Extract<Expression, { kind: 'test' }>
type Junction = Extract<Expression, { kind: 'and' | 'or' }>

/**
 * Warns of parts of a condition that hold always, never, or for no reason: contradictions between
 * what is asked of one field, the same asked twice, patterns every value has, and expressions that
 * are slow because no literal leads to them.
 *
 * Says only what is certain: it looks at the rule alone, never at how often things happen.
 */
export function lintExpression(expression: Expression, report: ProblemReport): void {
  new Lint(report).visit(expression)
}

class Lint {
  readonly #report: ProblemReport
  /** Numbers of expressions that mean the same, by what they are made of. */
  readonly #numbers = new Map<string, number>()
  readonly #numberOf = new Map<Expression, number>()
  readonly #visited = new Set<Expression>()
  /** Places of parts that never hold: one reason is enough. */
  readonly #impossible = new Set<string>()
  #pairsLeft = PAIRS_MAX

  constructor(report: ProblemReport) {
    this.#report = report
  }

  /** @param isNarrowed Something else has to hold as well, so that this is asked of few events. */
  visit(expression: Expression, isNarrowed = false): void {
    // A condition may name one selection many times; once is enough to say what is odd about it.
    if (this.#visited.has(expression)) return
    this.#visited.add(expression)
    switch (expression.kind) {
      case 'and':
      case 'or': {
        this.#junction(expression)
        const narrow = expression.operands.filter(isNarrow)
        for (const operand of expression.operands) {
          const isBeside = narrow.some((other) => other !== operand)
          this.visit(operand, isNarrowed || (expression.kind === 'and' && isBeside))
        }
        return
      }
      case 'not':
        return this.visit(expression.operand, isNarrowed)
      case 'test':
        return this.#leaf(expression, isNarrowed)
      case 'keyword':
        return isNarrowed ? undefined : this.#keyword(expression)
      default:
    }
  }

  #junction(junction: Junction): void {
    const operands = flat(junction, junction.kind)
    this.#opposites(junction.kind, operands)
    if (junction.kind === 'and') this.#conjunction(operands)
    else this.#alternatives(operands)
  }

  /** `x and not x`, `x or not x`. */
  #opposites(kind: 'and' | 'or', operands: readonly Expression[]): void {
    const numbers = new Set(operands.map((operand) => this.#number(operand)))
    for (const operand of operands) {
      if (operand.kind !== 'not' || !numbers.has(this.#number(operand.operand))) continue
      const at = placeOf(operand)
      if (kind === 'and') this.#never('it asks for something and for its opposite.', at)
      else this.#always('It allows something and its opposite, so it holds for every event.', at)
    }
  }

  #never(message: string, at: Position | undefined): void {
    const place = `${at?.line}:${at?.column}`
    if (at === undefined || this.#impossible.has(place)) return
    this.#impossible.add(place)
    this.#report.add('WARN_RULE_NEVER_TRUE', `This part can never hold: ${message}`, { at })
  }

  #always(message: string, at: Position | undefined): void {
    if (at === undefined) return
    this.#report.add('WARN_RULE_ALWAYS_TRUE', message, { at })
  }

  /** What is asked of one field at the same time must leave a value. */
  #conjunction(operands: readonly Expression[]): void {
    const asked = Map.groupBy(
      operands.flatMap((operand) => questionOf(operand) ?? []),
      ({ field }) => field,
    )
    for (const [field, questions] of asked) {
      const isSingle = FIELD_BY_NAME.get(field)?.array === false
      for (const [index, one] of questions.entries()) {
        for (const other of questions.slice(0, index)) this.#pair(one, other, isSingle)
      }
      if (isSingle) this.#ranges(field, questions)
    }
  }

  // oxlint-disable-next-line max-params -- two questions about one field, and whether it is a list
  #pair(one: Question, other: Question, isSingle: boolean): void {
    this.#pairsLeft -= one.leaves.length * other.leaves.length
    if (this.#pairsLeft < 0) return
    const at = one.leaves[0]?.at
    if (one.isNegated !== other.isNegated) {
      const [yes, no] = one.isNegated ? [other, one] : [one, other]
      const isAll = yes.leaves.every((leaf) => no.leaves.some((rule) => impliesTest(leaf, rule)))
      if (isAll) this.#never(`every ${yes.field} it asks for is also excluded.`, at)
      return
    }
    if (one.isNegated || !isSingle) return
    const isApart = one.leaves.every((leaf) => {
      return other.leaves.every((rule) => excludesTest(leaf, rule))
    })
    if (isApart) this.#never(`no ${one.field} has both values it asks for.`, at)
  }

  #ranges(field: string, questions: readonly Question[]): void {
    const single = questions.flatMap(({ isNegated, leaves: [leaf, ...more] }) => {
      return isNegated || leaf === undefined || more.length > 0 ? [] : [leaf]
    })
    const ranges = single.flatMap((leaf) => rangeOf(leaf.predicate.test) ?? [])
    if (ranges.length < 2) return
    if (!emptyRange(ranges.reduce(intersect))) return
    this.#never(`no number is in all ranges of ${field}.`, single.at(-1)?.at)
  }

  /** Of alternatives each should add something. */
  #alternatives(operands: readonly Expression[]): void {
    const seen = new Map<number, Position | undefined>()
    for (const operand of operands) {
      const number = this.#number(operand)
      const at = placeOf(operand)
      const first = seen.get(number)
      // The same place twice is a value that stands for several names of its field.
      const isTwice = first !== undefined && at !== undefined && !isSamePlace(first, at)
      if (isTwice) {
        const message = `The same stands in line ${first.line} already; upper and lower case are one.`
        this.#report.add('WARN_RULE_DUPLICATE_VALUE', message, { at })
      }
      if (!seen.has(number)) seen.set(number, at)
    }
  }

  #leaf({ predicate, at }: Leaf, isNarrowed: boolean): void {
    const { test, written } = predicate
    if (test.kind === 'regex') return isNarrowed ? undefined : this.#regex(test.source, at)
    if (test.kind !== 'pattern') return
    const shape = shapeOf(test.pattern, test.cased)
    if (shape === undefined || !isAnything(shape)) return
    const message = `Every value of "${written}" has this pattern; ask for it with exists.`
    this.#report.add('WARN_RULE_MATCHES_ANYTHING', message, { at })
  }

  #regex(source: string, at: Position): void {
    const cost = regexCost(source)
    if (cost === undefined) return
    if (cost === 'matches_anything') {
      const message = 'Every text has this expression; ask for the field with exists.'
      return this.#report.add('WARN_RULE_MATCHES_ANYTHING', message, { at })
    }
    this.#report.add('WARN_RULE_REGEX_SLOW', COSTS[cost], { at })
  }

  #keyword({ keyword, at }: Extract<Expression, { kind: 'keyword' }>): void {
    const { test } = keyword
    if (test.kind === 'regex') return this.#regex(test.source, at)
    if (longestText(test.pattern) >= KEYWORD_CHARS_MIN) return
    const message = `Searching every value for less than ${KEYWORD_CHARS_MIN} characters finds nearly everything.`
    this.#report.add('WARN_RULE_KEYWORD_BROAD', message, { at })
  }

  /** The same number for expressions that mean the same, whatever the order of operands. */
  #number(expression: Expression): number {
    const known = this.#numberOf.get(expression)
    if (known !== undefined) return known
    const text = this.#textOf(expression)
    const number = this.#numbers.get(text) ?? this.#numbers.size
    this.#numbers.set(text, number)
    this.#numberOf.set(expression, number)
    return number
  }

  #textOf(expression: Expression): string {
    switch (expression.kind) {
      case 'and':
      case 'or': {
        const numbers = expression.operands.map((operand) => this.#number(operand))
        return `${expression.kind} ${numbers.toSorted((one, other) => one - other).join(' ')}`
      }
      case 'not':
        return `not ${this.#number(expression.operand)}`
      case 'test':
        return `test ${expression.predicate.field}\n${testText(expression.predicate.test)}`
      case 'keyword':
        return `keyword ${testText(expression.keyword.test)}`
      default: {
        const { kind, ...rest } = expression
        return `${kind} ${JSON.stringify(rest)}`
      }
    }
  }
}

function longestText(pattern: Pattern): number {
  return Math.max(0, ...pattern.map((part) => ('text' in part ? part.text.length : 0)))
}

/** Whether a conjunct leaves few events to the others. */
function isNarrow(expression: Expression): boolean {
  switch (expression.kind) {
    case 'not':
    case 'constant':
      return false
    case 'or':
      return expression.operands.every(isNarrow)
    case 'and':
      return expression.operands.some(isNarrow)
    case 'keyword': {
      const { test } = expression.keyword
      return test.kind === 'pattern' && longestText(test.pattern) >= KEYWORD_CHARS_MIN
    }
    case 'test': {
      const { test } = expression.predicate
      if (test.kind === 'regex') return regexCost(test.source) === undefined
      return test.kind !== 'absent' && test.kind !== 'exists'
    }
    default:
      return true
  }
}

const COSTS = {
  repeat: 'Repeats of 200 and more make the expression slow; bound the length another way.',
  alternation:
    'More than 200 alternatives make the expression slow; write them as a list of values.',
  no_literal:
    'The expression holds no literal of two characters, so it is run on every value of the field.',
} as const

function testText(test: Test): string {
  if (test.kind !== 'pattern' || test.cased) return JSON.stringify(test)
  return JSON.stringify(test).toLowerCase()
}

/** Operands with nested junctions of the same kind opened up. */
function flat(junction: Junction, kind: 'and' | 'or'): readonly Expression[] {
  return junction.operands.flatMap((operand) => {
    return operand.kind === kind ? flat(operand, kind) : [operand]
  })
}

function placeOf(expression: Expression): Position | undefined {
  if (expression.kind === 'not') return placeOf(expression.operand)
  if (expression.kind === 'constant') return undefined
  if ('at' in expression) return expression.at
  const [first] = expression.operands
  return first === undefined ? undefined : placeOf(first)
}

function isSamePlace(one: Position, other: Position): boolean {
  return one.line === other.line && one.column === other.column
}

/** What a conjunct asks of one field: any of its tests, or none of them. */
interface Question {
  readonly field: string
  readonly isNegated: boolean
  readonly leaves: readonly Leaf[]
}

function questionOf(expression: Expression): Question | undefined {
  if (expression.kind === 'not') {
    const inner = questionOf(expression.operand)
    return inner === undefined ? undefined : { ...inner, isNegated: !inner.isNegated }
  }
  if (expression.kind === 'test') {
    return { field: expression.predicate.field, isNegated: false, leaves: [expression] }
  }
  if (expression.kind !== 'or') return undefined
  const leaves = flat(expression, 'or').flatMap((leaf) => (leaf.kind === 'test' ? [leaf] : []))
  const [first] = leaves
  if (first === undefined || leaves.length !== flat(expression, 'or').length) return undefined
  const { field } = first.predicate
  const isOneField = leaves.every(({ predicate }) => predicate.field === field)
  return isOneField ? { field, isNegated: false, leaves } : undefined
}

// A test that holds for an absent field says nothing about values.
function isOfValue({ test }: Predicate): boolean {
  return test.kind !== 'absent' && !(test.kind === 'exists' && !test.value)
}

function impliesTest({ predicate: one }: Leaf, { predicate: other }: Leaf): boolean {
  if (testText(one.test) === testText(other.test)) return true
  if (!isOfValue(one)) return false
  if (other.test.kind === 'exists') return other.test.value
  if (one.test.kind !== 'pattern' || other.test.kind !== 'pattern') return false
  if (!one.test.cased && other.test.cased) return false
  const [shape, wider] = [one, other].map(({ test }) =>
    test.kind === 'pattern' ? shapeOf(test.pattern, false) : undefined,
  )
  // With case, what is alike in lower case may still differ.
  const isExactCase = !(one.test.cased && other.test.cased)
  return isExactCase && shape !== undefined && wider !== undefined && implies(shape, wider)
}

function excludesTest({ predicate: one }: Leaf, { predicate: other }: Leaf): boolean {
  if (isOfValue(one) !== isOfValue(other)) return true
  if (one.test.kind === 'pattern' && other.test.kind === 'pattern') {
    const [shape, apart] = [one, other].map(({ test }) =>
      test.kind === 'pattern' ? shapeOf(test.pattern, false) : undefined,
    )
    return shape !== undefined && apart !== undefined && excludes(shape, apart)
  }
  const [range, otherRange] = [rangeOf(one.test), rangeOf(other.test)]
  if (range === undefined || otherRange === undefined) return false
  return emptyRange(intersect(range, otherRange))
}
