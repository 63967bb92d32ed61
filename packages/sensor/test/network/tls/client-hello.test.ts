import { deepEqual, equal } from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { clientHello, handshakeMessage } from '../../../src/network/tls/client-hello.ts'
import { helloExtension, helloMessage, tlsRecords } from '../../../src/testing.ts'

const MESSAGE = helloMessage({
  ciphers: [0x1301, 0xc02b],
  extensions: [
    helloExtension.serverName('www.example.com'),
    helloExtension.protocols('h2', 'http/1.1'),
    helloExtension.versions(0x0304),
    helloExtension.signatures(0x0403),
  ],
})

function window(bytes: Uint8Array) {
  return {
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    at: 0,
    end: bytes.length,
  }
}

test('hello: what a client says', () => {
  deepEqual(clientHello(MESSAGE), {
    version: 0x0303,
    ciphers: [0x1301, 0xc02b],
    extensions: [0, 16, 43, 13],
    serverName: 'www.example.com',
    protocols: ['h2', 'http/1.1'],
    versions: [0x0304],
    signatureAlgorithms: [0x0403],
    protocolEnds: [104, 50],
  })
})

for (const recordBytes of [1, 3, 4, 5, 50, 16_384]) {
  test(`hello: records of ${recordBytes} bytes give the same message`, () => {
    deepEqual(handshakeMessage(window(tlsRecords(MESSAGE, recordBytes))), MESSAGE)
  })
}

test('hello: at every byte before the last it is incomplete', () => {
  const records = tlsRecords(MESSAGE, 64)
  for (let end = 0; end < records.length; end++) {
    equal(handshakeMessage(window(records.subarray(0, end))), 'hello_incomplete', `at ${end}`)
  }
})

const refused = [
  {
    name: 'application data',
    bytes: Buffer.from([23, 3, 3, 0, 5, 1, 2, 3, 4, 5]),
    want: 'hello_none',
  },
  { name: 'a server', bytes: tlsRecords(Buffer.from([2, 0, 0, 1, 0])), want: 'hello_none' },
  { name: 'an empty record', bytes: Buffer.from([22, 3, 1, 0, 0, 1]), want: 'hello_invalid' },
  {
    name: 'a record longer than any',
    bytes: Buffer.from([22, 3, 1, 255, 255, 1]),
    want: 'hello_invalid',
  },
  {
    name: 'a message longer than any',
    bytes: tlsRecords(Buffer.from([1, 1, 0, 0])),
    want: 'hello_invalid',
  },
  {
    name: 'another record in the middle',
    bytes: Buffer.concat([tlsRecords(MESSAGE.subarray(0, 9)), Buffer.from([23, 3, 3, 0, 1, 0])]),
    want: 'hello_invalid',
  },
]
for (const { name, bytes, want } of refused) {
  test(`hello: refuses ${name}`, () => equal(handshakeMessage(window(bytes)), want))
}

test('hello: one that ends in the middle of any field is invalid or said less', () => {
  for (let length = 4; length < MESSAGE.length; length++) {
    const hello = clientHello(MESSAGE.subarray(0, length))
    const isBeforeExtensions = length === MESSAGE.length - lengthOfExtensions()
    equal(hello === 'hello_invalid', !isBeforeExtensions, `at ${length}`)
  }
})

// A hello of the oldest clients ends before its extensions.
function lengthOfExtensions(): number {
  const bare = helloMessage({ ciphers: [0x1301, 0xc02b], extensions: [] })
  return MESSAGE.length - (bare.length - 2)
}

const strange = [
  { name: 'a name of another kind', data: Buffer.from([0, 4, 9, 0, 1, 65]), want: undefined },
  {
    name: 'a list that leaves the extension',
    data: Buffer.from([0, 200, 0, 0, 1, 65]),
    want: undefined,
  },
  { name: 'a name that leaves the list', data: Buffer.from([0, 4, 0, 0, 9, 65]), want: undefined },
  { name: 'no name at all', data: Buffer.from([0, 3, 0, 0, 0]), want: undefined },
]
for (const { name, data, want } of strange) {
  test(`hello: of a server name extension with ${name} nothing is taken`, () => {
    const hello = clientHello(helloMessage({ ciphers: [1], extensions: [{ type: 0, data }] }))
    if (hello === 'hello_invalid') throw new Error(hello)
    deepEqual([hello.serverName, hello.extensions], [want, [0]])
  })
}
