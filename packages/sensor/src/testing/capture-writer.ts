import { Buffer } from 'node:buffer'

/** A number of one size in the byte order of a capture. */
function number(value: number | bigint, bytes: 2 | 4 | 8, littleEndian: boolean): Buffer {
  const view = new DataView(new ArrayBuffer(bytes))
  if (bytes === 2) view.setUint16(0, Number(value), littleEndian)
  else if (bytes === 4) view.setUint32(0, Number(value) >>> 0, littleEndian)
  else view.setBigUint64(0, BigInt(value), littleEndian)
  return Buffer.from(view.buffer)
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
}

/** A UUID as its 16 bytes. */
export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}

/** An option of a pcapng block. */
export interface WrittenOption {
  readonly code: number
  readonly value: Uint8Array
}

/** A packet to be written. */
export interface WrittenPacket {
  readonly bytes: Uint8Array
  readonly atNs: bigint
  /** Number of its interface; 0 unless said otherwise. */
  readonly interfaceIndex?: number
  /** Bytes on the wire, where not all were captured. */
  readonly wireBytes?: number
  readonly direction?: 'in' | 'out'
  /** Numbers of processes written before, as Apple's tcpdump refers to them. */
  readonly process?: number
  readonly effective?: number
  readonly dropped?: number
  readonly options?: readonly WrittenOption[]
}

/** Writes pcapng as Apple's and everybody else's tcpdump do. */
export class PcapngWriter {
  readonly littleEndian: boolean
  readonly #blocks: Buffer[] = []
  readonly #digits: number[] = []
  #processes = 0

  constructor({ littleEndian = true }: { readonly littleEndian?: boolean } = {}) {
    this.littleEndian = littleEndian
    this.section()
  }

  /** Begins a section. */
  section(): this {
    this.#digits.length = 0
    this.#processes = 0
    const body = [this.#u32(0x1a2b3c4d), this.#u16(1), this.#u16(0), Buffer.alloc(8, 0xff)]
    return this.block(0x0a0d0d0a, Buffer.concat(body))
  }

  /** Describes an interface whose clock has so many decimal digits (6 unless said otherwise). */
  interface(described: {
    readonly linkType: number
    readonly name?: string
    readonly digits?: number
  }): this {
    const { linkType, name, digits } = described
    const options: WrittenOption[] = []
    if (name !== undefined) options.push({ code: 2, value: Buffer.from(name) })
    if (digits !== undefined) options.push({ code: 9, value: Buffer.from([digits]) })
    this.#digits.push(digits ?? 6)
    const body = [this.#u16(linkType), this.#u16(0), this.#u32(262_144), this.options(options)]
    return this.block(1, Buffer.concat(body))
  }

  /** Describes a process as Apple's tcpdump does; answers its number. */
  process(described: {
    readonly pid: number
    readonly name?: string
    readonly uuid?: string
  }): number {
    const { pid, name, uuid } = described
    const options: WrittenOption[] = []
    if (name !== undefined) options.push({ code: 2, value: Buffer.from(`${name}\0`) })
    if (uuid !== undefined) options.push({ code: 4, value: uuidBytes(uuid) })
    this.block(0x8000_0001, Buffer.concat([this.#u32(pid), this.options(options)]))
    return this.#processes++
  }

  /** Writes a packet. */
  packet(packet: WrittenPacket): this {
    const { bytes, interfaceIndex = 0 } = packet
    const ticks = packet.atNs / 10n ** BigInt(9 - (this.#digits[interfaceIndex] ?? 6))
    const options: WrittenOption[] = [...(packet.options ?? [])]
    const word = (code: number, value: number): void => {
      options.push({ code, value: this.#u32(value) })
    }
    if (packet.process !== undefined) word(0x8001, packet.process)
    if (packet.effective !== undefined) word(0x8003, packet.effective)
    if (packet.direction !== undefined) word(2, packet.direction === 'in' ? 1 : 2)
    if (packet.dropped !== undefined) {
      options.push({ code: 4, value: number(packet.dropped, 8, this.littleEndian) })
    }
    const body = [
      this.#u32(interfaceIndex),
      this.#u32(Number(ticks >> 32n)),
      this.#u32(Number(ticks & 0xffff_ffffn)),
      this.#u32(bytes.length),
      this.#u32(packet.wireBytes ?? bytes.length),
      padded(bytes),
      this.options(options),
    ]
    return this.block(6, Buffer.concat(body))
  }

  /** Writes interface statistics. */
  statistics(told: { readonly interfaceIndex: number; readonly dropped: number }): this {
    const value = number(told.dropped, 8, this.littleEndian)
    const body = [
      this.#u32(told.interfaceIndex),
      Buffer.alloc(8),
      this.options([{ code: 7, value }]),
    ]
    return this.block(5, Buffer.concat(body))
  }

  /** Writes any block; the body is padded. */
  block(type: number, body: Uint8Array): this {
    const whole = padded(body)
    const length = this.#u32(whole.length + 12)
    this.#blocks.push(Buffer.concat([this.#u32(type), length, whole, length]))
    return this
  }

  /** Options with their end; nothing where there are none. */
  options(options: readonly WrittenOption[]): Buffer {
    if (options.length === 0) return Buffer.alloc(0)
    const parts = options.map(({ code, value }) =>
      Buffer.concat([this.#u16(code), this.#u16(value.length), padded(value)]),
    )
    return Buffer.concat([...parts, Buffer.alloc(4)])
  }

  /** All that was written. */
  bytes(): Buffer {
    return Buffer.concat(this.#blocks)
  }

  #u16(value: number): Buffer {
    return number(value, 2, this.littleEndian)
  }

  #u32(value: number): Buffer {
    return number(value, 4, this.littleEndian)
  }
}

/** A classic capture. */
export function pcapBytes(capture: {
  readonly linkType: number
  readonly packets: readonly Pick<WrittenPacket, 'bytes' | 'atNs' | 'wireBytes'>[]
  readonly littleEndian?: boolean
  readonly nanoseconds?: boolean
}): Buffer {
  const { linkType, packets, littleEndian = true, nanoseconds = false } = capture
  const u16 = (value: number): Buffer => number(value, 2, littleEndian)
  const u32 = (value: number | bigint): Buffer => number(value, 4, littleEndian)
  const parts = [u32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4), u16(2), u16(4), Buffer.alloc(8)]
  parts.push(u32(262_144), u32(linkType))
  for (const { bytes, atNs, wireBytes } of packets) {
    const fraction = atNs % 1_000_000_000n
    parts.push(u32(atNs / 1_000_000_000n), u32(nanoseconds ? fraction : fraction / 1_000n))
    parts.push(u32(bytes.length), u32(wireBytes ?? bytes.length), Buffer.from(bytes))
  }
  return Buffer.concat(parts)
}

/** What a PKTAP header says. */
export interface WrittenPktap {
  readonly dlt: number
  readonly interfaceName: string
  readonly direction?: 'in' | 'out'
  readonly pid?: number
  readonly name?: string
  readonly uuid?: string
  readonly effectivePid?: number
  readonly effectiveName?: string
  readonly effectiveUuid?: string
  /** 2 (IPv4) or 30 (IPv6 on macOS). */
  readonly family?: number
  readonly protocol?: number
}

const FLAGS = { in: 1, out: 2 } as const
const FLAG_VERSION_2 = 0x0008_0000

/** A PKTAP header of version 1, 156 bytes, or the 108 of the first systems that had it. */
export function pktapVersion1(told: WrittenPktap, bytes: 108 | 156 = 156): Buffer {
  const header = Buffer.alloc(bytes)
  header.writeUInt32LE(bytes, 0)
  header.writeUInt32LE(1, 4)
  header.writeUInt32LE(told.dlt, 8)
  header.write(told.interfaceName, 12, 23, 'utf8')
  header.writeUInt32LE(told.direction === undefined ? 0 : FLAGS[told.direction], 36)
  header.writeUInt32LE(told.family ?? 2, 40)
  header.writeUInt32LE(told.dlt === 1 ? 14 : 4, 44)
  header.writeInt32LE(told.pid ?? -1, 52)
  header.write(told.name ?? '', 56, 16, 'utf8')
  header.writeInt32LE(told.effectivePid ?? -1, 84)
  header.write(told.effectiveName ?? '', 88, 16, 'utf8')
  if (bytes === 108) return header
  header.writeUInt32LE(told.protocol ?? 6, 112)
  if (told.uuid !== undefined) uuidBytes(told.uuid).copy(header, 124)
  if (told.effectiveUuid !== undefined) uuidBytes(told.effectiveUuid).copy(header, 140)
  return header
}

/** A PKTAP header of version 2: 40 bytes, then what its offsets point at. */
export function pktapVersion2(told: WrittenPktap): Buffer {
  const parts: Buffer[] = []
  let length = 40
  const place = (part: Buffer | undefined): number => {
    if (part === undefined) return 0
    const at = length
    parts.push(part)
    length += part.length
    return at
  }
  const text = (value: string | undefined, bytes: number): Buffer | undefined => {
    if (value === undefined) return undefined
    const field = Buffer.alloc(bytes)
    field.write(value, 0, bytes - 1, 'utf8')
    return field
  }
  const header = Buffer.alloc(40)
  header.writeUInt8(place(told.uuid === undefined ? undefined : uuidBytes(told.uuid)), 1)
  const { effectiveUuid } = told
  header.writeUInt8(place(effectiveUuid === undefined ? undefined : uuidBytes(effectiveUuid)), 2)
  header.writeUInt8(place(text(told.interfaceName, 24)), 3)
  header.writeUInt8(place(text(told.name, 17)), 4)
  header.writeUInt8(place(text(told.effectiveName, 17)), 5)
  header.writeUInt8(length, 0)
  header.writeUInt16LE(told.dlt, 6)
  header.writeUInt16LE(told.dlt === 1 ? 14 : 4, 8)
  header.writeUInt16LE(told.protocol ?? 6, 14)
  header.writeUInt32LE(told.family ?? 2, 16)
  header.writeInt32LE(told.pid ?? -1, 28)
  header.writeInt32LE(told.effectivePid ?? -1, 32)
  const direction = told.direction === undefined ? 0 : FLAGS[told.direction]
  header.writeUInt32LE((direction | FLAG_VERSION_2) >>> 0, 36)
  return Buffer.concat([header, ...parts])
}
