import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { communityId } from '../../src/network/community-id.ts'

// Published with the description of the hash.
const cases = [
  {
    name: 'TCP over IPv4',
    transport: 'tcp',
    source: { ip: '128.232.110.120', port: 34_855 },
    destination: { ip: '66.35.250.204', port: 80 },
    want: '1:LQU9qZlK+B5F3KDmev6m5PMibrg=',
  },
  {
    name: 'UDP over IPv4',
    transport: 'udp',
    source: { ip: '192.168.1.52', port: 54_585 },
    destination: { ip: '8.8.8.8', port: 53 },
    want: '1:d/FP5EW3wiY1vCndhwleRRKHowQ=',
  },
  {
    name: 'TCP over IPv6',
    transport: 'tcp',
    source: { ip: '2001:470:e5bf:dead:4957:2174:e82c:4887', port: 63_943 },
    destination: { ip: '2607:f8b0:400c:c03::1a', port: 25 },
    want: '1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=',
  },
] as const
for (const { name, want, ...ends } of cases) {
  test(`community id: ${name}, in both directions`, () => {
    equal(communityId(ends), want)
    equal(communityId({ ...ends, source: ends.destination, destination: ends.source }), want)
  })
}

test('community id: an IPv4 address inside of an IPv6 one, and equal addresses', () => {
  const one = { ip: '::ffff:10.0.0.1', port: 1 }
  const other = { ip: '::ffff:10.0.0.1', port: 2 }
  equal(
    communityId({ transport: 'tcp', source: one, destination: other }),
    communityId({ transport: 'tcp', source: other, destination: one }),
  )
})
