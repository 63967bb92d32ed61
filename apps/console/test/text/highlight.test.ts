import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { highlight, searchRuns } from '../../src/text/highlight.ts'
import { seededRandom } from '../random.ts'

/** Runs as text, hits in brackets. */
function marked(match: { value: string; pattern: string; operator: string }): string {
  return highlight(match)
    .map(({ text, hit }) => (hit ? `[${text}]` : text))
    .join('')
}

const cases = [
  {
    name: 'marks where a value contains the pattern',
    value: 'curl -s http://x | sh',
    pattern: 'http://',
    operator: 'contains',
    want: 'curl -s [http://]x | sh',
  },
  {
    name: 'marks every occurrence',
    value: 'aXbXc',
    pattern: 'x',
    operator: 'contains',
    want: 'a[X]b[X]c',
  },
  {
    name: 'ignores case',
    value: '/TMP/x',
    pattern: '/tmp/',
    operator: 'startswith',
    want: '[/TMP/]x',
  },
  {
    name: 'marks the start only',
    value: 'aba',
    pattern: 'a',
    operator: 'startswith',
    want: '[a]ba',
  },
  { name: 'marks the end only', value: 'aba', pattern: 'a', operator: 'endswith', want: 'ab[a]' },
  { name: 'marks equality', value: 'open', pattern: 'open', operator: 'equals', want: '[open]' },
  {
    name: 'marks the literals between wildcards in order',
    value: '/Users/ada/Library/x.plist',
    pattern: '/Users/*/Library/*.plist',
    operator: 'equals',
    want: '[/Users/]ada[/Library/]x[.plist]',
  },
  {
    name: 'takes an escaped star as a star',
    value: 'a*b',
    pattern: 'a\\*b',
    operator: 'equals',
    want: '[a*b]',
  },
  {
    name: 'keeps a single backslash',
    value: 'C:\\tmp',
    pattern: 'C:\\tmp',
    operator: 'equals',
    want: '[C:\\tmp]',
  },
  {
    name: 'marks the whole value of a regular expression',
    value: 'python3',
    pattern: '^py.*',
    operator: 're',
    want: '[python3]',
  },
  {
    name: 'reads a chain of modifiers',
    value: 'python3',
    pattern: '(a+)+$',
    operator: 're|i',
    want: '[python3]',
  },
  {
    name: 'marks nothing for a lone star',
    value: 'abc',
    pattern: '*',
    operator: 'equals',
    want: 'abc',
  },
  {
    name: 'marks nothing when the pattern is not literally there',
    value: 'abc',
    pattern: 'x',
    operator: 'base64|contains',
    want: 'abc',
  },
  {
    name: 'keeps places where lower case is longer',
    value: 'İ/tmp',
    pattern: '/tmp',
    operator: 'endswith',
    want: 'İ[/tmp]',
  },
  { name: 'has nothing to mark in nothing', value: '', pattern: 'x', operator: 'equals', want: '' },
]
for (const { name, want, ...match } of cases) {
  test(`highlight: ${name}`, () => equal(marked(match), want))
}

test('highlight: the runs always join to the value', () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9))
  const random = seededRandom(seed)
  const letters = ['a', 'B', '*', '?', '\\', '/', 'İ', '🍎', ' ']
  const operators = ['contains', 'endswith', 'startswith', 'equals', 're', 'windash|contains|all']
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]
  const text = (length: number) => Array.from({ length }, () => pick(letters)).join('')
  for (let round = 0; round < 3000; round += 1) {
    const value = text(Math.floor(random() * 20))
    const match = {
      value,
      pattern: text(Math.floor(random() * 6)),
      operator: pick(operators) ?? '',
    }
    const joined = highlight(match)
      .map((run) => run.text)
      .join('')
    equal(joined, value, `seed ${seed}, round ${round}: ${JSON.stringify(match)}`)
  }
})

test('highlight: a search term is literal', () => {
  deepEqual(searchRuns({ text: 'a*b', term: '*' }), [
    { text: 'a', hit: false },
    { text: '*', hit: true },
    { text: 'b', hit: false },
  ])
  deepEqual(searchRuns({ text: 'abc', term: '' }), [{ text: 'abc', hit: false }])
})
