import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { engineOf } from './sigma.ts'

// The value as it stands between single quotes in YAML, where a backslash is a backslash.
const ESCAPES: readonly (readonly [value: string, hits: string[], misses: string[]])[] = [
  ['a*c', ['ac', 'abc', 'ab\nbc'], ['acx', 'xac']],
  ['a?c', ['abc', 'a\nc', 'a😀c'], ['ac', 'abbc']],
  ['a\\*c', ['a*c'], ['abc', 'a\\*c']],
  ['a\\?c', ['a?c'], ['abc']],
  ['a\\\\*c', ['a\\c', 'a\\xyzc'], ['ac', 'a*c']],
  ['a\\\\\\*c', ['a\\*c'], ['a\\bc']],
  ['a\\bc', ['a\\bc'], ['abc']],
  ['a\\\\bc', ['a\\bc'], ['a\\\\bc']],
  ['a\\\\\\\\b', ['a\\\\b'], ['a\\b']],
  ['a\\', ['a\\'], ['a']],
  ['\\\\\\\\host\\share', ['\\\\host\\share'], ['\\host\\share']],
  ['*a*b*c*', ['abc', 'xaybzcw'], ['acb', 'ab']],
  ['a*a', ['aa', 'aba'], ['a', 'ab']],
  ['**', ['', 'x'], []],
  ['?', ['x', '😀'], ['', 'xy']],
  ['*?', ['x', 'xy'], ['']],
  ['a*b?c*d', ['abxcd', 'aZbbycZd'], ['abcd', 'abxc']],
]

for (const [value, hits, misses] of ESCAPES) {
  test(`escaping: ${value} is read as the specification says`, () => {
    const engine = engineOf(`selection:\n  f: '${value}'\ncondition: selection`)
    for (const text of hits) equal(engine.match({ f: text }).length, 1, text)
    for (const text of misses) equal(engine.match({ f: text }).length, 0, text)
  })
}
