import { equal, ok } from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import {
  base64,
  base64Offsets,
  dashVariants,
  utf16Binary,
  utf8Binary,
} from '../../src/sigma/encoding.ts'
import { dice } from '../dice.ts'

for (const seed of [5, 1_234_567]) {
  test(`encoding: base64 and its offsets agree with Node's own, seed ${seed}`, () => {
    const next = dice(seed)
    const bytes = (lengthMax: number): Buffer =>
      Buffer.from(Array.from({ length: next(lengthMax + 1) }, () => next(256)))
    for (let round = 0; round < 3_000; round += 1) {
      const needle = Buffer.concat([bytes(12), Buffer.from([next(256), next(256)])])
      const text = needle.toString('latin1')
      equal(base64(text), needle.toString('base64'))
      const head = bytes(7)
      const tail = bytes(7)
      const content = Buffer.concat([head, needle, tail]).toString('base64')
      const variant = base64Offsets(text)[head.length % 3] ?? ''
      ok(content.includes(variant), `${variant} is not in ${content}`)
      ok(variant.length >= Math.floor((needle.length * 8 - 10) / 6), variant)
    }
  })
}

test('encoding: UTF-8 and UTF-16 agree with Node', () => {
  for (const text of ['', 'abc', 'äß€', '😀 x']) {
    equal(utf8Binary(text), Buffer.from(text).toString('latin1'))
    equal(utf16Binary(text, 'little'), Buffer.from(text, 'utf16le').toString('latin1'))
    equal(utf16Binary(text, 'big'), Buffer.from(text, 'utf16le').swap16().toString('latin1'))
  }
})

const DASHES: readonly (readonly [text: string, count: number | undefined])[] = [
  ['plain', 1],
  ['-a', 5],
  [' /a -b', 25],
  ['a-b', 1],
  ['- a', 1],
  ['--long', 5],
  [' -a'.repeat(5), 3_125],
  [' -a'.repeat(6), undefined],
]

for (const [text, count] of DASHES) {
  test(`encoding: "${text}" has ${count ?? 'too many'} spellings`, () => {
    const variants = dashVariants(text)
    equal(variants?.length, count)
    if (variants !== undefined) equal(new Set(variants).size, count)
  })
}
