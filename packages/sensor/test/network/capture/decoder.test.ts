import { deepEqual, equal } from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { CaptureDecoder, type CaptureLimits } from '../../../src/network/capture/decoder.ts'
import type { Packet } from '../../../src/network/capture/packet.ts'
import { pcapBytes, PcapngWriter } from '../../../src/testing.ts'

const AT = 1_764_000_000_123_456_789n
const MICRO = AT - (AT % 1_000n)
const PAYLOAD = Buffer.from('packet one, whose length is odd')

interface Seen extends Partial<Packet> {
  readonly bytes: string
}

function seen(packet: Packet): Seen {
  const { view, start, end, ...told } = packet
  return {
    ...told,
    bytes: Buffer.from(view.buffer, view.byteOffset + start, end - start).toString(),
  }
}

function decode(capture: Uint8Array, options: { limits?: CaptureLimits; chunk?: number } = {}) {
  const decoder = new CaptureDecoder(options.limits)
  const chunk = options.chunk ?? Math.max(1, capture.length)
  const packets: Seen[] = []
  for (let at = 0; at < capture.length; at += chunk) {
    packets.push(...decoder.push(capture.subarray(at, at + chunk)).map(seen))
  }
  const counts = decoder.counts()
  const discarded = Object.values(counts.discarded).reduce((sum, count) => sum + count, 0)
  equal(counts.received, counts.sent + discarded + counts.held)
  equal(counts.sent, packets.length)
  equal(counts.bytes, capture.length)
  return { packets, counts }
}

const PLAIN: Seen = {
  bytes: PAYLOAD.toString(),
  wireBytes: PAYLOAD.length,
  atNs: MICRO,
  linkType: 1,
  interfaceName: undefined,
  direction: undefined,
  process: undefined,
  effective: undefined,
}

for (const littleEndian of [true, false]) {
  const order = littleEndian ? 'little' : 'big'
  for (const nanoseconds of [false, true]) {
    const unit = nanoseconds ? 'nanoseconds' : 'microseconds'
    test(`capture: classic pcap, ${order}-endian, ${unit}`, () => {
      const packets = [
        { bytes: PAYLOAD, atNs: AT, wireBytes: 99 },
        { bytes: PAYLOAD, atNs: AT },
      ]
      const capture = pcapBytes({ linkType: 113, packets, littleEndian, nanoseconds })
      const want = { ...PLAIN, linkType: 113, atNs: nanoseconds ? AT : MICRO }
      deepEqual(decode(capture).packets, [{ ...want, wireBytes: 99 }, want])
    })
  }

  test(`capture: pcapng, ${order}-endian, with interfaces, processes and directions`, () => {
    const writer = new PcapngWriter({ littleEndian })
    writer.interface({ linkType: 1 }).interface({ linkType: 0, name: 'utun3', digits: 9 })
    const uuid = '01234567-89AB-CDEF-0123-456789ABCDEF'
    const process = writer.process({ pid: 501, name: 'mDNSResponder', uuid })
    const effective = writer.process({ pid: 777, name: 'curl' })
    writer.packet({ bytes: PAYLOAD, atNs: AT })
    const more = { direction: 'out', process, effective, wireBytes: 1_500 } as const
    writer.packet({ bytes: PAYLOAD, atNs: AT, interfaceIndex: 1, ...more })
    deepEqual(decode(writer.bytes()).packets, [
      PLAIN,
      {
        bytes: PAYLOAD.toString(),
        wireBytes: 1_500,
        atNs: AT,
        linkType: 0,
        interfaceName: 'utun3',
        direction: 'out',
        process: { pid: 501, name: 'mDNSResponder', uuid },
        effective: { pid: 777, name: 'curl' },
      },
    ])
  })
}

test('capture: pieces of any size give the same packets', () => {
  const writer = new PcapngWriter()
  writer.interface({ linkType: 1, name: 'en0' })
  for (let index = 0; index < 20; index++) {
    writer.packet({ bytes: Buffer.alloc(index * 7, 65 + index), atNs: AT })
  }
  writer.block(0x0000_0bad, Buffer.from('custom block'))
  writer.packet({ bytes: PAYLOAD, atNs: AT, direction: 'in' })
  const capture = writer.bytes()
  const want = decode(capture)
  equal(want.packets.length, 21)
  for (const chunk of [1, 2, 3, 7, 16, 61, 1_000]) {
    deepEqual(decode(capture, { chunk }), want, `in pieces of ${chunk}`)
  }
})

test('capture: sections have their own byte order, interfaces and processes', () => {
  const first = new PcapngWriter({ littleEndian: true }).interface({ linkType: 1, name: 'en0' })
  const process = first.process({ pid: 1, name: 'launchd' })
  first.packet({ bytes: PAYLOAD, atNs: AT, process })
  const second = new PcapngWriter({ littleEndian: false }).interface({ linkType: 0, name: 'lo0' })
  second.packet({ bytes: PAYLOAD, atNs: AT, process })
  const { packets, counts } = decode(Buffer.concat([first.bytes(), second.bytes()]))
  deepEqual(
    packets.map(({ interfaceName, process: by }) => [interfaceName, by?.name]),
    [
      ['en0', 'launchd'],
      ['lo0', undefined],
    ],
  )
  equal(counts.sections, 2)
})

const RESOLUTIONS = [
  { name: 'seconds', digits: 0, ticks: 1_764_000_000n, want: 1_764_000_000_000_000_000n },
  { name: 'picoseconds', digits: 12, ticks: 1_764_000_000_123_456n, want: 1_764_000_000_123n },
  { name: 'halves of halves', digits: 0x82, ticks: 7n, want: 1_750_000_000n },
  { name: 'a resolution that is none', digits: 99, ticks: 7n, want: undefined },
  { name: 'a time beyond all events', digits: 0, ticks: 1n << 40n, want: undefined },
]
for (const { name, digits, ticks, want } of RESOLUTIONS) {
  test(`capture: time in ${name}`, () => {
    const writer = new PcapngWriter().interface({ linkType: 1, digits })
    const body = Buffer.alloc(24)
    body.writeUInt32LE(Number(ticks >> 32n), 4)
    body.writeUInt32LE(Number(ticks & 0xffff_ffffn), 8)
    writer.block(6, body.subarray(0, 20))
    const { packets, counts } = decode(writer.bytes())
    deepEqual(
      packets.map(({ atNs }) => atNs),
      want === undefined ? [] : [want],
    )
    equal(counts.discarded.time_invalid ?? 0, want === undefined ? 1 : 0)
  })
}

test('capture: what the system dropped is told by statistics and by packets', () => {
  const writer = new PcapngWriter().interface({ linkType: 1, name: 'en0' })
  writer.interface({ linkType: 1, name: 'en1' })
  writer
    .statistics({ interfaceIndex: 0, dropped: 5 })
    .statistics({ interfaceIndex: 0, dropped: 12 })
  writer.packet({ bytes: PAYLOAD, atNs: AT, interfaceIndex: 1, dropped: 3 })
  writer.statistics({ interfaceIndex: 7, dropped: 1_000 })
  deepEqual(decode(writer.bytes()).counts.loss, { packets: 15, byInterface: { en0: 12, en1: 3 } })
})

test('capture: bad packets are counted and those after them are read', () => {
  const writer = new PcapngWriter().interface({ linkType: 1 })
  writer.packet({ bytes: PAYLOAD, atNs: AT, interfaceIndex: 4 })
  writer.block(6, Buffer.alloc(16))
  const lying = Buffer.alloc(20)
  lying.writeUInt32LE(4_000, 12)
  writer.block(6, lying)
  writer.block(3, Buffer.alloc(8))
  writer.packet({ bytes: Buffer.alloc(5_000), atNs: AT })
  writer.packet({ bytes: PAYLOAD, atNs: AT })
  const { packets, counts } = decode(writer.bytes(), {
    limits: { blockBytesMax: 4_096 },
    chunk: 11,
  })
  deepEqual(packets, [PLAIN])
  deepEqual(counts.discarded, {
    interface_unknown: 1,
    block_invalid: 2,
    time_invalid: 1,
    block_too_long: 1,
  })
})

test('capture: an unfinished packet is held', () => {
  const capture = new PcapngWriter().interface({ linkType: 1 }).packet({ bytes: PAYLOAD, atNs: AT })
  const { packets, counts } = decode(capture.bytes().subarray(0, -4))
  deepEqual([packets.length, counts.received, counts.held], [0, 1, 1])
})

const SECTION = new PcapngWriter().bytes()
const BREAKS = [
  { name: 'something else', bytes: Buffer.from('not a capture'), want: 'format_unknown' },
  {
    name: 'a length that is no multiple of four',
    bytes: Buffer.concat([SECTION, Buffer.from([1, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0])]),
    want: 'block_length_invalid',
  },
  {
    name: 'a block shorter than its frame',
    bytes: Buffer.concat([SECTION, Buffer.from([1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0])]),
    want: 'block_length_invalid',
  },
  {
    name: 'lengths that differ',
    bytes: Buffer.concat([SECTION, Buffer.from([1, 0, 0, 0, 12, 0, 0, 0, 16, 0, 0, 0])]),
    want: 'block_length_mismatch',
  },
  {
    name: 'no byte order',
    bytes: Buffer.concat([SECTION.subarray(0, 8), Buffer.alloc(20, 3)]),
    want: 'byte_order_unknown',
  },
  {
    name: 'another version',
    bytes: Buffer.concat([SECTION.subarray(0, 12), Buffer.from([9]), SECTION.subarray(13)]),
    want: 'version_unknown',
  },
]
for (const { name, bytes, want } of BREAKS) {
  test(`capture: reading stops at ${name}`, () => {
    const more = new PcapngWriter().interface({ linkType: 1 }).packet({ bytes: PAYLOAD, atNs: AT })
    const { packets, counts } = decode(Buffer.concat([bytes, more.bytes()]), { chunk: 64 })
    deepEqual([packets.length, counts.broken], [0, want])
    equal(counts.bytesUnread > 0, true)
  })
}

test('capture: of too many interfaces and processes the count remains', () => {
  const writer = new PcapngWriter().interface({ linkType: 1 }).interface({ linkType: 0 })
  const first = writer.process({ pid: 1, name: 'one' })
  writer.process({ pid: 2, name: 'two' })
  const third = writer.process({ pid: 3, name: 'three' })
  writer.packet({ bytes: PAYLOAD, atNs: AT, interfaceIndex: 1 })
  writer.packet({ bytes: PAYLOAD, atNs: AT, process: first })
  writer.packet({ bytes: PAYLOAD, atNs: AT, process: third })
  const { packets, counts } = decode(writer.bytes(), {
    limits: { interfacesMax: 1, processesMax: 2 },
  })
  deepEqual(
    packets.map(({ process }) => process?.name),
    [undefined, 'three'],
  )
  deepEqual([counts.interfacesRefused, counts.processesForgotten], [1, 1])
})
