import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { CaptureDecoder } from '../../src/network/capture/decoder.ts'
import {
  type CaptureForm,
  ethernet,
  pcapBytes,
  type Sent,
  WrittenCapture,
} from '../../src/testing.ts'

const FIXTURES = join(import.meta.dirname, '../../../../fixtures/network')
const SERVER_PORTS: ReadonlySet<number> = new Set([53, 8_080, 8_443, 9])
const ETHERNET_BYTES = 14

interface Frame {
  readonly atNs: bigint
  /** The IP packet. */
  readonly packet: Buffer
  readonly isFromClient: boolean
}

/** A fixture as it was captured. */
export function fixture(version: 4 | 6): Buffer {
  return gunzipSync(readFileSync(join(FIXTURES, `loopback-ipv${version}.pcap.gz`)))
}

function framesOf(version: 4 | 6): readonly Frame[] {
  return new CaptureDecoder().push(fixture(version)).map(({ view, start, end, atNs }) => {
    const at = start + ETHERNET_BYTES
    const packet = Buffer.from(view.buffer, view.byteOffset + at, end - at)
    const transportAt = version === 4 ? (packet.readUInt8(0) & 15) * 4 : 40
    return { atNs, packet, isFromClient: !SERVER_PORTS.has(packet.readUInt16BE(transportAt)) }
  })
}

/** The packets of a fixture in frames with VLAN tags. */
export function inVlans(version: 4 | 6, vlans: readonly number[]): Buffer {
  const packets = framesOf(version).map(({ atNs, packet }) => ({
    atNs,
    bytes: ethernet(packet, vlans),
  }))
  return pcapBytes({ linkType: 1, packets })
}

/** Who sent and received the packets of a recaptured fixture. */
export const CLIENT_SENT = {
  pid: 4_242,
  name: 'curl',
  effectivePid: 777,
  effectiveName: 'Safari',
} satisfies Partial<Sent>

/** The packets of a fixture as a Mac that is the client sees them. */
export function onMac(version: 4 | 6, form: CaptureForm, interfaceName: string): Buffer {
  const capture = new WrittenCapture(form, 0n)
  for (const { atNs, packet, isFromClient } of framesOf(version)) {
    const direction = isFromClient ? 'out' : 'in'
    const atMs = Number(atNs / 1_000n) / 1_000
    capture.send(packet, { atMs, direction, interfaceName, ...CLIENT_SENT })
  }
  return capture.bytes()
}
