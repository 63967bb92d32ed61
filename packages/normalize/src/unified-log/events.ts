import { type EcsEvent, eventId, isIp, type StreamId } from '@pomona/schema'
import type {
  DnsClient,
  GatekeeperScan,
  SshStatement,
  SudoStatement,
  TccRequest,
  UnifiedLogRecord,
} from '@pomona/sensor'
import type { Document, EventPart, MacosPart, OtherProcessPart, Part } from '../document.ts'
import { TCC_REASONS } from '../event-table/configuration.ts'
import { type Classification, classification, type Outcome } from '../event-table/entry.ts'
import { ECS_VERSION } from '../host.ts'
import { attribute, packetProcessPart, snapshotProcessPart } from '../network/attribution.ts'
import { pathName } from '../path.ts'
import { asActor, asOther } from '../process/parts.ts'
import type { ProcessTable } from '../process/table.ts'
import { nameOf, type Reader } from '../reader.ts'
import type { UserNames } from '../users.ts'

const MODULE = 'unified_log'
const TCC_PREFIX = 'kTCCService'
const TCC_VALUES: readonly string[] = ['denied', 'unknown', 'allowed', 'limited']

interface Said {
  readonly action: string
  readonly kind: Classification
  readonly outcome?: Outcome
}

interface Filling {
  readonly document: Document
  readonly event: EventPart
  readonly macos: MacosPart
}

interface LogContext {
  readonly stream: StreamId
  readonly host: Part<'host'>
  readonly agent: Part<'agent'>
  readonly processes: ProcessTable
  readonly users: UserNames
  readonly reader: Reader
  /** Keep the line in `event.original`. */
  readonly original: boolean
}

const LOGIN = classification({ category: ['authentication', 'session'], type: ['start'] })
const AUTHENTICATION = classification({ category: ['authentication'], type: ['start'] })
const AUTHENTICATION_INFO = classification({ category: ['authentication'], type: ['info'] })
const ACCESS = classification({ category: ['configuration'], type: ['access'] })
const FILE_INFO = classification({ category: ['file'], type: ['info'] })
const MALWARE_INFO = classification({ category: ['malware'], type: ['info'] })
const PROCESS_INFO = classification({ category: ['process'], type: ['info'] })
const PROTOCOL = classification({ category: ['network'], type: ['protocol', 'info'] })

/**
 * Makes events of records of the unified log. Their actions are names of our own: where Endpoint
 * Security reports the same, its event has Apple's name, and no rule sees one thing twice as one.
 */
export class LogEvents {
  readonly #context: LogContext

  constructor(context: LogContext) {
    this.#context = context
  }

  /** Makes the event of a record. Never throws. */
  event(record: UnifiedLogRecord): EcsEvent {
    const { stream, host, agent, reader, original } = this.#context
    const { sequence, created, subsystem } = record
    const said = saidBy(record)
    const event: EventPart = {
      id: eventId(stream, sequence),
      kind: 'event',
      category: said.kind.category,
      type: said.kind.type,
      action: said.action,
      module: MODULE,
      dataset: MODULE,
      sequence,
      provider: programOf(record),
    }
    if (said.outcome !== undefined) event.outcome = said.outcome
    if (created !== undefined) event.created = created
    if (original) event.original = record.text
    const { category, level } = record
    const macos: MacosPart = {
      log: {
        ...(subsystem !== undefined && { subsystem }),
        ...(category !== undefined && { category }),
        ...(level !== undefined && { level }),
      },
    }
    const message = reader.text(record.message)
    const document: Document = {
      '@timestamp': record.time,
      ecs: ECS_VERSION,
      event,
      agent,
      host,
      macos,
      ...(message !== undefined && { message }),
    }
    this.#actor(record, { document, event, macos })
    this.#fill(record, { document, event, macos })
    return document
  }

  // Whoever wrote the message acted, but for a lookup, where it names who asked.
  #actor({ process, statement }: UnifiedLogRecord, { document, macos }: Filling): void {
    const { processes, users } = this.#context
    const writer = { pid: process.pid, name: pathName(process.path) ?? process.path }
    const asked = statement?.kind === 'dns_client' ? statement : undefined
    if (asked !== undefined) macos.reporter = this.#other(writer, process.path)
    const { pid, name } = asked ?? writer
    const found = attribute({ pid, ...(name !== undefined && { name }) }, processes)
    if (found.by !== 'table') {
      const path = asked === undefined ? process.path : undefined
      document.process = this.#plain({ pid, ...(name !== undefined && { name }) }, path)
      return
    }
    const actor = asActor(found.image, users)
    document.process = actor.process
    document.user = actor.user
    if (actor.group !== undefined) document.group = actor.group
    macos.process = actor.macosProcess
    if (actor.macosParent !== undefined) macos.parent = actor.macosParent
    if (actor.responsible !== undefined) macos.responsible = actor.responsible
    if (actor.related !== undefined) document.related = actor.related
  }

  #other(named: Named, path: string): OtherProcessPart {
    const found = attribute(named, this.#context.processes)
    if (found.by === 'table') return asOther(found.image, this.#context.users)
    return this.#plain(named, path)
  }

  #plain(named: Named, path: string | undefined): OtherProcessPart {
    const found = attribute(named, this.#context.processes)
    if (found.by === 'snapshot') return snapshotProcessPart(found.row)
    const executable = this.#context.reader.text(path)
    const part = packetProcessPart(named)
    return executable === undefined ? part : Object.freeze({ ...part, executable })
  }

  #fill({ statement }: UnifiedLogRecord, filling: Filling): void {
    switch (statement?.kind) {
      case 'sudo':
        this.#sudo(statement, filling)
        break
      case 'ssh':
        this.#ssh(statement, filling)
        break
      case 'tcc_request':
        tcc(statement, filling)
        break
      case 'gatekeeper_scan':
        gatekeeper(statement, filling)
        break
      case 'dns_client':
        dns(statement, filling)
        break
      case 'tcc_context':
      case 'tcc_result':
      case undefined:
    }
  }

  #sudo(said: SudoStatement, { document, event, macos }: Filling): void {
    const { reader } = this.#context
    this.#person(said.user, document)
    const target = reader.text(said.target)
    if (target !== undefined) {
      const id = this.#context.users.idOf(target)
      document.user = {
        ...document.user,
        target: { ...(id !== undefined && { id }), name: target },
      }
    }
    const command = reader.text(said.command)
    const refusal = reader.text(said.refusal)
    if (command !== undefined) macos.sudo = { command }
    if (refusal === undefined) return
    event.reason = refusal
    macos.authentication = { failure: refusal }
  }

  #ssh(said: SshStatement, { document, macos }: Filling): void {
    const { reader } = this.#context
    this.#person(said.user, document)
    const address = reader.text(said.address)
    if (address !== undefined) {
      const ip = address.split('%', 1)[0] ?? address
      document.source = {
        ...(isIp(ip) && { ip }),
        address,
        ...(said.port !== undefined && { port: said.port }),
      }
      if (isIp(ip)) document.related = { ...document.related, ip: [ip] }
    }
    const method = reader.text(said.method)
    const result = said.isUnknownUser ? 'invalid_user' : undefined
    if (method === undefined && result === undefined) return
    macos.authentication = {
      ...(method !== undefined && { method }),
      ...(result !== undefined && { result }),
    }
  }

  // Whoever a log names may not exist; the effective user stays that of the process.
  #person(name: string | undefined, document: Document): void {
    const text = this.#context.reader.text(name)
    if (text === undefined) return
    const id = this.#context.users.idOf(text)
    const effective = document.user?.effective
    document.user = {
      ...(id !== undefined && { id }),
      name: text,
      ...(effective !== undefined && { effective }),
    }
    document.related = { ...document.related, user: [text] }
  }
}

interface Named {
  readonly pid: number
  readonly name?: string
}

function programOf({ process }: UnifiedLogRecord): string {
  return pathName(process.path) ?? process.path
}

function saidBy(record: UnifiedLogRecord): Said {
  const { statement, subsystem } = record
  switch (statement?.kind) {
    case 'sudo':
      return {
        action: 'sudo_logged',
        kind: AUTHENTICATION,
        outcome: statement.refusal === undefined ? 'success' : 'failure',
      }
    case 'ssh':
      return {
        action: 'ssh_login_logged',
        kind: LOGIN,
        outcome: statement.succeeded ? 'success' : 'failure',
      }
    case 'tcc_request':
      return { action: 'tcc_access_request', kind: ACCESS, outcome: TCC_OUTCOMES[statement.value] }
    case 'gatekeeper_scan':
      return { action: 'gatekeeper_scan', kind: FILE_INFO }
    case 'dns_client':
      return { action: 'dns_client', kind: PROTOCOL }
    case 'tcc_context':
    case 'tcc_result':
    case undefined:
  }
  return { action: 'log_message', kind: messageKind({ program: programOf(record), subsystem }) }
}

const TCC_OUTCOMES: readonly Outcome[] = ['failure', undefined, 'success', 'success']

function messageKind(from: {
  readonly program: string
  readonly subsystem: string | undefined
}): Classification {
  const { program, subsystem } = from
  if (program.startsWith('XProtect')) return MALWARE_INFO
  const isAuthentication =
    subsystem === 'com.apple.Authorization' || program === 'sudo' || program.startsWith('sshd')
  return isAuthentication ? AUTHENTICATION_INFO : PROCESS_INFO
}

function tcc({ service, value, reason }: TccRequest, { macos }: Filling): void {
  const right = nameOf(TCC_VALUES, value)
  const why = nameOf(TCC_REASONS, reason)
  const name = service?.startsWith(TCC_PREFIX) ? service.slice(TCC_PREFIX.length) : service
  macos.tcc = {
    ...(name !== undefined && { service: name }),
    ...(right !== undefined && { right }),
    ...(why !== undefined && { reason: why }),
  }
}

function gatekeeper(scan: GatekeeperScan, { document, macos }: Filling): void {
  const { result, pathHash, teamId, signingId, bundleId } = scan
  macos.gatekeeper = {
    scan_result: result,
    ...(pathHash !== undefined && { path_hash: pathHash }),
    ...(bundleId !== undefined && { bundle_id: bundleId }),
  }
  if (teamId === undefined && signingId === undefined) return
  document.file = {
    code_signature: {
      ...(signingId !== undefined && { signing_id: signingId }),
      ...(teamId !== undefined && { team_id: teamId }),
    },
  }
}

function dns({ nameHash }: DnsClient, { document, macos }: Filling): void {
  document.dns = { type: 'query' }
  if (nameHash !== undefined) macos.dns = { name_hash: nameHash }
}
