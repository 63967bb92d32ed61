/** How fast the bytes of a packet capture become records, and records events. */
import { equal } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Normalizer } from '@pomona/normalize'
import { NetworkDecoder, type NetworkRecord } from '@pomona/sensor'
import {
  type CaptureForm,
  dnsBytes,
  helloExtension,
  helloMessage,
  ipBytes,
  type PacketEnd,
  tcpPacket,
  tlsRecords,
  udpPacket,
  WrittenCapture,
} from '@pomona/sensor/testing'
import { CONTEXT } from './corpus.ts'
import { type Report, shown, spread, threadUs } from './measurement.ts'

const ROUNDS = 5
const CONNECTIONS = 10_000
const BULK_SEGMENTS = 60_000
const SEGMENT_BYTES = 1_448
const CHUNK_BYTES = 64 * 1024
const US_PER_SECOND = 1_000_000
const MEBIBYTE = 1_048_576
const RESOLVER: PacketEnd = { ip: '10.0.0.1', port: 53 }
const HELLO = tlsRecords(
  helloMessage({
    ciphers: [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xcca9],
    extensions: [
      helloExtension.serverName('www.example.com'),
      helloExtension.protocols('h2', 'http/1.1'),
      helloExtension.versions(0x0304, 0x0303),
      helloExtension.signatures(0x0403, 0x0804, 0x0401),
      // As long as the key shares of today's clients.
      { type: 51, data: Buffer.alloc(1_500) },
    ],
  }),
)

/** What passes the live filter of a lookup and a TLS connection: nine packets. */
function connections(form: CaptureForm): Buffer {
  const capture = new WrittenCapture(form)
  for (let index = 0; index < CONNECTIONS; index++) {
    const port = 1_024 + (index % 60_000)
    const client: PacketEnd = { ip: '10.0.0.2', port }
    const ip = `203.0.113.${index % 250}`
    const server: PacketEnd = { ip, port: 443 }
    let atMs = index * 10
    const out = (packet: Buffer): void => {
      capture.send(packet, {
        atMs: atMs++,
        direction: 'out',
        pid: 500 + (index % 40),
        name: 'curl',
      })
    }
    const back = (packet: Buffer): void => {
      capture.send(packet, { atMs: atMs++, direction: 'in', pid: 500 + (index % 40), name: 'curl' })
    }
    const question = { id: index % 65_536, name: `host-${index % 500}.example.com`, type: 1 }
    const answers = [{ type: 1, data: ipBytes(ip), ttl: 300 }]
    out(udpPacket({ from: client, to: RESOLVER, payload: dnsBytes(question) }))
    back(udpPacket({ from: RESOLVER, to: client, payload: dnsBytes({ ...question, answers }) }))
    const sent = 1 + HELLO.length
    out(tcpPacket({ from: client, to: server, flags: 'S', sequence: 0 }))
    back(tcpPacket({ from: server, to: client, flags: 'SA', sequence: 0, acknowledgment: 1 }))
    for (const [from, to] of [
      [0, SEGMENT_BYTES],
      [SEGMENT_BYTES, HELLO.length],
    ] as const) {
      const payload = HELLO.subarray(from, to)
      if (payload.length === 0) continue
      out(
        tcpPacket({
          from: client,
          to: server,
          flags: 'PA',
          sequence: 1 + from,
          acknowledgment: 1,
          payload,
        }),
      )
    }
    back(
      tcpPacket({ from: server, to: client, flags: 'FA', sequence: 90_001, acknowledgment: sent }),
    )
    out(
      tcpPacket({ from: client, to: server, flags: 'FA', sequence: sent, acknowledgment: 90_002 }),
    )
  }
  return capture.bytes()
}

/** One download, unfiltered. */
function bulk(): Buffer {
  const capture = new WrittenCapture('apple')
  const client: PacketEnd = { ip: '10.0.0.2', port: 50_000 }
  const server: PacketEnd = { ip: '203.0.113.9', port: 443 }
  const payload = Buffer.alloc(SEGMENT_BYTES, 7)
  const sent = { direction: 'in', pid: 500, name: 'curl' } as const
  capture.send(tcpPacket({ from: client, to: server, flags: 'S', sequence: 0 }), {
    ...sent,
    atMs: 0,
    direction: 'out',
  })
  capture.send(
    tcpPacket({ from: server, to: client, flags: 'SA', sequence: 0, acknowledgment: 1 }),
    { ...sent, atMs: 1 },
  )
  for (let index = 0; index < BULK_SEGMENTS; index++) {
    const sequence = 1 + index * SEGMENT_BYTES
    const packet = tcpPacket({
      from: server,
      to: client,
      flags: 'A',
      sequence,
      acknowledgment: 1,
      payload,
    })
    capture.send(packet, { ...sent, atMs: 2 + index })
  }
  return capture.bytes()
}

function decoded(capture: Buffer, chunkBytes: number): NetworkRecord[] {
  const decoder = new NetworkDecoder()
  const records: NetworkRecord[] = []
  for (let at = 0; at < capture.length; at += chunkBytes) {
    for (const record of decoder.push(capture.subarray(at, at + chunkBytes))) records.push(record)
  }
  for (const record of decoder.end()) records.push(record)
  return records
}

function digest(records: readonly NetworkRecord[]): string {
  return createHash('sha256').update(JSON.stringify(records)).digest('hex')
}

function packetsOf(capture: Buffer): number {
  const decoder = new NetworkDecoder()
  decoder.push(capture)
  const { packets, observed } = decoder.counts()
  equal(observed, packets.received)
  return observed
}

function row(name: string, capture: Buffer): readonly string[] {
  equal(digest(decoded(capture, CHUNK_BYTES)), digest(decoded(capture, 777)))
  const packets = packetsOf(capture)
  const records = decoded(capture, CHUNK_BYTES)
  const decoding: number[] = []
  const normalising: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const startedUs = threadUs()
    decoded(capture, CHUNK_BYTES)
    decoding.push(threadUs() - startedUs)
    const normalizer = new Normalizer(CONTEXT)
    const againUs = threadUs()
    for (const record of records) normalizer.network(record)
    normalising.push(threadUs() - againUs)
  }
  const perSecond = (count: number, spentUs: readonly number[]): readonly number[] =>
    spentUs.map((us) => (count / us) * US_PER_SECOND)
  return [
    name,
    shown(packets),
    shown(capture.length / packets),
    shown(records.length),
    spread(perSecond(packets, decoding)),
    spread(perSecond(capture.length / MEBIBYTE, decoding)),
    records.length < 1_000 ? '–' : spread(perSecond(records.length, normalising)),
  ]
}

/** Measures the network sensor. */
export async function bench(): Promise<Report> {
  return {
    title: 'Network sensor',
    notes: [
      'Bytes of a capture in memory, in pieces of 64 KiB → `NetworkDecoder` (capture, PKTAP, link, IP, TCP, DNS, TLS, flows) → ' +
        '`NetworkRecord`s; then these → `Normalizer.network`. Processor time of the one thread; median of ' +
        `${ROUNDS} rounds, lowest and highest beside it. All captures are synthetic. First checked: pieces of 777 bytes give the same records.`,
      `Connections: ${shown(CONNECTIONS)} lookups and TLS connections as the live filter lets them through, eight packets each, ` +
        'with a hello of two segments. Bulk: one download without filter, full segments, which is what the ' +
        'filter spares.',
    ],
    columns: ['capture', 'packets', 'bytes a packet', 'records', 'packets/s', 'MiB/s', 'events/s'],
    rows: [
      row('connections, as Apple’s tcpdump writes them', connections('apple')),
      row('connections, PKTAP headers', connections('pktap_1')),
      row('bulk', bulk()),
    ],
  }
}
