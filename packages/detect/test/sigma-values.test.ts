import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { engineOf } from './sigma.ts'

interface Case {
  readonly name: string
  /** Items of one selection. */
  readonly item: string
  readonly hits: readonly object[]
  readonly misses: readonly object[]
}

const CASES: readonly Case[] = [
  {
    name: 'a plain value is the whole text, in any case',
    item: 'f: Curl',
    hits: [{ f: 'curl' }, { f: 'CURL' }],
    misses: [{ f: 'curl ' }, { f: '/curl' }, {}, { f: null }, { g: 'curl' }],
  },
  {
    name: 'a list is any of its values',
    item: 'f: [a, b]',
    hits: [{ f: 'a' }, { f: 'B' }],
    misses: [{ f: 'ab' }, { f: 'c' }],
  },
  {
    name: 'several items are all of them',
    item: 'f: a\ng: b',
    hits: [{ f: 'a', g: 'b' }],
    misses: [{ f: 'a' }, { g: 'b' }],
  },
  {
    name: 'letters beyond ASCII compare without case, one for one',
    item: "f: 'STRASSE ÄÉΣ İ'",
    hits: [{ f: 'strasse äéσ i' }, { f: 'strasse äéς i' }],
    misses: [{ f: 'straße äéσ i' }, { f: 'strasse aeσ i' }],
  },
  {
    name: 'contains',
    item: "f|contains: 'b'",
    hits: [{ f: 'b' }, { f: 'aBc' }],
    misses: [{ f: '' }, { f: 'ac' }],
  },
  {
    name: 'startswith',
    item: "f|startswith: '/tmp/'",
    hits: [{ f: '/tmp/' }, { f: '/TMP/x' }],
    misses: [{ f: '/private/tmp/' }, { f: '/tmp' }],
  },
  {
    name: 'endswith',
    item: "f|endswith: '/sh'",
    hits: [{ f: '/bin/sh' }, { f: '/SH' }],
    misses: [{ f: '/bin/sh ' }, { f: 'sh' }],
  },
  {
    name: 'contains with all wants every value',
    item: 'f|contains|all: [a, b]',
    hits: [{ f: 'xbxa' }],
    misses: [{ f: 'xa' }, { f: 'xb' }],
  },
  {
    name: 'cased keeps upper and lower case apart',
    item: 'f|cased: Ab',
    hits: [{ f: 'Ab' }],
    misses: [{ f: 'ab' }, { f: 'AB' }],
  },
  {
    name: 'cased works with contains',
    item: 'f|contains|cased: Ab',
    hits: [{ f: 'xAby' }],
    misses: [{ f: 'xaby' }],
  },
  {
    name: 'neq on an absent field holds, as in pySigma',
    item: 'f|neq: a',
    hits: [{ f: 'b' }, {}, { f: null }],
    misses: [{ f: 'a' }, { f: 'A' }, { f: ['b', 'a'] }],
  },
  {
    name: 'neq on a list is none of the values',
    item: 'f|neq: [a, b]',
    hits: [{ f: 'c' }],
    misses: [{ f: 'a' }, { f: 'b' }],
  },
  {
    name: 'neq negates what the other modifiers say',
    item: 'f|contains|neq: a',
    hits: [{ f: 'b' }],
    misses: [{ f: 'bab' }],
  },
  {
    name: 're searches and minds the case',
    item: "f|re: 'a[0-9]+'",
    hits: [{ f: 'xa12y' }],
    misses: [{ f: 'xA12y' }, { f: 'xay' }],
  },
  {
    name: 're keeps its backslashes and wildcards',
    item: "f|re: '^C:\\\\.*\\.exe$'",
    hits: [{ f: 'C:\\a\\b.exe' }],
    misses: [{ f: 'C:a.exe' }, { f: 'C:\\aexe' }],
  },
  {
    name: 're with i',
    item: 'f|re|i: a+b',
    hits: [{ f: 'AAB' }],
    misses: [{ f: 'b' }],
  },
  {
    name: 're with ignorecase',
    item: 'f|re|ignorecase: a+b',
    hits: [{ f: 'AAB' }],
    misses: [],
  },
  { name: 're with (?i)', item: "f|re: '(?i)a+b'", hits: [{ f: 'AAB' }], misses: [{ f: 'b' }] },
  {
    name: 're with m anchors at lines',
    item: "f|re|m: '^b$'",
    hits: [{ f: 'a\nb\nc' }],
    misses: [{ f: 'ab' }],
  },
  {
    name: 're without m anchors at the text',
    item: "f|re: '^b$'",
    hits: [{ f: 'b' }],
    misses: [{ f: 'a\nb\nc' }],
  },
  {
    name: 're with s lets the dot be a newline',
    item: 'f|re|s: a.b',
    hits: [{ f: 'a\nb' }],
    misses: [],
  },
  {
    name: 're with multiline and dotall',
    item: "f|re|multiline|dotall: '^b.c'",
    hits: [{ f: 'a\nb\nc' }],
    misses: [],
  },
  {
    name: 're without s does not',
    item: 'f|re: a.b',
    hits: [{ f: 'a-b' }],
    misses: [{ f: 'a\nb' }],
  },
  {
    name: 're under startswith is held at the beginning of the value, not of a line',
    item: "f|re|m|startswith: 'a'",
    hits: [{ f: 'ab' }, { f: 'a\nb' }],
    misses: [{ f: 'b\na' }],
  },
  {
    name: 're under endswith is held at the end of the value, not of a line',
    item: "f|re|m|endswith: 'a'",
    hits: [{ f: 'ba' }, { f: 'b\na' }],
    misses: [{ f: 'a\nb' }],
  },
  {
    name: 'a whole number beyond 2^53 is compared digit by digit',
    item: 'f: 18446744073709551615',
    hits: [{ f: '18446744073709551615' }, { f: ['1', '18446744073709551615'] }],
    misses: [{ f: '18446744073709551614' }, { f: '18446744073709552000' }],
  },
  {
    name: 're under startswith is held at the beginning',
    item: "f|re|startswith: 'a|b'",
    hits: [{ f: 'bx' }],
    misses: [{ f: 'xb' }],
  },
  {
    name: 're under endswith is held at the end',
    item: "f|re|endswith: 'a|b'",
    hits: [{ f: 'xb' }],
    misses: [{ f: 'bx' }],
  },
  {
    name: 're under contains searches as it does anyway',
    item: "f|re|contains: 'a|b'",
    hits: [{ f: 'xbx' }],
    misses: [{ f: 'x' }],
  },
  {
    name: 'cidr for IPv4',
    item: "f|cidr: '10.1.0.0/15'",
    hits: [{ f: '10.0.0.1' }, { f: '10.1.255.255' }, { f: '::ffff:10.1.2.3' }],
    misses: [{ f: '10.2.0.0' }, { f: 'fe80::1' }, { f: '10.1' }, { f: '' }],
  },
  {
    name: 'cidr for IPv6',
    item: 'f|cidr: [fe80::/10, "2001:db8::/33"]',
    hits: [{ f: 'febf::1%en0' }, { f: '2001:db8:7fff::' }],
    misses: [{ f: 'fec0::1' }, { f: '2001:db8:8000::' }, { f: '10.0.0.1' }],
  },
  {
    name: 'cidr 0 takes every address of its version',
    item: "f|cidr: '0.0.0.0/0'",
    hits: [{ f: '255.255.255.255' }],
    misses: [{ f: '::1' }],
  },
  {
    name: 'exists true',
    item: 'f|exists: true',
    hits: [{ f: '' }, { f: 0 }, { f: null }],
    misses: [{}],
  },
  { name: 'exists false', item: 'f|exists: false', hits: [{}], misses: [{ f: '' }, { f: null }] },
  {
    name: 'fieldref compares two fields without case',
    item: 'f|fieldref: g',
    hits: [
      { f: 'Ab', g: 'aB' },
      { f: 1, g: '1' },
      { f: ['x', 'y'], g: ['y', 'z'] },
    ],
    misses: [{ f: 'a', g: 'b' }, { f: 'a' }, { g: 'a' }, {}],
  },
  {
    name: 'fieldref with neq',
    item: 'f|fieldref|neq: g',
    hits: [{ f: 'a', g: 'b' }, { f: 'a' }],
    misses: [{ f: 'a', g: 'A' }],
  },
  {
    name: 'fieldref with startswith',
    item: 'f|fieldref|startswith: g',
    hits: [{ f: 'abc', g: 'AB' }],
    misses: [{ f: 'cab', g: 'ab' }],
  },
  {
    name: 'fieldref with endswith',
    item: 'f|fieldref|endswith: g',
    hits: [{ f: 'cab', g: 'ab' }],
    misses: [{ f: 'abc', g: 'ab' }],
  },
  {
    name: 'fieldref with contains',
    item: 'f|fieldref|contains: g',
    hits: [{ f: 'xaby', g: 'ab' }],
    misses: [{ f: 'a', g: 'ab' }],
  },
  {
    name: 'fieldref with cased',
    item: 'f|fieldref|cased: g',
    hits: [{ f: 'a', g: 'a' }],
    misses: [{ f: 'a', g: 'A' }],
  },
  {
    name: 'lt',
    item: 'f|lt: 5',
    hits: [{ f: 4 }, { f: '4.9' }],
    misses: [{ f: 5 }, { f: 'x' }, {}],
  },
  { name: 'lte', item: 'f|lte: 5', hits: [{ f: 5 }, { f: '5' }], misses: [{ f: 5.1 }, { f: '' }] },
  { name: 'gt', item: 'f|gt: 5', hits: [{ f: 6 }, { f: '0x10' }], misses: [{ f: 5 }, { f: null }] },
  {
    name: 'gte',
    item: 'f|gte: -1.5',
    hits: [{ f: -1.5 }, { f: 0 }],
    misses: [{ f: -2 }, { f: ' ' }],
  },
  {
    name: 'a range of two comparisons',
    item: 'f|gt: 100\nf|lte: 200',
    hits: [{ f: 200 }],
    misses: [{ f: 100 }, { f: 201 }],
  },
  ...(
    [
      ['minute', 7, 8],
      ['hour', 23, 22],
      ['day', 3, 4],
      ['week', 53, 1],
      ['month', 1, 12],
      ['year', 2021, 2020],
    ] as const
  ).map(([part, right, wrong]) => ({
    name: `${part} of a timestamp as written, whatever its zone`,
    item: `f|${part}: ${right}`,
    hits: [{ f: '2021-01-03T23:07:00.123456789+14:00' }, { f: '2021-01-03 23:07:59' }],
    misses: [{ f: 'yesterday' }, { f: 7 }, {}, { f: `${wrong}` }],
  })),
  {
    name: 'a part of a timestamp can be compared',
    item: 'f|hour|gte: 22',
    hits: [{ f: '2021-01-03T23:07:00Z' }],
    misses: [{ f: '2021-01-03T21:59:00Z' }, { f: '2021-01-03' }],
  },
  {
    name: 'null is absent or null, never empty text',
    item: 'f: null',
    hits: [{}, { f: null }, { f: [] }],
    misses: [{ f: '' }, { f: 0 }, { f: 'null' }],
  },
  {
    name: 'empty text is a value of its own',
    item: "f: ''",
    hits: [{ f: '' }],
    misses: [{}, { f: null }, { f: ' ' }],
  },
  {
    name: 'a lone star is any value that is there',
    item: "f: '*'",
    hits: [{ f: '' }, { f: 'x' }, { f: 0 }],
    misses: [{}, { f: null }],
  },
  {
    name: 'a number equals the number and its text',
    item: 'f: 4625',
    hits: [{ f: 4625 }, { f: '4625' }],
    misses: [{ f: 46250 }, { f: '4625x' }, {}],
  },
  {
    name: 'a quoted number equals the number',
    item: "f: '4625'",
    hits: [{ f: 4625 }, { f: '4625' }],
    misses: [{ f: 462 }],
  },
  {
    name: 'hexadecimal equals its number and its text',
    item: 'f: 0x17',
    hits: [{ f: 23 }, { f: '0x17' }, { f: '23' }],
    misses: [{ f: 17 }],
  },
  {
    name: 'a quoted hexadecimal is text',
    item: "f: '0x17'",
    hits: [{ f: '0X17' }],
    misses: [{ f: 23 }],
  },
  {
    name: 'a number beyond 2^53 is compared as written',
    item: 'f: 1152921500312525701',
    hits: [{ f: '1152921500312525701' }],
    misses: [{ f: '1' }],
  },
  {
    name: 'numbers work under contains',
    item: 'f|contains: 443',
    hits: [{ f: 'port 4430' }, { f: 8443 }],
    misses: [{ f: 'port 80' }],
  },
  {
    name: 'booleans equal their text',
    item: 'f: true',
    hits: [{ f: true }, { f: 'True' }],
    misses: [{ f: false }, { f: 1 }, {}],
  },
  {
    name: 'an array holds when any element does',
    item: 'f|endswith: b',
    hits: [{ f: ['x', 'ab'] }],
    misses: [{ f: [] }, { f: ['a'] }, { f: ['x', ['ab']] }],
  },
  {
    name: 'all may be met by different elements of an array',
    item: 'f|contains|all: [a, b]',
    hits: [{ f: ['xa', 'xb'] }],
    misses: [{ f: ['xa', 'xc'] }],
  },
  {
    name: 'an object is no text',
    item: "f: '*'",
    hits: [],
    misses: [{ f: { g: 'x' } }],
  },
  {
    name: 'a dotted name leads into nested objects, and through lists of them',
    item: 'a.b: x',
    hits: [{ a: { b: 'x' } }, { 'a.b': 'x' }, { a: [{ b: 'y' }, { b: 'x' }] }],
    misses: [{ a: 'x' }, { a: { c: 'x' } }],
  },
  {
    name: 'inherited names are no fields',
    item: "constructor: '*'",
    hits: [],
    misses: [{}, { a: 1 }],
  },
]

for (const { name, item, hits, misses } of CASES) {
  test(`values: ${name}`, () => {
    const engine = engineOf(`selection:\n${item.replaceAll(/^/gm, '  ')}\ncondition: selection`)
    for (const event of hits) equal(engine.match(event).length, 1, JSON.stringify(event))
    for (const event of misses) equal(engine.match(event).length, 0, JSON.stringify(event))
  })
}
