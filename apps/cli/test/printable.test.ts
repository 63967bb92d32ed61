import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { printable } from '../src/printable.ts'

const cases = [
  {
    name: 'leaves words, spaces and Chinese alone',
    text: '/bin/zsh -c 你好',
    want: '/bin/zsh -c 你好',
  },
  { name: 'escapes a line break', text: 'a\nb', want: 'a\\u000ab' },
  { name: 'escapes the start of a terminal sequence', text: '\u001b[2J', want: '\\u001b[2J' },
  { name: 'escapes C1 controls', text: '\u009b1A', want: '\\u009b1A' },
  { name: 'escapes marks that reverse text', text: 'a\u202egpj.exe', want: 'a\\u202egpj.exe' },
  { name: 'escapes marks without width', text: 'a\u200bb', want: 'a\\u200bb' },
  { name: 'leaves nothing as nothing', text: '', want: '' },
]
for (const { name, text, want } of cases) {
  test(`printable: ${name}`, () => equal(printable(text), want))
}

test('printable: cuts exactly at the limit', () => {
  equal(printable('abcd', 4), 'abcd')
  equal(printable('abcde', 4), 'abc…')
})
