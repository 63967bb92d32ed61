import { assertNever } from '../assert-never.ts'
import type { Formula } from '../formula.ts'
import type { Comparison, Pattern, Test } from '../value-test.ts'
import { hasWildcard } from './pattern.ts'

// How firmly a formula holds together; what binds looser than its surroundings gets parentheses.
const RANK = { or: 1, and: 2, not: 3, compare: 4, sum: 5, product: 6, value: 7 } as const

const SYMBOLS: Readonly<Record<Comparison, string>> = {
  eq: '==',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
}

/** Writes a formula as EQL; compiled again, it is the same formula. */
export function formulaText(formula: Formula, outerRank = 0): string {
  const [text, rank] = ranked(formula)
  return rank < outerRank ? `(${text})` : text
}

function ranked(formula: Formula): readonly [text: string, rank: number] {
  switch (formula.kind) {
    case 'literal':
      return [literalText(formula.value, formula.float === true), RANK.value]
    case 'field':
      return [formula.written, RANK.value]
    case 'variable':
      return [formula.name + pathText(formula.path), RANK.value]
    case 'call': {
      const operands = formula.operands.map((operand) => formulaText(operand)).join(', ')
      return [`${formula.name}${formula.folded ? '~' : ''}(${operands})`, RANK.value]
    }
    case 'search': {
      const { array, variable, body, counts } = formula
      const name = counts ? 'arrayCount' : 'arraySearch'
      return [`${name}(${formulaText(array)}, ${variable}, ${formulaText(body)})`, RANK.value]
    }
    case 'arithmetic': {
      const { operator, left, right } = formula
      const rank = operator === '+' || operator === '-' ? RANK.sum : RANK.product
      const sides = [formulaText(left, rank), formulaText(right, rank + 1)]
      return [sides.join(` ${operator} `), rank]
    }
    case 'compare':
      return [comparisonText(formula), RANK.compare]
    case 'match':
      return matchText(formulaText(formula.subject, RANK.sum), formula.tests)
    case 'isNull':
      return [`${formulaText(formula.operand, RANK.sum)} == null`, RANK.compare]
    case 'not':
      return [`not ${formulaText(formula.operand, RANK.compare)}`, RANK.not]
    case 'and':
    case 'or': {
      const rank = RANK[formula.kind]
      const operands = formula.operands.map((operand) => formulaText(operand, rank + 1))
      return [operands.join(` ${formula.kind} `), rank]
    }
    default:
      return assertNever(formula)
  }
}

function comparisonText(formula: Extract<Formula, { kind: 'compare' }>): string {
  const left = formulaText(formula.left, RANK.sum)
  const right = formulaText(formula.right, RANK.sum)
  if (formula.comparison !== 'eq' || !formula.folded) {
    return `${left} ${SYMBOLS[formula.comparison]} ${right}`
  }
  // A colon would read `*` as a wildcard.
  const isText = formula.right.kind === 'literal' && typeof formula.right.value === 'string'
  const isPattern = isText && hasWildcard(String(formula.right.value))
  return isPattern ? `${left} in~ (${right})` : `${left} : ${right}`
}

/** A text, number, truth or null as EQL writes it. */
export function literalText(value: string | number | boolean | null, float: boolean): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'number') return String(value)
  if (float) return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value)
  return Number.isInteger(value) ? String(BigInt(value)) : String(value)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
}

/** A text in double quotes with EQL's escapes. */
export function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  const escaped = text.replaceAll(/["\\\u0000-\u001f\u007f]/g, (character) => {
    const known = ESCAPES[character]
    return known ?? `\\u{${character.charCodeAt(0).toString(16).padStart(4, '0')}}`
  })
  return `"${escaped}"`
}

function pathText(path: readonly (string | number)[]): string {
  return path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
}

/** A text in which only wildcards and their surroundings are told apart. */
function patternText(pattern: Pattern): string {
  return pattern.map((part) => ('text' in part ? part.text : part.wildcard)).join('')
}

function isClear(pattern: Pattern): boolean {
  return pattern.every((part) => !('text' in part) || !hasWildcard(part.text))
}

const REGEX_PREFIX = '^(?:'

/** Tests on one subject, any of which holds, as EQL. */
export function matchText(
  subject: string,
  tests: readonly Test[],
): readonly [text: string, rank: number] {
  const groups = new Map<string, string[]>()
  const alone: string[] = []
  for (const test of tests) {
    const [operator, operand] = operatorOf(test)
    if (operator === '') alone.push(testText(subject, test))
    else groups.set(operator, [...(groups.get(operator) ?? []), operand])
  }
  const texts = [...groups].map(([operator, operands]) => {
    const isCall = operator === 'cidrMatch' || operator.startsWith('match')
    if (isCall) return `${operator}(${[subject, ...operands].join(', ')})`
    const list = operands.length === 1 ? operands.join('') : `(${operands.join(', ')})`
    return `${subject} ${operator} ${list}`
  })
  const all = [...texts, ...alone]
  return [all.length === 0 ? 'false' : all.join(' or '), all.length > 1 ? RANK.or : RANK.compare]
}

/** The operator that lists of such tests share, and the test's own operand. */
function operatorOf(test: Test): readonly [operator: string, operand: string] {
  if (test.kind === 'cidr') return ['cidrMatch', quoted(test.network)]
  if (test.kind === 'pattern') {
    if (!isClear(test.pattern)) return ['', '']
    return [test.cased ? 'like' : 'like~', quoted(patternText(test.pattern))]
  }
  if (test.kind !== 'regex' || !test.source.startsWith(REGEX_PREFIX)) return ['', '']
  const tilde = test.flags.includes('i') ? '~' : ''
  const isWhole = test.source.endsWith(')$')
  const source = test.source.slice(REGEX_PREFIX.length, isWhole ? -2 : -1)
  return [`${isWhole ? 'regex' : 'match'}${tilde}`, quoted(source)]
}

/** One test on one subject, as EQL. */
export function testText(subject: string, test: Test): string {
  switch (test.kind) {
    case 'pattern':
      return patternTestText(subject, test)
    case 'number':
      return `${subject} == ${literalText(test.value, false)}`
    case 'boolean':
      return `${subject} == ${test.value}`
    case 'compare':
      return `${subject} ${SYMBOLS[test.comparison]} ${literalText(test.value, false)}`
    case 'absent':
      return `${subject} == null`
    case 'exists':
      return `${subject} ${test.value ? '!=' : '=='} null`
    case 'regex':
    case 'cidr':
      return matchText(subject, [test])[0]
    // Only Sigma has them, and writes them itself.
    case 'time':
    case 'field':
      return `${subject} ${test.kind}`
    default:
      return assertNever(test)
  }
}

function patternTestText(subject: string, test: Extract<Test, { kind: 'pattern' }>): string {
  const { pattern, cased } = test
  const text = patternText(pattern)
  if (pattern.every((part) => 'text' in part)) {
    if (cased) return `${subject} == ${quoted(text)}`
    return hasWildcard(text) ? `${subject} in~ (${quoted(text)})` : `${subject} : ${quoted(text)}`
  }
  if (isClear(pattern)) return `${subject} ${cased ? 'like' : ':'} ${quoted(text)}`
  // A literal `*` beside a wildcard comes of a function only.
  const [first, last] = [pattern[0], pattern.at(-1)]
  const inner = pattern.find((part) => 'text' in part)
  const literal = inner !== undefined && 'text' in inner ? inner.text : ''
  const opens = first !== undefined && 'wildcard' in first
  const closes = last !== undefined && 'wildcard' in last
  const name = opens && closes ? 'stringContains' : opens ? 'endsWith' : 'startsWith'
  return `${name}${cased ? '' : '~'}(${subject}, ${quoted(literal)})`
}
