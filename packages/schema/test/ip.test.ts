import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { isIp } from '../src/index.ts'

const yes = [
  '0.0.0.0',
  '255.255.255.255',
  '192.0.2.1',
  '::',
  '::1',
  '1::',
  'fe80::1',
  '2001:db8::1:2',
]
const also = [
  '1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7::',
  '::ffff:192.0.2.1',
  '1:2:3:4:5:6:192.0.2.1',
  'ABCD::',
]
for (const text of [...yes, ...also])
  test(`ip: ${text} is an address`, () => equal(isIp(text), true))

const no = [
  '',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '01.2.3.4',
  '1.2.3.4 ',
  'localhost',
  ':',
  ':::',
  '1:2',
]
const nor = ['1::2::3', '12345::', 'fe80::1%en0', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', 'g::']
const neither = [
  '::1.2.3',
  '1.2.3.4::',
  '[::1]',
  '::/0',
  '1:2:3:4:5:6:7:1.2.3.4',
  `::${'0'.repeat(99)}`,
]
for (const text of [...no, ...nor, ...neither]) {
  test(`ip: '${text.slice(0, 40)}' is none`, () => equal(isIp(text), false))
}
