import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { unparse } from '../../src/index.ts'
import { correlation, detection, loadSet, ruleOf } from './set.ts'

const ROOT = join(import.meta.dirname, '../../../..')

function filter(rules: string, condition = 'not s', selections = 's: { User: root }'): string {
  return `title: Known
logsource: { category: process_creation }
filter:
  rules: ${rules}
  ${selections}
  condition: ${condition}
`
}

const shown = (texts: readonly string[]): string => unparse(ruleOf(loadSet(texts)[0]).body)

test('filter: it is added to the rule with and, never turned around', () => {
  const own = 'process.executable endswith "/a"'
  const user = '(user.name = "root" or process.user.name = "root")'
  equal(shown([detection('a'), filter('[a]')]), `${own} and not ${user}`)
  equal(shown([detection('a'), filter('[a]', 's')]), `${own} and ${user}`)
})

test('filter: names and patterns of names are its own', () => {
  const rule = detection('a')
    .replace('condition: s', 'condition: s and not 1 of s_*')
    .replace('  condition', '  s_x: { Image: /x }\n  condition')
  const selections = 's_y: { process.name: y }\n  s: { process.name: z }'
  const them = shown([rule, filter('[a]', 'not 1 of them', selections)])
  const pattern = shown([rule, filter('[a]', 'not 1 of s_*', selections)])
  const own = 'process.executable endswith "/a" and not process.executable = "/x"'
  equal(them, `${own} and not (process.name = "y" or process.name = "z")`)
  equal(pattern, `${own} and not process.name = "y"`)
})

const BELONGS: readonly (readonly [
  name: string,
  rules: string,
  logsource: string,
  belongs: boolean,
])[] = [
  ['by id', '[id-of-a]', 'category: process_creation', true],
  ['by name', '[a]', 'category: process_creation', true],
  ['by title', '[Title of a]', 'category: process_creation', true],
  ['by a single text', 'a', 'category: process_creation', true],
  ['to all of its logsource', 'any', 'product: macos', true],
  ['to all, in the other word', 'all', 'product: macos', true],
  ['to all, as an empty list', '[]', 'product: macos', true],
  ['with more than the rule says', '[a]', 'category: process_creation, service: x', false],
  ['with another category', 'any', 'category: file_event', false],
  ['to another rule', '[b]', 'category: process_creation', false],
]

for (const [name, rules, logsource, belongs] of BELONGS) {
  test(`filter: ${belongs ? 'belongs' : 'does not belong'} ${name}`, () => {
    const text = filter(rules).replace('category: process_creation', logsource)
    const [rule, outcome] = loadSet([detection('a'), text])
    equal(outcome?.state, 'applied', JSON.stringify(outcome))
    deepEqual(outcome?.state === 'applied' ? outcome.ruleIds : [], belongs ? ['id-of-a'] : [])
    equal(unparse(ruleOf(rule).body).includes('root'), belongs)
    deepEqual(
      outcome?.problems.map(({ code }) => code),
      belongs ? [] : ['WARN_RULE_FILTER_UNUSED'],
    )
  })
}

test('filter: never of a correlation, but of the rules it counts', () => {
  const section =
    'type: event_count\nrules: a\ngroup-by: host.id\ntimespan: 1m\ncondition: { gte: 2 }'
  const [a, c, used] = loadSet([detection('a'), correlation('c', section), filter('[a, c]')])
  ok(unparse(ruleOf(a).body).includes('root'))
  ok(!unparse(ruleOf(c).body).includes('root'))
  deepEqual(used?.state === 'applied' ? used.ruleIds : [], ['id-of-a'])
})

test('filter: fields mean what they mean in the category of the rule', () => {
  const sudo = detection('a').replace('process_creation', 'sudo').replace('Image|endswith', 'User')
  const text = filter('any', 'not s', 's: { CommandLine: x }').replace(
    'category: process_creation',
    'product: macos',
  )
  const [, rule] = loadSet([detection('b'), sudo, text])
  ok(unparse(ruleOf(rule).body).endsWith('not macos.sudo.command = "x"'))
})

test('filter: several are added in their order, and the version follows', () => {
  const rule = ruleOf(loadSet([detection('a'), filter('[a]'), filter('any', 's')])[0])
  notEqual(rule.version, ruleOf(loadSet([detection('a')])[0]).version)
  equal(
    rule.body.kind === 'event' &&
      rule.body.expression.kind === 'and' &&
      rule.body.expression.operands.length,
    3,
  )
})

test('filter: what held of it is shown under its name', () => {
  const { body } = ruleOf(
    loadSet([detection('a'), filter('[a]', 's', 's: { process.name: x }')])[0],
  )
  ok(JSON.stringify(body).includes('"selection":"Known: s"'))
})

test('filter: one that asks what no sensor fills can kill its rule, and says so', () => {
  const [dead] = loadSet([detection('a'), filter('[a]', 's', 's: { md5: x }')])
  equal(dead?.state, 'dead')
  const [alive] = loadSet([detection('a'), filter('[a]', 'not s', 's: { md5: x }')])
  equal(alive?.state, 'loaded')
})

const BROKEN: readonly (readonly [name: string, text: string, code: string])[] = [
  ['no logsource', filter('[a]').replace(/logsource.*\n/, ''), 'ERR_RULE_LOGSOURCE'],
  [
    'an empty logsource',
    filter('[a]').replace('category: process_creation', ''),
    'ERR_RULE_LOGSOURCE',
  ],
  ['no rules', filter('[a]').replace(/ {2}rules.*\n/, ''), 'ERR_RULE_FILTER'],
  ['rules that are no names', filter('{ a: b }'), 'ERR_RULE_FILTER'],
  ['no condition', filter('[a]').replace(/ {2}condition.*\n/, ''), 'ERR_RULE_FILTER'],
  ['several conditions', filter('[a]', '[s, s]'), 'ERR_RULE_FILTER'],
  ['an unknown name', filter('[a]', 'not t'), 'ERR_RULE_UNKNOWN_SELECTION'],
  ['an unknown field', filter('[a]', 'not s', 's: { Usr: x }'), 'ERR_RULE_UNKNOWN_FIELD'],
  ['no map', 'title: x\nlogsource: { product: macos }\nfilter: [a]\n', 'ERR_RULE_FILTER'],
]

for (const [name, text, code] of BROKEN) {
  test(`filter: with ${name} it fails, and its rule is loaded without it`, () => {
    const [rule, outcome] = loadSet([detection('a'), text])
    deepEqual([outcome?.state, outcome?.problems[0]?.code], ['failed', code])
    equal(unparse(ruleOf(rule).body), 'process.executable endswith "/a"')
  })
}

const TESTS = join(ROOT, '../shared/data/detection/sigma/spec-schema-tests/filter')
const skip = existsSync(TESTS) ? false : 'the specification’s examples are not at ../shared/data'

test('filter: the examples of the specification are read', { skip }, () => {
  const files = readdirSync(TESTS)
  ok(files.length >= 2)
  for (const file of files) {
    const text = readFileSync(join(TESTS, file), 'utf8')
    const [outcome] = loadSet([text], { fields: 'raw', purpose: 'evaluate' })
    equal(outcome?.state, 'applied', JSON.stringify(outcome))
  }
})
