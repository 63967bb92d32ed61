import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { ByteView } from '../../src/bytes/view.ts'

const BYTES = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 0x88, 0xff])
const TRUNCATED = { name: 'AnalysisError', code: 'ERR_ANALYSIS_TRUNCATED' }

const numbers = [
  { name: 'u8', read: (view: ByteView) => view.u8(8), little: 255, big: 255 },
  { name: 'u16', read: (view: ByteView) => view.u16(1), little: 0x0302, big: 0x0203 },
  { name: 'u32', read: (view: ByteView) => view.u32(0), little: 0x04030201, big: 0x01020304 },
  { name: 'i32', read: (view: ByteView) => view.i32(5), little: -7862522, big: 0x060788ff },
  {
    name: 'u64',
    read: (view: ByteView) => view.u64(0),
    little: 0x8807060504030201n,
    big: 0x0102030405060788n,
  },
  {
    name: 'i64',
    read: (view: ByteView) => view.i64(0),
    little: -0x77f8f9fafbfcfdffn,
    big: 0x0102030405060788n,
  },
]
for (const { name, read, little, big } of numbers) {
  test(`view: reads ${name} in either byte order`, () => {
    equal(read(new ByteView(BYTES)), little)
    equal(read(new ByteView(BYTES, 'big')), big)
    equal(read(new ByteView(BYTES, 'big').as('little')), little)
  })
}

const beyond = [
  { name: 'a byte after the last', read: (view: ByteView) => view.u8(9) },
  { name: 'a number over the end', read: (view: ByteView) => view.u32(6) },
  { name: 'a negative offset', read: (view: ByteView) => view.u16(-1) },
  { name: 'no number', read: (view: ByteView) => view.u8(Number.NaN) },
  { name: 'an offset of 64 bits', read: (view: ByteView) => view.slice(2 ** 63, 2 ** 63) },
  { name: 'a part longer than what is left', read: (view: ByteView) => view.slice(5, 5) },
  { name: 'a negative length', read: (view: ByteView) => view.slice(5, -1) },
  { name: 'a text that begins beyond', read: (view: ByteView) => view.cString(10, 1) },
]
for (const { name, read } of beyond) {
  test(`view: refuses ${name}`, () => throws(() => read(new ByteView(BYTES)), TRUNCATED))
}

test('view: a part shares the bytes and knows where it was', () => {
  const part = new ByteView(BYTES, 'big').slice(2, 4).from(1)
  equal(part.u16(0), 0x0405)
  equal(part.origin, 3)
  equal(part.bytes.buffer, BYTES.buffer)
  throws(() => part.u32(0), { message: '4 bytes at offset 3 reach beyond the 3 there are.' })
})

test('view: an empty part at the end is allowed', () => {
  equal(new ByteView(BYTES).slice(9, 0).length, 0)
  equal(new ByteView(BYTES).from(9).length, 0)
  equal(new ByteView(BYTES).cString(9, 4), '')
})

test('view: a text ends at its zero byte, its room or the end', () => {
  const view = new ByteView(new TextEncoder().encode('ab\0cdä'))
  equal(view.cString(0, 16), 'ab')
  equal(view.cString(3, 1), 'c')
  equal(view.cString(3, 16), 'cdä')
  equal(view.text(0, 3), 'ab\0')
  equal(view.latin1(5, 2), 'Ã¤')
})

test('view: a beginning is compared without reading beyond', () => {
  const view = new ByteView(BYTES)
  deepEqual(
    [
      view.startsWith(Uint8Array.from([1, 2])),
      view.startsWith('\u0003', 2),
      view.startsWith(Uint8Array.from([2])),
      view.startsWith(Uint8Array.from([0xff, 0]), 8),
    ],
    [true, true, false, false],
  )
})
