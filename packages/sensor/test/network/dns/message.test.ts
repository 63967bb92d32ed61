import { deepEqual, equal } from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { dnsMessage } from '../../../src/network/dns/message.ts'
import { dnsBytes, dnsNameBytes, ipBytes, vector } from '../../../src/testing.ts'

const IP6 = ipBytes('2001:db8::1')
const POINTER_TO_QUESTION = Buffer.from([0xc0, 12])

function read(bytes: Buffer) {
  // Bytes before and behind the message must not matter.
  const around = Buffer.concat([Buffer.alloc(5, 0xff), bytes, Buffer.alloc(3, 0xff)])
  const view = new DataView(around.buffer, around.byteOffset, around.length)
  return dnsMessage({ view, start: 5, end: 5 + bytes.length })
}

function u16(...values: readonly number[]): Buffer {
  return Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]))
}

const QUESTION = { id: 7, name: 'www.example.com', type: 1 }
const ASKED = { id: 7, name: 'www.example.com', type: 'A', class: 'IN' }

test('dns: a question', () => {
  deepEqual(read(dnsBytes(QUESTION)), {
    ...ASKED,
    isResponse: false,
    responseCode: 'NOERROR',
    answers: [],
    resolved: [],
    isCut: false,
  })
})

const answers = [
  { name: 'an IPv4 address', type: 1, data: ipBytes('192.0.2.1'), want: ['A', '192.0.2.1'] },
  { name: 'an IPv6 address', type: 28, data: IP6, want: ['AAAA', '2001:db8::1'] },
  {
    name: 'an alias',
    type: 5,
    data: dnsNameBytes('cdn.example.net'),
    want: ['CNAME', 'cdn.example.net'],
  },
  {
    name: 'an alias that points into the question',
    type: 5,
    data: Buffer.concat([Buffer.from([3]), Buffer.from('cdn'), Buffer.from([0xc0, 16])]),
    want: ['CNAME', 'cdn.example.com'],
  },
  {
    name: 'a mail server',
    type: 15,
    data: Buffer.concat([u16(10), dnsNameBytes('mx.example.com')]),
    want: ['MX', '10 mx.example.com'],
  },
  {
    name: 'a service',
    type: 33,
    data: Buffer.concat([u16(1, 2, 443), dnsNameBytes('a.example.com')]),
    want: ['SRV', '1 2 443 a.example.com'],
  },
  {
    name: 'texts, put together',
    type: 16,
    data: Buffer.concat([vector(1, Buffer.from('v=spf1 ')), vector(1, Buffer.from('-all'))]),
    want: ['TXT', 'v=spf1 -all'],
  },
  {
    name: 'an HTTPS binding of the same name, its parameters left out',
    type: 65,
    data: Buffer.concat([u16(1), dnsNameBytes('.'), u16(1, 3), Buffer.from('abc')]),
    want: ['HTTPS', '1 .'],
  },
  {
    name: 'a type nobody has heard of',
    type: 4_711,
    data: Buffer.alloc(9),
    want: ['TYPE4711', undefined],
  },
  { name: 'an address of the wrong size', type: 1, data: Buffer.alloc(5), want: ['A', undefined] },
  {
    name: 'a text that leaves its record',
    type: 16,
    data: Buffer.from([9, 65]),
    want: ['TXT', undefined],
  },
  {
    name: 'a name that leaves its record',
    type: 2,
    data: Buffer.from([1]),
    want: ['NS', undefined],
  },
]
for (const { name, type, data, want } of answers) {
  test(`dns: ${name}`, () => {
    const message = read(dnsBytes({ ...QUESTION, answers: [{ type, data, ttl: 30 }] }))
    if (typeof message === 'string') throw new Error(message)
    deepEqual(
      message.answers.map((answer) => [answer.name, answer.type, answer.data, answer.ttl]),
      [['www.example.com', ...want, 30]],
    )
    deepEqual([message.isResponse, message.isCut], [true, false])
  })
}

test('dns: addresses are listed once, aliases are not', () => {
  const list = [
    { type: 5, data: dnsNameBytes('cdn.example.net') },
    { type: 1, data: ipBytes('192.0.2.1') },
    { type: 1, data: ipBytes('192.0.2.1') },
    { type: 28, data: IP6 },
  ]
  const message = read(dnsBytes({ ...QUESTION, answers: list }))
  deepEqual(typeof message === 'string' ? message : message.resolved, ['192.0.2.1', '2001:db8::1'])
})

test('dns: the code of the answer', () => {
  for (const [code, want] of [
    [3, 'NXDOMAIN'],
    [2, 'SERVFAIL'],
    [15, 'RCODE15'],
  ] as const) {
    const message = read(dnsBytes({ ...QUESTION, answers: [], responseCode: code }))
    equal(typeof message === 'string' ? message : message.responseCode, want)
  }
})

test('dns: an answer that was cut says so, and gives what there is', () => {
  const two = [1, 2].map((last) => ({ type: 1, data: ipBytes(`192.0.2.${last}`) }))
  const whole = dnsBytes({ ...QUESTION, answers: two })
  for (const bytes of [
    whole.subarray(0, -3),
    dnsBytes({ ...QUESTION, answers: two, isCut: true }),
  ]) {
    const message = read(bytes)
    if (typeof message === 'string') throw new Error(message)
    equal(message.isCut, true)
    equal(message.resolved[0], '192.0.2.1')
  }
})

test('dns: of more answers than anybody sends, 64 are kept', () => {
  const many = Array.from({ length: 200 }, () => ({ type: 1, data: ipBytes('192.0.2.1') }))
  const message = read(dnsBytes({ ...QUESTION, answers: many }))
  if (typeof message === 'string') throw new Error(message)
  deepEqual([message.answers.length, message.isCut], [64, true])
})

const HEADER = u16(7, 0x0100, 1, 0, 0, 0)
const names = [
  { name: 'the root', bytes: Buffer.from([0]), want: '.' },
  {
    name: 'bytes that are no text',
    bytes: Buffer.from([4, 0, 46, 92, 200, 0]),
    want: '\\000\\.\\\\\\200',
  },
  { name: 'a pointer to itself', bytes: POINTER_TO_QUESTION, want: 'dns_invalid' },
  {
    name: 'two pointers at each other',
    bytes: Buffer.from([0xc0, 14, 0xc0, 12]),
    want: 'dns_invalid',
  },
  {
    name: 'a pointer forward',
    bytes: Buffer.from([0xc0, 20, 0, 0, 0, 0, 0, 0, 1, 65, 0]),
    want: 'dns_invalid',
  },
  { name: 'a label of a kind given up', bytes: Buffer.from([0x41, 65, 0]), want: 'dns_invalid' },
  { name: 'a label that leaves the message', bytes: Buffer.from([63, 65]), want: 'dns_invalid' },
  {
    name: 'a name longer than 255 bytes',
    bytes: Buffer.concat([
      ...Array.from({ length: 5 }, () => vector(1, Buffer.alloc(60, 97))),
      Buffer.from([0]),
    ]),
    want: 'dns_invalid',
  },
]
for (const { name, bytes, want } of names) {
  test(`dns: reads or refuses ${name}`, () => {
    const message = read(Buffer.concat([HEADER, bytes, u16(1, 1)]))
    equal(typeof message === 'string' ? message : message.name, want)
  })
}

const refused = [
  { name: 'less than a header', bytes: Buffer.alloc(11), want: 'dns_truncated' },
  { name: 'an update', bytes: u16(7, 0x2800, 1, 0, 0, 0), want: 'dns_not_query' },
  { name: 'no question', bytes: u16(7, 0x8180, 0, 1, 0, 0), want: 'dns_without_question' },
  {
    name: 'a question without type',
    bytes: Buffer.concat([HEADER, Buffer.from([0, 0])]),
    want: 'dns_invalid',
  },
]
for (const { name, bytes, want } of refused) {
  test(`dns: refuses ${name}`, () => equal(read(bytes), want))
}
