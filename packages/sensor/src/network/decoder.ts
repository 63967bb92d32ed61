import { CaptureDecoder, type CaptureLimits } from './capture/decoder.ts'
import type { CaptureCounts, Packet } from './capture/packet.ts'
import { takeMessages } from './dns/stream.ts'
import { DNS_PORT, type DnsCounts, DnsTracker } from './dns/tracker.ts'
import { networkRecord, type RecordDraft } from './draft.ts'
import type { FlowCounts } from './flow/table.ts'
import { type FoundFlow, type SeenSegment, TcpTracker } from './flow/tracker.ts'
import { type IpFailure, ipPacket, PROTOCOL_TCP, type IpPacket } from './ip.ts'
import { type LinkFailure, linkPayload } from './link.ts'
import { AnsweredNames } from './names.ts'
import { LINK_PKTAP, withoutPktap } from './pktap.ts'
import type { NetworkAction, NetworkRecord } from './record.ts'
import { Streams } from './streams.ts'
import { tcpSegment } from './tcp-segment.ts'
import { beginsHello, HelloFinder } from './tls/finder.ts'
import { udpDatagram } from './udp-datagram.ts'

/** Limits of a network decoder; each has a count for what it turned away. */
export interface NetworkLimits extends CaptureLimits {
  /** Connections remembered. Default 16,384. */
  readonly flowsMax?: number
  /** How long an attempt waits for an answer, of event time. Default 120,000. */
  readonly attemptMs?: number
  /** How long an ended connection is remembered. Default 60,000. */
  readonly endedMs?: number
  /** Sides of connections whose first bytes are held at once. Default 256. */
  readonly streamsMax?: number
  /** DNS questions remembered for their answers. Default 4,096. */
  readonly questionsMax?: number
  /** Addresses remembered with the name they were answered for. Default 8,192. */
  readonly namesMax?: number
  /** Sequence of the first record. Default 0. */
  readonly firstSequence?: number
}

/** Why a packet led to nothing that could be reported. */
export type PacketSkip =
  | LinkFailure
  | IpFailure
  | 'pktap_invalid'
  | 'tcp_truncated'
  | 'tcp_invalid'
  | 'udp_truncated'
  | 'udp_invalid'
  | 'udp_other'

/** What a network decoder did. Always: `packets.sent = observed + sum(skipped)`. */
export interface NetworkCounts {
  readonly packets: CaptureCounts
  /** Packets looked into. */
  readonly observed: number
  readonly skipped: Readonly<Partial<Record<PacketSkip, number>>>
  /** Records made, by action. */
  readonly records: Readonly<Partial<Record<NetworkAction, number>>>
  readonly flows: FlowCounts
  /** Segments of connections whose beginning was not seen. */
  readonly segmentsUnmatched: number
  readonly dns: DnsCounts
  readonly tls: { readonly found: number; readonly invalid: number }
  /** Sides of connections given up before what was looked for was found. */
  readonly streamsGivenUp: number
  readonly namesForgotten: number
}

const FLOWS_MAX = 16_384
const ATTEMPT_MS = 120_000
const ENDED_MS = 60_000
const STREAMS_MAX = 256
const STREAM_BYTES_MAX = 66_000
const QUESTIONS_MAX = 4_096
const NAMES_MAX = 8_192
const NS_PER_MS = 1_000_000n

/**
 * Turns the bytes of a capture, in pieces of any size, into records of what happened on the
 * network: connections attempted, accepted and ended, names asked for and answered, hellos of TLS
 * clients, each with the process macOS attributed its packets to.
 *
 * Its only clock is the packets'.
 */
export class NetworkDecoder {
  readonly #capture: CaptureDecoder
  readonly #flows: TcpTracker
  readonly #dns: DnsTracker
  readonly #hellos: HelloFinder
  readonly #streams: Streams
  readonly #names: AnsweredNames
  readonly #skipped = new Map<PacketSkip, number>()
  readonly #made = new Map<NetworkAction, number>()
  #records: NetworkRecord[] = []
  #sequence: number
  #observed = 0

  constructor(limits: NetworkLimits = {}) {
    this.#capture = new CaptureDecoder(limits)
    this.#sequence = limits.firstSequence ?? 0
    const names = new AnsweredNames(limits.namesMax ?? NAMES_MAX)
    const emit = (draft: RecordDraft): void => this.#emit(draft)
    this.#names = names
    this.#streams = new Streams({
      streamsMax: limits.streamsMax ?? STREAMS_MAX,
      streamBytesMax: STREAM_BYTES_MAX,
    })
    this.#flows = new TcpTracker({
      limits: {
        flowsMax: limits.flowsMax ?? FLOWS_MAX,
        attemptNs: BigInt(limits.attemptMs ?? ATTEMPT_MS) * NS_PER_MS,
        endedNs: BigInt(limits.endedMs ?? ENDED_MS) * NS_PER_MS,
      },
      names,
      emit,
    })
    this.#dns = new DnsTracker({ questionsMax: limits.questionsMax ?? QUESTIONS_MAX, names, emit })
    this.#hellos = new HelloFinder({ streams: this.#streams, names, emit })
  }

  /**
   * Takes the next bytes.
   *
   * @returns The records that came of them, in order.
   * @throws  Never.
   */
  push(chunk: Uint8Array): NetworkRecord[] {
    for (const packet of this.#capture.push(chunk)) {
      const skip = this.#packet(packet)
      if (skip === undefined) this.#observed++
      else this.#skipped.set(skip, (this.#skipped.get(skip) ?? 0) + 1)
    }
    return this.#taken()
  }

  /** Takes the end of the capture: connections that one side had ended are reported. */
  end(): NetworkRecord[] {
    this.#flows.settle()
    return this.#taken()
  }

  /** The counts so far. */
  counts(): NetworkCounts {
    return {
      packets: this.#capture.counts(),
      observed: this.#observed,
      skipped: Object.fromEntries(this.#skipped),
      records: Object.fromEntries(this.#made),
      flows: this.#flows.counts,
      segmentsUnmatched: this.#flows.unmatched,
      dns: this.#dns.counts,
      tls: { found: this.#hellos.found, invalid: this.#hellos.invalid },
      streamsGivenUp: this.#streams.givenUp,
      namesForgotten: this.#names.forgotten,
    }
  }

  #taken(): NetworkRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  #emit(draft: RecordDraft): void {
    this.#made.set(draft.action, (this.#made.get(draft.action) ?? 0) + 1)
    this.#records.push(networkRecord(draft, this.#sequence++))
  }

  #packet(captured: Packet): PacketSkip | undefined {
    const packet = LINK_PKTAP.has(captured.linkType) ? withoutPktap(captured) : captured
    if (packet === undefined) return 'pktap_invalid'
    const payload = linkPayload(packet)
    if (typeof payload === 'string') return payload
    const { view } = packet
    const ip = ipPacket({ view, at: payload.at, end: packet.end })
    if (typeof ip === 'string') return ip
    if (ip.protocol === PROTOCOL_TCP) return this.#tcp(packet, ip, payload.vlan)
    return this.#udp(packet, ip, payload.vlan)
  }

  #tcp(packet: Packet, ip: IpPacket, vlan: number | undefined): PacketSkip | undefined {
    const tcp = tcpSegment(packet.view, ip)
    if (typeof tcp === 'string') return tcp
    const seen = { packet, ip, tcp, vlan }
    const hasPayload = tcp.end > tcp.at
    const isDns = tcp.sourcePort === DNS_PORT || tcp.destinationPort === DNS_PORT
    const found = this.#flows.observe(seen, hasPayload && (isDns || beginsHello(seen)))
    if (!hasPayload || found === undefined) return undefined
    if (isDns) this.#dnsSegment(found, seen)
    else this.#hellos.observe(found, seen)
    return undefined
  }

  #dnsSegment({ sender }: FoundFlow, { packet, ip, tcp, vlan }: SeenSegment): void {
    if (sender.isRead) return
    const first = sender.first === undefined ? tcp.sequence : (sender.first + 1) >>> 0
    const stream = this.#streams.add(sender, { view: packet.view, tcp, first })
    if (stream === undefined) return
    const messages = takeMessages(stream)
    if (messages === undefined) {
      this.#streams.close(sender)
      return
    }
    for (const message of messages) {
      const view = new DataView(message.buffer, message.byteOffset, message.length)
      this.#dns.observe({
        packet,
        ip,
        transport: 'tcp',
        sourcePort: tcp.sourcePort,
        destinationPort: tcp.destinationPort,
        vlan,
        bytes: { view, start: 0, end: message.length },
      })
    }
  }

  #udp(packet: Packet, ip: IpPacket, vlan: number | undefined): PacketSkip | undefined {
    const udp = udpDatagram(packet.view, ip)
    if (typeof udp === 'string') return udp
    const { sourcePort, destinationPort } = udp
    if (sourcePort !== DNS_PORT && destinationPort !== DNS_PORT) return 'udp_other'
    this.#dns.observe({
      packet,
      ip,
      transport: 'udp',
      sourcePort,
      destinationPort,
      vlan,
      bytes: { view: packet.view, start: udp.at, end: udp.end },
    })
    return undefined
  }
}
