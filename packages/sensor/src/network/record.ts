import type { PacketProcess } from './capture/packet.ts'
import type { DnsAnswer } from './dns/message.ts'

/** What happened, by the names Elastic's endpoint gave the first five. */
export type NetworkAction =
  | 'connection_attempted'
  | 'connection_accepted'
  | 'disconnect_received'
  | 'lookup_requested'
  | 'lookup_result'
  | 'tls_client_hello'

/** One end of a connection or of a question. */
export interface NetworkEnd {
  readonly ip: string
  readonly port: number
  /** Bytes of payload it sent, each counted once; absent where the beginning was not seen. */
  readonly bytes?: number
  /** The name somebody on this Mac asked for last and was answered this address. */
  readonly domain?: string
}

/** How a connection ended. */
export type DisconnectReason = 'closed' | 'reset' | 'refused'

/** A DNS question, with the answers where there are some. */
export interface NetworkDns {
  readonly id: number
  readonly name: string
  readonly type: string
  readonly class: string
  readonly responseCode?: string
  readonly answers?: readonly DnsAnswer[]
  readonly resolved?: readonly string[]
  /** The answer was cut by the server, the capture or a limit. */
  readonly isCut?: boolean
}

/** What a TLS client said before it was encrypted. */
export interface NetworkTls {
  readonly serverName?: string
  readonly protocols?: readonly string[]
  readonly ja4: string
  /** `1.3`, `1.2`, … : the highest offered. */
  readonly version?: string
}

/** What the network sensor reports: one record of its stream. */
export interface NetworkRecord {
  readonly sequence: number
  /** RFC 3339 with nine digits: when the packet was captured. */
  readonly time: string
  readonly action: NetworkAction
  readonly transport: 'tcp' | 'udp'
  readonly version: 4 | 6
  /** Seen from this Mac; absent where the capture does not say which way packets went. */
  readonly direction?: 'ingress' | 'egress'
  readonly interface?: string
  readonly vlan?: number
  /** Whose socket it is, by what the kernel put beside the packet. */
  readonly process?: PacketProcess
  /** On whose behalf it acted, where the kernel knows. */
  readonly effective?: PacketProcess
  /** Hash of protocol and both ends, as other tools write it. @see Community ID, version 1. */
  readonly communityId: string
  /** Who began: the client. */
  readonly source: NetworkEnd
  readonly destination: NetworkEnd
  /** Of a disconnect, since the attempt; whole nanoseconds. */
  readonly durationNs?: number
  readonly reason?: DisconnectReason
  readonly protocol?: 'dns' | 'tls' | 'quic'
  readonly dns?: NetworkDns
  readonly tls?: NetworkTls
}
