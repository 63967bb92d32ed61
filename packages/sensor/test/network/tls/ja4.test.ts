import { equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { type ClientHello, clientHello } from '../../../src/network/tls/client-hello.ts'
import { ja4 } from '../../../src/network/tls/ja4.ts'
import { type BuiltHello, helloExtension, helloMessage } from '../../../src/testing.ts'

const GREASE = 0x5a5a
const hexList = (text: string): readonly number[] =>
  text.split(',').map((code) => Number.parseInt(code, 16))

const CIPHERS = hexList(
  '1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035',
)
const SIGNATURES = hexList('0403,0804,0401,0503,0805,0501,0806,0601')

/** A hello with the lists that others have published together with their fingerprint. */
function published(extensions: string, options: Partial<BuiltHello> & { alpn?: string } = {}) {
  const { alpn = 'h2' } = options
  return helloMessage({
    ciphers: [GREASE, ...CIPHERS],
    extensions: [
      helloExtension.empty(GREASE),
      ...hexList(extensions).map((type) => {
        if (type === 0x0000) return helloExtension.serverName('example.com')
        if (type === 0x0010) return helloExtension.protocols(alpn, 'http/1.1')
        if (type === 0x002b) return helloExtension.versions(GREASE, 0x0304, 0x0303)
        if (type === 0x000d) return helloExtension.signatures(...SIGNATURES)
        return helloExtension.empty(type)
      }),
      helloExtension.empty(0xfafa),
    ],
    ...options,
  })
}

function read(message: Buffer): ClientHello {
  const hello = clientHello(message)
  if (hello === 'hello_invalid') throw new Error(hello)
  return hello
}

// Values published with the lists they come of: the first in the description of JA4, with its
// extensions in the order of the wire; the second by a service that shows what browsers send.
const CHROME = '0000,0033,000d,0023,000b,ff01,000a,001b,4469,0012,002d,0010,0005,002b,0017,0015'
const cases = [
  {
    name: 'of the published example',
    message: published(CHROME),
    want: 't13d1516h2_8daaf6152771_e5627efa2ab1',
  },
  {
    name: 'of the same client with its extensions in another order',
    message: published(CHROME.split(',').toReversed().join(',')),
    want: 't13d1516h2_8daaf6152771_e5627efa2ab1',
  },
  {
    name: 'of Chrome 143',
    message: published(
      '002d,0033,0010,fe0d,0017,44cd,0000,000b,000a,002b,ff01,0023,0012,0005,000d,001b',
    ),
    want: 't13d1516h2_8daaf6152771_d8a2da3f94cd',
  },
]
for (const { name, message, want } of cases) {
  test(`ja4: ${name}`, () => equal(ja4(read(message)), want))
}

const heads = [
  { name: 'QUIC', message: published('0000,0010,002b'), transport: 'q', want: 'q13d1503h2' },
  { name: 'an address instead of a name', message: published('0010,002b'), want: 't13i1502h2' },
  { name: 'no protocols', message: published('0000,002b'), want: 't13d150200' },
  {
    name: 'another protocol',
    message: published('0010', { alpn: 'http/1.1' }),
    want: 't12i1501h1',
  },
  {
    name: 'a protocol of one letter',
    message: published('0010', { alpn: 'x' }),
    want: 't12i1501xx',
  },
  {
    name: 'a protocol that is no text',
    message: published('0010', { alpn: '\u00ab0\u00cd' }),
    want: 't12i1501ad',
  },
  { name: 'TLS 1.0', message: published('0010', { version: 0x0301 }), want: 't10i1501h2' },
  { name: 'SSL 3', message: published('0010', { version: 0x0300 }), want: 'ts3i1501h2' },
  {
    name: 'an unknown version',
    message: published('0010', { version: 0x7f00 }),
    want: 't00i1501h2',
  },
  {
    name: 'more than 99 ciphers',
    message: published('0010', {
      ciphers: Array.from({ length: 120 }, (_, index) => 0xc100 + index),
    }),
    want: 't12i9901h2',
  },
] as const
for (const { name, message, want, ...more } of heads) {
  test(`ja4: begins with what was offered: ${name}`, () => {
    const transport = 'transport' in more ? more.transport : 't'
    equal(ja4(read(message), transport).split('_')[0], want)
  })
}

test('ja4: of nothing, the hash is zeros', () => {
  const message = helloMessage({ ciphers: [GREASE], extensions: [helloExtension.empty(GREASE)] })
  equal(ja4(read(message)), 't12i000000_000000000000_000000000000')
})

test('ja4: the order of signature algorithms counts', () => {
  const [one, other] = [
    [0x0403, 0x0804],
    [0x0804, 0x0403],
  ].map((list) =>
    ja4(read(helloMessage({ ciphers: CIPHERS, extensions: [helloExtension.signatures(...list)] }))),
  )
  notEqual(one, other)
})
