import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { readWhereFroms } from '../../src/file-facts/where-froms.ts'
import { seededRandom } from '../prng.ts'
import { plistOf } from './plist.ts'

const ADDRESS = 'https://downloads.example/some/long/path/installer.dmg?id=12345'

// The value of the attribute as Safari wrote it for a page without a referrer, byte by byte.
const RECORDED =
  '62706c6973743030a1015a68747470733a2f2f612f080a0000000000000101000000000000000200000000000000000000000000000015'

const cases = [
  { name: 'an address and its page', texts: [ADDRESS, 'https://example/'] },
  { name: 'a short one', texts: ['https://a/'] },
  { name: 'one that is no ASCII', texts: ['https://例え.example/é'] },
  { name: 'none', texts: [] },
]
for (const { name, texts } of cases) {
  test(`where-froms: ${name}`, () => deepEqual(readWhereFroms(plistOf(texts)), texts))
}

test('where-froms: offsets of one byte', () => {
  deepEqual(readWhereFroms(Buffer.from(RECORDED, 'hex')), ['https://a/'])
})

test('where-froms: what is no such list has no texts', () => {
  deepEqual(readWhereFroms(Buffer.alloc(0)), [])
  deepEqual(readWhereFroms(Buffer.from('<?xml version="1.0"?><plist/>'.repeat(9))), [])
  deepEqual(readWhereFroms(Buffer.alloc(100_000, 'bplist00')), [])
})

const SEED = 5
test(`where-froms: no bytes make it throw or read elsewhere, seed ${SEED}`, () => {
  const below = seededRandom(SEED)
  const whole = plistOf([ADDRESS, 'https://例え.example/'])
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Buffer.from(whole)
    for (let change = 0; change <= below(4); change += 1) bytes[below(bytes.length)] = below(256)
    const texts = readWhereFroms(bytes.subarray(0, bytes.length - (below(4) === 0 ? below(60) : 0)))
    ok(texts.length <= 8 && texts.every((text) => text.length <= whole.length))
  }
})
