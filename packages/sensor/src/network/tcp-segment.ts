import type { IpPacket } from './ip.ts'

/** Flags of a TCP segment. */
export const TCP_FIN = 0x01
/** Synchronise: the first segment of each side. */
export const TCP_SYN = 0x02
/** Reset. */
export const TCP_RST = 0x04
/** The acknowledgment number is valid. */
export const TCP_ACK = 0x10

/** What of a TCP segment matters here. */
export interface TcpSegment {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly sequence: number
  readonly acknowledgment: number
  readonly flags: number
  /** Where the payload begins and what of it was captured ends. */
  readonly at: number
  readonly end: number
  /** Bytes of payload on the wire, captured or not. */
  readonly payloadBytes: number
}

const HEADER_BYTES_MIN = 20

/** Reads a TCP header. */
export function tcpSegment(
  view: DataView,
  ip: IpPacket,
): TcpSegment | 'tcp_truncated' | 'tcp_invalid' {
  const { at, end } = ip
  if (end - at < HEADER_BYTES_MIN) return 'tcp_truncated'
  const headerBytes = (view.getUint8(at + 12) >> 4) * 4
  const bytes = end - at + ip.missingBytes
  if (headerBytes < HEADER_BYTES_MIN || headerBytes > bytes) return 'tcp_invalid'
  return {
    sourcePort: view.getUint16(at, false),
    destinationPort: view.getUint16(at + 2, false),
    sequence: view.getUint32(at + 4, false),
    acknowledgment: view.getUint32(at + 8, false),
    flags: view.getUint8(at + 13),
    at: Math.min(end, at + headerBytes),
    end,
    payloadBytes: bytes - headerBytes,
  }
}
