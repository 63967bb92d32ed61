import type { Packet, PacketProcess } from '../capture/packet.ts'
import type { StreamBytes } from './stream.ts'

/** One side of a connection. */
export class FlowSide {
  readonly ip: string
  readonly port: number
  /** Sequence number of its SYN; absent when that was not seen. */
  first: number | undefined = undefined
  /** One past the highest byte it sent, by its own segments or the other's word. */
  next = 0
  /** Bytes up to `next`, which wraps. */
  sent = 0
  /** It sent its FIN. */
  isFinished = false
  process: PacketProcess | undefined = undefined
  effective: PacketProcess | undefined = undefined
  /** This Mac's: a packet went out from it or came in to it. */
  isLocal = false
  /** Its bytes, while something is looked for in them. */
  stream: StreamBytes | undefined = undefined
  /** What was looked for was found, or cannot be. */
  isRead = false

  constructor(ip: string, port: number) {
    this.ip = ip
    this.port = port
  }

  /** Begins to count at a SYN. */
  begin(sequence: number): void {
    this.first = sequence
    this.next = (sequence + 1) >>> 0
    this.sent = 0
  }

  /** Moves `next` on to `end`, if that is ahead. Sequence numbers wrap; what lags is a repeat. */
  advance(end: number): void {
    if (this.first === undefined || this.isFinished) return
    const ahead = (end - this.next) | 0
    if (ahead <= 0) return
    this.next = end >>> 0
    this.sent += ahead
  }

  /**
   * Takes its end: nothing lies beyond it, so all between is taken as sent, even more than half of
   * the numbers.
   */
  finishAt(end: number): void {
    if (this.isFinished) return
    if (this.first !== undefined) {
      this.sent += (end - this.next) >>> 0
      this.next = end >>> 0
    }
    this.isFinished = true
  }

  /** Bytes of payload it sent, each once, where its beginning was seen. */
  get bytes(): number | undefined {
    return this.first === undefined ? undefined : this.sent
  }
}

/** A TCP connection. */
export class Flow {
  readonly key: string
  readonly version: 4 | 6
  /** In the order of the key. */
  readonly sides: readonly [FlowSide, FlowSide]
  /** Which side began; absent when that was not seen. */
  initiator: FlowSide | undefined = undefined
  startNs: bigint
  lastNs: bigint
  interfaceName: string | undefined
  vlan: number | undefined
  /** Both sides have answered. */
  isEstablished = false
  isAttempted = false
  isAccepted = false
  isClosed = false
  /** Waits in the queue of ending connections. */
  isQueued = false
  /** Used since the table last looked for something to evict. */
  touched = true

  constructor(options: {
    readonly key: string
    readonly version: 4 | 6
    readonly sides: readonly [FlowSide, FlowSide]
    readonly packet: Packet
    readonly vlan: number | undefined
  }) {
    this.key = options.key
    this.version = options.version
    this.sides = options.sides
    this.startNs = options.packet.atNs
    this.lastNs = options.packet.atNs
    this.interfaceName = options.packet.interfaceName
    this.vlan = options.vlan
  }

  /** The other side. */
  peer(side: FlowSide): FlowSide {
    return this.sides[0] === side ? this.sides[1] : this.sides[0]
  }
}
