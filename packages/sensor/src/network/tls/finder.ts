import type { FoundFlow, SeenSegment } from '../flow/tracker.ts'
import { directionOf } from '../flow/tracker.ts'
import type { RecordDraft } from '../draft.ts'
import type { AnsweredNames } from '../names.ts'
import type { NetworkTls } from '../record.ts'
import type { Streams } from '../streams.ts'
import {
  type ClientHello,
  clientHello,
  handshakeMessage,
  HELLO_BYTES_MAX,
  isHandshakeRecord,
} from './client-hello.ts'
import { isMeant, ja4 } from './ja4.ts'

const RECORD_BYTES = 5
const MESSAGE_CLIENT_HELLO = 1
const VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x0304, '1.3'],
  [0x0303, '1.2'],
  [0x0302, '1.1'],
  [0x0301, '1.0'],
])

/** Whether a segment's payload is the beginning of a client's hello, on whatever port. */
export function beginsHello({ packet: { view }, tcp: { at, end } }: SeenSegment): boolean {
  if (!isHandshakeRecord({ view, at, end }) || end - at <= RECORD_BYTES) return false
  return view.getUint8(at + RECORD_BYTES) === MESSAGE_CLIENT_HELLO
}

interface FinderOptions {
  readonly streams: Streams
  readonly names: AnsweredNames
  readonly emit: (draft: RecordDraft) => void
}

/** Looks for the hello of TLS clients at the beginning of what they send. */
export class HelloFinder {
  readonly #options: FinderOptions
  #found = 0
  #invalid = 0

  constructor(options: FinderOptions) {
    this.#options = options
  }

  /** Hellos read. */
  get found(): number {
    return this.#found
  }

  /** Bytes that began like a hello and were none, or longer than a hello may be. */
  get invalid(): number {
    return this.#invalid
  }

  /** Takes a segment with payload. */
  observe({ flow, sender }: FoundFlow, seen: SeenSegment): void {
    if (sender.isRead || (flow.initiator !== undefined && flow.initiator !== sender)) return
    const first = this.#firstByte({ flow, sender }, seen)
    if (first === undefined) return
    const { view } = seen.packet
    const stream = this.#options.streams.add(sender, { view, tcp: seen.tcp, first })
    if (stream === undefined || stream.bytes.length < 2) return
    const { bytes } = stream
    const message = handshakeMessage({
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
      at: 0,
      end: bytes.length,
    })
    if (message === 'hello_incomplete') return
    this.#options.streams.close(sender)
    const hello =
      message === 'hello_none' || message === 'hello_invalid' ? message : clientHello(message)
    if (hello === 'hello_none') return
    if (hello === 'hello_invalid') this.#invalid++
    else this.#tell({ flow, sender }, seen.packet.atNs, hello)
  }

  // Where the stream begins: at the SYN, or with a segment that plainly begins a hello.
  #firstByte({ sender }: FoundFlow, seen: SeenSegment): number | undefined {
    const { tcp, packet } = seen
    if (sender.stream !== undefined) return tcp.sequence
    if (sender.first === undefined) return beginsHello(seen) ? tcp.sequence : undefined
    const first = (sender.first + 1) >>> 0
    const offset = (tcp.sequence - first) >>> 0
    if (offset === 0 && !isHandshakeRecord({ view: packet.view, at: tcp.at, end: tcp.end })) {
      this.#options.streams.close(sender)
      return undefined
    }
    return offset < HELLO_BYTES_MAX ? first : undefined
  }

  #tell({ flow, sender }: FoundFlow, atNs: bigint, hello: ClientHello): void {
    this.#found++
    const server = flow.peer(sender)
    const domain = hello.serverName ?? this.#options.names.nameOf(server.ip, flow.startNs)
    // Of an unknown beginning, who says hello is the client.
    flow.initiator ??= sender
    const of = sender.isLocal || !server.isLocal ? sender : server
    this.#options.emit({
      action: 'tls_client_hello',
      atNs,
      transport: 'tcp',
      version: flow.version,
      direction: directionOf(flow, of),
      interfaceName: flow.interfaceName,
      vlan: flow.vlan,
      process: of.process,
      effective: of.effective,
      source: { ip: sender.ip, port: sender.port },
      destination: { ip: server.ip, port: server.port, ...(domain !== undefined && { domain }) },
      protocol: 'tls',
      tls: tlsOf(hello, 't'),
    })
  }
}

/** What of a hello is recorded. */
export function tlsOf(hello: ClientHello, transport: 't' | 'q'): NetworkTls {
  const offered = hello.versions.filter(isMeant)
  const version = VERSIONS.get(offered.length === 0 ? hello.version : Math.max(...offered))
  return {
    ...(hello.serverName !== undefined && { serverName: hello.serverName }),
    ...(hello.protocols.length > 0 && { protocols: hello.protocols }),
    ja4: ja4(hello, transport),
    ...(version !== undefined && { version }),
  }
}
