import type { Window } from './capture/window.ts'

/** Why an IP packet is not looked into further. */
export type IpFailure =
  | 'ip_truncated'
  | 'ip_invalid'
  | 'ip_fragment'
  | 'ip_encrypted'
  | 'transport_unsupported'

/** What of an IP packet matters here. */
export interface IpPacket {
  readonly version: 4 | 6
  /** Where the addresses lie; 4 or 16 bytes each. */
  readonly sourceAt: number
  readonly destinationAt: number
  /** 6 for TCP, 17 for UDP. */
  readonly protocol: number
  /** Where the transport header begins and the captured part of the packet ends. */
  readonly at: number
  readonly end: number
  /** Bytes of it that were on the wire and not captured. */
  readonly missingBytes: number
  /** The first of several fragments: what follows its end is elsewhere. */
  readonly isFirstFragment: boolean
}

/** TCP's number. */
export const PROTOCOL_TCP = 6
/** UDP's number. */
export const PROTOCOL_UDP = 17

const IPV4_BYTES_MIN = 20
const IPV4_MORE_FRAGMENTS = 0x2000
const IPV4_FRAGMENT_MASK = 0x1fff
const IPV6_BYTES = 40
const HEADERS_MAX = 16
const NEXT_FRAGMENT = 44
const NEXT_ENCRYPTED = 50
const NEXT_AUTHENTICATION = 51
// Hop-by-hop, routing, destination options, mobility, HIP, shim6: a length in units of 8 bytes.
const NEXT_OPTIONS: ReadonlySet<number> = new Set([0, 43, 60, 135, 139, 140])

/** Reads the IP header at `at` and, of version 6, the extension headers behind it. */
export function ipPacket({ view, at, end }: Window): IpPacket | IpFailure {
  if (end - at < 1) return 'ip_truncated'
  return view.getUint8(at) >> 4 === 4 ? ipv4({ view, at, end }) : ipv6({ view, at, end })
}

function ipv4({ view, at, end }: Window): IpPacket | IpFailure {
  if (end - at < IPV4_BYTES_MIN) return 'ip_truncated'
  const headerBytes = (view.getUint8(at) & 0x0f) * 4
  if (headerBytes < IPV4_BYTES_MIN) return 'ip_invalid'
  // Zero where the network card cuts the packet in pieces later: what was captured is its length.
  const stated = view.getUint16(at + 2, false)
  const totalBytes = stated === 0 ? end - at : stated
  if (totalBytes < headerBytes) return 'ip_invalid'
  const fragment = view.getUint16(at + 6, false)
  if ((fragment & IPV4_FRAGMENT_MASK) !== 0) return 'ip_fragment'
  if (end - at < headerBytes) return 'ip_truncated'
  return transport({
    version: 4,
    sourceAt: at + 12,
    destinationAt: at + 16,
    protocol: view.getUint8(at + 9),
    at: at + headerBytes,
    end: Math.min(end, at + totalBytes),
    missingBytes: Math.max(0, at + totalBytes - end),
    isFirstFragment: (fragment & IPV4_MORE_FRAGMENTS) !== 0,
  })
}

function ipv6({ view, at: start, end }: Window): IpPacket | IpFailure {
  if (end - start < IPV6_BYTES) return 'ip_truncated'
  const stated = view.getUint16(start + 4, false)
  const packetEnd = stated === 0 ? end : start + IPV6_BYTES + stated
  const limit = Math.min(end, packetEnd)
  let next = view.getUint8(start + 6)
  let at = start + IPV6_BYTES
  let isFirstFragment = false
  for (let headers = 0; headers < HEADERS_MAX; headers++) {
    if (!isExtension(next)) break
    if (limit - at < 8) return 'ip_truncated'
    let bytes = (view.getUint8(at + 1) + 1) * 8
    if (next === NEXT_FRAGMENT) {
      const fragment = view.getUint16(at + 2, false)
      if (fragment >> 3 !== 0) return 'ip_fragment'
      isFirstFragment ||= (fragment & 1) !== 0
      bytes = 8
    } else if (next === NEXT_AUTHENTICATION) bytes = (view.getUint8(at + 1) + 2) * 4
    next = view.getUint8(at)
    at += bytes
    if (at > limit) return 'ip_truncated'
  }
  if (isExtension(next)) return 'ip_invalid'
  return transport({
    version: 6,
    sourceAt: start + 8,
    destinationAt: start + 24,
    protocol: next,
    at,
    end: limit,
    missingBytes: Math.max(0, packetEnd - end),
    isFirstFragment,
  })
}

function isExtension(next: number): boolean {
  return NEXT_OPTIONS.has(next) || next === NEXT_FRAGMENT || next === NEXT_AUTHENTICATION
}

function transport(packet: IpPacket): IpPacket | IpFailure {
  if (packet.protocol === PROTOCOL_TCP || packet.protocol === PROTOCOL_UDP) return packet
  return packet.protocol === NEXT_ENCRYPTED ? 'ip_encrypted' : 'transport_unsupported'
}
