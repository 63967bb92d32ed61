import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { NetworkRecord } from '../../../src/network/record.ts'
import { tcpPacket, WrittenCapture } from '../../../src/testing.ts'
import {
  ACK,
  CLIENT,
  conversation,
  decode,
  type Said,
  say,
  SERVER,
  SYN,
  SYN_ACK,
} from '../conversation.ts'

const FIN: Said = { by: 'client', flags: 'FA', sequence: 11, acknowledgment: 1_001 }
const FIN_BACK: Said = { by: 'server', flags: 'FA', sequence: 1_001, acknowledgment: 12 }
const REQUEST: Said = {
  by: 'client',
  flags: 'PA',
  sequence: 1,
  acknowledgment: 1,
  payload: 'x'.repeat(10),
}
const ANSWER: Said = {
  by: 'server',
  flags: 'PA',
  sequence: 1,
  acknowledgment: 11,
  payload: 'y'.repeat(1_000),
}

function brief({ action, direction, reason, source, destination, process }: NetworkRecord) {
  return [action, direction, reason, source.bytes, destination.bytes, process?.pid]
}

const ATTEMPTED = ['connection_attempted', 'egress', undefined, undefined, undefined, 42]
const CLOSED = ['disconnect_received', 'egress', 'closed', 10, 1_000, 42]

const cases: readonly { name: string; segments: readonly Said[]; want: readonly unknown[][] }[] = [
  { name: 'an attempt nobody answers', segments: [SYN], want: [ATTEMPTED] },
  { name: 'an attempt made again is one', segments: [SYN, SYN, SYN], want: [ATTEMPTED] },
  {
    name: 'a connection with all its segments',
    segments: [SYN, SYN_ACK, ACK, REQUEST, ANSWER, FIN, FIN_BACK],
    want: [ATTEMPTED, CLOSED],
  },
  {
    name: 'segments sent again count once',
    segments: [
      SYN,
      SYN_ACK,
      ACK,
      REQUEST,
      REQUEST,
      ANSWER,
      ANSWER,
      REQUEST,
      FIN,
      FIN,
      FIN_BACK,
      FIN_BACK,
    ],
    want: [ATTEMPTED, CLOSED],
  },
  {
    name: 'segments out of order count the same',
    segments: [
      SYN,
      SYN_ACK,
      ANSWER,
      { ...REQUEST, sequence: 6, payload: 'x'.repeat(5) },
      { ...REQUEST, payload: 'x'.repeat(5) },
      FIN,
      FIN_BACK,
    ],
    want: [ATTEMPTED, CLOSED],
  },
  {
    name: 'of a capture of first and last segments the counts are the same',
    segments: [SYN, SYN_ACK, FIN, FIN_BACK],
    want: [ATTEMPTED, CLOSED],
  },
  {
    name: 'more than half of all sequence numbers between two segments',
    segments: [
      SYN,
      SYN_ACK,
      { ...FIN_BACK, sequence: 3_000_000_001, acknowledgment: 11 },
      { ...FIN, acknowledgment: 3_000_000_002 },
    ],
    want: [ATTEMPTED, ['disconnect_received', 'egress', 'closed', 10, 3_000_000_000, 42]],
  },
  {
    name: 'a refused attempt',
    segments: [SYN, { by: 'server', flags: 'RA', sequence: 0, acknowledgment: 1 }],
    want: [ATTEMPTED, ['disconnect_received', 'egress', 'refused', 0, undefined, 42]],
  },
  {
    name: 'a reset, after which nothing counts',
    segments: [
      SYN,
      SYN_ACK,
      REQUEST,
      ANSWER,
      { by: 'server', flags: 'R', sequence: 1_001 },
      FIN,
      FIN_BACK,
    ],
    want: [ATTEMPTED, ['disconnect_received', 'egress', 'reset', 10, 1_000, 42]],
  },
  {
    name: 'an end of one side is reported when the capture ends',
    segments: [SYN, SYN_ACK, REQUEST, FIN],
    want: [ATTEMPTED, ['disconnect_received', 'egress', 'closed', 10, 1_000, 42]],
  },
  {
    name: 'the end of a connection whose beginning was not seen',
    segments: [ANSWER, FIN, FIN_BACK],
    want: [['disconnect_received', undefined, 'closed', undefined, undefined, 42]],
  },
  {
    name: 'a beginning seen only by its answer',
    segments: [SYN_ACK, ACK, REQUEST, ANSWER, FIN, FIN_BACK],
    want: [CLOSED],
  },
  {
    name: 'data that came with the first segment',
    segments: [
      { ...SYN, payload: 'abcd' },
      { ...SYN_ACK, acknowledgment: 5 },
      { by: 'server', flags: 'FA', sequence: 1, acknowledgment: 5 },
      { by: 'client', flags: 'FA', sequence: 5, acknowledgment: 2 },
    ],
    want: [ATTEMPTED, ['disconnect_received', 'egress', 'closed', 4, 0, 42]],
  },
]
for (const { name, segments, want } of cases) {
  for (const form of ['apple', 'pktap_1', 'pktap_2'] as const) {
    test(`flow: ${name} (${form})`, () => {
      deepEqual(decode(conversation(segments, { form })).records.map(brief), want)
    })
  }
}

test('flow: a whole record', () => {
  const sent = { effectivePid: 7, effectiveName: 'Safari', vlans: [12] }
  const { records } = decode(conversation([SYN, SYN_ACK, REQUEST, ANSWER, FIN, FIN_BACK], { sent }))
  deepEqual(records[1], {
    sequence: 1,
    time: '2025-11-24T16:00:00.005000000Z',
    action: 'disconnect_received',
    transport: 'tcp',
    version: 4,
    communityId: records[0]?.communityId,
    source: { ...CLIENT, bytes: 10 },
    destination: { ...SERVER, bytes: 1_000 },
    durationNs: 5_000_000,
    reason: 'closed',
    direction: 'egress',
    interface: 'en0',
    vlan: 12,
    process: { pid: 42, name: 'curl' },
    effective: { pid: 7, name: 'Safari' },
  })
})

test('flow: the same ends again are another connection', () => {
  const again = { ...SYN, sequence: 90_000 }
  const { records, counts } = decode(conversation([SYN, SYN_ACK, FIN, FIN_BACK, again]))
  deepEqual(
    records.map(({ action }) => action),
    ['connection_attempted', 'disconnect_received', 'connection_attempted'],
  )
  deepEqual([counts.flows.opened, counts.flows.ended, counts.flows.held], [2, 1, 1])
})

test('flow: a connection from elsewhere is accepted, and its end is that of the server', () => {
  const capture = new WrittenCapture()
  const far = { ip: '2001:db8::7', port: 51_000 }
  const here = { ip: '2001:db8::1', port: 22 }
  const segments: readonly [Said, 'in' | 'out'][] = [
    [SYN, 'in'],
    [SYN_ACK, 'out'],
    [ACK, 'in'],
    [FIN, 'in'],
    [FIN_BACK, 'out'],
  ]
  for (const [index, [said, direction]] of segments.entries()) {
    say(capture, said, { atMs: index, direction, pid: 99, name: 'sshd', client: far, server: here })
  }
  const { records } = decode(capture.bytes())
  deepEqual(records.map(brief), [
    ['connection_accepted', 'ingress', undefined, undefined, undefined, 99],
    ['disconnect_received', 'ingress', 'closed', 10, 1_000, 99],
  ])
  deepEqual(
    [records[0]?.source.ip, records[0]?.destination.port, records[0]?.version],
    [far.ip, 22, 6],
  )
})

test('flow: a refused attempt from elsewhere was never a connection', () => {
  const capture = new WrittenCapture()
  say(capture, SYN, { atMs: 0, direction: 'in' })
  say(
    capture,
    { by: 'server', flags: 'RA', sequence: 0, acknowledgment: 1 },
    { atMs: 1, direction: 'out' },
  )
  deepEqual(decode(capture.bytes()).records, [])
})

test('flow: on the loopback interface both ends are reported, each with its process', () => {
  const capture = new WrittenCapture()
  let atMs = 0
  for (const said of [SYN, SYN_ACK, ACK, REQUEST, ANSWER, FIN, FIN_BACK]) {
    // Each packet is seen when it leaves, with its sender, and when it comes, with its receiver.
    for (const direction of ['out', 'in'] as const) {
      const isClient = (said.by === 'client') === (direction === 'out')
      say(capture, said, { atMs: atMs++, interfaceName: 'lo0', direction, pid: isClient ? 42 : 80 })
    }
  }
  deepEqual(decode(capture.bytes()).records.map(brief), [
    ATTEMPTED,
    ['connection_accepted', 'ingress', undefined, undefined, undefined, 80],
    CLOSED,
    ['disconnect_received', 'ingress', 'closed', 10, 1_000, 80],
  ])
})

test('flow: without directions only attempts and ends are told, and no direction', () => {
  const capture = new WrittenCapture('pktap_1')
  for (const [index, said] of [SYN, SYN_ACK, REQUEST, ANSWER, FIN, FIN_BACK].entries()) {
    const packet = tcpPacket({
      from: said.by === 'client' ? CLIENT : SERVER,
      to: said.by === 'client' ? SERVER : CLIENT,
      flags: said.flags,
      sequence: said.sequence,
      acknowledgment: said.acknowledgment ?? 0,
    })
    capture.send(packet, { atMs: index })
  }
  deepEqual(decode(capture.bytes()).records.map(brief), [
    ['connection_attempted', undefined, undefined, undefined, undefined, undefined],
    ['disconnect_received', undefined, 'closed', 10, 1_000, undefined],
  ])
})

function attempts(count: number, options: { answered?: boolean; everyMs?: number } = {}) {
  const capture = new WrittenCapture()
  for (let index = 0; index < count; index++) {
    const atMs = index * (options.everyMs ?? 1)
    const client = { ...CLIENT, port: 1_024 + index }
    say(capture, SYN, { atMs, client })
    if (options.answered === true) say(capture, SYN_ACK, { atMs, client })
  }
  return capture
}

test('flow: attempts without answer are forgotten in time, connections are not', () => {
  const silent = decode(attempts(10, { everyMs: 1_000 }).bytes(), { attemptMs: 4_500 }).counts.flows
  deepEqual([silent.held, silent.unanswered, silent.evicted], [5, 5, 0])
  const open = decode(attempts(10, { answered: true, everyMs: 1_000 }).bytes(), {
    attemptMs: 4_500,
  })
  deepEqual([open.counts.flows.held, open.counts.flows.unanswered], [10, 0])
})

test('flow: a full table forgets the connections that were not used', () => {
  const capture = attempts(8, { answered: true })
  // One is used again and again while others come.
  for (let index = 0; index < 7; index++) {
    say(
      capture,
      { ...REQUEST, sequence: 1 + index * 10 },
      { atMs: 100 + index, client: { ...CLIENT, port: 1_031 } },
    )
    say(capture, SYN, { atMs: 100 + index, client: { ...CLIENT, port: 2_000 + index } })
  }
  say(capture, { ...FIN, sequence: 71 }, { atMs: 200, client: { ...CLIENT, port: 1_031 } })
  say(
    capture,
    { ...FIN_BACK, acknowledgment: 72 },
    { atMs: 201, client: { ...CLIENT, port: 1_031 } },
  )
  const { records, counts } = decode(capture.bytes(), { flowsMax: 8 })
  deepEqual([counts.flows.evicted, counts.flows.held + counts.flows.ended], [7, 8])
  equal(records.at(-1)?.source.bytes, 70)
})

test('flow: what one side ended is reported when the other stays silent', () => {
  const capture = new WrittenCapture()
  for (const [index, said] of [SYN, SYN_ACK, FIN].entries()) say(capture, said, { atMs: index })
  say(capture, SYN, { atMs: 30_000, client: { ...CLIENT, port: 9 } })
  say(capture, SYN, { atMs: 61_000, client: { ...CLIENT, port: 10 } })
  const { records } = decode(capture.bytes())
  deepEqual(
    records.map(({ action, time }) => `${time.slice(17, 23)} ${action}`),
    [
      '00.000 connection_attempted',
      '30.000 connection_attempted',
      '00.002 disconnect_received',
      '01.000 connection_attempted',
    ],
  )
})
