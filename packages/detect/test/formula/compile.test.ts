import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { compileCondition } from '../../src/condition.ts'
import { EventView } from '../../src/event-view.ts'
import { FullScan } from '../../src/full-scan.ts'
import { dice, type Dice } from '../dice.ts'
import { compiledEql, holdsEql } from '../eql.ts'

const EVENT = {
  process: { name: 'Python3', args: ['python3', '-c', 'x = 1'], pid: 7, parent: { name: 'zsh' } },
  file: { path: '/tmp/a.py', size: 2_048, missing: null },
  source: { ip: '10.1.2.3' },
  flag: true,
  off: false,
  empty: [],
  list: [
    { a: 1, c: [{ z: 'q' }] },
    { a: 2, c: [] },
  ],
}

// What a condition and its opposite come to; both false where the answer is unknown.
const CASES: readonly (readonly [condition: string, truth: boolean | null])[] = [
  ['process.name == "Python3"', true],
  ['process.name == "python3"', false],
  ['process.name : "python?"', true],
  ['process.name != "x"', true],
  ['process.nothing != "x"', null],
  ['process.nothing == "x"', null],
  ['process.nothing == null', true],
  ['file.missing == null', true],
  ['file.missing != "x"', null],
  ['empty == null', true],
  ['flag', true],
  ['off', false],
  ['no.such.flag', null],
  ['flag and no.such.flag', null],
  ['off and no.such.flag', false],
  ['flag or no.such.flag', true],
  ['off or no.such.flag', null],
  ['process.args == "-c"', true],
  ['process.args : "X*"', true],
  ['process.args != "-c"', false],
  ['process.args != "-d"', true],
  ['process.args in ("-d", "-e")', false],
  ['process.args not in ("-d", "-e")', true],
  ['process.args like ("a*", "*1")', true],
  ['process.args regex "-[a-z]"', true],
  ['process.args regex "[a-z]"', false],
  ['length(process.args) == 3', true],
  ['length(process.name) == 7', true],
  ['length(process.nothing) > 0', null],
  ['startsWith~(process.args, process.name)', true],
  ['startsWith(process.args, process.name)', false],
  ['process.parent.name == process.args', false],
  ['concat(process.name, "-", process.pid, flag) == "Python3-7true"', true],
  ['concat(process.name, process.nothing) == null', true],
  ['concat(process.args, "!") == "-c!"', true],
  ['process.pid + 1 == 8', true],
  ['process.pid / 2 == 3', true],
  ['process.pid / 2.0 == 3.5', true],
  ['-process.pid / 2 == -4', true],
  ['process.pid / 0 == 1', null],
  ['process.pid % 4 == 3', true],
  ['process.name + 1 == 2', null],
  ['file.size >= 2048', true],
  ['file.size < 2048', false],
  ['file.path >= "/tmp"', true],
  ['file.path < "/tmp"', false],
  ['file.path > 5', false],
  ['substring(file.path, -3) == ".py"', true],
  ['substring(file.path, 1, 4) == "tmp"', true],
  ['indexOf(file.path, "a.") == 5', true],
  ['indexOf(file.path, "b") == null', true],
  ['between(file.path, "/", ".") == "tmp/a"', true],
  ['between(file.path, "/", "nothing") == null', true],
  ['number("0x10") == 16', true],
  ['number(substring(process.name, 6)) == 3', true],
  ['number(process.name) == null', true],
  ['string(process.pid) : "7"', true],
  ['endsWith(file.path, concat(".", "py"))', true],
  ['stringContains(process.args, " = ")', true],
  ['cidrMatch(source.ip, "10.0.0.0/8")', true],
  ['cidrMatch(source.ip, "11.0.0.0/8")', false],
  ['cidrMatch(process.name, "10.0.0.0/8")', false],
  ['cidrMatch(concat(source.ip, ""), "10.0.0.0/8")', true],
  ['(process.pid > 3) == null', false],
  ['(process.nothing > 3) == null', true],
  ['(process.pid > 3) == true', true],
  ['?a.b == ?c.d', true],
  ['?a.b == ?process.name', null],
  ['process.name in (process.parent.name, "Python3")', true],
]

for (const [condition, truth] of CASES) {
  test(`formula: ${condition} is ${truth}`, () => {
    equal(holdsEql(condition, EVENT), truth === true)
    equal(holdsEql(`not (${condition})`, EVENT), truth === false)
  })
}

const LISTS: readonly (readonly [condition: string, truth: boolean | null])[] = [
  ['arrayContains(process.args, "-C", "no")', true],
  ['arrayContains(process.args, "no")', false],
  ['arrayContains(process.nothing, "no")', null],
  ['arraySearch(list, x, x.a == 2)', true],
  ['arraySearch(list, x, arraySearch(x.c, y, y.z == "Q" and x.a == 1))', true],
  ['arraySearch(list, x, arraySearch(x.c, y, x.a == 2))', false],
  ['arraySearch(nothing, x, true)', null],
  ['arrayCount(process.args, s, s == "*c*") == 1', true],
  ['process.args[1] == "-C"', true],
  ['process.args[9] == null', true],
  ['list[0].c[0].z == "q"', true],
  ['list', true],
  ['process.args:length() == 3', true],
]

for (const [condition, truth] of LISTS) {
  test(`formula, endgame: ${condition} is ${truth}`, () => {
    equal(holdsEql(condition, EVENT, 'endgame'), truth === true)
    equal(holdsEql(`not (${condition})`, EVENT, 'endgame'), truth === false)
  })
}

test('formula: a later step sees the fields of an earlier one, and nothing without it', () => {
  const text = 'sequence [any where a == 1] as e [any where b == e.name]'
  const { body } = compiledEql(text)
  const step = body.kind === 'sequence' ? body.steps[1] : undefined
  if (step === undefined) throw new Error('the sequence has two steps')
  const view = new EventView('nested')
  const { holds } = compileCondition(step.filter.expression, view)
  const earlier = [{ name: 'x' }]
  const lookBack = () => {
    view.lookBack((index, field) => view.valueIn(earlier[index] ?? {}, field))
  }
  view.turnTo({ b: 'x' })
  equal(holds(view), false)
  lookBack()
  equal(holds(view), true)
  view.turnTo({ b: 'y' })
  lookBack()
  equal(holds(view), false)
})

test('formula: what matched is shown with the values of its fields', () => {
  const { body } = compiledEql('any where process.pid + 1 == 8 and length(process.args) == 3')
  if (body.kind !== 'event') throw new Error('one event is asked for')
  const scan = new FullScan([body])
  equal(scan.match(EVENT).length, 1)
  const shown = scan.explain(0).map(({ field, pattern, value }) => `${field} ${pattern} ${value}`)
  equal(shown[0], 'process.pid process.pid + 1 == 8 7')
  equal(shown[1], 'process.args length(process.args) == 3 ["python3","-c","x = 1"]')
})

const FIELDS = ['a', 'b', 'c.d', 'e']
const LITERALS = ['"x"', '"xy"', '1', '2', 'true', 'null']

function atom(next: Dice): string {
  const field = FIELDS[next(FIELDS.length)] ?? 'a'
  const literal = LITERALS[next(LITERALS.length)] ?? '1'
  switch (next(8)) {
    case 0:
      return `${field} == ${literal}`
    case 1:
      return `${field} != ${literal}`
    case 2:
      return `${field} : ("x*", "?")`
    case 3:
      return `${field} in ("x", "xy", "z")`
    case 4:
      return `${field} not in~ ("X", "q")`
    case 5:
      return `startsWith(${field}, "x")`
    case 6:
      return `${field} regex "x.?"`
    default:
      return `${field} >= 2`
  }
}

function condition(next: Dice, depth: number): string {
  if (depth === 0 || next(4) === 0) return atom(next)
  const inner = () => condition(next, depth - 1)
  if (next(3) === 0) return `not (${inner()})`
  return `(${inner()} ${next(2) === 0 ? 'and' : 'or'} ${inner()})`
}

// Texts and numbers are never mixed up here: a test compares them as text, a formula does not.
const VALUES: readonly (readonly unknown[])[] = [
  [undefined, 'x', 'xy', 'X', ['x', 'q'], null],
  [undefined, 'q', 'xyz', '', ['X'], []],
]

test('formula: with `not` pushed to the leaves it comes to the same as Kleene’s logic says', () => {
  const seed = 20_261_125
  const next = dice(seed)
  for (let round = 0; round < 2_000; round += 1) {
    const text = condition(next, 4)
    const pick = () => VALUES[next(2)]?.[next(6)]
    const event = { a: pick(), b: pick(), c: { d: pick() }, e: pick() }
    const shown = `seed ${seed}, round ${round}: ${text} on ${JSON.stringify(event)}`
    // A truth made a text is not taken apart: the formula decides it as a whole.
    const isTrue = holdsEql(`string(${text}) == "true"`, event)
    const isFalse = holdsEql(`string(${text}) == "false"`, event)
    equal(holdsEql(text, event), isTrue, shown)
    equal(holdsEql(`not (${text})`, event), isFalse, shown)
  }
})
