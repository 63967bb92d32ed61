import { deepEqual, ok } from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadRules, loadSigma } from '../../src/index.ts'
import { mapping } from '../sigma/set.ts'

const ROOT = join(import.meta.dirname, '../../../..')

function warnings(detection: string): readonly string[] {
  const text = `title: A
id: aaaa
level: low
logsource: { product: macos, category: process_creation }
detection:
${detection.trim().replaceAll(/^/gm, '  ')}
`
  const [outcome] = loadSigma({ path: 'a.yml', text }, { mapping })
  ok(outcome?.state === 'loaded', JSON.stringify(outcome))
  return outcome.problems.map(({ code, line }) => `${code.replace('WARN_RULE_', '')} ${line - 5}`)
}

const SAID: readonly (readonly [name: string, detection: string, said: readonly string[]])[] = [
  [
    'two values of one field',
    's:\n  process.name: curl\nt:\n  process.name: wget\ncondition: s and t',
    ['NEVER_TRUE 4'],
  ],
  [
    'a value and a beginning that it has not',
    's:\n  Image: /bin/sh\nt:\n  Image|startswith: /usr\ncondition: s and t',
    ['NEVER_TRUE 4'],
  ],
  [
    'two ends that differ',
    's:\n  Image|endswith: /sh\nt:\n  Image|endswith: /curl\ncondition: s and t',
    ['NEVER_TRUE 4'],
  ],
  [
    'a value and its absence',
    's:\n  process.name: curl\nt:\n  process.name: null\ncondition: s and t',
    ['NEVER_TRUE 4'],
  ],
  [
    'a selection and its opposite',
    's:\n  process.name: curl\ncondition: s and not s',
    ['NEVER_TRUE 2'],
  ],
  [
    'what a filter takes away again',
    's:\n  Image: [/bin/sh, /bin/zsh]\nf:\n  Image|endswith: sh\ncondition: s and not f',
    ['NEVER_TRUE 4'],
  ],
  [
    'ranges without a number between',
    's:\n  process.pid|gt: 5\n  process.parent.pid: 1\nt:\n  process.pid|lt: 5\ncondition: s and t',
    ['NEVER_TRUE 5'],
  ],
  [
    'a number outside its range',
    's:\n  process.pid: 3\nt:\n  process.pid|gte: 4\ncondition: s and t',
    ['NEVER_TRUE 4'],
  ],
  [
    'a selection or its opposite',
    's:\n  process.name: curl\ncondition: s or not s',
    ['ALWAYS_TRUE 2'],
  ],
  [
    'the same value in another case',
    's:\n  process.name:\n    - Curl\n    - curl\ncondition: s',
    ['DUPLICATE_VALUE 4'],
  ],
  [
    'a pattern that every value has',
    "s:\n  process.name: '*'\n  Image: x\ncondition: s",
    ['MATCHES_ANYTHING 2'],
  ],
  [
    'an empty text that is contained',
    "s:\n  process.name|contains: ''\ncondition: s",
    ['MATCHES_ANYTHING 2'],
  ],
  [
    'an expression that every text has',
    "s:\n  process.name|re: '.*'\ncondition: s",
    ['MATCHES_ANYTHING 2'],
  ],
  [
    'an expression without a literal',
    "s:\n  CommandLine|re: '[a-z]{5,9}\\d+'\ncondition: s",
    ['REGEX_SLOW 2'],
  ],
  ['a large repeat', "s:\n  CommandLine|re: 'curl.{300}'\ncondition: s", ['REGEX_SLOW 2']],
  [
    'a giant alternation',
    `s:\n  CommandLine|re: '${Array.from({ length: 300 }, (_, index) => `word${index}`).join('|')}'\ncondition: s`,
    ['REGEX_SLOW 2'],
  ],
  ['a short keyword', 's: [cp]\ncondition: s', ['KEYWORD_BROAD 1']],
]

for (const [name, detection, said] of SAID) {
  test(`lint: says ${name}`, () => deepEqual(warnings(detection), said))
}

const FINE: readonly (readonly [name: string, detection: string])[] = [
  [
    'values of a list, which can be several',
    's:\n  process.args: a\nt:\n  process.args: b\ncondition: s and t',
  ],
  [
    'a wider and a narrower pattern',
    's:\n  Image|endswith: /sh\nt:\n  Image|contains: bin\ncondition: s and t',
  ],
  [
    'a filter that leaves something',
    's:\n  Image: [/bin/sh, /bin/zsh]\nf:\n  Image: /bin/sh\ncondition: s and not f',
  ],
  [
    'values that differ in case where case counts',
    's:\n  process.name|cased:\n    - Curl\n    - curl\ncondition: s',
  ],
  [
    'cased and any case',
    's:\n  process.name|cased: Curl\nf:\n  process.name|cased: curl\ncondition: s and not f',
  ],
  [
    'a slow expression behind something narrow',
    "s:\n  Image|endswith: /curl\n  CommandLine|re: '[a-z]+\\d+'\ncondition: s",
  ],
  ['a short keyword beside a long one', "s:\n  '|all': [touch, -t]\ncondition: s"],
  ['several names of one field', 's:\n  User: root\ncondition: s'],
  ['a value with aliases', 's:\n  event.action: creation\n  Image: /bin/sh\ncondition: s'],
  ['a range', 's:\n  process.pid|gt: 5\nt:\n  process.pid|lte: 6\ncondition: s and t'],
  [
    'a question mark, which is any character',
    's:\n  process.name: cur?\nt:\n  process.name: curl\ncondition: s and t',
  ],
  [
    'an expression with a literal in each branch',
    "s:\n  CommandLine|re: '^.*(curl|wget)\\s+-[a-z]'\ncondition: s",
  ],
]

for (const [name, detection] of FINE) {
  test(`lint: is silent on ${name}`, () => deepEqual(warnings(detection), []))
}

const CORPUS = join(ROOT, '../shared/data/detection/sigma/rules')
const skip = existsSync(CORPUS) ? false : 'SigmaHQ’s rules are not at ../shared/data'

test(
  'lint: of SigmaHQ’s rules at most two in a hundred draw a word, none as impossible',
  { skip },
  (t) => {
    const files = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.yml'),
    )
    const sources = files.map((path) => ({ path, text: readFileSync(join(CORPUS, path), 'utf8') }))
    const { outcomes } = loadRules(sources, { mapping, fields: 'raw', purpose: 'evaluate' })
    const warned = outcomes.filter(({ problems }) => problems.length > 0)
    t.diagnostic(`${warned.length} of ${outcomes.length} rules draw a warning`)
    ok(warned.length < outcomes.length / 50)
    const impossible = outcomes.flatMap(({ problems }) =>
      problems.filter(
        ({ code }) => code === 'WARN_RULE_NEVER_TRUE' || code === 'WARN_RULE_ALWAYS_TRUE',
      ),
    )
    deepEqual(impossible, [])
  },
)
