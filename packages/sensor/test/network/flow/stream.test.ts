import { deepEqual, equal } from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { StreamBytes } from '../../../src/network/flow/stream.ts'

type Step = readonly [sequence: number, text: string]
const FIRST = 0xffff_fffa

const cases: readonly { name: string; steps: readonly Step[]; want: string }[] = [
  {
    name: 'in order, over the wrap of the numbers',
    steps: [
      [0, 'abcdef'],
      [6, 'ghi'],
    ],
    want: 'abcdefghi',
  },
  {
    name: 'sent again',
    steps: [
      [0, 'abc'],
      [0, 'abc'],
      [3, 'def'],
    ],
    want: 'abcdef',
  },
  {
    name: 'sent again with more behind it',
    steps: [
      [0, 'abc'],
      [1, 'bcdef'],
    ],
    want: 'abcdef',
  },
  {
    name: 'the second first',
    steps: [
      [3, 'def'],
      [0, 'abc'],
    ],
    want: 'abcdef',
  },
  {
    name: 'backwards',
    steps: [
      [6, 'g'],
      [5, 'f'],
      [3, 'de'],
      [1, 'bc'],
      [0, 'a'],
    ],
    want: 'abcdefg',
  },
  {
    name: 'with a hole',
    steps: [
      [0, 'abc'],
      [4, 'efg'],
    ],
    want: 'abc',
  },
  {
    name: 'with other bytes for what is known',
    steps: [
      [0, 'abc'],
      [0, 'XYZd'],
    ],
    want: 'abcd',
  },
]
for (const { name, steps, want } of cases) {
  test(`stream: ${name}`, () => {
    const stream = new StreamBytes(FIRST, { bytesMax: 100 })
    for (const [offset, text] of steps) stream.add((FIRST + offset) >>> 0, Buffer.from(text))
    equal(stream.bytes.toString(), want)
  })
}

test('stream: as many bytes as allowed, and no more', () => {
  const stream = new StreamBytes(0, { bytesMax: 4 })
  stream.add(0, Buffer.from('abcd'))
  deepEqual([stream.isOverfull, stream.bytes.toString()], [false, 'abcd'])
  stream.consume(3)
  stream.add(4, Buffer.from('efg'))
  deepEqual([stream.isOverfull, stream.bytes.toString()], [false, 'defg'])
  stream.add(7, Buffer.from('h'))
  equal(stream.isOverfull, true)
})

test('stream: only so many segments wait for the one before them', () => {
  const stream = new StreamBytes(0, { bytesMax: 1_000 })
  for (let index = 1; index <= 16; index++) stream.add(index * 2, Buffer.from('x'))
  equal(stream.isOverfull, false)
  stream.add(50, Buffer.from('x'))
  equal(stream.isOverfull, true)
})
