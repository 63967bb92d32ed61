import { deepEqual, equal, ok } from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  loadElastic,
  loadRules,
  parseFieldMapping,
  problemsOf,
  type RuleOutcome,
  RULE_PROBLEM_CODES,
} from '../../src/index.ts'
import { dice } from '../dice.ts'

const ROOT = join(import.meta.dirname, '../../../..')
const mapping = parseFieldMapping(
  readFileSync(join(ROOT, 'content/mappings/sigma-macos.yml'), 'utf8'),
)

const SIEM = `[metadata]
maturity = "production"

[rule]
author = ["One", "Two"]
description = """
Says what.
"""
false_positives = ["Administrators."]
language = "eql"
name = "Odd thing"
references = ["https://example.invalid/a"]
risk_score = 21
rule_id = "11111111-1111-4111-8111-111111111111"
severity = "low"
tags = ["OS: macOS"]
type = "eql"
query = '''
process where host.os.type == "macos" and event.type == "start" and
  process.name : "odd*"
'''

[[rule.threat]]
framework = "MITRE ATT&CK"
[[rule.threat.technique]]
id = "T1059"
name = "Command and Scripting Interpreter"
[[rule.threat.technique.subtechnique]]
id = "T1059.002"
[rule.threat.tactic]
id = "TA0002"
name = "Execution"
[[rule.threat]]
[[rule.threat.technique]]
id = "T1059"
[rule.threat.tactic]
id = "TA0005"
name = "Defense Evasion"
`

const ENDPOINT = `[rule]
id = "22222222-2222-4222-8222-222222222222"
name = "Odd pair"
os_list = ["linux", "macos"]
reference = ["https://example.invalid/b"]
version = "1.0.2"

query = '''
sequence by process.entity_id with maxspan=30s
  [process where event.action == "exec"] as event0
  [file where event.action == "modification" and
    file.path == event0.process.executable]
'''

optional_actions = []
[[actions]]
action = "kill_process"
field = "process.entity_id"
state = 1

[[threat]]
[[threat.technique]]
id = "T1685"
[threat.tactic]
id = "TA0112"
name = "Defense Impairment"
`

function load(text: string): RuleOutcome {
  return loadElastic({ path: 'rule.toml', text }, { mapping })
}

test('elastic: a detection rule is loaded with all it says', () => {
  const outcome = load(SIEM)
  ok(outcome.state === 'loaded', JSON.stringify(outcome))
  const { body, source, version, ...rule } = outcome.rule
  equal(body.kind, 'event')
  equal(source, SIEM)
  ok(version.length === 16)
  deepEqual(rule, {
    id: '11111111-1111-4111-8111-111111111111',
    name: 'Odd thing',
    language: 'eql',
    severity: 'low',
    riskScore: 21,
    attackVersion: '18.1',
    techniques: [
      { id: 'T1059', tactics: ['execution', 'defense-evasion'] },
      { id: 'T1059.002', tactics: ['execution'] },
    ],
    tactics: ['execution', 'defense-evasion'],
    tags: ['OS: macOS'],
    references: ['https://example.invalid/a'],
    falsePositives: ['Administrators.'],
    response: [],
    description: 'Says what.',
    author: 'One, Two',
    status: 'production',
    logsource: {},
    silent: false,
    path: 'rule.toml',
    line: 4,
  })
})

test('elastic: a behaviour rule is in the endpoint dialect and names its actions', () => {
  const outcome = load(ENDPOINT)
  ok(outcome.state === 'loaded', JSON.stringify(outcome))
  const { body, severity, riskScore, response, attackVersion, tactics } = outcome.rule
  equal(body.kind, 'sequence')
  deepEqual(
    { severity, riskScore, response, attackVersion, tactics },
    {
      severity: 'high',
      riskScore: 73,
      response: ['kill_process process.entity_id of step 2'],
      attackVersion: '19',
      tactics: ['defense-impairment'],
    },
  )
})

test('elastic: the category of a query is a gate, and other names for an action are ours', () => {
  const outcome = load(ENDPOINT)
  ok(outcome.state === 'loaded' && outcome.rule.body.kind === 'sequence')
  const [first, second] = outcome.rule.body.steps
  ok(first?.filter.gate.events.some(({ action }) => action === 'exec'))
  ok(second?.filter.gate.events.every(({ action }) => action !== 'exec'))
  const actions = JSON.stringify(second?.filter.expression)
  for (const action of ['create', 'close', 'copyfile']) ok(actions.includes(`"${action}"`))
})

const UNLOADED: readonly (readonly [name: string, text: string, state: string, why: RegExp])[] = [
  ['another language', SIEM.replace('type = "eql"', 'type = "esql"'), 'unsupported', /ES\|QL/],
  ['new terms', SIEM.replace('type = "eql"', 'type = "new_terms"'), 'unsupported', /never seen/],
  ['a type of tomorrow', SIEM.replace('type = "eql"', 'type = "x"'), 'unsupported', /"x"/],
  ['another platform', ENDPOINT.replace('"macos"', '"windows"'), 'unsupported', /platform/],
  ['another system', SIEM.replace('OS: macOS', 'OS: Linux'), 'unsupported', /platform/],
  ['a sensor that is missing', ENDPOINT.replace('[file', '[web'), 'dead', /HTTP/],
  [
    'a field no sensor fills',
    SIEM.replace('host.os.type == "macos"', 'process.hash.md5 == "x"'),
    'dead',
    /process\.hash\.md5/,
  ],
  ['a field nobody knows', SIEM.replace('host.os.type', 'nobody.knows'), 'dead', /nobody\.knows/],
  ['a category nobody knows', SIEM.replace('process where', 'registry where'), 'dead', /registry/],
]

for (const [name, text, state, why] of UNLOADED) {
  test(`elastic: ${name} is told, not loaded`, () => {
    const outcome = load(text)
    equal(outcome.state, state)
    ok(outcome.state === 'unsupported' || outcome.state === 'dead')
    ok(why.test(outcome.reason), outcome.reason)
  })
}

test('elastic: a field that only a part needs is a warning where it stands', () => {
  const text = SIEM.replace('host.os.type == "macos" and', '(process.hash.md5 == "x" or true) and')
  const whole = text.replace('or true', 'or user.id == "0"')
  const outcome = load(whole)
  equal(outcome.state, 'loaded')
  const [problem] = outcome.problems
  deepEqual([problem?.code, problem?.line, problem?.column], ['WARN_RULE_DEAD_FIELD', 19, 33])
})

const BROKEN: readonly (readonly [name: string, text: string, code: string, at: number[]])[] = [
  ['no TOML', '[rule\n', 'ERR_RULE_SYNTAX', [1, 6]],
  ['no rule', 'a = 1\n', 'ERR_RULE_STRUCTURE', [1, 1]],
  ['no query', SIEM.replace('query =', 'q ='), 'ERR_RULE_STRUCTURE', [4, 1]],
  ['a broken query', SIEM.replace('"odd*"', '"odd*'), 'ERR_RULE_QUERY', [20, 18]],
  ['an unknown function', SIEM.replace('process.name :', 'nosuch('), 'ERR_RULE_QUERY', [21, 1]],
  ['a pipe', SIEM.replace('"odd*"', '"odd*" | head 1'), 'ERR_RULE_PIPE', [19, 1]],
  ['a file beyond all bounds', 'x'.repeat(600_000), 'ERR_RULE_TOO_LARGE', [1, 1]],
  ['nesting beyond all bounds', `a = ${'['.repeat(5_000)}`, 'ERR_RULE_SYNTAX', [1, 69]],
]

for (const [name, text, code, at] of BROKEN) {
  test(`elastic: ${name} is told with line and column`, () => {
    const outcome = load(text)
    equal(outcome.state, 'failed')
    const [problem] = outcome.problems
    deepEqual([problem?.code, [problem?.line, problem?.column]], [code, at])
  })
}

const PIECES = ['"', "'''", '[', ']', '=', '\n', '[[', 'x', '\0', 'query = ', ' where ', '\\', '#']
const CODES: ReadonlySet<string> = new Set(RULE_PROBLEM_CODES)

test('elastic: whatever a file holds, loading it ends with codes that are known', () => {
  const seed = 3_141_592
  const next = dice(seed)
  for (let round = 0; round < 1_500; round += 1) {
    let text = next(2) === 0 ? SIEM : ENDPOINT
    for (let left = 1 + next(4); left > 0; left -= 1) {
      const from = next(text.length)
      const piece = PIECES[next(PIECES.length)] ?? ''
      text = text.slice(0, from) + piece + text.slice(from + next(12))
    }
    for (const { code } of load(text).problems) ok(CODES.has(code), `seed ${seed}, round ${round}`)
  }
})

const ELASTIC = join(ROOT, '../shared/data/detection/elastic')
const skip = existsSync(ELASTIC) ? false : 'Elastic’s rules are not at ../shared/data/detection'

test('elastic: every public rule for macOS in EQL compiles', { skip }, (t) => {
  const sources = globSync('**/*.toml', { cwd: ELASTIC })
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(ELASTIC, path), 'utf8') }))
  const set = loadRules(sources, { mapping })
  t.diagnostic(JSON.stringify(set.counts))
  deepEqual(problemsOf(set.outcomes, 'fatal'), [])
  ok(set.rules.length > 0)
  for (const outcome of set.outcomes) {
    if (outcome.state === 'dead') ok(outcome.reason.length > 20, outcome.reason)
    // What is not EQL is of another type, and nothing else is left out.
    if (outcome.state === 'unsupported') ok(!/platform/.test(outcome.reason), outcome.path)
  }
})
