import { deepEqual, equal } from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { addressText } from '../../src/network/address.ts'
import { ipPacket } from '../../src/network/ip.ts'
import { ipBytes, ipBytesOf } from '../../src/testing.ts'

const V4 = { from: '10.0.0.1', to: '10.0.0.2', protocol: 6 }
const V6 = { from: 'fe80::1', to: '2001:db8::2', protocol: 17 }
const PAYLOAD = Buffer.from('transport')

function read(bytes: Buffer) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const ip = ipPacket({ view, at: 0, end: bytes.length })
  if (typeof ip === 'string') return ip
  const { version } = ip
  return {
    source: addressText({ view, at: ip.sourceAt, version }),
    destination: addressText({ view, at: ip.destinationAt, version }),
    protocol: ip.protocol,
    payload: bytes.toString('latin1', ip.at, ip.end),
    missing: ip.missingBytes,
    first: ip.isFirstFragment,
  }
}

const WANT4 = {
  source: '10.0.0.1',
  destination: '10.0.0.2',
  protocol: 6,
  payload: 'transport',
  missing: 0,
  first: false,
}
const WANT6 = { ...WANT4, source: 'fe80::1', destination: '2001:db8::2', protocol: 17 }

/** Extension headers: each begins with the number of the next. */
function headers(...list: readonly (readonly [next: number, ...rest: number[]])[]): Buffer {
  return Buffer.concat(
    list.map(([next, length = 0, ...rest]) => {
      const header = Buffer.alloc((length + 1) * 8)
      header.set([next, length, ...rest])
      return header
    }),
  )
}

const cases = [
  { name: 'version 4', bytes: ipBytesOf({ ...V4, payload: PAYLOAD }), want: WANT4 },
  {
    name: 'version 4 with options',
    bytes: ipBytesOf({ ...V4, payload: PAYLOAD, options: Buffer.alloc(40, 1) }),
    want: WANT4,
  },
  {
    name: 'version 4 with padding behind it, as short frames have',
    bytes: Buffer.concat([ipBytesOf({ ...V4, payload: PAYLOAD }), Buffer.alloc(6)]),
    want: WANT4,
  },
  {
    name: 'version 4 cut off by the capture',
    bytes: ipBytesOf({ ...V4, payload: PAYLOAD }).subarray(0, -4),
    want: { ...WANT4, payload: 'trans', missing: 4 },
  },
  {
    name: 'version 4 without a length, as the network card gets it',
    bytes: ipBytesOf({ ...V4, payload: PAYLOAD }).fill(0, 2, 4),
    want: WANT4,
  },
  {
    name: 'the first fragment of several',
    bytes: ipBytesOf({ ...V4, payload: PAYLOAD, fragment: 0x2000 }),
    want: { ...WANT4, first: true },
  },
  {
    name: 'a later fragment',
    bytes: ipBytesOf({ ...V4, payload: PAYLOAD, fragment: 0x00b9 }),
    want: 'ip_fragment',
  },
  {
    name: 'a header shorter than it may be',
    bytes: ipBytesOf({ ...V4, payload: PAYLOAD }).fill(0x44, 0, 1),
    want: 'ip_invalid',
  },
  {
    name: 'a packet shorter than its header',
    bytes: ipBytesOf({ ...V4, payload: PAYLOAD })
      .fill(0, 2, 3)
      .fill(19, 3, 4),
    want: 'ip_invalid',
  },
  {
    name: 'half a header',
    bytes: ipBytesOf({ ...V4, payload: PAYLOAD }).subarray(0, 19),
    want: 'ip_truncated',
  },
  {
    name: 'ICMP',
    bytes: ipBytesOf({ ...V4, protocol: 1, payload: PAYLOAD }),
    want: 'transport_unsupported',
  },
  {
    name: 'ESP',
    bytes: ipBytesOf({ ...V4, protocol: 50, payload: PAYLOAD }),
    want: 'ip_encrypted',
  },
  { name: 'version 6', bytes: ipBytesOf({ ...V6, payload: PAYLOAD }), want: WANT6 },
  {
    name: 'version 6 behind hop-by-hop, routing and destination options',
    bytes: ipBytesOf({
      ...V6,
      payload: PAYLOAD,
      extension: 0,
      options: headers([43, 0], [60, 1], [17, 0]),
    }),
    want: WANT6,
  },
  {
    name: 'version 6 behind an authentication header',
    // Its length counts in units of four bytes.
    bytes: ipBytesOf({
      ...V6,
      payload: PAYLOAD,
      extension: 51,
      options: Buffer.from([17, 1, ...Array(10).fill(0)]),
    }),
    want: WANT6,
  },
  {
    name: 'the first fragment of version 6',
    bytes: ipBytesOf({ ...V6, payload: PAYLOAD, extension: 44, options: headers([17, 0, 0, 1]) }),
    want: { ...WANT6, first: true },
  },
  {
    name: 'a later fragment of version 6',
    bytes: ipBytesOf({
      ...V6,
      payload: PAYLOAD,
      extension: 44,
      options: headers([17, 0, 0x05, 0xa0]),
    }),
    want: 'ip_fragment',
  },
  {
    name: 'an extension header that leaves the packet',
    bytes: ipBytesOf({
      ...V6,
      payload: PAYLOAD,
      extension: 0,
      options: headers([17, 0]).fill(99, 1, 2),
    }),
    want: 'ip_truncated',
  },
  {
    name: 'more extension headers than anybody sends',
    bytes: ipBytesOf({
      ...V6,
      payload: PAYLOAD,
      extension: 60,
      options: headers(...Array.from({ length: 20 }, () => [60] as const), [17]),
    }),
    want: 'ip_invalid',
  },
  {
    name: 'a jumbogram, whose length is elsewhere',
    bytes: ipBytesOf({ ...V6, payload: PAYLOAD }).fill(0, 4, 6),
    want: WANT6,
  },
]
for (const { name, bytes, want } of cases) {
  test(`ip: ${name}`, () => deepEqual(read(bytes), want))
}

const addresses = [
  '0.0.0.0',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  '2001:db8::1:0:0:1',
  '2001:db8:0:1:1:1:1:1',
  '2001:0:0:1::1',
  '1:2:3:4:5:6:7:8',
]
for (const address of addresses) {
  test(`address: ${address} is written in its canonical form`, () => {
    const bytes = ipBytes(address)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    equal(addressText({ view, at: 0, version: address.includes(':') ? 6 : 4 }), address)
  })
}

test('address: an IPv4 address inside of an IPv6 one stays legible', () => {
  const view = new DataView(new ArrayBuffer(16))
  view.setUint32(8, 0xffff)
  view.setUint32(12, 0x0a000001)
  equal(addressText({ view, at: 0, version: 6 }), '::ffff:10.0.0.1')
})
