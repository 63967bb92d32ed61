import { addressKey, addressText } from '../address.ts'
import type { Packet } from '../capture/packet.ts'
import type { IpPacket } from '../ip.ts'
import type { AnsweredNames } from '../names.ts'
import type { DisconnectReason, NetworkEnd } from '../record.ts'
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, type TcpSegment } from '../tcp-segment.ts'
import type { RecordDraft } from '../draft.ts'
import { Flow, FlowSide } from './flow.ts'
import { type FlowCounts, type FlowLimits, FlowTable } from './table.ts'

/** A TCP segment on its way. */
export interface SeenSegment {
  readonly packet: Packet
  readonly ip: IpPacket
  readonly tcp: TcpSegment
  readonly vlan: number | undefined
}

/** The connection a segment belongs to, and the side that sent it. */
export interface FoundFlow {
  readonly flow: Flow
  readonly sender: FlowSide
}

interface TrackerOptions {
  readonly limits: FlowLimits
  readonly names: AnsweredNames
  readonly emit: (draft: RecordDraft) => void
}

/**
 * Follows TCP connections: who began, who accepted, when they ended and how much each side sent.
 *
 * Bytes are counted by sequence numbers and not by packets, so that what is sent again counts once,
 * and so that a capture of nothing but first and last segments has the same counts.
 */
export class TcpTracker {
  readonly #table: FlowTable
  readonly #names: AnsweredNames
  readonly #emit: TrackerOptions['emit']
  #unmatched = 0

  constructor({ limits, names, emit }: TrackerOptions) {
    this.#table = new FlowTable(limits)
    this.#names = names
    this.#emit = emit
  }

  /** What became of the connections. */
  get counts(): FlowCounts {
    return this.#table.counts
  }

  /** Segments of connections whose beginning was not seen, and that end none. */
  get unmatched(): number {
    return this.#unmatched
  }

  /**
   * Takes a segment.
   *
   * @param isWanted Its payload is looked into: the connection is remembered though its beginning
   *                 was not seen.
   * @returns        `undefined` when it belongs to no connection that is followed.
   */
  observe(seen: SeenSegment, isWanted: boolean): FoundFlow | undefined {
    const { packet, tcp } = seen
    this.advance(packet.atNs)
    const { key, sourceFirst } = keyOf(seen)
    let flow = this.#table.get(key)
    const isSyn = (tcp.flags & TCP_SYN) !== 0 && (tcp.flags & TCP_RST) === 0
    if (flow === undefined || (isSyn && this.#isAnother(flow, seen, sourceFirst))) {
      const begins = isSyn || (tcp.flags & TCP_FIN) !== 0 || isWanted
      if (!begins) {
        this.#unmatched++
        return undefined
      }
      flow = this.#open(key, sourceFirst, seen)
    }
    const sender = flow.sides[sourceFirst ? 0 : 1]
    flow.lastNs = packet.atNs
    this.#attribute(flow, sender, packet)
    if (isSyn) this.#began(flow, sender, tcp)
    else this.#went(flow, sender, tcp)
    if (flow.isClosed) return { flow, sender }
    if ((tcp.flags & TCP_RST) !== 0) this.#reset(flow, sender, packet.atNs)
    else if ((tcp.flags & TCP_FIN) !== 0) this.#finished(flow, sender, seen)
    return { flow, sender }
  }

  /** Lets time pass: what one side ended and the other never did is reported. */
  advance(atNs: bigint): void {
    for (const flow of this.#table.advance(atNs)) this.#disconnect(flow, flow.lastNs, 'closed')
  }

  /** Reports what one side had ended by the end of the capture. */
  settle(): void {
    for (const flow of this.#table.settle()) this.#disconnect(flow, flow.lastNs, 'closed')
  }

  #open(key: string, sourceFirst: boolean, { packet, ip, tcp, vlan }: SeenSegment): Flow {
    const { view } = packet
    const { version } = ip
    const source = new FlowSide(addressText({ view, at: ip.sourceAt, version }), tcp.sourcePort)
    const destination = new FlowSide(
      addressText({ view, at: ip.destinationAt, version }),
      tcp.destinationPort,
    )
    const sides = sourceFirst ? ([source, destination] as const) : ([destination, source] as const)
    const flow = new Flow({ key, version, sides, packet, vlan })
    // What runs already when the capture begins has been answered.
    flow.isEstablished = (tcp.flags & TCP_SYN) === 0
    this.#table.add(flow)
    return flow
  }

  // A SYN with another number than the one before begins another connection.
  #isAnother(flow: Flow, { tcp }: SeenSegment, sourceFirst: boolean): boolean {
    const sender = flow.sides[sourceFirst ? 0 : 1]
    if ((tcp.flags & TCP_ACK) !== 0) return false
    if (sender.first === undefined) return flow.isEstablished || flow.isClosed
    return sender.first !== tcp.sequence
  }

  // An outgoing packet is of the sender's process, an incoming one of the receiver's.
  #attribute(flow: Flow, sender: FlowSide, packet: Packet): void {
    const side = packet.direction === 'in' ? flow.peer(sender) : sender
    if (packet.direction !== undefined) side.isLocal = true
    side.process ??= packet.process
    side.effective ??= packet.effective
  }

  #began(flow: Flow, sender: FlowSide, tcp: TcpSegment): void {
    const isAnswer = (tcp.flags & TCP_ACK) !== 0
    if (sender.first === undefined) sender.begin(tcp.sequence)
    if (isAnswer) {
      const client = flow.peer(sender)
      flow.initiator ??= client
      flow.isEstablished = true
      // Of a connection whose first SYN was not seen, its answer tells the number.
      if (client.first === undefined) client.begin((tcp.acknowledgment - 1) >>> 0)
      // It acknowledges what came with the SYN, too.
      client.advance(tcp.acknowledgment)
      if (sender.isLocal && !flow.isClosed && !flow.isAccepted) this.#accepted(flow)
      return
    }
    flow.initiator ??= sender
    const isOurs = sender.isLocal || !flow.peer(sender).isLocal
    if (!isOurs || flow.isAttempted) return
    flow.isAttempted = true
    this.#emit(this.#draft(flow, { action: 'connection_attempted', atNs: flow.lastNs, of: sender }))
  }

  #accepted(flow: Flow): void {
    const server = this.#server(flow)
    flow.isAccepted = true
    this.#emit(this.#draft(flow, { action: 'connection_accepted', atNs: flow.lastNs, of: server }))
  }

  #went(flow: Flow, sender: FlowSide, tcp: TcpSegment): void {
    // What a reset carries is no data, but its number tells how far its sender had come.
    const isReset = (tcp.flags & TCP_RST) !== 0
    sender.advance((tcp.sequence + (isReset ? 0 : tcp.payloadBytes)) >>> 0)
    if ((tcp.flags & TCP_ACK) === 0) return
    const peer = flow.peer(sender)
    // The acknowledgment of a FIN counts one that is no byte.
    if (peer.isFinished) return
    peer.advance(tcp.acknowledgment)
  }

  #finished(flow: Flow, sender: FlowSide, { packet, tcp }: SeenSegment): void {
    sender.finishAt((tcp.sequence + tcp.payloadBytes) >>> 0)
    this.#table.ending(flow, packet.atNs)
    if (flow.peer(sender).isFinished) this.#disconnect(flow, packet.atNs, 'closed')
  }

  #reset(flow: Flow, sender: FlowSide, atNs: bigint): void {
    this.#table.ending(flow, atNs)
    const isRefused = !flow.isEstablished && flow.initiator === flow.peer(sender)
    this.#disconnect(flow, atNs, isRefused ? 'refused' : 'reset')
  }

  // One record for each side of this Mac: on the loopback interface both are.
  #disconnect(flow: Flow, atNs: bigint, reason: DisconnectReason): void {
    if (flow.isClosed) return
    flow.isClosed = true
    const client = flow.initiator
    const server = this.#server(flow)
    const wasOurs = client?.isLocal === true || !server.isLocal
    const of = client === undefined ? this.#local(flow) : client
    const end = { action: 'disconnect_received', atNs, reason } as const
    if (flow.isAttempted || client === undefined || wasOurs) {
      this.#emit(this.#draft(flow, { ...end, of }))
    }
    // A refused attempt of another Mac was never a connection of this one.
    const wasAccepted = flow.isAccepted || (client !== undefined && !wasOurs)
    if (wasAccepted && reason !== 'refused') this.#emit(this.#draft(flow, { ...end, of: server }))
  }

  #server(flow: Flow): FlowSide {
    return flow.initiator === undefined ? flow.sides[1] : flow.peer(flow.initiator)
  }

  #local(flow: Flow): FlowSide {
    return flow.sides[1].isLocal && !flow.sides[0].isLocal ? flow.sides[1] : flow.sides[0]
  }

  #draft(
    flow: Flow,
    told: {
      readonly action: RecordDraft['action']
      readonly atNs: bigint
      readonly of: FlowSide
      readonly reason?: DisconnectReason
    },
  ): RecordDraft {
    const client = flow.initiator ?? told.of
    const server = flow.peer(client)
    const isEnd = told.reason !== undefined
    return {
      action: told.action,
      atNs: told.atNs,
      transport: 'tcp',
      version: flow.version,
      direction: directionOf(flow, told.of),
      interfaceName: flow.interfaceName,
      vlan: flow.vlan,
      process: told.of.process,
      effective: told.of.effective,
      source: endOf(client, { isEnd, domain: undefined }),
      destination: endOf(server, { isEnd, domain: this.#names.nameOf(server.ip, flow.startNs) }),
      ...(isEnd &&
        flow.initiator !== undefined && { durationNs: Number(told.atNs - flow.startNs) }),
      ...(told.reason !== undefined && { reason: told.reason }),
    }
  }
}

function endOf(
  side: FlowSide,
  { isEnd, domain }: { readonly isEnd: boolean; readonly domain: string | undefined },
): NetworkEnd {
  const bytes = isEnd ? side.bytes : undefined
  return {
    ip: side.ip,
    port: side.port,
    ...(bytes !== undefined && { bytes }),
    ...(domain !== undefined && { domain }),
  }
}

/** Which way a connection goes for one of its sides, where the capture tells sides apart. */
export function directionOf(flow: Flow, of: FlowSide): RecordDraft['direction'] {
  if (flow.initiator === undefined || !of.isLocal) return undefined
  return of === flow.initiator ? 'egress' : 'ingress'
}

// The lower end first, so that both ways of a connection have one key.
function keyOf({ packet, ip, tcp }: SeenSegment): { key: string; sourceFirst: boolean } {
  const { view } = packet
  const { version } = ip
  const source =
    addressKey({ view, at: ip.sourceAt, version }) + String.fromCharCode(tcp.sourcePort)
  const destination =
    addressKey({ view, at: ip.destinationAt, version }) + String.fromCharCode(tcp.destinationPort)
  const sourceFirst = source < destination
  return { key: sourceFirst ? source + destination : destination + source, sourceFirst }
}
