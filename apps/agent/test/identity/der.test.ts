import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  bitString,
  container,
  objectIdentifier,
  pemText,
  smallInteger,
  utf8String,
} from '../../src/identity/der.ts'

const cases: readonly { readonly name: string; readonly got: Buffer; readonly want: string }[] = [
  { name: 'a small number', got: smallInteger(0), want: '020100' },
  { name: 'a text in UTF-8', got: utf8String('né'), want: '0c036ec3a9' },
  { name: 'bits', got: bitString(Buffer.of(0xff, 0x01)), want: '030300ff01' },
  { name: 'an empty container', got: container('context0'), want: 'a000' },
  {
    name: 'a sequence',
    got: container('sequence', smallInteger(1), smallInteger(2)),
    want: '3006020101020102',
  },
  // The examples of X.690 and RFC 5480.
  {
    name: 'an identifier with large numbers',
    got: objectIdentifier('2.999.3'),
    want: '0603883703',
  },
  {
    name: 'the identifier of ECDSA with SHA-256',
    got: objectIdentifier('1.2.840.10045.4.3.2'),
    want: '06082a8648ce3d040302',
  },
  { name: 'the identifier of a common name', got: objectIdentifier('2.5.4.3'), want: '0603550403' },
]
for (const { name, got, want } of cases) {
  test(`DER: writes ${name}`, () => equal(got.toString('hex'), want))
}

const lengths = [
  { bytes: 127, head: '0c7f' },
  { bytes: 128, head: '0c8180' },
  { bytes: 255, head: '0c81ff' },
  { bytes: 256, head: '0c820100' },
  { bytes: 65_536, head: '0c83010000' },
]
for (const { bytes, head } of lengths) {
  test(`DER: ${bytes} bytes have the shortest length`, () => {
    equal(utf8String('x'.repeat(bytes)).toString('hex').slice(0, head.length), head)
  })
}

test('DER: PEM has lines of 64 characters', () => {
  const lines = pemText(Buffer.alloc(60), 'CERTIFICATE').trimEnd().split('\n')
  equal(lines[0], '-----BEGIN CERTIFICATE-----')
  equal(lines[1]?.length, 64)
  equal(lines[2]?.length, 16)
  equal(lines[3], '-----END CERTIFICATE-----')
})
