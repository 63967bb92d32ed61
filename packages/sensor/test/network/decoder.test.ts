import { deepEqual, equal } from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { NetworkDecoder } from '../../src/network/decoder.ts'
import type { NetworkRecord } from '../../src/network/record.ts'
import {
  dnsBytes,
  dnsNameBytes,
  helloExtension,
  helloMessage,
  ipBytes,
  ipBytesOf,
  PcapngWriter,
  tlsRecords,
  udpPacket,
  vector,
  WrittenCapture,
} from '../../src/testing.ts'
import {
  CLIENT,
  conversation,
  decode,
  type Said,
  say,
  SERVER,
  SYN,
  SYN_ACK,
} from './conversation.ts'

const RESOLVER = { ip: '10.0.0.1', port: 53 }
const ASKER = { ip: '10.0.0.2', port: 60_123 }
const QUESTION = { id: 4_711, name: 'www.example.com', type: 1 }
const ANSWERED = {
  ...QUESTION,
  answers: [
    { type: 5, data: dnsNameBytes('cdn.example.net') },
    { type: 1, data: ipBytes(SERVER.ip), ttl: 300, name: dnsNameBytes('cdn.example.net') },
  ],
}
const RESPONDER = { pid: 300, name: 'mDNSResponder', effectivePid: 42, effectiveName: 'curl' }

function ask(capture: WrittenCapture, atMs: number, message: Buffer = dnsBytes(QUESTION)): void {
  const packet = udpPacket({ from: ASKER, to: RESOLVER, payload: message })
  capture.send(packet, { atMs, direction: 'out', ...RESPONDER })
}

function answer(capture: WrittenCapture, atMs: number, message: Buffer = dnsBytes(ANSWERED)): void {
  const packet = udpPacket({ from: RESOLVER, to: ASKER, payload: message })
  capture.send(packet, { atMs, direction: 'in' })
}

function brief({ action, direction, process, effective, dns }: NetworkRecord) {
  return [action, direction, process?.pid, effective?.pid, dns?.name, dns?.resolved?.join(' ')]
}

const ASKED_ROW = ['lookup_requested', 'egress', 300, 42, 'www.example.com', undefined]
const ANSWERED_ROW = ['lookup_result', 'egress', 300, 42, 'www.example.com', SERVER.ip]

test('dns: the answer is of who asked, though its own packet names nobody', () => {
  const capture = new WrittenCapture()
  ask(capture, 0)
  answer(capture, 20)
  const { records } = decode(capture.bytes())
  deepEqual(records.map(brief), [ASKED_ROW, ANSWERED_ROW])
  deepEqual([records[1]?.source, records[1]?.destination], [ASKER, RESOLVER])
  deepEqual(
    records[1]?.dns?.answers?.map(({ type, data }) => `${type} ${data}`),
    ['CNAME cdn.example.net', `A ${SERVER.ip}`],
  )
})

test('dns: asked again and answered again, and in another case, is once', () => {
  const capture = new WrittenCapture()
  for (const atMs of [0, 1_000, 3_000]) ask(capture, atMs)
  answer(capture, 3_010)
  answer(capture, 3_020, dnsBytes({ ...ANSWERED, name: 'WWW.example.COM' }))
  const { records, counts } = decode(capture.bytes())
  deepEqual(records.map(brief), [ASKED_ROW, ANSWERED_ROW])
  deepEqual([counts.dns.questions, counts.dns.answers, counts.dns.repeated], [1, 1, 3])
})

test('dns: the same number for another name, and much later, is another question', () => {
  const capture = new WrittenCapture()
  ask(capture, 0)
  ask(capture, 1, dnsBytes({ ...QUESTION, name: 'example.org' }))
  ask(capture, 2, dnsBytes({ ...QUESTION, name: 'example.org', type: 28 }))
  ask(capture, 60_000, dnsBytes({ ...QUESTION, name: 'example.org', type: 28 }))
  equal(decode(capture.bytes()).records.length, 4)
})

test('dns: an answer to nobody’s question is told with its own process', () => {
  const capture = new WrittenCapture()
  const packet = udpPacket({ from: RESOLVER, to: ASKER, payload: dnsBytes(ANSWERED) })
  capture.send(packet, { atMs: 0, direction: 'in', pid: 12 })
  deepEqual(decode(capture.bytes()).records.map(brief), [
    ['lookup_result', 'egress', 12, undefined, 'www.example.com', SERVER.ip],
  ])
})

test('dns: a question from elsewhere comes in', () => {
  const capture = new WrittenCapture()
  const packet = udpPacket({
    from: RESOLVER,
    to: { ip: ASKER.ip, port: 53 },
    payload: dnsBytes(QUESTION),
  })
  capture.send(packet, { atMs: 0, direction: 'in', pid: 53 })
  deepEqual(decode(capture.bytes()).records.map(brief), [
    ['lookup_requested', 'ingress', 53, undefined, 'www.example.com', undefined],
  ])
})

test('dns: of too many questions the oldest is forgotten and counted', () => {
  const capture = new WrittenCapture()
  for (let id = 0; id < 5; id++) ask(capture, id, dnsBytes({ ...QUESTION, id }))
  answer(capture, 10, dnsBytes({ ...ANSWERED, id: 0 }))
  const { records, counts } = decode(capture.bytes(), { questionsMax: 4 })
  deepEqual([counts.dns.forgotten, records.at(-1)?.process?.pid], [2, undefined])
})

test('dns: messages over TCP, in pieces and several at once', () => {
  const messages = [1, 2, 3].map((id) => vector(2, dnsBytes({ ...QUESTION, id })))
  const bytes = Buffer.concat(messages)
  const server = { ...RESOLVER }
  const capture = new WrittenCapture()
  say(capture, SYN, { atMs: 0, server, pid: 300 })
  say(capture, SYN_ACK, { atMs: 1, server, pid: 300 })
  const cuts = [0, 1, 40, bytes.length]
  for (let index = 0; index + 1 < cuts.length; index++) {
    const at = cuts[index] ?? 0
    const payload = bytes.subarray(at, cuts[index + 1])
    const said: Said = { by: 'client', flags: 'PA', sequence: 1 + at, acknowledgment: 1, payload }
    say(capture, said, { atMs: 2 + index, server, pid: 300 })
  }
  const reply = vector(2, dnsBytes({ ...ANSWERED, id: 2 }))
  say(capture, { by: 'server', flags: 'PA', sequence: 1, payload: reply }, { atMs: 9, server })
  const { records } = decode(capture.bytes())
  deepEqual(
    records.map(({ action, transport, dns, process }) => [
      action,
      transport,
      dns?.id,
      process?.pid,
    ]),
    [
      ['connection_attempted', 'tcp', undefined, 300],
      ['lookup_requested', 'tcp', 1, 300],
      ['lookup_requested', 'tcp', 2, 300],
      ['lookup_requested', 'tcp', 3, 300],
      ['lookup_result', 'tcp', 2, 300],
    ],
  )
})

test('dns: what is no DNS on its port is given up at once', () => {
  const server = { ...RESOLVER }
  const capture = new WrittenCapture()
  for (const [index, payload] of ['\0\u0001no', 'no', 'no'].entries()) {
    const said: Said = { by: 'client', flags: 'PA', sequence: 1 + index * 4, payload }
    say(capture, said, { atMs: index, server })
  }
  const { records, counts } = decode(capture.bytes())
  deepEqual([records, counts.streamsGivenUp], [[], 0])
})

test('connection: its name is the one that was asked for last, while the answer is good', () => {
  const capture = new WrittenCapture()
  ask(capture, 0)
  answer(capture, 1)
  say(capture, SYN, { atMs: 10 })
  say(capture, { ...SYN, sequence: 7 }, { atMs: 299_000 })
  say(capture, { ...SYN, sequence: 9 }, { atMs: 302_000 })
  deepEqual(
    decode(capture.bytes())
      .records.filter(({ action }) => action === 'connection_attempted')
      .map(({ destination }) => destination.domain),
    ['www.example.com', 'www.example.com', undefined],
  )
})

const HELLO = tlsRecords(
  helloMessage({
    ciphers: [0x1301, 0x1302],
    extensions: [
      // As long as the key shares of post-quantum clients: it takes two segments.
      { type: 51, data: Buffer.alloc(1_300) },
      helloExtension.serverName('www.example.org'),
      helloExtension.protocols('h2'),
      helloExtension.versions(0x0304, 0x0303),
    ],
  }),
)
const TLS = {
  serverName: 'www.example.org',
  protocols: ['h2'],
  version: '1.3',
}

function segment(from: number, to: number, more: Partial<Said> = {}): Said {
  const payload = HELLO.subarray(from, to)
  return { by: 'client', flags: 'PA', sequence: 1 + from, acknowledgment: 1, payload, ...more }
}

const ALL = HELLO.length
const hellos: readonly { name: string; segments: readonly Said[] }[] = [
  { name: 'in one segment', segments: [SYN, SYN_ACK, segment(0, ALL)] },
  { name: 'in two', segments: [SYN, SYN_ACK, segment(0, 1_200), segment(1_200, ALL)] },
  {
    name: 'in two, the second first',
    segments: [SYN, SYN_ACK, segment(1_200, ALL), segment(0, 1_200)],
  },
  {
    name: 'with a piece sent again',
    segments: [SYN, SYN_ACK, segment(0, 1_200), segment(0, 1_200), segment(1_000, ALL)],
  },
  {
    name: 'on a connection whose beginning was not seen',
    segments: [segment(0, 1_200), segment(1_200, ALL)],
  },
  {
    name: 'with application data behind it',
    segments: [SYN, segment(0, ALL), { ...segment(0, 0), sequence: 1 + ALL, payload: 'x' }],
  },
]
for (const { name, segments } of hellos) {
  test(`tls: a hello ${name}`, () => {
    const { records, counts } = decode(conversation(segments))
    const [hello, ...more] = records.filter(({ action }) => action === 'tls_client_hello')
    deepEqual([more, counts.tls, counts.streamsGivenUp], [[], { found: 1, invalid: 0 }, 0])
    const { ja4, ...told } = hello?.tls ?? { ja4: '' }
    deepEqual(told, TLS)
    equal(ja4.split('_')[0], 't13d0204h2')
    deepEqual(
      [hello?.destination.domain, hello?.process?.pid, hello?.direction, hello?.source],
      ['www.example.org', 42, 'egress', CLIENT],
    )
  })
}

test('tls: what a server says is no hello, and other traffic is not held', () => {
  const server: Said = { ...segment(0, ALL), by: 'server' }
  const http: Said = { ...segment(0, 0), payload: 'GET / HTTP/1.1' }
  for (const segments of [
    [SYN, SYN_ACK, server],
    [SYN, SYN_ACK, http, segment(14, 400)],
  ]) {
    const { records, counts } = decode(conversation(segments))
    deepEqual(
      [records.map(({ action }) => action), counts.tls.invalid, counts.streamsGivenUp],
      [['connection_attempted'], 0, 0],
    )
  }
})

test('tls: of too many unfinished hellos the oldest is given up and counted', () => {
  const capture = new WrittenCapture()
  for (let port = 1; port <= 3; port++) {
    say(capture, segment(0, 100), { atMs: port, client: { ...CLIENT, port } })
  }
  for (let port = 1; port <= 3; port++) {
    say(capture, segment(100, ALL), { atMs: 10 + port, client: { ...CLIENT, port } })
  }
  const { records, counts } = decode(capture.bytes(), { streamsMax: 2 })
  deepEqual([records.map(({ source }) => source.port), counts.streamsGivenUp], [[2, 3], 1])
})

test('decoder: pieces of any size give the same records', () => {
  const capture = new WrittenCapture('pktap_2')
  ask(capture, 0)
  answer(capture, 1)
  for (const [index, said] of [SYN, SYN_ACK, segment(0, 1_200), segment(1_200, ALL)].entries()) {
    say(capture, said, { atMs: 2 + index })
  }
  const bytes = capture.bytes()
  const want = decode(bytes).records
  equal(want.length, 4)
  for (const chunk of [1, 5, 100]) {
    const decoder = new NetworkDecoder()
    const records: NetworkRecord[] = []
    for (let at = 0; at < bytes.length; at += chunk) {
      records.push(...decoder.push(bytes.subarray(at, at + chunk)))
    }
    deepEqual([...records, ...decoder.end()], want)
  }
})

test('decoder: packets that say nothing are counted by reason', () => {
  const capture = new WrittenCapture()
  const ends = { from: '10.0.0.1', to: '10.0.0.2' }
  const payload = Buffer.alloc(8)
  capture.send(ipBytesOf({ ...ends, protocol: 1, payload }), { atMs: 0 })
  capture.send(ipBytesOf({ ...ends, protocol: 6, payload }), { atMs: 0 })
  capture.send(ipBytesOf({ ...ends, protocol: 6, payload, fragment: 7 }), { atMs: 0 })
  capture.send(udpPacket({ from: CLIENT, to: SERVER, payload }), { atMs: 0 })
  const pktap = new PcapngWriter().interface({ linkType: 258 })
  pktap.packet({ bytes: Buffer.alloc(200), atNs: 0n })
  deepEqual(decode(capture.bytes()).counts.skipped, {
    transport_unsupported: 1,
    tcp_truncated: 1,
    ip_fragment: 1,
    udp_other: 1,
  })
  deepEqual(decode(pktap.bytes()).counts.skipped, { pktap_invalid: 1 })
})

test('decoder: sequences go on from where they are told to', () => {
  const decoder = new NetworkDecoder({ firstSequence: 100 })
  deepEqual(
    decoder.push(conversation([SYN])).map(({ sequence }) => sequence),
    [100],
  )
})
