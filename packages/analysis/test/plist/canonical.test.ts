import { deepEqual, equal, notEqual, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { Budget, plistJson, readPlist } from '@pomona/analysis'
import { canonicalPlist } from '../../src/plist/canonical.ts'
import { readXmlPlistStrictly } from '../../src/plist/xml.ts'

const list = (text: string) => `<plist version="1.0">${text}</plist>`
const strictly = (text: string) => readXmlPlistStrictly(list(text), new Budget())

test('canonical: the order of keys means nothing, of a list everything', () => {
  const one = strictly('<dict><key>a</key><true/><key>b</key><integer>1</integer></dict>')
  const other = strictly('<dict><key>b</key><integer>1</integer><key>a</key><true/></dict>')
  equal(canonicalPlist(one), canonicalPlist(other))
  notEqual(canonicalPlist([1, 2]), canonicalPlist([2, 1]))
})

test('canonical: values of different kinds are never alike', () => {
  const values = [
    '1',
    1,
    true,
    'true',
    Uint8Array.of(1),
    [1],
    new Map([['1', 1]]),
    { atMs: 1 },
    '[]',
    [],
  ]
  equal(new Set(values.map(canonicalPlist)).size, values.length)
  equal(canonicalPlist(1n), canonicalPlist(1))
})

test('canonical: as JSON every kind has a form', () => {
  const text = list(`<dict><key>bytes</key><data>AAEC</data><key>when</key>
    <date>2026-11-25T00:00:00Z</date><key>long</key><integer>9007199254740993</integer></dict>`)
  deepEqual(plistJson(readPlist(Buffer.from(text), new Budget())), {
    bytes: 'AAEC',
    when: '2026-11-25T00:00:00.000Z',
    long: '9007199254740993',
  })
})

const refused = [
  { name: 'a key that stands twice', text: '<dict><key>a</key><true/><key>a</key><false/></dict>' },
  { name: 'text between elements', text: '<dict>text<key>a</key><true/></dict>' },
  { name: 'a value without a key', text: '<dict><true/></dict>' },
  { name: 'a value inside of a value', text: '<string><true/></string>' },
  { name: 'an unknown element', text: '<set/>' },
  { name: 'more after the value', text: '<true/><true/>' },
  { name: 'no number', text: '<integer>ten</integer>' },
]
for (const { name, text } of refused) {
  test(`canonical: read strictly, ${name} is refused`, () =>
    throws(() => strictly(text), { code: 'ERR_ANALYSIS_MALFORMED' }))
}
