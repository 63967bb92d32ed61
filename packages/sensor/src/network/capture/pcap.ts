import type { Packet } from './packet.ts'
import type { CaptureTally } from './tally.ts'
import type { Progress, Window } from './window.ts'

/*
 * libpcap's own format: one header of 24 bytes, then packets, each behind a header of 16.
 *
 *   magic u32 | major u16 | minor u16 | zone i32 | accuracy u32 | snap length u32 | link type u32
 *   seconds u32 | micro- or nanoseconds u32 | captured bytes u32 | bytes on the wire u32 | bytes …
 *
 * The magic tells the byte order and the unit of the fraction. The upper bits of the link type say
 * how long a frame check sequence is; it stands behind what the lengths of IP span.
 */
const MAGIC_MICRO = 0xa1b2c3d4
const MAGIC_NANO = 0xa1b23c4d
const HEADER_BYTES = 24
const RECORD_BYTES = 16
const LINK_TYPE_MASK = 0x0fff_ffff
const NS_PER_S = 1_000_000_000n

interface PcapFormat {
  readonly littleEndian: boolean
  readonly nsPerTick: number
}

/** What the first four bytes say; `undefined` when they are of no classic capture. */
export function pcapFormat({ view, at }: Window): PcapFormat | undefined {
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(at, littleEndian)
    if (magic === MAGIC_MICRO) return { littleEndian, nsPerTick: 1_000 }
    if (magic === MAGIC_NANO) return { littleEndian, nsPerTick: 1 }
  }
  return undefined
}

/** Reads a classic capture, packet by packet. */
export class PcapReader {
  readonly #format: PcapFormat
  readonly #tally: CaptureTally
  readonly #packetBytesMax: number
  #linkType: number | undefined

  constructor(format: PcapFormat, tally: CaptureTally, packetBytesMax: number) {
    this.#format = format
    this.#tally = tally
    this.#packetBytesMax = packetBytesMax
  }

  /** Reads the header or the next packet, which it appends. */
  read(window: Window, packets: Packet[]): Progress {
    const { view, at, end } = window
    const { littleEndian, nsPerTick } = this.#format
    if (this.#linkType === undefined) return this.#header(window)
    if (end - at < RECORD_BYTES) return { need: RECORD_BYTES, isPacket: end > at }
    const captured = view.getUint32(at + 8, littleEndian)
    if (captured > this.#packetBytesMax) {
      this.#tally.received++
      this.#tally.refuse('block_too_long')
      return { done: RECORD_BYTES + captured }
    }
    if (end - at < RECORD_BYTES + captured) return { need: RECORD_BYTES + captured, isPacket: true }
    const seconds = BigInt(view.getUint32(at, littleEndian))
    const fraction = BigInt(view.getUint32(at + 4, littleEndian) * nsPerTick)
    const start = at + RECORD_BYTES
    this.#tally.received++
    this.#tally.sent++
    packets.push({
      view,
      start,
      end: start + captured,
      wireBytes: view.getUint32(at + 12, littleEndian),
      atNs: seconds * NS_PER_S + fraction,
      linkType: this.#linkType,
      interfaceName: undefined,
      direction: undefined,
      process: undefined,
      effective: undefined,
    })
    return { done: RECORD_BYTES + captured }
  }

  #header({ view, at, end }: Window): Progress {
    if (end - at < HEADER_BYTES) return { need: HEADER_BYTES }
    const { littleEndian } = this.#format
    if (view.getUint16(at + 4, littleEndian) !== 2) this.#tally.broken = 'version_unknown'
    this.#linkType = view.getUint32(at + 20, littleEndian) & LINK_TYPE_MASK
    this.#tally.sections++
    return { done: HEADER_BYTES }
  }
}
