import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { EQL_DIALECTS, RULE_PROBLEM_CODES, type RuleBody, unparse } from '../../src/index.ts'
import { ruleVersion } from '../../src/identity.ts'
import { type Dice, dice } from '../dice.ts'
import { compiled, compiledClean } from './query.ts'

function versionOf(body: RuleBody): string {
  return ruleVersion({
    id: 'a',
    name: 'a',
    language: 'eql',
    severity: 'low',
    riskScore: 1,
    attackVersion: '18.1',
    techniques: [],
    tactics: [],
    tags: [],
    logsource: {},
    body,
    silent: false,
    references: [],
    falsePositives: [],
    response: [],
    source: '',
    path: '',
    line: 1,
  })
}

const FIELDS = ['a', 'b.c', 'process.name', '?o', 'process.args', '@timestamp']
const TEXTS = [
  'x',
  'x*',
  '*',
  'a?b',
  '',
  '\\',
  '"',
  '\n\t',
  'null',
  'ünï',
  '\u0000\u007f',
  '/**/ //',
  "'",
]
const NUMBERS = ['0', '1', '-3', '2.5', '2.0', '1e3', '123456789012345678901', '.5']

const pick = <Item>(next: Dice, items: readonly [Item, ...Item[]] | readonly Item[]): Item => {
  const item = items[next(items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

function text(next: Dice): string {
  const plain = pick(next, TEXTS) + pick(next, TEXTS)
  if (next(4) === 0 && !/["\n]/.test(plain)) return `"""${plain}"""`
  const escaped = plain.replaceAll(/["\\]/g, (one) => `\\${one}`)
  return `"${escaped.replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`
}

const texts = (next: Dice): string => `(${text(next)}, ${text(next)})`

function value(next: Dice, depth: number): string {
  const inner = (): string => value(next, depth - 1)
  switch (depth === 0 ? next(3) : next(9)) {
    case 0:
      return pick(next, FIELDS)
    case 1:
      return text(next)
    case 2:
      return pick(next, FIELDS)
    case 3:
      return `length(${pick(next, FIELDS)})`
    case 4:
      return `concat(${inner()}, ${inner()})`
    case 5:
      return `substring(${pick(next, FIELDS)}, ${next(3)}, ${-next(3)})`
    case 6:
      return `between~(${pick(next, FIELDS)}, ${text(next)}, ${text(next)}, true)`
    case 7:
      return `string(${condition(next, depth - 1)})`
    default:
      return `indexOf(${pick(next, FIELDS)}, ${text(next)})`
  }
}

function amount(next: Dice, depth: number): string {
  if (depth === 0 || next(3) === 0) return pick(next, NUMBERS)
  if (next(3) === 0) return pick(next, FIELDS)
  const sides = [amount(next, depth - 1), amount(next, depth - 1)]
  const whole = sides.join(` ${pick(next, ['+', '-', '*', '/', '%'])} `)
  return next(2) === 0 ? `(${whole})` : next(4) === 0 ? `-(${whole})` : whole
}

function atom(next: Dice, depth: number): string {
  const field = (): string => pick(next, FIELDS)
  const tilde = next(2) === 0 ? '~' : ''
  switch (next(16)) {
    case 0:
      return `${field()} == ${text(next)}`
    case 1:
      return `${field()} != ${text(next)}`
    case 2:
      return `${field()} : ${next(2) === 0 ? text(next) : texts(next)}`
    case 3:
      return `${field()} ${next(2) === 0 ? 'not ' : ''}in${tilde} ${texts(next)}`
    case 4:
      return `${field()} like${tilde} ${texts(next)}`
    case 5:
      return `${field()} regex${tilde} """[a-z]+\\d{2}.*|"x" """`
    case 6:
      return `${field()} ${pick(next, ['<', '<=', '>', '>=', '=='])} ${pick(next, NUMBERS)}`
    case 7:
      return `${field()} ${pick(next, ['==', '!='])} ${pick(next, ['null', 'true', 'false'])}`
    case 8:
      return field()
    case 9:
      return `${pick(next, ['startsWith', 'endsWith', 'stringContains'])}${tilde}(${field()}, ${text(next)})`
    case 10:
      return `cidrMatch(${field()}, "10.0.0.0/8", "fe80::/10")`
    case 11:
      return `${value(next, depth)} ${pick(next, ['==', ':', '!=', '>='])} ${field()}`
    case 12:
      return `${amount(next, 2)} ${pick(next, ['==', '<', '>='])} ${field()} + 1`
    case 13:
      return `${value(next, depth)} == null`
    case 14:
      return `concat(${field()}, "z") like${tilde} ${texts(next)}`
    default:
      return `descendant of [process where ${atom(next, 0)}]`
  }
}

function condition(next: Dice, depth: number): string {
  // Lineage stands beside and, or, not only: inside a function it would be refused.
  if (depth <= 0) return atom(next, 0)
  const inner = (): string => condition(next, depth - 1)
  switch (next(5)) {
    case 0:
      return `not (${inner()})`
    case 1:
      return `(${inner()} and ${inner()} and ${inner()})`
    case 2:
      return `(${inner()} or ${inner()})`
    default:
      return atom(next, depth)
  }
}

function sequence(next: Dice): string {
  const key = next(2) === 0 ? ' by k, ?l' : ''
  const own = (): string => (next(2) === 0 ? ' by m' : '')
  const keyOf = own()
  const steps = [
    `[process where ${condition(next, 2)}]${keyOf} as first`,
    `![file where ${condition(next, 1)}]${keyOf}`,
    `[any where ${condition(next, 2)} and a.b == first.process.name]${keyOf}`,
    `[file where ${condition(next, 1)}]${keyOf} with runs=${1 + next(3)}`,
  ]
  const until = next(2) === 0 ? ` until [file where ${condition(next, 1)}]${keyOf}` : ''
  const span = pick(next, ['90s', '1h', '500ms', '1.5s', '2d'])
  return `sequence${key} with maxspan=${span} ${steps.join(' ')}${until}`
}

function query(next: Dice): string {
  switch (next(4)) {
    case 0:
      return sequence(next)
    case 1:
      return `sample by k, ?l [any where ${condition(next, 2)}] [file where ${condition(next, 2)}]`
    default:
      return `process where ${condition(next, 4)}`
  }
}

test('unparse: what is written of a query compiles to the same', () => {
  const seed = 577_215
  const next = dice(seed)
  let compared = 0
  for (let round = 0; round < 3_000; round += 1) {
    const written = query(next)
    const { query: made, problems } = compiled(written)
    // Lineage inside a function, and texts compared with numbers, are refused: that is no subject.
    if (problems.length > 0 || made === undefined) continue
    const shown = unparse(made.body, 1_000_000)
    const where = `seed ${seed}, round ${round}: ${written}\n→ ${shown}`
    const again = compiled(made.body.kind === 'event' ? `any where ${shown}` : shown)
    deepEqual(again.problems, [], where)
    ok(again.query !== undefined, where)
    equal(versionOf(again.query.body), versionOf(made.body), where)
    compared += 1
  }
  ok(compared > 1_500, `only ${compared} queries were compared`)
})

test('unparse: order of operands, blanks, comments and names of steps mean nothing', () => {
  const one = compiledClean('any where a == 1 and (b == 2 or c == 3) // x')
  const other = compiledClean('any where (c==3 or /* y */ b==2)\n and a==1')
  equal(versionOf(one.body), versionOf(other.body))
  const different = compiledClean('any where a == 1 and (b == 2 or c : 3) and d')
  ok(versionOf(one.body) !== versionOf(different.body))
})

const PIECES = [
  ['"', '""', '"""', "'", '`', '?', '?"', '\\', '(', ')', '[', ']', '![', '|', ':', '~', '=', '=='],
  [
    ' and ',
    ' or ',
    ' not ',
    ' in ',
    ' like ',
    ' by ',
    ' with ',
    ' until ',
    ' of ',
    ' where ',
    ' as ',
  ],
  ['null', 'true', '0x', '1e999', '.', '-', '*', '%', '/*', '//', '\0', '\uD800', '𝕏', '\n', ','],
  [
    'sequence ',
    'sample ',
    'join ',
    'maxspan=1s',
    'runs=3',
    'fork',
    'any where x',
    '| head 1',
    'descendant',
  ],
].flat()

const CODES: ReadonlySet<string> = new Set(RULE_PROBLEM_CODES)

test('unparse: a query mutilated at random ends with codes that are known, soon', () => {
  const seed = 141_421
  const next = dice(seed)
  for (let round = 0; round < 6_000; round += 1) {
    let mutated = query(next)
    for (let left = 1 + next(5); left > 0; left -= 1) {
      const from = next(mutated.length + 1)
      const piece =
        next(8) === 0 ? mutated.slice(from, from + 40).repeat(next(50)) : pick(next, PIECES)
      mutated = mutated.slice(0, from) + piece + mutated.slice(from + next(10))
    }
    const dialect = pick(next, EQL_DIALECTS)
    const startMs = performance.now()
    const { problems, query: made } = compiled(mutated, dialect)
    const where = `seed ${seed}, round ${round}, ${dialect}: ${mutated.slice(0, 400)}`
    ok(performance.now() - startMs < 2_000, where)
    for (const { code, offset } of problems) {
      ok(CODES.has(code), where)
      ok(offset >= 0 && offset <= mutated.length, where)
    }
    ok(made !== undefined || problems.length > 0, where)
    if (made !== undefined) ok(unparse(made.body, 1_000).length <= 1_001, where)
  }
})
