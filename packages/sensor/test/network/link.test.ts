import { deepEqual } from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { linkPayload } from '../../src/network/link.ts'
import { ethernet, ipBytesOf, loopback } from '../../src/testing.ts'

const V4 = ipBytesOf({ from: '10.0.0.1', to: '10.0.0.2', protocol: 6, payload: Buffer.alloc(20) })
const V6 = ipBytesOf({ from: '::1', to: '::1', protocol: 6, payload: Buffer.alloc(20) })
const COOKED = Buffer.concat([Buffer.alloc(14), Buffer.from([8, 0]), V4])
const COOKED_2 = Buffer.concat([Buffer.from([0x86, 0xdd]), Buffer.alloc(18), V6])

const cases = [
  { name: 'Ethernet', linkType: 1, bytes: ethernet(V4), want: { at: 14, vlan: undefined } },
  { name: 'a VLAN', linkType: 1, bytes: ethernet(V6, [42]), want: { at: 18, vlan: 42 } },
  {
    name: 'a VLAN in a VLAN, by its outer number and without priority',
    linkType: 1,
    bytes: ethernet(V4, [0xe064, 42]),
    want: { at: 22, vlan: 100 },
  },
  {
    name: 'more tags than anybody nests',
    linkType: 1,
    bytes: ethernet(V4, Array<number>(9).fill(1)),
    want: 'not_ip',
  },
  { name: 'loopback', linkType: 0, bytes: loopback(V4), want: { at: 4, vlan: undefined } },
  {
    name: 'OpenBSD loopback',
    linkType: 108,
    bytes: loopback(V6),
    want: { at: 4, vlan: undefined },
  },
  { name: 'raw IP', linkType: 101, bytes: V6, want: { at: 0, vlan: undefined } },
  {
    name: "raw IP by macOS's own number",
    linkType: 12,
    bytes: V4,
    want: { at: 0, vlan: undefined },
  },
  { name: 'Linux "any"', linkType: 113, bytes: COOKED, want: { at: 16, vlan: undefined } },
  {
    name: 'Linux "any", second form',
    linkType: 276,
    bytes: COOKED_2,
    want: { at: 20, vlan: undefined },
  },
  {
    name: 'ARP',
    linkType: 1,
    bytes: Buffer.concat([Buffer.alloc(12), Buffer.from([8, 6]), Buffer.alloc(28)]),
    want: 'not_ip',
  },
  { name: 'an old frame with a length', linkType: 1, bytes: Buffer.alloc(60), want: 'not_ip' },
  { name: 'half an Ethernet header', linkType: 1, bytes: Buffer.alloc(13), want: 'link_truncated' },
  {
    name: 'a VLAN tag and nothing behind it',
    linkType: 1,
    bytes: ethernet(V4, [42]).subarray(0, 16),
    want: 'link_truncated',
  },
  {
    name: 'Ethernet and nothing behind it',
    linkType: 1,
    bytes: ethernet(V4).subarray(0, 14),
    want: 'link_truncated',
  },
  { name: 'loopback of something else', linkType: 0, bytes: Buffer.alloc(30), want: 'not_ip' },
  { name: 'wireless frames', linkType: 105, bytes: Buffer.alloc(60), want: 'link_unsupported' },
] as const
for (const { name, linkType, bytes, want } of cases) {
  test(`link: ${name}`, () => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    deepEqual(linkPayload({ view, start: 0, end: bytes.length, linkType }), want)
  })
}
