import { deepEqual, equal, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { formatTime } from '@pomona/schema'
import { addressText } from '../../src/network/address.ts'
import { CaptureDecoder } from '../../src/network/capture/decoder.ts'
import type { Packet } from '../../src/network/capture/packet.ts'
import { ipPacket } from '../../src/network/ip.ts'
import { linkPayload } from '../../src/network/link.ts'
import { LINK_PKTAP, withoutPktap } from '../../src/network/pktap.ts'
import { tcpSegment } from '../../src/network/tcp-segment.ts'
import { udpDatagram } from '../../src/network/udp-datagram.ts'
import {
  attemptsOf,
  attemptsOfTshark,
  endsOf,
  endsOfTshark,
  FRAME_FIELDS,
  hellosOf,
  hellosOfTshark,
  lookupsOf,
  lookupsOfTshark,
  timeOf,
} from './compared.ts'
import { decode } from './conversation.ts'
import { CLIENT_SENT, fixture, inVlans, onMac } from './recaptured.ts'
import { numberOf, only, type Row, tshark, withoutTshark } from './tshark.ts'

const skip = withoutTshark()
const folder = mkdtempSync(join(tmpdir(), 'pomona-tshark-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const captures = [
  { name: 'IPv4', bytes: () => fixture(4) },
  { name: 'IPv6', bytes: () => fixture(6) },
  { name: 'IPv4 in a VLAN', bytes: () => inVlans(4, [42]) },
  { name: 'IPv6 in a VLAN in a VLAN', bytes: () => inVlans(6, [100, 42]) },
  { name: 'IPv4 with PKTAP headers', bytes: () => onMac(4, 'pktap_1', 'en0'), hasPktap: true },
  {
    name: 'IPv6 on loopback with PKTAP headers',
    bytes: () => onMac(6, 'pktap_1', 'lo0'),
    hasPktap: true,
  },
  {
    name: 'IPv4 as Apple’s tcpdump writes it',
    bytes: () => onMac(4, 'apple', 'en0'),
    isApple: true,
  },
  {
    name: 'IPv6 on a tunnel as Apple’s tcpdump writes it',
    bytes: () => onMac(6, 'apple', 'utun4'),
    isApple: true,
  },
]

function written(name: string, bytes: Buffer): string {
  const path = join(folder, `${name.replaceAll(/[^\w]+/g, '-')}.pcap`)
  writeFileSync(path, bytes)
  return path
}

/** A frame as we read it, under tshark's names. */
function frameOf(captured: Packet): Record<string, string | undefined> {
  const packet = LINK_PKTAP.has(captured.linkType) ? withoutPktap(captured) : captured
  if (packet === undefined) throw new Error('no PKTAP header')
  const { view } = packet
  const link = linkPayload(packet)
  if (typeof link === 'string') throw new Error(link)
  const ip = ipPacket({ view, at: link.at, end: packet.end })
  if (typeof ip === 'string') throw new Error(ip)
  const { version } = ip
  const family = version === 4 ? 'ip' : 'ipv6'
  const frame: Record<string, string | undefined> = {
    'frame.time_epoch': formatTime(captured.atNs),
    'frame.len': String(captured.wireBytes),
    'vlan.id': link.vlan === undefined ? undefined : String(link.vlan),
    [`${family}.src`]: addressText({ view, at: ip.sourceAt, version }),
    [`${family}.dst`]: addressText({ view, at: ip.destinationAt, version }),
  }
  const tcp = ip.protocol === 6 ? tcpSegment(view, ip) : 'not TCP'
  const udp = ip.protocol === 17 ? udpDatagram(view, ip) : 'not UDP'
  if (typeof tcp !== 'string') {
    frame['tcp.srcport'] = String(tcp.sourcePort)
    frame['tcp.dstport'] = String(tcp.destinationPort)
    frame['tcp.seq_raw'] = String(tcp.sequence)
    frame['tcp.ack_raw'] = String(tcp.acknowledgment)
    frame['tcp.flags'] = String(tcp.flags)
    frame['tcp.len'] = String(tcp.payloadBytes)
  }
  if (typeof udp !== 'string') {
    frame['udp.srcport'] = String(udp.sourcePort)
    frame['udp.dstport'] = String(udp.destinationPort)
    frame['udp.length'] = String(udp.end - udp.at + 8)
  }
  return frame
}

/** A frame as tshark reads it, in our spelling. */
function frameOfRow(row: Row): Record<string, string | undefined> {
  const frame: Record<string, string | undefined> = {}
  for (const field of FRAME_FIELDS) frame[field] = only(row, field)
  frame['frame.time_epoch'] = timeOf(row)
  // The outermost of several tags has another name.
  frame['vlan.id'] = frame['ieee8021ad.id'] ?? frame['vlan.id']
  delete frame['ieee8021ad.id']
  const flags = numberOf(row, 'tcp.flags')
  // Ours are the eight bits of the header's last byte of flags.
  if (flags !== undefined) frame['tcp.flags'] = String(flags & 0xff)
  return frame
}

for (const { name, bytes, hasPktap = false, isApple = false } of captures) {
  test(`tshark: every packet is read alike: ${name}`, { skip }, () => {
    const capture = bytes()
    const rows = tshark(written(name, capture), FRAME_FIELDS)
    const packets = new CaptureDecoder().push(capture)
    equal(packets.length, rows.length)
    ok(rows.length > 200)
    for (const [index, packet] of packets.entries()) {
      const row = rows[index]
      if (row === undefined) throw new Error('fewer frames')
      const ours = frameOf(packet)
      const theirs = frameOfRow(row)
      for (const field of FRAME_FIELDS) {
        equal(ours[field], theirs[field], `frame ${index + 1}: ${field}`)
      }
    }
  })

  test(`tshark: connections, lookups and hellos are the same: ${name}`, { skip }, () => {
    const capture = bytes()
    const path = written(name, capture)
    const { records } = decode(capture)
    deepEqual(attemptsOf(records), attemptsOfTshark(path))
    deepEqual(endsOf(records), endsOfTshark(path))
    deepEqual(lookupsOf(records), lookupsOfTshark(path))
    deepEqual(hellosOf(records), hellosOfTshark(path))
  })

  if (hasPktap) {
    test(`tshark: the PKTAP header is read alike: ${name}`, { skip }, () => {
      const capture = bytes()
      const fields = ['dlt', 'ifname', 'flags', 'pid', 'cmdname', 'epid', 'ecmdname']
      const rows = tshark(
        written(name, capture),
        fields.map((field) => `pktap.${field}`),
      )
      const ours = new CaptureDecoder().push(capture).map(withoutPktap)
      equal(ours.length, rows.length)
      for (const [index, packet] of ours.entries()) {
        const row = rows[index] ?? {}
        deepEqual(
          [
            packet?.linkType,
            packet?.interfaceName,
            packet?.direction === 'in' ? 1 : 2,
            packet?.process,
            packet?.effective,
          ],
          [
            numberOf(row, 'pktap.dlt'),
            only(row, 'pktap.ifname'),
            numberOf(row, 'pktap.flags'),
            { pid: numberOf(row, 'pktap.pid'), name: only(row, 'pktap.cmdname') },
            { pid: numberOf(row, 'pktap.epid'), name: only(row, 'pktap.ecmdname') },
          ],
        )
      }
    })
  }

  if (isApple) {
    test(`tshark: Apple’s process blocks and options are read alike: ${name}`, { skip }, () => {
      const capture = bytes()
      const darwin = 'pcapng.darwin.process'
      const options = 'pcapng.options.option.data.packet.darwin'
      const fields = [`${darwin}_id`, `${darwin}_name`, `${options}.dpeb_id`, `${options}.edpeb_id`]
      const [row = {}] = tshark(written(name, capture), fields, { asFile: true })
      const packets = new CaptureDecoder().push(capture)
      deepEqual(
        [row[`${darwin}_id`], row[`${darwin}_name`]],
        [
          [String(CLIENT_SENT.pid), String(CLIENT_SENT.effectivePid)],
          [CLIENT_SENT.name, CLIENT_SENT.effectiveName],
        ],
      )
      deepEqual(
        [row[`${options}.dpeb_id`]?.length, row[`${options}.edpeb_id`]?.length],
        [packets.length, packets.length],
      )
      const { pid, name: process, effectivePid, effectiveName } = CLIENT_SENT
      for (const packet of packets) {
        deepEqual(packet.process, { pid, name: process })
        deepEqual(packet.effective, { pid: effectivePid, name: effectiveName })
      }
    })
  }
}
