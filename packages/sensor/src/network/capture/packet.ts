/** A process as a packet names it: macOS attributes packets by pid, never by pid version. */
export interface PacketProcess {
  /** Absent where the kernel knew only the name. */
  readonly pid?: number
  /** The kernel's short name: at most 16 bytes in PKTAP headers, 32 elsewhere. */
  readonly name?: string
  /** UUID of the executable's main image, as `LC_UUID` states it. */
  readonly uuid?: string
}

/** Which way a packet went, as the interface saw it. */
export type PacketDirection = 'in' | 'out'

/** One packet of a capture. Its bytes are only valid until the decoder is given the next chunk. */
export interface Packet {
  readonly view: DataView
  /** Where the link layer begins and the captured bytes end in `view`. */
  readonly start: number
  readonly end: number
  /** Bytes of the packet on the wire; more than were captured when it was cut off. */
  readonly wireBytes: number
  readonly atNs: bigint
  /** LINKTYPE_ value of the link layer; PKTAP headers are still on it. */
  readonly linkType: number
  readonly interfaceName: string | undefined
  readonly direction: PacketDirection | undefined
  readonly process: PacketProcess | undefined
  /** The process on whose behalf `process` sent, where macOS knows one. */
  readonly effective: PacketProcess | undefined
}

/** Why a packet of a capture was not read. */
export type PacketFailure =
  | 'block_too_long'
  | 'block_invalid'
  | 'interface_unknown'
  | 'time_invalid'

/** Why the rest of a capture cannot be read: its framing is lost. */
export type CaptureBreak =
  | 'format_unknown'
  | 'version_unknown'
  | 'byte_order_unknown'
  | 'block_length_invalid'
  | 'block_length_mismatch'
  | 'section_missing'

/** Packets that the capturing program or the system lost before they were written. */
export interface CaptureLoss {
  /** Dropped for want of room, as interface statistics or packets' drop counts say. */
  readonly packets: number
  readonly byInterface: Readonly<Record<string, number>>
}

/** Counts of what is not a packet, and of what packets said. */
export interface CaptureCounts {
  /** Packets begun, the unfinished one included: received = sent + sum(discarded) + held. */
  readonly received: number
  readonly sent: number
  readonly discarded: Readonly<Partial<Record<PacketFailure, number>>>
  /** 1 while the last block is unfinished, else 0. */
  readonly held: number
  readonly bytes: number
  /** Bytes behind a break. */
  readonly bytesUnread: number
  readonly sections: number
  /** Blocks that hold no packet and are not looked into, such as name resolution. */
  readonly blocksIgnored: number
  /** Interfaces and processes of a section beyond the limits. */
  readonly interfacesRefused: number
  readonly processesForgotten: number
  /** Why reading stopped. */
  readonly broken: CaptureBreak | undefined
  readonly loss: CaptureLoss
}
