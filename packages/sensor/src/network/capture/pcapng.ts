import type { Packet, PacketDirection, PacketProcess } from './packet.ts'
import { type BlockOption, optionOf, optionsOf, optionText } from './pcapng-options.ts'
import { PcapngSection } from './pcapng-section.ts'
import type { CaptureTally } from './tally.ts'
import { isTimeWithin, MICROSECONDS, timeResolution } from './time-resolution.ts'
import { type Progress, uuidText, type Window } from './window.ts'

/*
 * pcapng: a stream of blocks, each framed by its length on both sides.
 *
 *   type u32 | total length u32 | body, padded to four bytes | total length u32
 *
 * A section header tells the byte order of what follows; interfaces and Apple's processes are
 * numbered from 0 in each section. Apple's tcpdump writes no PKTAP headers: it takes them apart and
 * writes the packet on its own interface, the process as a block of its own and, as options of the
 * packet, the number of the process, of the effective one, and the direction. The standard has no
 * names for these; the values are those of Apple's libpcap.
 */
const BLOCK_SECTION = 0x0a0d0d0a
const BLOCK_INTERFACE = 1
const BLOCK_PACKET_OLD = 2
const BLOCK_PACKET_SIMPLE = 3
const BLOCK_STATISTICS = 5
const BLOCK_PACKET = 6
const BLOCK_PROCESS = 0x8000_0001
const PACKET_BLOCKS: ReadonlySet<number> = new Set([
  BLOCK_PACKET_OLD,
  BLOCK_PACKET_SIMPLE,
  BLOCK_PACKET,
])
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const BLOCK_BYTES_MIN = 12
const HEAD_BYTES = 8
const TAIL_BYTES = 4
const VERSION_MAJOR = 1

const IF_NAME = 2
const IF_TSRESOL = 9
const IF_TSOFFSET = 14
const ISB_IFDROP = 5
const ISB_OSDROP = 7
const EPB_FLAGS = 2
const EPB_DROPCOUNT = 4
const EPB_PROCESS = 0x8001
const EPB_PROCESS_EFFECTIVE = 0x8003
const PROCESS_NAME = 2
const PROCESS_UUID = 4
const RESOLUTION_MICRO = 6
const COUNT_UNKNOWN = (1n << 64n) - 1n

/** Limits of the reader. */
export interface PcapngLimits {
  readonly blockBytesMax: number
  readonly interfacesMax: number
  readonly processesMax: number
}

/** A block's body: what lies between its head and its tail. */
interface Body extends Window {
  readonly section: PcapngSection
  readonly packets: Packet[]
}

/** Whether a stream begins with a section header. */
export function isPcapng({ view, at }: Window): boolean {
  return view.getUint32(at, true) === BLOCK_SECTION
}

/** Reads pcapng, block by block. */
export class PcapngReader {
  readonly #tally: CaptureTally
  readonly #limits: PcapngLimits
  #section: PcapngSection | undefined

  constructor(tally: CaptureTally, limits: PcapngLimits) {
    this.#tally = tally
    this.#limits = limits
  }

  /** Reads the next block and appends the packet in it, if it is one. */
  read(window: Window, packets: Packet[]): Progress {
    const { view, at, end } = window
    if (end - at < BLOCK_BYTES_MIN) return { need: BLOCK_BYTES_MIN }
    if (view.getUint32(at, true) === BLOCK_SECTION && !this.#begin(window)) return { done: 0 }
    const section = this.#section
    if (section === undefined) return this.#break('section_missing')
    const type = view.getUint32(at, section.littleEndian)
    const length = view.getUint32(at + 4, section.littleEndian)
    const isPacket = PACKET_BLOCKS.has(type)
    if (length < BLOCK_BYTES_MIN || length % 4 !== 0) return this.#break('block_length_invalid')
    if (length > this.#limits.blockBytesMax) {
      if (isPacket) this.#refuse('block_too_long')
      else this.#tally.blocksIgnored++
      return { done: length }
    }
    if (end - at < length) return { need: length, isPacket }
    const tail = view.getUint32(at + length - TAIL_BYTES, section.littleEndian)
    if (tail !== length) return this.#break('block_length_mismatch')
    const body = { view, at: at + HEAD_BYTES, end: at + length - TAIL_BYTES, section, packets }
    this.#block(type, body)
    return { done: length }
  }

  // A section header read again after more bytes came begins the same section again.
  #begin({ view, at }: Window): boolean {
    const littleEndian = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC
    if (!littleEndian && view.getUint32(at + 8, false) !== BYTE_ORDER_MAGIC) {
      this.#break('byte_order_unknown')
      return false
    }
    this.#section = new PcapngSection(littleEndian, this.#tally)
    return true
  }

  #break(reason: NonNullable<CaptureTally['broken']>): Progress {
    this.#tally.broken = reason
    return { done: 0 }
  }

  #refuse(reason: Parameters<CaptureTally['refuse']>[0]): void {
    this.#tally.received++
    this.#tally.refuse(reason)
  }

  #block(type: number, body: Body): void {
    switch (type) {
      case BLOCK_SECTION:
        this.#sectionHeader(body)
        break
      case BLOCK_INTERFACE:
        this.#interface(body)
        break
      case BLOCK_PROCESS:
        this.#process(body)
        break
      case BLOCK_STATISTICS:
        this.#statistics(body)
        break
      case BLOCK_PACKET:
        this.#packet(body)
        break
      case BLOCK_PACKET_OLD:
        this.#oldPacket(body)
        break
      case BLOCK_PACKET_SIMPLE:
        this.#simplePacket(body)
        break
      default:
        this.#tally.blocksIgnored++
    }
  }

  #sectionHeader({ view, at, end, section }: Body): void {
    const isKnown = end - at >= 16 && view.getUint16(at + 4, section.littleEndian) === VERSION_MAJOR
    if (isKnown) this.#tally.sections++
    else this.#break('version_unknown')
  }

  #interface({ view, at, end, section }: Body): void {
    const { littleEndian } = section
    if (end - at < 8) {
      // It keeps its number, so that those after it keep theirs.
      section.interfaces.push(undefined)
      return
    }
    const options = optionsOf({ view, at: at + 8, end }, littleEndian)
    const code = optionOf(options, { code: IF_TSRESOL, length: 1 })
    const offset = optionOf(options, { code: IF_TSOFFSET, length: 8 })
    const described = {
      linkType: view.getUint16(at, littleEndian),
      name: optionText(options, IF_NAME),
      snapBytes: view.getUint32(at + 4, littleEndian),
      resolution:
        code === undefined && offset === undefined
          ? MICROSECONDS
          : timeResolution(
              code === undefined ? RESOLUTION_MICRO : view.getUint8(code.at),
              offset === undefined ? 0n : view.getBigInt64(offset.at, littleEndian),
            ),
      dropped: 0n,
    }
    section.addInterface(described, this.#limits.interfacesMax)
  }

  #process({ view, at, end, section }: Body): void {
    if (end - at < 4) {
      section.addProcess({}, this.#limits.processesMax)
      return
    }
    const options = optionsOf({ view, at: at + 4, end }, section.littleEndian)
    const uuid = options.find(({ code }) => code === PROCESS_UUID)
    const described = packetProcess({
      pid: view.getInt32(at, section.littleEndian),
      name: optionText(options, PROCESS_NAME),
      uuid: uuid === undefined ? undefined : uuidText(uuid),
    })
    section.addProcess(described ?? {}, this.#limits.processesMax)
  }

  // The counts are those since the capture began, so only what is new was lost since the last.
  #statistics({ view, at, end, section }: Body): void {
    if (end - at < 12) return
    const { littleEndian } = section
    const described = section.interfaces[view.getUint32(at, littleEndian)]
    if (described === undefined) return
    const options = optionsOf({ view, at: at + 12, end }, littleEndian)
    let dropped = 0n
    for (const code of [ISB_IFDROP, ISB_OSDROP]) {
      const count = counted(optionOf(options, { code, length: 8 }), littleEndian)
      dropped += count ?? 0n
    }
    if (dropped <= described.dropped) return
    this.#tally.lose(described.name, Number(dropped - described.dropped))
    described.dropped = dropped
  }

  #packet(body: Body): void {
    const { view, at, end, section } = body
    const { littleEndian } = section
    const captured = end - at < 20 ? -1 : view.getUint32(at + 12, littleEndian)
    if (captured < 0 || captured > end - at - 20) {
      this.#refuse('block_invalid')
      return
    }
    const start = at + 20
    const optionsAt = start + ((captured + 3) & ~3)
    const options = optionsAt >= end ? [] : optionsOf({ view, at: optionsAt, end }, littleEndian)
    this.#send(body, {
      interfaceIndex: view.getUint32(at, littleEndian),
      timeAt: at + 4,
      start,
      captured,
      wireBytes: view.getUint32(at + 16, littleEndian),
      options,
    })
  }

  #oldPacket(body: Body): void {
    const { view, at, end, section } = body
    const { littleEndian } = section
    const captured = end - at < 20 ? -1 : view.getUint32(at + 12, littleEndian)
    if (captured < 0 || captured > end - at - 20) {
      this.#refuse('block_invalid')
      return
    }
    const interfaceIndex = view.getUint16(at, littleEndian)
    const drops = view.getUint16(at + 2, littleEndian)
    if (drops !== 0xffff) this.#tally.lose(section.interfaces[interfaceIndex]?.name, drops)
    const wireBytes = view.getUint32(at + 16, littleEndian)
    const start = at + 20
    this.#send(body, { interfaceIndex, timeAt: at + 4, start, captured, wireBytes, options: [] })
  }

  // It has no time, and an event without one is none.
  #simplePacket({ section }: Body): void {
    this.#refuse(section.interfaces.length === 0 ? 'interface_unknown' : 'time_invalid')
  }

  #send({ view, section, packets }: Body, found: FoundPacket): void {
    const { littleEndian } = section
    const described = section.interfaces[found.interfaceIndex]
    if (described === undefined) {
      this.#refuse('interface_unknown')
      return
    }
    const high = BigInt(view.getUint32(found.timeAt, littleEndian))
    const ticks = (high << 32n) | BigInt(view.getUint32(found.timeAt + 4, littleEndian))
    const atNs = described.resolution?.nanoseconds(ticks)
    if (atNs === undefined || !isTimeWithin(atNs)) {
      this.#refuse('time_invalid')
      return
    }
    const { options } = found
    const drops = counted(optionOf(options, { code: EPB_DROPCOUNT, length: 8 }), littleEndian)
    if (drops !== undefined) this.#tally.lose(described.name, Number(drops))
    this.#tally.received++
    this.#tally.sent++
    packets.push({
      view,
      start: found.start,
      end: found.start + found.captured,
      wireBytes: found.wireBytes,
      atNs,
      linkType: described.linkType,
      interfaceName: described.name,
      direction: options.length === 0 ? undefined : directionOf(options, littleEndian),
      process: options.length === 0 ? undefined : processOf(options, EPB_PROCESS, section),
      effective:
        options.length === 0 ? undefined : processOf(options, EPB_PROCESS_EFFECTIVE, section),
    })
  }
}

interface FoundPacket {
  readonly interfaceIndex: number
  readonly timeAt: number
  readonly start: number
  readonly captured: number
  readonly wireBytes: number
  readonly options: readonly BlockOption[]
}

/** A process that a header names; `undefined` when neither pid nor name nor UUID says which. */
export function packetProcess(named: {
  readonly pid: number
  readonly name: string | undefined
  readonly uuid: string | undefined
}): PacketProcess | undefined {
  const { name, uuid } = named
  // The kernel writes -1 or 0 for none; 0 with a name is the kernel itself.
  const pid = named.pid > 0 || (named.pid === 0 && name !== undefined) ? named.pid : undefined
  if (pid === undefined && name === undefined && uuid === undefined) return undefined
  return {
    ...(pid !== undefined && { pid }),
    ...(name !== undefined && { name }),
    ...(uuid !== undefined && { uuid }),
  }
}

function counted(option: BlockOption | undefined, littleEndian: boolean): bigint | undefined {
  if (option === undefined) return undefined
  const count = option.view.getBigUint64(option.at, littleEndian)
  return count === COUNT_UNKNOWN || count > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : count
}

function directionOf(
  options: readonly BlockOption[],
  littleEndian: boolean,
): PacketDirection | undefined {
  const flags = optionOf(options, { code: EPB_FLAGS, length: 4 })
  if (flags === undefined) return undefined
  const way = flags.view.getUint32(flags.at, littleEndian) & 3
  if (way === 1) return 'in'
  return way === 2 ? 'out' : undefined
}

function processOf(
  options: readonly BlockOption[],
  code: number,
  section: PcapngSection,
): PacketProcess | undefined {
  const index = optionOf(options, { code, length: 4 })
  if (index === undefined) return undefined
  const described = section.process(index.view.getUint32(index.at, section.littleEndian))
  return described?.pid === undefined && described?.name === undefined ? undefined : described
}
