import type { IpPacket } from './ip.ts'

/** What of a UDP datagram matters here. */
export interface UdpDatagram {
  readonly sourcePort: number
  readonly destinationPort: number
  /** Where the payload begins and what of it was captured ends. */
  readonly at: number
  readonly end: number
  /** Bytes of payload were not captured, or are in later fragments. */
  readonly isCut: boolean
}

const HEADER_BYTES = 8

/** Reads a UDP header. */
export function udpDatagram(
  view: DataView,
  ip: IpPacket,
): UdpDatagram | 'udp_truncated' | 'udp_invalid' {
  const { at, end } = ip
  if (end - at < HEADER_BYTES) return 'udp_truncated'
  // Zero stands for "as long as the packet", in jumbograms and where checksums are offloaded.
  const stated = view.getUint16(at + 4, false)
  if (stated !== 0 && stated < HEADER_BYTES) return 'udp_invalid'
  const datagramEnd = stated === 0 ? end : at + stated
  return {
    sourcePort: view.getUint16(at, false),
    destinationPort: view.getUint16(at + 2, false),
    at: at + HEADER_BYTES,
    end: Math.min(end, datagramEnd),
    isCut: ip.isFirstFragment || datagramEnd > end,
  }
}
