import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadRules, loadSigma, parseFieldMapping, problemsOf, unparse } from '../../src/index.ts'
import type { Rule, RuleOutcome, SigmaOptions } from '../../src/index.ts'

const ROOT = join(import.meta.dirname, '../../../..')
const mapping = parseFieldMapping(
  readFileSync(join(ROOT, 'content/mappings/sigma-macos.yml'), 'utf8'),
)

const HEAD = 'title: A\nid: 11111111-1111-4111-8111-111111111111\nlevel: low\n'

function load(text: string, options: Partial<SigmaOptions> = {}): RuleOutcome {
  const [outcome] = loadSigma({ path: 'a/rule.yml', text }, { mapping, ...options })
  if (outcome === undefined) throw new Error('no outcome')
  return outcome
}

function rule(logsource: string, selection: string, condition = 'selection'): string {
  const body = selection.replaceAll(/^/gm, '    ')
  const detection = `detection:\n  selection:\n${body}\n  condition: ${condition}\n`
  return `${HEAD}logsource: { ${logsource} }\n${detection}`
}

function loaded(text: string, options: Partial<SigmaOptions> = {}): Rule {
  const outcome = load(text, options)
  if (outcome.state !== 'loaded') throw new Error(JSON.stringify(outcome))
  return outcome.rule
}

const EXEC = 'category: process_creation, product: macos'

test('load: every problem is listed with line, column and the nearest name', () => {
  const text = [
    'title: Broken',
    'id: 11111111-1111-4111-8111-111111111111',
    'level: hihg',
    'tags: [attack.persistance]',
    'logsource:',
    '  category: process_creation',
    'detection:',
    '  selection:',
    '    Imgae: a',
    '    CommandLine|contians: b',
    '    process.pidd: 1',
    "    Image|re: 'a('",
    '  condition: selection and not filtre',
    '  filter:',
    '    CommandLine: c',
  ].join('\n')
  const { state, problems } = load(text)
  equal(state, 'failed')
  deepEqual(
    problems.map(({ code, line, column, nearest }) => [code, line, column, nearest]),
    [
      ['WARN_RULE_LEVEL', 3, 1, 'high'],
      ['WARN_RULE_TAG', 4, 1, 'persistence'],
      ['ERR_RULE_UNKNOWN_FIELD', 9, 5, 'Image'],
      ['ERR_RULE_UNKNOWN_MODIFIER', 10, 5, 'contains'],
      ['ERR_RULE_UNKNOWN_FIELD', 11, 5, 'process.pid'],
      ['ERR_RULE_REGEX', 12, 15, undefined],
      ['ERR_RULE_UNKNOWN_SELECTION', 13, 32, 'filter'],
    ],
  )
  ok(problems.every(({ path }) => path === 'a/rule.yml'))
})

const STATES: readonly (readonly [name: string, text: string, state: string, reason: RegExp])[] = [
  ['another platform', rule('product: windows', 'Image: a'), 'unsupported', /windows/],
  [
    'an unknown category',
    rule('category: process_creatoin', 'Image: a'),
    'unsupported',
    /process_creation/,
  ],
  [
    'an unknown service',
    rule('product: macos, service: jamfd', 'Image: a'),
    'unsupported',
    /jamfd/,
  ],
  ['a sensor that is not there', rule('category: proxy', 'DestinationIp: 1.2.3.4'), 'dead', /HTTP/],
  ['a name without counterpart', rule(EXEC, 'OriginalFileName: a'), 'dead', /OriginalFileName/],
  ['a field no sensor fills', rule(EXEC, 'process.hash.md5: a\nImage: b'), 'dead', /md5/],
  [
    'a dead field in a reference',
    rule(EXEC, 'Image|fieldref: dll.hash.sha256'),
    'dead',
    /dll\.hash/,
  ],
  [
    'a dead field in every alternative',
    rule(EXEC, 'md5: a', 'selection or selection'),
    'dead',
    /md5/,
  ],
]

for (const [name, text, state, reason] of STATES) {
  test(`load: ${name} is ${state}, with the reason`, () => {
    const outcome = load(text)
    equal(outcome.state, state, JSON.stringify(outcome))
    ok('reason' in outcome && reason.test(outcome.reason), JSON.stringify(outcome))
  })
}

test('load: a rule that can live without the dead field lives, and says so', () => {
  const alternatives = load(rule(EXEC, '- OriginalFileName: a\n- Image: a'))
  deepEqual(
    [alternatives.state, alternatives.problems[0]?.code],
    ['loaded', 'WARN_RULE_DEAD_FIELD'],
  )
  equal(alternatives.problems[0]?.line, 7)
  equal(load(rule(EXEC, 'md5: null\nImage: a')).state, 'loaded')
  equal(load(rule(EXEC, 'md5: a', 'not selection')).problems[0]?.code, 'WARN_RULE_ALWAYS_TRUE')
})

test('load: taken for evaluation, no rule is refused for its platform, category or fields', () => {
  const text = rule('product: windows, category: odd', 'Image: a\nOddField: b\nOriginalFileName: c')
  const outcome = load(text, { purpose: 'evaluate' })
  equal(outcome.state, 'loaded')
  deepEqual(
    outcome.problems.map(({ code }) => code),
    ['WARN_RULE_UNKNOWN_FIELD'],
  )
})

const FIELDS: readonly (readonly [written: string, ecs: string, sigma: string])[] = [
  ['Image', 'process.executable', 'Image'],
  ['process.executable', 'process.executable', 'Image'],
  [
    'process.Ext.effective_parent.executable',
    'macos.responsible.executable',
    'process.Ext.effective_parent.executable',
  ],
  ['Effective_process.executable', 'macos.responsible.executable', 'Effective_process.executable'],
  ['Target.process.executable', 'macos.target.process.executable', 'TargetImage'],
  ['Tcc.service', 'macos.tcc.service', 'Tcc.service'],
  ['Persistence.name', 'macos.persistence.name', 'Persistence.name'],
  ['file.path', 'file.path', 'TargetFilename'],
  ['TargetFilename', 'file.path', 'TargetFilename'],
]

for (const [written, ecs, sigma] of FIELDS) {
  test(`load: the field ${written} by each naming`, () => {
    const text = rule(EXEC, `${written}: a`)
    const names = (['ecs', 'sigma', 'raw'] as const).map((fields) =>
      unparse(loaded(text, { fields, purpose: 'evaluate' }).body),
    )
    deepEqual(names, [`${ecs} = "a"`, `${sigma} = "a"`, `${written} = "a"`])
  })
}

test('load: a category may give a name another meaning', () => {
  const text = rule('category: sudo', 'CommandLine|contains: passwd')
  equal(unparse(loaded(text).body), 'macos.sudo.command contains "passwd"')
})

test('load: the version follows the meaning, not the writing', () => {
  const version = (text: string, options?: Partial<SigmaOptions>): string =>
    loaded(text, options).version
  const plain = rule(EXEC, 'Image: a\nCommandLine: b')
  equal(version(plain), version(`# comment\n${plain.replace('title: A', 'title: B')}`))
  equal(version(plain), version(rule(EXEC, 'CommandLine: b\nImage: a')))
  const [one, other] = ['a', 'b'].map((name) => `  ${name}:\n    Image: ${name}\n`)
  const both = (first = '', second = ''): string =>
    `${HEAD}logsource: { ${EXEC} }\ndetection:\n${first}${second}  condition: 1 of them\n`
  equal(version(both(one, other)), version(both(other, one)))
  notEqual(version(both(one, other)), version(both(one, other).replace('1 of', 'all of')))
  notEqual(version(plain), version(rule(EXEC, 'Image: A\nCommandLine: b')))
  notEqual(version(plain), version(plain.replace('level: low', 'level: high')))
  notEqual(version(plain), version(rule('category: file_event', 'Image: a\nCommandLine: b')))
})

test('load: the version of a deeply nested condition costs no more than its length', () => {
  const condition = `${'(selection and not '.repeat(31)}selection${')'.repeat(31)}`
  equal(loaded(rule(EXEC, "Image|contains: '\"'", condition)).version.length, 16)
})

test('load: an empty document is no rule, wherever it stands', () => {
  const text = rule(EXEC, 'Image: a')
  for (const around of [`---\n${text}---\n`, `${text}---\n# the end\n`, `---\n---\n${text}...\n`]) {
    const outcomes = loadSigma({ path: 'a/rule.yml', text: around }, { mapping })
    deepEqual(
      outcomes.map(({ state }) => state),
      ['loaded'],
    )
  }
})

test('load: the intermediate form survives JSON', () => {
  const made = loaded(rule(EXEC, "Image|re|i: 'a'\nCommandLine|contains: ['a*b', c]"))
  deepEqual(JSON.parse(JSON.stringify(made)), made)
})

test('load: metadata is carried, custom keys are tolerated', () => {
  const extra = [
    'author: Ann',
    'status: test',
    'description: |\n  Two\n  lines',
    'references: [https://example.org/a]',
    'falsepositives: [Admins]',
    'tags: [attack.credential_access, attack.t1555.001, attack.s0154, cve.2024-1, car.2013-05-004]',
    'risk_score: 66',
    'response: { hint: anything }',
  ].join('\n')
  const made = loaded(`${extra}\n${rule(EXEC, 'Image: a')}`)
  deepEqual(
    [made.author, made.status, made.description, made.references, made.falsePositives],
    ['Ann', 'test', 'Two\nlines', ['https://example.org/a'], ['Admins']],
  )
  deepEqual(
    [made.riskScore, made.severity, made.attackVersion, made.techniques],
    [66, 'low', '18.1', [{ id: 'T1555.001', tactics: ['credential-access'] }]],
  )
  deepEqual(load(`${extra}\n${rule(EXEC, 'Image: a')}`).problems, [])
})

const tagged = [
  { tags: 'attack.defense_evasion, attack.t1562.001', version: '18.1', mixed: undefined },
  { tags: 'attack.defense-impairment, attack.t1685', version: '19', mixed: undefined },
  { tags: 'attack.t1690', version: '19', mixed: undefined },
  { tags: 'attack.stealth, attack.t1562.004', version: '19', mixed: 'T1562.004 (now T1686)' },
  {
    tags: 'attack.defense-evasion, attack.t1685',
    version: '19',
    mixed: 'defense-evasion (now stealth or defense-impairment)',
  },
]
for (const { tags, version, mixed } of tagged) {
  test(`load: ${tags} is of ATT&CK ${version}${mixed === undefined ? '' : ', and a mixture'}`, () => {
    const text = `tags: [${tags}]\n${rule(EXEC, 'Image: a')}`
    equal(loaded(text).attackVersion, version)
    const { problems } = load(text)
    equal(problems.length, mixed === undefined ? 0 : 1)
    ok(problems.every(({ message }) => message.includes(mixed ?? '')))
  })
}

test('load: a rule without id or title is named after its place', () => {
  const outcome = load(rule(EXEC, 'Image: a').replace(HEAD, ''))
  deepEqual(
    outcome.problems.map(({ code }) => code),
    ['WARN_RULE_ID_MISSING', 'WARN_RULE_TITLE_MISSING', 'WARN_RULE_LEVEL'],
  )
  ok(outcome.state === 'loaded' && outcome.rule.name === 'a/rule.yml:1')
})

test('load: several documents are several outcomes, broken ones among them', () => {
  const text = `${rule(EXEC, 'Image: a')}---\ntitle: x\n---\n${rule('product: linux', 'a: b')}`
  const outcomes = loadSigma({ path: 'many.yml', text }, { mapping })
  deepEqual(
    outcomes.map(({ state }) => state),
    ['loaded', 'failed', 'unsupported'],
  )
})

test('load: a rule folder without its tests is warned of', () => {
  const codes = (beside: readonly string[]): readonly string[] => {
    const source = { path: 'a/rule.yml', text: rule(EXEC, 'Image: a'), beside }
    return problemsOf(loadSigma(source, { mapping })).map(({ code }) => code)
  }
  deepEqual(codes(['rule.yml', 'match.jsonl']), ['WARN_RULE_TESTS_MISSING'])
  deepEqual(codes(['rule.yml', 'match.jsonl', 'no-match.jsonl']), [])
})

test('load: an empty file is a failure, not silence', () => {
  for (const text of ['', '\n# only a comment\n', '---\n']) equal(load(text).state, 'failed', text)
})

test('rule set: of two rules with one id the first stays, and counts add up', () => {
  const text = rule(EXEC, 'Image: a')
  const set = loadRules(
    [
      { path: 'one.yml', text },
      { path: 'two.yml', text },
      { path: 'three.yml', text: 'broken: [' },
    ],
    { mapping },
  )
  deepEqual(set.counts, { loaded: 1, dead: 0, unsupported: 0, failed: 2, applied: 0 })
  equal(set.rules[0]?.path, 'one.yml')
  const [problem] = problemsOf(set.outcomes, 'fatal')
  deepEqual([problem?.code, problem?.path], ['ERR_RULE_DUPLICATE_ID', 'two.yml'])
})

const withCondition = (condition: string): string =>
  `${HEAD}logsource: {}\ndetection:\n  s: { Image: a }\n  condition: ${condition}\n`

const BOMBS: readonly (readonly [name: string, text: string])[] = [
  ['too long a file', `title: ${'x'.repeat(524_288)}`],
  ['too many documents', '---\na: b\n'.repeat(1_001)],
  ['too deep nesting', `a: ${'['.repeat(20_000)}`],
  ['deep but closed nesting', `a: ${'['.repeat(200)}${']'.repeat(200)}`],
  [
    'aliases that multiply',
    `a: &a [${'x,'.repeat(10)}]\n${'bcdefgh'
      .split('')
      .map((key, index) => `${key}: &${key} [${`*${'abcdefg'[index]},`.repeat(10)}]`)
      .join('\n')}`,
  ],
  ['an alias of itself', 'a: &a [*a]'],
  [
    'a condition that multiplies a selection',
    `${HEAD}logsource: {}\ndetection:\n  s:\n    Image: [${'a,'.repeat(900)}]\n  condition: ${Array(
      900,
    )
      .fill('s')
      .join(' or ')}\n`,
  ],
  ['a condition of too many words', withCondition(Array(1_500).fill('s').join(' or '))],
  ['a condition nested too deeply', withCondition(`${'('.repeat(900)}s${')'.repeat(900)}`)],
  ['a huge expression', rule(EXEC, `Image|re: '${'(a{500}){2}'.repeat(40)}'`)],
]

for (const [name, text] of BOMBS) {
  test(`load: ${name} is refused`, () => {
    const outcomes = loadSigma({ path: 'bomb.yml', text }, { mapping })
    deepEqual([...new Set(outcomes.map(({ state }) => state))], ['failed'])
    ok(outcomes.every(({ problems }) => problems.some(({ code }) => code.startsWith('ERR_RULE_'))))
  })
}
