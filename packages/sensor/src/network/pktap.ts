import type { Packet } from './capture/packet.ts'
import { packetProcess } from './capture/pcapng.ts'
import { fixedText, uuidText } from './capture/window.ts'

/*
 * Apple's PKTAP header, in front of the packet's own link layer; little-endian on every Mac there
 * is. `flags` lies at the same place in both versions and tells them apart.
 *
 * Version 1, 108 bytes and, since OS X 10.9.1, 156:
 *     0 length u32          4 type of what follows u32 (1: a packet)      8 DLT u32
 *    12 interface [24]     36 flags u32      40 protocol family u32      44 link header u32
 *    48 link trailer u32   52 pid i32        56 name [17] and 3 to pad   76 service class u32
 *    80 type, unit u16     84 effective pid i32  88 effective name [17] and 3 to pad
 *   108 flow u32          112 IP protocol u32   116 seconds, microseconds u32
 *   124 UUID [16]         140 effective UUID [16]
 * Version 2, 40 bytes and what its offsets (from the start; 0 for absent) point at:
 *     0 length u8   1 UUID u8   2 effective UUID u8   3 interface u8   4 name u8
 *     5 effective name u8       6 DLT u16    8 link header u16   10 link trailer u16
 *    12 interface type u16     14 IP protocol u16   16 protocol family u32   20 service class u32
 *    24 flow u32               28 pid i32           32 effective pid i32     36 flags u32
 */
const FLAGS_AT = 36
const FLAG_IN = 0x1
const FLAG_OUT = 0x2
const FLAG_VERSION_2 = 0x0008_0000
const TYPE_PACKET = 1
const VERSION_1_BYTES = 108
const VERSION_1_UUID_BYTES = 156
const VERSION_2_BYTES = 40
const INTERFACE_BYTES = 24
const NAME_BYTES = 17
const UUID_BYTES = 16

/** LINKTYPE_PKTAP, and DLT_USER2, which Apple's own files call it by. */
export const LINK_PKTAP: ReadonlySet<number> = new Set([258, 149])

/**
 * Takes the PKTAP header off a packet.
 *
 * @returns The packet as it was on its interface, or `undefined` when the header is none.
 */
export function withoutPktap(packet: Packet): Packet | undefined {
  if (packet.end - packet.start < VERSION_2_BYTES) return undefined
  const flags = packet.view.getUint32(packet.start + FLAGS_AT, true)
  return (flags & FLAG_VERSION_2) === 0 ? version1(packet, flags) : version2(packet, flags)
}

function version1(packet: Packet, flags: number): Packet | undefined {
  const { view, start, end } = packet
  const length = view.getUint32(start, true)
  if (length < VERSION_1_BYTES || length > end - start) return undefined
  if (view.getUint32(start + 4, true) !== TYPE_PACKET) return undefined
  const text = (at: number, bytes: number): string | undefined =>
    fixedText({ view, at: start + at, end: start + at + bytes })
  const uuid = (at: number): string | undefined =>
    length < VERSION_1_UUID_BYTES
      ? undefined
      : uuidText({ view, at: start + at, end: start + at + UUID_BYTES })
  return {
    ...packet,
    start: start + length,
    wireBytes: packet.wireBytes - length,
    linkType: view.getUint32(start + 8, true),
    interfaceName: text(12, INTERFACE_BYTES),
    direction: directionOf(flags),
    process: packetProcess({
      pid: view.getInt32(start + 52, true),
      name: text(56, NAME_BYTES),
      uuid: uuid(124),
    }),
    effective: packetProcess({
      pid: view.getInt32(start + 84, true),
      name: text(88, NAME_BYTES),
      uuid: uuid(140),
    }),
  }
}

function version2(packet: Packet, flags: number): Packet | undefined {
  const { view, start, end } = packet
  const length = view.getUint8(start)
  if (length < VERSION_2_BYTES || length > end - start) return undefined
  // Where a part begins is stated at `at`; it ends with the header at the latest.
  const part = (at: number, bytes: number) => {
    const offset = view.getUint8(start + at)
    if (offset < VERSION_2_BYTES || offset >= length) return undefined
    return { view, at: start + offset, end: start + Math.min(offset + bytes, length) }
  }
  const text = (at: number, bytes: number): string | undefined => {
    const window = part(at, bytes)
    return window === undefined ? undefined : fixedText(window)
  }
  const uuid = (at: number): string | undefined => {
    const window = part(at, UUID_BYTES)
    return window === undefined ? undefined : uuidText(window)
  }
  return {
    ...packet,
    start: start + length,
    wireBytes: packet.wireBytes - length,
    linkType: view.getUint16(start + 6, true),
    interfaceName: text(3, INTERFACE_BYTES),
    direction: directionOf(flags),
    process: packetProcess({
      pid: view.getInt32(start + 28, true),
      name: text(4, NAME_BYTES),
      uuid: uuid(1),
    }),
    effective: packetProcess({
      pid: view.getInt32(start + 32, true),
      name: text(5, NAME_BYTES),
      uuid: uuid(2),
    }),
  }
}

function directionOf(flags: number): Packet['direction'] {
  if ((flags & FLAG_IN) !== 0) return 'in'
  return (flags & FLAG_OUT) !== 0 ? 'out' : undefined
}
