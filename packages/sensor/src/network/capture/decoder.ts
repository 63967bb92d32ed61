import { Buffer } from 'node:buffer'
import type { CaptureCounts, Packet } from './packet.ts'
import { pcapFormat, PcapReader } from './pcap.ts'
import { isPcapng, PcapngReader } from './pcapng.ts'
import { CaptureTally } from './tally.ts'
import type { Progress, Window } from './window.ts'

/** Limits of a capture decoder; each has a count for what it turned away. */
export interface CaptureLimits {
  /** Longest block or packet; longer ones are skipped. Default 1 MiB. */
  readonly blockBytesMax?: number
  /** Interfaces of one section. Default 4,096. */
  readonly interfacesMax?: number
  /** Processes remembered of one section, the newest. Default 65,536. */
  readonly processesMax?: number
}

const BLOCK_BYTES_MAX = 1024 * 1024
const INTERFACES_MAX = 4_096
const PROCESSES_MAX = 65_536
const MAGIC_BYTES = 4

interface CaptureReader {
  read(window: Window, packets: Packet[]): Progress
}

/**
 * Turns the bytes of a capture, in pieces of any size, into packets: pcapng in either byte order,
 * with any number of sections and interfaces, or classic pcap, told apart by their first bytes.
 *
 * Bad blocks are counted and passed over. Where the framing itself is lost, reading stops for good
 * and `counts().broken` says why: what looks like the next block may be a packet's content.
 */
export class CaptureDecoder {
  readonly #tally = new CaptureTally()
  readonly #limits: Required<CaptureLimits>
  #reader: CaptureReader | undefined
  #pieces: Uint8Array[] = []
  #piecesBytes = 0
  /** Bytes that have to be there before it is worth to look again. */
  #need = MAGIC_BYTES
  #skip = 0
  #isPacket = false

  constructor(limits: CaptureLimits = {}) {
    this.#limits = {
      blockBytesMax: limits.blockBytesMax ?? BLOCK_BYTES_MAX,
      interfacesMax: limits.interfacesMax ?? INTERFACES_MAX,
      processesMax: limits.processesMax ?? PROCESSES_MAX,
    }
  }

  /**
   * Takes the next bytes.
   *
   * @returns The packets that ended in them; their bytes are the chunk's, so the caller may reuse
   *          its buffer only when it is done with them.
   * @throws  Never.
   */
  push(chunk: Uint8Array): Packet[] {
    const packets: Packet[] = []
    this.#tally.bytes += chunk.length
    if (this.#tally.broken !== undefined) {
      this.#tally.bytesUnread += chunk.length
      return packets
    }
    const bytes = this.#gather(chunk)
    if (bytes !== undefined) this.#read(bytes, packets)
    return packets
  }

  /** The counts so far. */
  counts(): CaptureCounts {
    return this.#tally.counts(this.#isPacket && this.#piecesBytes > 0 ? 1 : 0)
  }

  // The bytes to look at, or nothing while too few are there.
  #gather(chunk: Uint8Array): Uint8Array | undefined {
    let fresh = chunk
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, fresh.length)
      this.#skip -= skipped
      fresh = fresh.subarray(skipped)
    }
    if (fresh.length === 0) return undefined
    if (this.#piecesBytes === 0 && fresh.length >= this.#need) return fresh
    // The rest is copied, so that the caller may reuse its buffer.
    this.#pieces.push(Uint8Array.from(fresh))
    this.#piecesBytes += fresh.length
    if (this.#piecesBytes < this.#need) return undefined
    const joined = Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#piecesBytes = 0
    return joined
  }

  #read(bytes: Uint8Array, packets: Packet[]): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const end = bytes.length
    let at = 0
    this.#reader ??= this.#readerOf({ view, at, end })
    const reader = this.#reader
    this.#need = 1
    while (at < end) {
      if (reader === undefined) break
      const progress = reader.read({ view, at, end }, packets)
      if (this.#tally.broken !== undefined) break
      if ('need' in progress) {
        this.#need = progress.need
        this.#isPacket = progress.isPacket === true
        this.#pieces = [Uint8Array.from(bytes.subarray(at))]
        this.#piecesBytes = end - at
        return
      }
      at += progress.done
    }
    if (this.#tally.broken !== undefined) this.#tally.bytesUnread += end - at
    else this.#skip = at - end
  }

  #readerOf(window: Window): CaptureReader | undefined {
    if (isPcapng(window)) return new PcapngReader(this.#tally, this.#limits)
    const format = pcapFormat(window)
    if (format !== undefined) {
      return new PcapReader(format, this.#tally, this.#limits.blockBytesMax)
    }
    this.#tally.broken = 'format_unknown'
    return undefined
  }
}
