import { deepEqual, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { readSleb128, readUleb128 } from '../../src/bytes/leb128.ts'
import { ByteView } from '../../src/bytes/view.ts'

// The examples of DWARF 5, figures C.1 and C.2, and both ends of 64 bits.
const unsigned = [
  { bytes: [2], value: 2n },
  { bytes: [0x7f], value: 127n },
  { bytes: [0x80, 1], value: 128n },
  { bytes: [0x39 + 0x80, 0x64], value: 12857n },
  { bytes: [...Array(9).fill(0xff), 1], value: (1n << 64n) - 1n },
]
const signed = [
  { bytes: [2], value: 2n },
  { bytes: [0x7e], value: -2n },
  { bytes: [0xff, 0], value: 127n },
  { bytes: [0x81, 0x7f], value: -127n },
  { bytes: [0x80, 1], value: 128n },
  { bytes: [...Array(9).fill(0x80), 0x7f], value: -(1n << 63n) },
]
for (const { bytes, value } of unsigned) {
  test(`leb128: reads the unsigned ${value}`, () => {
    const view = new ByteView(Uint8Array.from([9, ...bytes, 9]))
    deepEqual(readUleb128(view, 1), { value, end: 1 + bytes.length })
  })
}
for (const { bytes, value } of signed) {
  test(`leb128: reads the signed ${value}`, () => {
    const view = new ByteView(Uint8Array.from([9, ...bytes, 9]))
    deepEqual(readSleb128(view, 1), { value, end: 1 + bytes.length })
  })
}

test('leb128: a number that never ends is refused', () => {
  throws(() => readUleb128(new ByteView(Uint8Array.from([0x80])), 0), {
    code: 'ERR_ANALYSIS_TRUNCATED',
  })
  throws(() => readSleb128(new ByteView(new Uint8Array(20).fill(0x80)), 0), {
    code: 'ERR_ANALYSIS_MALFORMED',
  })
})
