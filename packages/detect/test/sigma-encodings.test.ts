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

const b64 = (text: string): string => Buffer.from(text).toString('base64')
const wide = (text: string): string => Buffer.from(text, 'utf16le').toString('base64')

const CASES: readonly Case[] = [
  {
    name: 'base64',
    item: 'f|base64|contains: /bin/bash',
    hits: [{ f: `x ${b64('/bin/bash')}` }],
    misses: [{ f: '/bin/bash' }],
  },
  {
    name: 'base64offset finds the text at each position',
    item: 'f|base64offset|contains: https://evil',
    hits: ['', 'a', 'ab', 'abc'].map((head) => ({ f: b64(`${head}https://evil.example/`) })),
    misses: [{ f: b64('http://evil') }],
  },
  ...['wide', 'utf16le'].map((modifier) => ({
    name: `${modifier} with base64offset finds UTF-16 text`,
    item: `f|${modifier}|base64offset|contains: 'IEX ('`,
    hits: ['', 'a', 'ab'].map((head) => ({ f: wide(`${head}IEX (new`) })),
    misses: [{ f: b64('IEX (new') }],
  })),
  {
    name: 'utf16be swaps the bytes',
    item: 'f|utf16be|base64: ab',
    hits: [{ f: Buffer.from([0, 97, 0, 98]).toString('base64') }],
    misses: [{ f: wide('ab') }],
  },
  {
    name: 'utf16 begins with the byte order mark',
    item: 'f|utf16|base64: ab',
    hits: [{ f: Buffer.from([0xff, 0xfe, 97, 0, 98, 0]).toString('base64') }],
    misses: [{ f: wide('ab') }],
  },
  {
    name: 'windash takes five characters for a dash',
    item: "f|windash|contains: ' -enc'",
    hits: ['-', '/', '–', '—', '―'].map((dash) => ({ f: `pwsh ${dash}ENC x` })),
    misses: [{ f: 'pwsh +enc' }],
  },
  {
    name: 'windash leaves dashes inside words alone',
    item: "f|windash: '-a-b'",
    hits: [{ f: '/a-b' }],
    misses: [{ f: '-a/b' }],
  },
  {
    name: 'windash with all wants every value in any spelling',
    item: "f|contains|all|windash: [' -a', ' -b']",
    hits: [{ f: 'x /a –b' }],
    misses: [{ f: 'x /a' }],
  },
]

for (const { name, item, hits, misses } of CASES) {
  test(`encodings: ${name}`, () => {
    const engine = engineOf(`selection:\n${item.replaceAll(/^/gm, '  ')}\ncondition: selection`)
    for (const event of hits) equal(engine.match(event).length, 1, JSON.stringify(event))
    for (const event of misses) equal(engine.match(event).length, 0, JSON.stringify(event))
  })
}
