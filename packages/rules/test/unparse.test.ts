import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { loadSigma, parseFieldMapping, unparse } from '../src/index.ts'

const mapping = parseFieldMapping('name: none')

function shown(detection: string): string {
  const text = `logsource: {}\ndetection:\n${detection.replaceAll(/^/gm, '  ')}`
  const options = { mapping, fields: 'raw', purpose: 'evaluate' } as const
  const [outcome] = loadSigma({ path: 'r.yml', text }, options)
  if (outcome?.state !== 'loaded') throw new Error(JSON.stringify(outcome))
  return unparse(outcome.rule.body)
}

const CASES: readonly (readonly [detection: string, text: string])[] = [
  ['s:\n  a: x\ncondition: s', 'a = "x"'],
  [
    's:\n  a|contains: [x, y]\n  b: null\ncondition: s',
    '(a contains "x" or a contains "y") and b is absent',
  ],
  ['s:\n  a: x\nt:\n  b: y\ncondition: not (s or t)', 'not (a = "x" or b = "y")'],
  ['s:\n  a|fieldref|endswith: b\ncondition: s', 'a fieldref|endswith b'],
  ['s:\n  - one\ncondition: not s', 'not keyword "one"'],
]

for (const [detection, text] of CASES) {
  test(`unparse: ${text}`, () => equal(shown(detection), text))
}

test('unparse: long text is cut', () => {
  const operands = Array.from({ length: 100 }, () => ({ kind: 'constant', value: true }) as const)
  const text = unparse({ kind: 'and', operands }, 50)
  ok(text.length <= 51 && text.endsWith('…'))
})
