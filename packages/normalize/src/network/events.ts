import { eventId, type EcsEvent, isIp, type StreamId } from '@pomona/schema'
import type { NetworkRecord, PacketProcess } from '@pomona/sensor'
import type {
  Building,
  Document,
  EventPart,
  MacosPart,
  OtherProcessPart,
  Part,
  RelatedPart,
} from '../document.ts'
import { type Classification, classification } from '../event-table/entry.ts'
import { ECS_VERSION } from '../host.ts'
import { asActor, asOther } from '../process/parts.ts'
import type { ProcessTable } from '../process/table.ts'
import type { Reader } from '../reader.ts'
import type { UserNames } from '../users.ts'
import {
  attribute,
  type Attribution,
  packetProcessPart,
  snapshotProcessPart,
} from './attribution.ts'

const MODULE = 'packet_capture'
const DATASET = 'network'
const START = classification({ category: ['network'], type: ['connection', 'start'] })
const END = classification({ category: ['network'], type: ['connection', 'end'] })
const PROTOCOL = classification({ category: ['network'], type: ['protocol', 'info'] })

const CLASSES: Readonly<Record<NetworkRecord['action'], Classification>> = {
  connection_attempted: START,
  connection_accepted: START,
  disconnect_received: END,
  lookup_requested: PROTOCOL,
  lookup_result: PROTOCOL,
  tls_client_hello: PROTOCOL,
}
const FAMILIES = { 4: 'ipv4', 6: 'ipv6' } as const

interface NetworkContext {
  readonly stream: StreamId
  readonly host: Part<'host'>
  readonly agent: Part<'agent'>
  readonly processes: ProcessTable
  readonly users: UserNames
  readonly reader: Reader
}

/** Makes events of the records of the network sensor. */
export class NetworkEvents {
  readonly #context: NetworkContext

  constructor(context: NetworkContext) {
    this.#context = context
  }

  /**
   * Makes the event of a record. Who acted is the process on whose behalf the socket's owner did,
   * where the kernel knows one; the owner is then the reporter.
   */
  event(record: NetworkRecord): EcsEvent {
    const { stream, host, agent } = this.#context
    const macos: MacosPart = { network: macosNetworkPart(record) }
    const document: Document = {
      '@timestamp': record.time,
      ecs: ECS_VERSION,
      event: eventPart(record, stream),
      agent,
      host,
      macos,
      network: networkPart(record),
      source: this.#end(record.source),
      destination: this.#end(record.destination),
    }
    const hashes = this.#actor(record, document, macos)
    const { dns, tls } = record
    if (dns !== undefined) document.dns = this.#dns(dns)
    if (tls !== undefined) {
      const name = this.#context.reader.text(tls.serverName)
      if (name !== undefined) document.tls = { client: { server_name: name } }
      macos.tls = this.#macosTls(tls)
    }
    document.related = relatedPart(document, hashes)
    return document
  }

  /** Fills who acted; answers the hashes it is known by. */
  #actor(record: NetworkRecord, document: Document, macos: MacosPart): readonly string[] {
    const { processes, users } = this.#context
    const { process, effective } = record
    const isOnBehalf = effective !== undefined && !isSame(process, effective)
    const named = isOnBehalf ? effective : process
    if (named === undefined) return []
    const found = attribute(named, processes)
    macos.network = { ...macos.network, ...attributionPart(found, named) }
    if (isOnBehalf && process !== undefined) {
      macos.reporter = this.#other(attribute(process, processes))
    }
    if (found.by !== 'table') {
      document.process = this.#plain(found)
      return []
    }
    const actor = asActor(found.image, users)
    document.process = actor.process
    document.user = actor.user
    if (actor.group !== undefined) document.group = actor.group
    macos.process = actor.macosProcess
    if (actor.macosParent !== undefined) macos.parent = actor.macosParent
    if (actor.responsible !== undefined) macos.responsible = actor.responsible
    return actor.related?.hash ?? []
  }

  #other(found: Attribution): OtherProcessPart {
    return found.by === 'table' ? asOther(found.image, this.#context.users) : this.#plain(found)
  }

  #plain(found: Exclude<Attribution, { by: 'table' }>): OtherProcessPart {
    if (found.by === 'snapshot') return snapshotProcessPart(found.row)
    const { pid, name } = found.named
    const text = this.#context.reader.text(name)
    return packetProcessPart({
      ...(pid !== undefined && { pid }),
      ...(text !== undefined && { name: text }),
    })
  }

  #end({ ip, port, bytes, domain }: NetworkRecord['source']): Part<'destination'> {
    const name = this.#context.reader.text(domain)
    return {
      ip,
      address: ip,
      port,
      ...(bytes !== undefined && { bytes }),
      ...(name !== undefined && { domain: name }),
    }
  }

  #dns(dns: NonNullable<NetworkRecord['dns']>): Part<'dns'> {
    const { reader } = this.#context
    const name = reader.text(dns.name)
    const types = dns.answers?.map(({ type }) => type)
    const data = reader.list(
      dns.answers?.flatMap(({ data: one }) => (one === undefined ? [] : [one])),
    )
    const resolved = dns.resolved?.filter((ip) => isIp(ip))
    return {
      id: String(dns.id),
      type: dns.responseCode === undefined ? 'query' : 'answer',
      question: {
        ...(name !== undefined && { name }),
        type: dns.type,
        class: dns.class,
      },
      ...(dns.responseCode !== undefined && { response_code: dns.responseCode }),
      ...(types !== undefined && { answers: { type: types, ...(data !== undefined && { data }) } }),
      ...(resolved !== undefined && { resolved_ip: resolved }),
    }
  }

  #macosTls(tls: NonNullable<NetworkRecord['tls']>): NonNullable<MacosPart['tls']> {
    const protocols = this.#context.reader.list(tls.protocols)
    return {
      ja4: tls.ja4,
      ...(protocols !== undefined && { protocols }),
      ...(tls.version !== undefined && { version: tls.version }),
    }
  }
}

function isSame(one: PacketProcess | undefined, other: PacketProcess): boolean {
  return one !== undefined && one.pid === other.pid && one.name === other.name
}

function eventPart(record: NetworkRecord, stream: StreamId): EventPart {
  const { action, sequence, durationNs } = record
  const { category, type } = CLASSES[action]
  const event: EventPart = {
    id: eventId(stream, sequence),
    kind: 'event',
    category,
    type,
    action,
    module: MODULE,
    dataset: DATASET,
    sequence,
  }
  const outcome = outcomeOf(record)
  if (outcome !== undefined) event.outcome = outcome
  if (durationNs !== undefined && durationNs >= 0) event.duration = durationNs
  return event
}

// Of an attempt nobody knows yet how it ends.
function outcomeOf({ action, reason, dns }: NetworkRecord): 'success' | 'failure' | undefined {
  if (action === 'connection_accepted') return 'success'
  if (reason !== undefined) return reason === 'refused' ? 'failure' : 'success'
  if (dns?.responseCode === undefined) return undefined
  return dns.responseCode === 'NOERROR' ? 'success' : 'failure'
}

function networkPart(record: NetworkRecord): Part<'network'> {
  const { direction, protocol, vlan, source, destination } = record
  const isCounted = source.bytes !== undefined && destination.bytes !== undefined
  return {
    transport: record.transport,
    type: FAMILIES[record.version],
    community_id: record.communityId,
    ...(direction !== undefined && { direction }),
    ...(protocol !== undefined && { protocol }),
    ...(isCounted && { bytes: (source.bytes ?? 0) + (destination.bytes ?? 0) }),
    ...(vlan !== undefined && { vlan: { id: String(vlan) } }),
  }
}

type MacosNetwork = NonNullable<MacosPart['network']>

function macosNetworkPart(record: NetworkRecord): MacosNetwork {
  return {
    ...(record.interface !== undefined && { interface: record.interface }),
    ...(record.reason !== undefined && { end: record.reason }),
  }
}

function attributionPart(found: Attribution, { uuid }: PacketProcess): MacosNetwork {
  return { attribution: found.by, ...(uuid !== undefined && { image_uuid: uuid }) }
}

function relatedPart(document: Document, hashes: readonly string[]): RelatedPart {
  const { source, destination, dns, tls, user } = document
  const ips = [source?.ip, destination?.ip, ...(dns?.resolved_ip ?? [])]
  const hosts = [destination?.domain, dns?.question?.name, tls?.client?.server_name]
  const related: Building<RelatedPart> = { ip: unique(ips) }
  const names = unique(hosts)
  if (names.length > 0) related.hosts = names
  if (user?.name !== undefined) related.user = [user.name]
  if (hashes.length > 0) related.hash = hashes
  return related
}

function unique(values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== undefined))]
}
