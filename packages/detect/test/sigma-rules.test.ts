import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { engineOf, load } from './sigma.ts'

const SELECTIONS = `sel_a:
  a: 1
sel_b:
  b: 1
_hidden:
  h: 1
other-1:
  o: 1
`

// Events are written as the letters of the fields that are 1.
const CONDITIONS: readonly (readonly [condition: string, hits: string[], misses: string[]])[] = [
  ['sel_a', ['a', 'ab'], ['', 'b']],
  ['not sel_a', ['', 'b'], ['a']],
  ['not not sel_a', ['a'], ['']],
  ['sel_a and sel_b', ['ab'], ['a', 'b']],
  ['sel_a or sel_b', ['a', 'b'], ['', 'o']],
  ['sel_a or sel_b and other-1', ['a', 'bo'], ['b', 'o']],
  ['(sel_a or sel_b) and other-1', ['ao', 'bo'], ['a', 'o']],
  ['sel_a and not sel_b or other-1', ['a', 'abo'], ['ab']],
  ['not (sel_a and sel_b)', ['a', ''], ['ab']],
  ['not sel_a and sel_b', ['b'], ['ab', '']],
  ['1 of sel_*', ['a', 'b'], ['', 'o']],
  ['any of sel_*', ['a', 'b'], ['o']],
  ['all of sel_*', ['ab'], ['a', 'b']],
  ['not 1 of sel_*', ['', 'o'], ['a', 'b']],
  ['sel_a and not 1 of *_b', ['a'], ['ab']],
  ['1 of them', ['a', 'o'], ['h', '']],
  ['all of them', ['abo'], ['ab', 'abh']],
  ['1 of _*', ['h'], ['a']],
  ['1 of *', ['a'], ['h']],
  ['1 of s*_*', ['b'], ['o']],
  ['1 of sel_a', ['a'], ['b']],
  ['_hidden', ['h'], ['a']],
  ['sel_a AND NOT sel_b', ['a'], ['ab']],
  ['sel_a Or sel_b', ['b'], ['']],
  ['ALL OF sel_*', ['ab'], ['a']],
  ['\n  sel_a\n    and sel_b\n', ['ab'], ['a']],
]

const eventOf = (letters: string): object =>
  Object.fromEntries(letters.split('').map((key) => [key, 1]))

for (const [condition, hits, misses] of CONDITIONS) {
  test(`condition: ${condition.trim()}`, () => {
    const engine = engineOf(`${SELECTIONS}condition: ${JSON.stringify(condition)}`)
    for (const letters of hits) equal(engine.match(eventOf(letters)).length, 1, letters)
    for (const letters of misses) equal(engine.match(eventOf(letters)).length, 0, letters)
  })
}

test('condition: a list is any of its conditions', () => {
  const engine = engineOf(`${SELECTIONS}condition: [sel_a and sel_b, other-1]`)
  deepEqual(
    ['ab', 'o', 'a'].map((letters) => engine.match(eventOf(letters)).length),
    [1, 1, 0],
  )
})

const STRUCTURES: readonly {
  readonly name: string
  readonly selection: string
  readonly hits: readonly object[]
  readonly misses: readonly object[]
}[] = [
  {
    name: 'a list of maps is any of them',
    selection: '- a: x\n  b: y\n- c: z',
    hits: [{ a: 'x', b: 'y' }, { c: 'z' }],
    misses: [{ a: 'x' }, { b: 'y' }],
  },
  {
    name: 'a list of texts is searched in every value',
    selection: '- evil\n- 4711',
    hits: [{ a: { b: ['so EVIL it is'] } }, { n: 4711 }, { n: 'id 4711' }],
    misses: [{ evil: 'key' }, { a: 'good' }, {}],
  },
  {
    name: 'keywords know wildcards',
    selection: "- 'no access-session * control'",
    hits: [{ message: 'cmd: no access-session port control!' }],
    misses: [{ message: 'no access-session' }],
  },
  {
    name: 'keywords with all may stand in different values',
    selection: "'|all':\n  - one\n  - two",
    hits: [{ a: 'one', b: 'two' }, { a: 'two one' }],
    misses: [{ a: 'one' }],
  },
  {
    name: 'keywords may be regular expressions',
    selection: "'|re': 'o[n]e$'",
    hits: [{ a: 'this one' }],
    misses: [{ a: 'ones' }],
  },
  {
    name: 'keywords may keep the case',
    selection: "'|cased': One",
    hits: [{ a: 'xOnex' }],
    misses: [{ a: 'one' }],
  },
  {
    name: 'a single text is a keyword',
    selection: 'evil',
    hits: [{ a: 'evil' }],
    misses: [{ a: 'good' }],
  },
  {
    name: 'maps and keywords mix in a list',
    selection: '- a: x\n- evil',
    hits: [{ a: 'x' }, { z: 'evil' }],
    misses: [{ a: 'y' }],
  },
  {
    name: 'aliases of YAML are followed',
    selection: 'a: &list [x, y]\nb: *list',
    hits: [{ a: 'x', b: 'y' }],
    misses: [{ a: 'x', b: 'z' }],
  },
]

for (const { name, selection, hits, misses } of STRUCTURES) {
  test(`selection: ${name}`, () => {
    const body = selection.replaceAll(/^/gm, '  ')
    const engine = engineOf(`selection:\n${body}\ncondition: selection`)
    for (const event of hits) equal(engine.match(event).length, 1, JSON.stringify(event))
    for (const event of misses) equal(engine.match(event).length, 0, JSON.stringify(event))
  })
}

test('placeholders: values take their place, wildcards in them work', () => {
  const detection = "selection:\n  f|expand: 'user-%admins%'\ncondition: selection"
  const engine = engineOf(detection, { placeholders: { admins: ['root', 'adm*'] } })
  deepEqual(
    ['user-root', 'USER-admin7', 'user-bob', 'user-%admins%'].map(
      (f) => engine.match({ f }).length,
    ),
    [1, 1, 0, 0],
  )
})

test('placeholders: an escaped percent sign and one without expand are literal', () => {
  const escaped = engineOf("selection:\n  f|expand: 'a\\%b%'\ncondition: selection")
  equal(escaped.match({ f: 'a%b%' }).length, 1)
  const plain = engineOf("selection:\n  f|contains: '%b%'\ncondition: selection")
  equal(plain.match({ f: 'a%b%c' }).length, 1)
})

test('placeholders: expand may follow contains', () => {
  const detection = "selection:\n  f|contains|expand: '%x%'\ncondition: selection"
  const engine = engineOf(detection, { placeholders: { x: ['evil'] } })
  equal(engine.match({ f: 'so evil it is' }).length, 1)
})

const one = (item: string): string => `selection:\n  ${item}\ncondition: selection`

const REJECTED: readonly (readonly [
  name: string,
  detection: string,
  code: string,
  said: RegExp,
])[] = [
  [
    'an aggregation',
    `${SELECTIONS}condition: sel_a | count() > 5`,
    'ERR_RULE_CONDITION',
    /correlation/,
  ],
  ['an unknown selection', `${SELECTIONS}condition: sel_c`, 'ERR_RULE_UNKNOWN_SELECTION', /sel_a/],
  [
    'a selector for nothing',
    `${SELECTIONS}condition: all of zzz*`,
    'ERR_RULE_UNKNOWN_SELECTION',
    /zzz/,
  ],
  ['them without selections', 'condition: 1 of them', 'ERR_RULE_UNKNOWN_SELECTION', /them/],
  ['an unclosed parenthesis', `${SELECTIONS}condition: (sel_a`, 'ERR_RULE_CONDITION', /closed/],
  ['a stray parenthesis', `${SELECTIONS}condition: sel_a)`, 'ERR_RULE_CONDITION', /\)/],
  ['an empty condition', `${SELECTIONS}condition: ''`, 'ERR_RULE_CONDITION', /empty/],
  ['a missing condition', SELECTIONS, 'ERR_RULE_CONDITION', /condition/],
  ['a count of selections', `${SELECTIONS}condition: 2 of sel_*`, 'ERR_RULE_CONDITION', /2 of/],
  ['a bare pattern', `${SELECTIONS}condition: sel_*`, 'ERR_RULE_CONDITION', /1 of/],
  ['a dangling and', `${SELECTIONS}condition: sel_a and`, 'ERR_RULE_CONDITION', /ends/],
  ['two names', `${SELECTIONS}condition: sel_a sel_b`, 'ERR_RULE_CONDITION', /and/],
  ['an odd character', `${SELECTIONS}condition: sel_a & sel_b`, 'ERR_RULE_CONDITION', /&/],
  ['an unknown modifier', one('f|contain: x'), 'ERR_RULE_UNKNOWN_MODIFIER', /contains/],
  ['a modifier in upper case', one('f|Contains: x'), 'ERR_RULE_UNKNOWN_MODIFIER', /contains/],
  ['re after contains', one('f|contains|re: x'), 'ERR_RULE_MODIFIER', /as written/],
  ['a flag without re', one('f|i: x'), 'ERR_RULE_MODIFIER', /after "re"/],
  ['cidr after cased', one('f|cased|cidr: 10.0.0.0/8'), 'ERR_RULE_MODIFIER', /as written/],
  ['a bad network', one('f|cidr: 10.0.0.0/33'), 'ERR_RULE_VALUE', /network/],
  ['wildcards under base64', one("f|base64: 'a*'"), 'ERR_RULE_MODIFIER', /wildcards/],
  ['exists with a text', one('f|exists: yes-please'), 'ERR_RULE_MODIFIER', /true or false/],
  ['lt with a text', one('f|lt: many'), 'ERR_RULE_MODIFIER', /number/],
  ['hour with a text', one('f|hour: noon'), 'ERR_RULE_MODIFIER', /number/],
  ['null in a list', one('f: [a, null]'), 'ERR_RULE_VALUE', /null/],
  ['contains null', one('f|contains: null'), 'ERR_RULE_MODIFIER', /text/],
  ['an empty list', one('f: []'), 'ERR_RULE_VALUE', /empty/],
  ['a map as a value', one('f: { g: h }'), 'ERR_RULE_VALUE', /value/],
  ['an empty selection', 'selection: {}\ncondition: selection', 'ERR_RULE_STRUCTURE', /empty/],
  ['a list in a list', 'selection: [[a]]\ncondition: selection', 'ERR_RULE_STRUCTURE', /list/],
  ['an unresolved placeholder', one("f|expand: '%x%'"), 'ERR_RULE_PLACEHOLDER', /%x%/],
  ['a keyword with cidr', one("'|cidr': 10.0.0.0/8"), 'ERR_RULE_MODIFIER', /field/],
  ['look-ahead', one("f|re: 'a(?=b)'"), 'ERR_RULE_REGEX', /look-around/],
  ['look-behind', one("f|re: '(?<!a)b'"), 'ERR_RULE_REGEX', /look-around/],
  ['a back-reference', one("f|re: '(a)\\1'"), 'ERR_RULE_REGEX', /back-reference/],
  ['a possessive quantifier', one("f|re: 'a++'"), 'ERR_RULE_REGEX', /possessive/],
  ['a broken expression', one("f|re: 'a['"), 'ERR_RULE_REGEX', /\]/],
  ['a custom tag', one('f: !secret x'), 'ERR_RULE_SYNTAX', /tag/i],
  ['a merge key', 'selection:\n  <<: { a: b }\ncondition: selection', 'ERR_RULE_SYNTAX', /merge/],
  ['a doubled key', one('f: a\n  f: b'), 'ERR_RULE_SYNTAX', /unique/],
  ['too many dashes', one(`f|windash: '${' -a'.repeat(6)}'`), 'ERR_RULE_MODIFIER', /3,125/],
]

for (const [name, detection, code, said] of REJECTED) {
  test(`rejected: ${name}`, () => {
    const outcome = load(detection)
    equal(outcome.state, 'failed')
    deepEqual([...new Set(outcome.problems.map((problem) => problem.code))], [code])
    match(outcome.problems[0]?.message ?? '', said)
  })
}

const WARNED: readonly (readonly [name: string, detection: string, code: string])[] = [
  ['upper-case words', `${SELECTIONS}condition: 1 of them OR _hidden`, 'WARN_RULE_CONDITION_CASE'],
  ['an unused selection', `${SELECTIONS}condition: 1 of them`, 'WARN_RULE_UNUSED_SELECTION'],
  ['all on a single value', one('f|contains|all: x'), 'WARN_RULE_ALL_SINGLE'],
]

for (const [name, detection, code] of WARNED) {
  test(`warned: ${name}`, () => {
    const outcome = load(detection)
    equal(outcome.state, 'loaded')
    deepEqual(
      outcome.problems.map((problem) => problem.code),
      [code],
    )
  })
}
