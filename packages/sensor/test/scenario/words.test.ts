import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { splitWords } from '../../src/scenario/words.ts'

const cases = [
  { name: 'blanks', line: '  a  b\tc ', want: ['a', 'b', 'c'] },
  { name: 'single quotes', line: `a 'b "c' d`, want: ['a', 'b "c', 'd'] },
  { name: 'double quotes with escapes', line: `a "b \\"c\\" \\n"`, want: ['a', 'b "c" \\n'] },
  { name: 'an empty word', line: `a ''`, want: ['a', ''] },
  { name: 'quotes inside a word', line: `a'b c'd`, want: ['ab cd'] },
  { name: 'an escaped blank', line: 'a\\ b', want: ['a b'] },
  { name: 'nothing', line: '', want: [] },
  { name: 'an open quote', line: `a 'b`, want: undefined },
]
for (const { name, line, want } of cases) {
  test(`words: splits ${name}`, () => deepEqual(splitWords(line), want))
}
