import { addressKey, addressText } from '../address.ts'
import type { Packet, PacketProcess } from '../capture/packet.ts'
import type { IpPacket } from '../ip.ts'
import type { RecordDraft } from '../draft.ts'
import type { AnsweredNames } from '../names.ts'
import type { NetworkDns } from '../record.ts'
import { type DnsFailure, type DnsMessage, dnsMessage } from './message.ts'
import type { DnsBytes } from './name.ts'

/** The port of name servers. */
export const DNS_PORT = 53

/** A message on the port of name servers. */
export interface SeenMessage {
  readonly packet: Packet
  readonly ip: IpPacket
  readonly transport: 'tcp' | 'udp'
  readonly sourcePort: number
  readonly destinationPort: number
  readonly vlan: number | undefined
  readonly bytes: DnsBytes
}

/** What is remembered of a question, for its answer. */
interface Question {
  readonly name: string
  readonly type: string
  readonly atNs: bigint
  readonly direction: RecordDraft['direction'] | undefined
  readonly process: PacketProcess | undefined
  readonly effective: PacketProcess | undefined
  isAnswered: boolean
}

interface TrackerOptions {
  /** Questions remembered at once. */
  readonly questionsMax: number
  readonly names: AnsweredNames
  readonly emit: (draft: RecordDraft) => void
}

/** What a DNS tracker counts. */
export interface DnsCounts {
  readonly questions: number
  readonly answers: number
  /** Messages seen before: asked again, or seen on both ends of the loopback interface. */
  readonly repeated: number
  readonly failed: Readonly<Partial<Record<DnsFailure, number>>>
  /** Questions forgotten for want of room; their answers have no process. */
  readonly forgotten: number
}

/** After so long a question with the same number and ports is another one. */
const QUESTION_NS = 30_000_000_000n

/** Pairs questions with answers: both are reported, each once, with who asked. */
export class DnsTracker {
  readonly #options: TrackerOptions
  readonly #questions = new Map<string, Question>()
  readonly #failed = new Map<DnsFailure, number>()
  #asked = 0
  #answered = 0
  #repeated = 0
  #forgotten = 0

  constructor(options: TrackerOptions) {
    this.#options = options
  }

  /** The counts so far. */
  get counts(): DnsCounts {
    return {
      questions: this.#asked,
      answers: this.#answered,
      repeated: this.#repeated,
      failed: Object.fromEntries(this.#failed),
      forgotten: this.#forgotten,
    }
  }

  /** Takes a message. */
  observe(seen: SeenMessage): void {
    const message = dnsMessage(seen.bytes)
    if (typeof message === 'string') {
      this.#failed.set(message, (this.#failed.get(message) ?? 0) + 1)
    } else if (message.isResponse) this.#answer(seen, message)
    else this.#question(seen, message)
  }

  #question(seen: SeenMessage, message: DnsMessage): void {
    const { packet } = seen
    const key = keyOf(seen, message)
    const before = this.#known(key, seen, message)
    if (before !== undefined) {
      this.#repeated++
      return
    }
    this.#asked++
    // The client's process: an outgoing question is the sender's, an incoming one of the server.
    const question = {
      name: message.name,
      type: message.type,
      atNs: packet.atNs,
      direction: directionOf(packet, false),
      process: packet.process,
      effective: packet.effective,
      isAnswered: false,
    }
    this.#remember(key, question)
    this.#options.emit(draftOf(seen, message, question))
  }

  #answer(seen: SeenMessage, message: DnsMessage): void {
    const { packet } = seen
    const key = keyOf(seen, message)
    const known = this.#known(key, seen, message)
    if (known?.isAnswered === true) {
      this.#repeated++
      return
    }
    this.#answered++
    const question = known ?? {
      name: message.name,
      type: message.type,
      atNs: packet.atNs,
      direction: directionOf(packet, true),
      process: packet.process,
      effective: packet.effective,
      isAnswered: true,
    }
    question.isAnswered = true
    if (known === undefined) this.#remember(key, question)
    for (const { type, data, ttl } of message.answers) {
      if (data === undefined || (type !== 'A' && type !== 'AAAA')) continue
      this.#options.names.learn(data, message.name, { ttl, atNs: packet.atNs })
    }
    this.#options.emit(draftOf(seen, message, question))
  }

  #known(key: string, { packet }: SeenMessage, message: DnsMessage): Question | undefined {
    const known = this.#questions.get(key)
    if (known === undefined || packet.atNs - known.atNs > QUESTION_NS) return undefined
    const isSame = known.type === message.type && sameName(known.name, message.name)
    return isSame ? known : undefined
  }

  #remember(key: string, question: Question): void {
    this.#questions.delete(key)
    this.#questions.set(key, question)
    if (this.#questions.size <= this.#options.questionsMax) return
    for (const [oldest, { isAnswered }] of this.#questions) {
      this.#questions.delete(oldest)
      if (!isAnswered) this.#forgotten++
      break
    }
  }
}

// Resolvers mix upper and lower case at random, and servers give it back or do not.
function sameName(one: string, other: string): boolean {
  return one === other || one.toLowerCase() === other.toLowerCase()
}

function directionOf(packet: Packet, isAnswer: boolean): RecordDraft['direction'] | undefined {
  if (packet.direction === undefined) return undefined
  return (packet.direction === 'out') === isAnswer ? 'ingress' : 'egress'
}

// Both ways have one key: the client's end, the server's, and the number.
function keyOf(seen: SeenMessage, message: DnsMessage): string {
  const { view } = seen.packet
  const { version } = seen.ip
  const source =
    addressKey({ view, at: seen.ip.sourceAt, version }) + String.fromCharCode(seen.sourcePort)
  const destination =
    addressKey({ view, at: seen.ip.destinationAt, version }) +
    String.fromCharCode(seen.destinationPort)
  const ends = message.isResponse ? destination + source : source + destination
  return ends + String.fromCharCode(message.id) + seen.transport
}

function draftOf(seen: SeenMessage, message: DnsMessage, question: Question): RecordDraft {
  const { packet, ip } = seen
  const { view } = packet
  const { version } = ip
  const sender = {
    ip: addressText({ view, at: ip.sourceAt, version }),
    port: seen.sourcePort,
  }
  const receiver = {
    ip: addressText({ view, at: ip.destinationAt, version }),
    port: seen.destinationPort,
  }
  return {
    action: message.isResponse ? 'lookup_result' : 'lookup_requested',
    atNs: packet.atNs,
    transport: seen.transport,
    version,
    direction: question.direction,
    interfaceName: packet.interfaceName,
    vlan: seen.vlan,
    process: question.process,
    effective: question.effective,
    source: message.isResponse ? receiver : sender,
    destination: message.isResponse ? sender : receiver,
    protocol: 'dns',
    dns: dnsOf(message),
  }
}

function dnsOf(message: DnsMessage): NetworkDns {
  const { id, name, type } = message
  const asked = { id, name, type, class: message.class }
  if (!message.isResponse) return asked
  return {
    ...asked,
    responseCode: message.responseCode,
    ...(message.answers.length > 0 && { answers: message.answers }),
    ...(message.resolved.length > 0 && { resolved: message.resolved }),
    ...(message.isCut && { isCut: true }),
  }
}
