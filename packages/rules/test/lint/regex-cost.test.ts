import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { regexCost } from '../../src/lint/regex-cost.ts'

const CASES: readonly (readonly [source: string, cost: string | undefined])[] = [
  ['', 'matches_anything'],
  ['.*', 'matches_anything'],
  ['(?s).*', 'no_literal'],
  ['abc', undefined],
  ['^.*abc', undefined],
  ['a.b.c', 'no_literal'],
  ['ab*c', 'no_literal'],
  ['ab+c', undefined],
  ['(abc)?', 'no_literal'],
  ['(abc)+', undefined],
  ['(abc|de)', undefined],
  ['(abc|d)', 'no_literal'],
  ['abc|d', 'no_literal'],
  ['[abc]', 'no_literal'],
  ['[]abc]x', 'no_literal'],
  ['[[:alpha:]]yz', undefined],
  ['\\.\\w', 'no_literal'],
  ['\\.\\.', undefined],
  ['\\Qa.b\\E', undefined],
  ['\\x{41}b', 'no_literal'],
  ['(?i:ab)', undefined],
  ['(?P<name>ab)', undefined],
  ['abc{3}', undefined],
  ['x{1000}', 'repeat'],
  ['a{1,500}', 'repeat'],
  ['abc{', undefined],
  [Array.from({ length: 300 }, () => 'ab').join('|'), 'alternation'],
  ['('.repeat(500), undefined],
  ['[', undefined],
  ['a)', undefined],
]

for (const [source, cost] of CASES) {
  test(`regex cost: ${source.slice(0, 40) || 'nothing'}`, () => equal(regexCost(source), cost))
}
