import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { type RuleFolder, testRule } from '../src/index.ts'
import { mapping, ruleText } from './sigma.ts'

const DETECTION = "selection:\n  Image|endswith: '/osascript'\ncondition: selection"
const rule = ruleText(DETECTION, '{ category: process_creation, product: macos }')
const HIT = '{"event":{"action":"exec"},"process":{"executable":"/usr/bin/osascript"}}'
const MISS = '{"event":{"action":"exec"},"process":{"executable":"/usr/bin/osascripted"}}'
const folder: RuleFolder = { path: 'a/rule.yml', rule, match: HIT, noMatch: MISS }

test('rule test: a folder that is right', () => {
  const result = testRule({ ...folder, match: `${HIT}\n\n${HIT}\n` }, { mapping })
  equal(result.ok, true)
  deepEqual(result.cases, [
    { file: 'match.jsonl', line: 1, ok: true },
    { file: 'match.jsonl', line: 3, ok: true },
    { file: 'no-match.jsonl', line: 1, ok: true },
  ])
})

const WRONG: readonly (readonly [name: string, change: Partial<RuleFolder>, said: RegExp])[] = [
  ['a match that does not', { match: `${HIT}\n${MISS}` }, /2.*did not fire.*endswith/],
  ['a near miss that hits', { noMatch: HIT }, /1.*fired: process\.executable endswith/],
  ['no JSON', { match: '{' }, /Not JSON/],
  ['no event', { match: '7' }, /Not an event/],
  ['a field that is none', { match: '{"process":{"exe":"x"}}' }, /process\.exe/],
  ['a value of another type', { match: '{"process":{"pid":"7"}}' }, /process\.pid/],
  ['no matching line', { match: '\n' }, /match\.jsonl needs/],
  ['no near miss', { noMatch: undefined }, /no-match\.jsonl needs/],
  ['a rule that fails', { rule: 'title: x' }, /failed/],
  ['two rules', { rule: `${rule}---\n${rule}` }, /one rule/],
]

for (const [name, change, said] of WRONG) {
  test(`rule test: ${name} is reported`, () => {
    const result = testRule({ ...folder, ...change }, { mapping })
    ok(!result.ok)
    const lines = result.cases.flatMap(({ line, reason }) => (reason ? [`${line} ${reason}`] : []))
    match([...result.problems, ...lines].join('\n'), said)
  })
}
