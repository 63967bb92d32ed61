import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { regexLiterals } from '../../src/indexed/regex-literals.ts'

const cases: readonly (readonly [
  name: string,
  source: string,
  want: readonly string[] | undefined,
])[] = [
  ['a plain text is needed, folded', 'PowerShell', ['powershell']],
  ['the longest of several', 'ab.*cdef.*ghi', ['cdef']],
  ['an alternative of each branch', '(?:foobar|bazqux)\\d', ['foobar', 'bazqux']],
  ['nothing where a branch needs nothing', 'foobar|\\d+', undefined],
  ['an optional part is not needed', '(?:foobar)?quux', ['quux']],
  ['what may be absent ends a text before it', 'fooba?rrr', ['foob']],
  ['what is there at least once ends it after', 'foo+bar', ['foo']],
  ['a counted part with least none', '(?:foobar){0,3}x', undefined],
  ['places join what stands beside them', 'foo\\bbar$', ['foobar']],
  ['flags inside do not cut', 'foo(?i)bar', ['foobar']],
  ['a repeat after flags repeats what stands before them', 'foobar(?i)?', undefined],
  ['escaped signs are themselves', '\\\\windows\\.exe', ['\\windows.exe']],
  ['a class cuts', 'foo[]a-z]barr', ['barr']],
  ['a class with names and escapes cuts', 'foo[[:alpha:]\\]\\pL]barr', ['barr']],
  ['code points by number cut', 'foo\\x41barr', ['barr']],
  ['letters beyond ASCII cut', 'fooÉbarr', ['barr']],
  ['too short to tell', 'a.b.c', undefined],
  ['named groups are groups', '(?P<name>foobar)', ['foobar']],
  ['quoted passages are not read', '\\Qfoobar\\E', undefined],
  ['lazy repeats are repeats', 'abcd+?efg', ['abcd']],
]

for (const [name, source, want] of cases) {
  test(`regex literals: ${name}`, () => deepEqual(regexLiterals(source), want))
}
