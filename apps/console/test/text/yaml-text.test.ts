import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { keyLines, yamlTokens } from '../../src/text/yaml-text.ts'

/** Tokens as `kind:text` without blanks. */
function kinds(line: string): readonly string[] {
  return yamlTokens(line)
    .filter(({ text }) => text.trim() !== '')
    .map(({ kind, text }) => `${kind}:${text.trim()}`)
}

const cases = [
  {
    name: 'a key and text',
    line: 'title: A rule',
    want: ['key:title', 'punctuation::', 'text:A rule'],
  },
  {
    name: 'a key with modifiers',
    line: '  process.args|re|i: "^x"',
    want: ['key:process.args|re|i', 'punctuation::', 'string:"^x"'],
  },
  { name: 'a list item', line: '  - attack.t1059', want: ['punctuation:-', 'text:attack.t1059'] },
  {
    name: 'a key in a list',
    line: '- Image: /bin/sh',
    want: ['punctuation:-', 'key:Image', 'punctuation::', 'text:/bin/sh'],
  },
  { name: 'a comment', line: '  # why', want: ['comment:# why'] },
  {
    name: 'a comment after a value',
    line: 'a: 1 # one',
    want: ['key:a', 'punctuation::', 'number:1', 'comment:# one'],
  },
  {
    name: 'no comment inside quotes',
    line: "a: 'b # c'",
    want: ['key:a', 'punctuation::', "string:'b # c'"],
  },
  {
    name: 'an address as text',
    line: '- https://example.org/a#b',
    want: ['punctuation:-', 'text:https://example.org/a#b'],
  },
]
for (const { name, line, want } of cases) {
  test(`yaml: paints ${name}`, () => deepEqual(kinds(line), want))
}

test('yaml: the tokens join to the line', () => {
  const lines = ['', '   ', '-', 'a:', 'a: "x', "'': y", '- - b', 'a: b: c', '\t#', 'x: [1, 2] #3']
  for (const line of lines) {
    equal(
      yamlTokens(line)
        .map(({ text }) => text)
        .join(''),
      line,
    )
  }
})

test('yaml: finds the lines that define the selections', () => {
  const source = 'detection:\n  hide:\n    x: 1\n  other:\n  condition: hide'
  deepEqual([...keyLines(source, new Set(['hide']))], [2])
})
