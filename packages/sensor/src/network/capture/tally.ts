import type { CaptureBreak, CaptureCounts, PacketFailure } from './packet.ts'

/** Interfaces named apart in the loss; a Mac with VPNs has about thirty. */
const INTERFACES_MAX = 256

/** What a capture decoder counts while it reads; its readers write into it. */
export class CaptureTally {
  received = 0
  sent = 0
  bytes = 0
  bytesUnread = 0
  sections = 0
  blocksIgnored = 0
  interfacesRefused = 0
  processesForgotten = 0
  broken: CaptureBreak | undefined
  readonly #discarded = new Map<PacketFailure, number>()
  readonly #lost = new Map<string, number>()
  #lostPackets = 0

  /** Counts a packet that was not read. */
  refuse(reason: PacketFailure): void {
    this.#discarded.set(reason, (this.#discarded.get(reason) ?? 0) + 1)
  }

  /** Counts packets that were lost before they were written. */
  lose(interfaceName: string | undefined, packets: number): void {
    if (packets <= 0) return
    this.#lostPackets += packets
    const name = interfaceName ?? 'unknown'
    const known = this.#lost.get(name)
    if (known === undefined && this.#lost.size >= INTERFACES_MAX) return
    this.#lost.set(name, (known ?? 0) + packets)
  }

  /** The counts so far; `held` packets are not finished yet. */
  counts(held: number): CaptureCounts {
    return {
      received: this.received + held,
      sent: this.sent,
      discarded: Object.fromEntries(this.#discarded),
      held,
      bytes: this.bytes,
      bytesUnread: this.bytesUnread,
      sections: this.sections,
      blocksIgnored: this.blocksIgnored,
      interfacesRefused: this.interfacesRefused,
      processesForgotten: this.processesForgotten,
      broken: this.broken,
      loss: { packets: this.#lostPackets, byInterface: Object.fromEntries(this.#lost) },
    }
  }
}
