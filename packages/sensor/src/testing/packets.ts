import { Buffer } from 'node:buffer'

/** One end of what is sent. */
export interface PacketEnd {
  readonly ip: string
  readonly port: number
}

/** A TCP segment to be built. */
export interface BuiltSegment {
  readonly from: PacketEnd
  readonly to: PacketEnd
  /** Any of `S`, `A`, `F`, `R`, `P`. */
  readonly flags: string
  readonly sequence: number
  readonly acknowledgment?: number
  readonly payload?: Uint8Array
}

function u16(value: number): Buffer {
  return Buffer.from([(value >> 8) & 0xff, value & 0xff])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

/** A vector of TLS or the like: bytes behind their length. */
export function vector(lengthBytes: 1 | 2 | 3, bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUIntBE(bytes.length, 0, lengthBytes)
  return Buffer.concat([length, bytes])
}

/** An address as its 4 or 16 bytes; `::` may stand for zeros once. */
export function ipBytes(ip: string): Buffer {
  if (!ip.includes(':')) return Buffer.from(ip.split('.').map(Number))
  const [head = '', tail] = ip.split('::')
  const groups = (side: string): string[] => (side === '' ? [] : side.split(':'))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  return Buffer.concat(
    [...left, ...zeros, ...right].map((group) => u16(Number.parseInt(group, 16))),
  )
}

/** An IP packet, of the version of its addresses, around a transport's bytes. */
export function ipBytesOf(packet: {
  readonly from: string
  readonly to: string
  readonly protocol: number
  readonly payload: Uint8Array
  /** IPv4 options, a multiple of four bytes; or whole IPv6 extension headers. */
  readonly options?: Uint8Array
  /** Number of the first extension header. */
  readonly extension?: number
  /** IPv4's flags and fragment offset, as they stand in the header. */
  readonly fragment?: number
}): Buffer {
  const { from, to, protocol, payload, options = Buffer.alloc(0), fragment = 0 } = packet
  if (from.includes(':')) {
    const next = packet.extension ?? protocol
    const head = [u32(0x6000_0000), u16(options.length + payload.length), Buffer.from([next, 64])]
    return Buffer.concat([...head, ipBytes(from), ipBytes(to), options, payload])
  }
  const words = 5 + options.length / 4
  const head = [
    Buffer.from([0x40 | words, 0]),
    u16(words * 4 + payload.length),
    u16(1),
    u16(fragment),
  ]
  head.push(Buffer.from([64, protocol]), u16(0), ipBytes(from), ipBytes(to))
  return Buffer.concat([...head, options, payload])
}

const FLAG_BITS = { F: 1, S: 2, R: 4, P: 8, A: 16 } as const

/** A TCP segment in an IP packet. Checksums are zero: nobody here looks at them. */
export function tcpPacket(segment: BuiltSegment): Buffer {
  const { from, to, flags, sequence, acknowledgment = 0, payload = Buffer.alloc(0) } = segment
  let bits = 0
  for (const [flag, bit] of Object.entries(FLAG_BITS)) if (flags.includes(flag)) bits |= bit
  const head = [u16(from.port), u16(to.port), u32(sequence), u32(acknowledgment)]
  const tcp = Buffer.concat([...head, Buffer.from([0x50, bits]), u16(65_535), u32(0), payload])
  return ipBytesOf({ from: from.ip, to: to.ip, protocol: 6, payload: tcp })
}

/** A UDP datagram in an IP packet. */
export function udpPacket(datagram: {
  readonly from: PacketEnd
  readonly to: PacketEnd
  readonly payload: Uint8Array
}): Buffer {
  const { from, to, payload } = datagram
  const head = [u16(from.port), u16(to.port), u16(8 + payload.length), u16(0)]
  const udp = Buffer.concat([...head, payload])
  return ipBytesOf({ from: from.ip, to: to.ip, protocol: 17, payload: udp })
}

/** An Ethernet frame around an IP packet, with any VLAN tags, the outermost first. */
export function ethernet(packet: Uint8Array, vlans: readonly number[] = []): Buffer {
  const tags = vlans.map((vlan, index) =>
    Buffer.concat([u16(index === 0 && vlans.length > 1 ? 0x88a8 : 0x8100), u16(vlan)]),
  )
  const type = (packet[0] ?? 0) >> 4 === 6 ? 0x86dd : 0x0800
  return Buffer.concat([Buffer.alloc(12, 2), ...tags, u16(type), packet])
}

/** A packet on macOS's loopback or tunnel interface: behind its address family. */
export function loopback(packet: Uint8Array): Buffer {
  const family = Buffer.alloc(4)
  family.writeUInt32LE((packet[0] ?? 0) >> 4 === 6 ? 30 : 2)
  return Buffer.concat([family, packet])
}

/** A name as labels, uncompressed. */
export function dnsNameBytes(name: string): Buffer {
  if (name === '.') return Buffer.from([0])
  const labels = name.split('.').map((label) => vector(1, Buffer.from(label, 'latin1')))
  return Buffer.concat([...labels, Buffer.from([0])])
}

/** A record of an answer; without a name it points at the question's. */
export interface BuiltAnswer {
  readonly type: number
  readonly data: Uint8Array
  readonly ttl?: number
  readonly name?: Uint8Array
}

/** A DNS message with one question. */
export function dnsBytes(message: {
  readonly id: number
  readonly name: string
  readonly type: number
  /** Makes it an answer. */
  readonly answers?: readonly BuiltAnswer[]
  readonly responseCode?: number
  readonly isCut?: boolean
}): Buffer {
  const { id, name, type, answers } = message
  const kind = answers === undefined ? 0x0100 : 0x8180 | (message.responseCode ?? 0)
  const flags = kind | (message.isCut === true ? 0x0200 : 0)
  const parts = [u16(id), u16(flags), u16(1), u16(answers?.length ?? 0), u32(0)]
  parts.push(dnsNameBytes(name), u16(type), u16(1))
  for (const answer of answers ?? []) {
    parts.push(Buffer.from(answer.name ?? [0xc0, 12]), u16(answer.type), u16(1))
    parts.push(u32(answer.ttl ?? 60), vector(2, answer.data))
  }
  return Buffer.concat(parts)
}

/** A TLS client's hello to be built. */
export interface BuiltHello {
  readonly version?: number
  readonly ciphers: readonly number[]
  /** In the order they shall have, with what they hold; see {@link helloExtension}. */
  readonly extensions: readonly { readonly type: number; readonly data: Uint8Array }[]
}

/** Well-known extensions, by what they say. */
export const helloExtension = {
  serverName: (name: string) => ({
    type: 0,
    data: vector(2, Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(name))])),
  }),
  protocols: (...names: readonly string[]) => ({
    type: 16,
    data: vector(2, Buffer.concat(names.map((name) => vector(1, Buffer.from(name, 'latin1'))))),
  }),
  versions: (...versions: readonly number[]) => ({
    type: 43,
    data: vector(1, Buffer.concat(versions.map(u16))),
  }),
  signatures: (...algorithms: readonly number[]) => ({
    type: 13,
    data: vector(2, Buffer.concat(algorithms.map(u16))),
  }),
  empty: (type: number) => ({ type, data: Buffer.alloc(0) }),
} as const

/** The handshake message of a hello. */
export function helloMessage({ version = 0x0303, ciphers, extensions }: BuiltHello): Buffer {
  const listed = extensions.map(({ type, data }) => Buffer.concat([u16(type), vector(2, data)]))
  const body = Buffer.concat([
    u16(version),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(32, 9)),
    vector(2, Buffer.concat(ciphers.map(u16))),
    vector(1, Buffer.from([0])),
    vector(2, Buffer.concat(listed)),
  ])
  return Buffer.concat([Buffer.from([1]), vector(3, body)])
}

/** A handshake message in TLS records of at most so many bytes. */
export function tlsRecords(message: Uint8Array, recordBytes = 16_384): Buffer {
  const records: Buffer[] = []
  for (let at = 0; at < message.length; at += recordBytes) {
    records.push(Buffer.from([22, 3, 1]), vector(2, message.subarray(at, at + recordBytes)))
  }
  return Buffer.concat(records)
}
