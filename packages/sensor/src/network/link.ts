/** Why a packet holds nothing to look into. */
export type LinkFailure = 'link_unsupported' | 'link_truncated' | 'not_ip'

/** Where IP begins in a packet. */
export interface LinkPayload {
  readonly at: number
  /** The outermost VLAN, where the frame is tagged. */
  readonly vlan: number | undefined
}

interface Frame {
  readonly view: DataView
  readonly start: number
  readonly end: number
  readonly linkType: number
}

/*
 * LINKTYPE_ values, and the DLT_ values PKTAP headers state instead where they differ:
 * raw IP is DLT 12 on macOS, 14 on OpenBSD.
 */
const LINK_NULL = 0
const LINK_ETHERNET = 1
const LINK_LOOP = 108
const LINK_LINUX_COOKED = 113
const LINK_LINUX_COOKED_2 = 276
const LINK_RAW: ReadonlySet<number> = new Set([12, 14, 101, 228, 229])

const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd
// 802.1Q, 802.1ad and the number used before it was one.
const ETHERTYPE_VLAN: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100])
const TAGS_MAX = 8
const VLAN_MASK = 0x0fff

/** Finds IP behind the link layer: Ethernet with any VLAN tags, loopback, raw, Linux "any". */
export function linkPayload(frame: Frame): LinkPayload | LinkFailure {
  const { view, start, end, linkType } = frame
  if (LINK_RAW.has(linkType)) return ipAt(frame, start)
  switch (linkType) {
    case LINK_ETHERNET:
      return end - start < 14 ? 'link_truncated' : behindType(frame, start + 12)
    // The address family in the byte order of the host that captured, or of the network; which IP
    // it is says the packet itself.
    case LINK_NULL:
    case LINK_LOOP:
      return ipAt(frame, start + 4)
    case LINK_LINUX_COOKED:
      return end - start < 16 ? 'link_truncated' : behindType(frame, start + 14)
    case LINK_LINUX_COOKED_2:
      if (end - start < 20) return 'link_truncated'
      return isIpType(view.getUint16(start, false)) ? ipAt(frame, start + 20) : 'not_ip'
    default:
      return 'link_unsupported'
  }
}

function behindType(frame: Frame, typeAt: number): LinkPayload | LinkFailure {
  const { view, end } = frame
  let at = typeAt
  let vlan: number | undefined
  for (let tags = 0; tags <= TAGS_MAX; tags++) {
    if (end - at < 2) return 'link_truncated'
    const type = view.getUint16(at, false)
    if (isIpType(type)) {
      const payload = ipAt(frame, at + 2)
      return typeof payload === 'string' || vlan === undefined ? payload : { at: at + 2, vlan }
    }
    if (!ETHERTYPE_VLAN.has(type)) return 'not_ip'
    if (end - at < 4) return 'link_truncated'
    vlan ??= view.getUint16(at + 2, false) & VLAN_MASK
    at += 4
  }
  return 'not_ip'
}

function isIpType(type: number): boolean {
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6
}

function ipAt({ view, end }: Frame, at: number): LinkPayload | LinkFailure {
  if (at >= end) return 'link_truncated'
  const version = view.getUint8(at) >> 4
  return version === 4 || version === 6 ? { at, vlan: undefined } : 'not_ip'
}
