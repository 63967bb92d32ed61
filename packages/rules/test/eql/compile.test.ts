import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { EQL_LIMITS, type EqlDialect, unparse } from '../../src/index.ts'
import { compiled, compiledClean } from './query.ts'

// The text is what the compiled form says, as EQL again.
const FORMS: readonly (readonly [query: string, form: string, dialect?: EqlDialect])[] = [
  ['any where a == "x"', 'a == "x"'],
  ['any where "x" == a', 'a == "x"'],
  ['any where a : "x*"', 'a : "x*"'],
  ['any where a : ("x*", "y")', 'a : "x*" or a : "y"'],
  ['any where a == null', 'a == null'],
  ['any where a != null', 'a != null'],
  ['any where a != "x"', 'not a == "x"'],
  ['any where not (a == "x" and b > 2)', 'not a == "x" or not b > 2'],
  [
    'any where a != "x" and not a : ("y*", "z") and b != 1',
    'not (a == "x" or a : "y*" or a : "z") and not b == 1',
  ],
  ['any where not not a == 1', 'a == 1'],
  ['any where a in ("x", "y")', 'a == "x" or a == "y"'],
  ['any where a not in~ ("x", "y*")', 'not (a : "x" or a in~ ("y*"))'],
  ['any where a like ("x*", "?y")', 'a like "x*" or a like "?y"'],
  ['any where a regex~ """x.+"""', 'a regex~ "x.+"'],
  ['any where startsWith(a, "x")', 'a like "x*"'],
  ['any where stringcontains~(a, "*")', 'stringContains~(a, "*")'],
  [
    'any where cidrmatch(a, "10.0.0.0/8", "::1")',
    'cidrMatch(a, "10.0.0.0/8") or cidrMatch(a, "::1")',
  ],
  ['any where 3 < a', 'a > 3'],
  ['any where a == 1.50', 'a == 1.5'],
  ['any where a', 'a == true'],
  ['any where not a', 'not a == true'],
  ['any where a == false', 'a == false'],
  ['any where (a == 1) == true', 'a == 1'],
  ['any where (a == 1) != true', 'not a == 1'],
  ['any where a == b', 'a == b'],
  ['any where a != b', 'not a == b'],
  ['any where ?a == ?b', 'a == null and b == null or a == b'],
  ['any where length(a) > 3 and a + 1 == -2', 'length(a) > 3 and a + 1 == -2'],
  ['any where -a == 1', '0 - a == 1'],
  ['any where a >= "m"', 'a >= "m"'],
  ['any where true and a == 1 or false', 'a == 1'],
  ['any where a == 1 and 1 == 2', 'false'],
  ['any where null or a == 1', 'a == 1'],
  ['any where not (null and a == 1)', 'not a == 1'],
  ['any where 7 / 2 == a', 'a == 3'],
  ['any where 7 / 2.0 == a', 'a == 3.5'],
  ['any where concat("a", 1, true) == a', 'a == "a1true"'],
  ['process where a == 1', 'event.category == "process" and a == 1'],
  ['"my category" where a == 1', 'event.category == "my category" and a == 1'],
  [
    'any where descendant of [process where b == 1]',
    'descendant of [any where event.category == "process" and b == 1]',
  ],
  ['any where a="x*" and B = \'y\'', 'a : "x*" and B : "y"', 'endgame'],
  ['any where a in ("x*")', 'a in~ ("x*")', 'endgame'],
  ['any where a:length() == 2', 'length~(a) == 2', 'endgame'],
  ['a == ?"\\d"', 'event.category : "process" and a : "\\\\d"', 'endgame'],
  ['any where match(a, ?"x+")', 'match(a, "x+")', 'elasticsearch'],
  ['any where a !: "x*"', 'not a : "x*"', 'elasticsearch'],
  ['any where a !: null', 'a != null', 'elasticsearch'],
  ["any where match('x+', a)", 'match~(a, "x+")', 'endgame'],
]

for (const [query, form, dialect] of FORMS) {
  const text = query.startsWith('a == ?') ? `process where ${query}` : query
  test(`compile: ${text}`, () => {
    const { query: made, problems } = compiled(text, dialect)
    deepEqual(
      problems.filter(({ code }) => code.startsWith('ERR_')),
      [],
    )
    ok(made !== undefined)
    equal(unparse(made.body), form)
  })
}

test('compile: a sequence has the keys, runs, names and scope it was written with', () => {
  const text =
    'sequence by h, ?u with maxspan=1m [any where a] by p with runs=2 ' +
    '![any where b] by q [any where c == x.d] by r until [any where e] by s'
  const { query } = compiled(text.replace('x.d', '1'))
  ok(query?.body.kind === 'sequence')
  const { steps, spanMs, until, scope } = query.body
  deepEqual(
    steps.map(({ name, missing, keys }) => [name, missing, keys.map((key) => key.written)]),
    [
      ['step 1, run 1', false, ['h', '?u', 'p']],
      ['step 1, run 2', false, ['h', '?u', 'p']],
      ['step 2', true, ['h', '?u', 'q']],
      ['step 3', false, ['h', '?u', 'r']],
    ],
  )
  deepEqual(
    steps[0]?.keys.map(({ optional }) => optional),
    [false, true, false],
  )
  deepEqual([spanMs, until?.keys.length, scope], [60_000, 3, 'host'])
})

test('compile: a later step asks an earlier one by its name', () => {
  const { body } = compiledClean(
    'sequence [any where a] as e0 [any where b == e0.process.name and c == e0]',
  )
  ok(body.kind === 'sequence')
  equal(
    unparse(body),
    'sequence [any where a == true] as e0 [any where b == e0.process.name and c == e0]',
  )
  const { expression } = body.steps[1]?.filter ?? {}
  ok(expression?.kind === 'and')
  const [first, second] = expression.operands
  ok(first?.kind === 'formula' && first.formula.kind === 'compare')
  deepEqual(first.formula.right, {
    kind: 'field',
    fields: ['process.name'],
    written: 'e0.process.name',
    step: 0,
  })
  // A name alone is a field like any other.
  ok(second?.kind === 'formula' && second.formula.kind === 'compare')
  equal(second.formula.right.kind === 'field' && second.formula.right.step, undefined)
})

test('compile: Elasticsearch joins by key over all hosts, and the endpoint on one', () => {
  const text = 'sequence by a [any where b == 1] [any where c == 1]'
  const scopes = (['elasticsearch', 'endpoint'] as const).map((dialect) => {
    const { body } = compiledClean(text, dialect)
    return body.kind === 'sequence' && body.scope
  })
  deepEqual(scopes, ['fleet', 'host'])
  const { body } = compiledClean(text.replace('by a ', ''), 'elasticsearch')
  equal(body.kind === 'sequence' && body.scope, 'host')
})

const WRONG: readonly (readonly [query: string, code: string, at: number, dialect?: EqlDialect])[] =
  [
    ['', 'ERR_RULE_QUERY', 0],
    ['process', 'ERR_RULE_QUERY', 0],
    ['process where', 'ERR_RULE_QUERY', 13],
    ['any where a ==', 'ERR_RULE_QUERY', 14],
    ['any where a == 1 )', 'ERR_RULE_QUERY', 17],
    ['any where a == "x', 'ERR_RULE_QUERY', 15],
    ['any where a == "\\q"', 'ERR_RULE_QUERY', 16],
    ['any where a in ()', 'ERR_RULE_QUERY', 17],
    ['any where a == #', 'ERR_RULE_QUERY', 15],
    ["any where a == 'x'", 'ERR_RULE_DIALECT', 15],
    ['any where a = 1', 'ERR_RULE_DIALECT', 12],
    ['join by a [any where b] [any where c]', 'ERR_RULE_DIALECT', 0],
    ['any where child of [any where a]', 'ERR_RULE_DIALECT', 10, 'elasticsearch'],
    ['any where a == b', 'ERR_RULE_DIALECT', 12, 'elasticsearch'],
    ['sequence [any where a] as x [any where b]', 'ERR_RULE_DIALECT', 23, 'elasticsearch'],
    ['sequence with maxspan=1s [any where a] ![any where b]', 'ERR_RULE_DIALECT', 39, 'endgame'],
    ['any where nosuch(a)', 'ERR_RULE_UNKNOWN_FUNCTION', 10],
    ['any where arraySearch(a, b, b == 1)', 'ERR_RULE_UNKNOWN_FUNCTION', 10],
    ['any where length()', 'ERR_RULE_OPERANDS', 10],
    ['any where length(1, 2) == 1', 'ERR_RULE_OPERANDS', 10],
    ['any where startsWith(1, "x")', 'ERR_RULE_OPERANDS', 21],
    ['any where startsWith("x", 1)', 'ERR_RULE_OPERANDS', 26],
    ['any where number(1) == 1', 'ERR_RULE_OPERANDS', 17],
    ['any where cidrMatch(a, b)', 'ERR_RULE_OPERANDS', 23],
    ['any where cidrMatch(a, "10.0.0.0/99")', 'ERR_RULE_VALUE', 23],
    ['any where a regex "("', 'ERR_RULE_REGEX', 18],
    ['any where a regex "x)|(y"', 'ERR_RULE_REGEX', 18],
    ['any where a regex 1', 'ERR_RULE_OPERANDS', 18],
    ['any where "x" == 1', 'ERR_RULE_OPERANDS', 14],
    ['any where length(a)', 'ERR_RULE_OPERANDS', 10],
    ['any where a + "x" == 1', 'ERR_RULE_OPERANDS', 12],
    ['any where (child of [any where a]) == true', 'ERR_RULE_OPERANDS', 11],
    ['sequence [any where a]', 'ERR_RULE_SEQUENCE', 0],
    ['sequence by a [any where b] by c [any where d]', 'ERR_RULE_SEQUENCE', 33],
    ['sequence [any where a] ![any where b]', 'ERR_RULE_SEQUENCE', 0],
    ['sequence with maxspan=1s ![any where a] ![any where b]', 'ERR_RULE_SEQUENCE', 0],
    ['sequence with maxspan=0s [any where a] [any where b]', 'ERR_RULE_SEQUENCE', 22],
    ['sequence with maxspan=1 [any where a] [any where b]', 'ERR_RULE_QUERY', 24],
    ['sequence with maxspan=1y [any where a] [any where b]', 'ERR_RULE_QUERY', 23],
    ['sequence [any where a] with runs=0 [any where b]', 'ERR_RULE_SEQUENCE', 33],
    ['sequence [any where a] with runs=101', 'ERR_RULE_SEQUENCE', 33],
    ['sequence by a + 1 [any where a] [any where b]', 'ERR_RULE_SEQUENCE', 14],
    ['sequence [any where a] as x [any where b] as x', 'ERR_RULE_SEQUENCE', 28],
    ['sample [any where a] [any where b]', 'ERR_RULE_SEQUENCE', 0],
    ['sample by a [any where b]', 'ERR_RULE_SEQUENCE', 0],
    ['sample by a [any where b] with runs=2 [any where c]', 'ERR_RULE_SEQUENCE', 12],
    ['any where a | unique b', 'ERR_RULE_PIPE', 14],
    ['any where a | head 0', 'ERR_RULE_PIPE', 14],
    ['any where a | head', 'ERR_RULE_PIPE', 14],
    ['any where a | had 1', 'ERR_RULE_PIPE', 14],
  ]

for (const [query, code, at, dialect] of WRONG) {
  test(`compile: refuses ${query === '' ? 'nothing' : query} (${dialect ?? 'endpoint'})`, () => {
    const { problems } = compiled(query, dialect)
    const first = problems.find((problem) => problem.code.startsWith('ERR_'))
    deepEqual([first?.code, first?.offset], [code, at])
  })
}

test('compile: a mistyped name is answered with the one that was probably meant', () => {
  ok(compiled('any where startWith(a, "x")').problems[0]?.message.endsWith('startsWith'))
  ok(compiled('any where a | tial 3').problems[0]?.message.endsWith('tail'))
})

const { depthMax, stepsMax, textCharsMax, tokensMax } = EQL_LIMITS
const LARGE: readonly (readonly [name: string, query: string])[] = [
  ['text', `any where a == "${'x'.repeat(textCharsMax)}"`],
  ['words', `any where a in (${'1,'.repeat(tokensMax)})`],
  ['parentheses', `any where ${'('.repeat(depthMax + 1)}`],
  ['calls', `any where ${'length('.repeat(depthMax + 1)}`],
  ['signs', `any where a == ${'-'.repeat(depthMax + 1)}1`],
  ['sums', `any where a ${'+ 1 '.repeat(depthMax + 1)} == 1`],
  ['subjects', `any where ${'child of [any where '.repeat(depthMax + 1)}`],
  ['steps', `sequence ${'[any where a] '.repeat(stepsMax + 1)}`],
  ['runs', `sequence ${'[any where a] with runs=100 '.repeat(3)}`],
  ['keys', `sequence by ${'a, '.repeat(40)}a [any where b] [any where c]`],
  ['pipes', `any where a ${'| head 1 '.repeat(40)}`],
]

for (const [name, query] of LARGE) {
  test(`compile: too many ${name} are refused`, () => {
    const { problems, query: made } = compiled(query)
    equal(made, undefined)
    equal(problems[0]?.code, 'ERR_RULE_TOO_LARGE')
  })
}

test('compile: many negations stand as one, and long lists are no nesting', () => {
  equal(unparse(compiledClean(`any where ${'not '.repeat(10_000)} a == 1`).body), 'a == 1')
  const { body } = compiledClean(`any where ${'a == 1 or '.repeat(5_000)} b == 1`)
  ok(body.kind === 'event' && body.expression.kind === 'or')
  equal(body.expression.operands.length, 5_001)
})
