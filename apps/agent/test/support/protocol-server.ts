/** The server's side of the agents' protocol, as far as an agent can tell, without a server. */
import { createHash } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import {
  AgentReport,
  type Bundle,
  CommandStateReport,
  EnrolmentRequest,
  EventBatch,
  type HostId,
  RenewalRequest,
  type SignedText,
  type StreamId,
  TENANT_DEFAULT,
} from '@pomona/schema'
import { type Log, openMemoryLog } from '@pomona/store'
import { TestAuthority, TestSigner } from './authority.ts'

/** A request as the server sees it. */
export interface ServerRequest {
  readonly method: string
  readonly path: string
  readonly body: Buffer
}

/** What the server answers. */
export interface ServerReply {
  readonly status: number
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

interface Told {
  readonly id: string
  readonly report: CommandStateReport
}

const MS_PER_DAY = 86_400_000
const STREAM_EVENTS_MAX = 1_000_000

/** Judges batches with the server's own log, and remembers everything it was told. */
export class ProtocolServer {
  readonly authority = new TestAuthority()
  readonly signer = new TestSigner()
  readonly log: Log = openMemoryLog()
  readonly batches: EventBatch[] = []
  readonly reports: AgentReport[] = []
  readonly told: Told[] = []
  readonly enrolments: EnrolmentRequest[] = []
  /** Replies that come before all others, in turn. */
  readonly script: ((request: ServerRequest) => ServerReply | undefined)[] = []
  commands: SignedText[] = []
  bundle: Bundle | undefined
  /** Id of the bundle that reports are answered with. */
  bundleId: string | undefined
  /** Events for which a whole batch is refused. */
  isPoison: (event: Record<string, unknown>) => boolean = () => false
  ledgerNext = 0
  certificateDays = 30
  nowMs: () => number

  constructor(nowMs: () => number = Date.now) {
    this.nowMs = nowMs
  }

  async handle(request: ServerRequest): Promise<ServerReply> {
    const scripted = this.script.shift()?.(request)
    if (scripted !== undefined) return scripted
    const [path = ''] = request.path.split('?')
    switch (`${request.method} ${path}`) {
      case 'POST /agent/v1/enrol':
        return this.#enrol(EnrolmentRequest.parse(parsed(request)))
      case 'POST /agent/v1/renew':
        return this.#certificate(RenewalRequest.parse(parsed(request)).csr)
      case 'POST /agent/v1/batches':
        return await this.#batch(request)
      case 'POST /agent/v1/reports':
        return this.#report(AgentReport.parse(parsed(request)))
      case 'GET /agent/v1/commands':
        return this.#ok({ commands: this.commands, server_time: this.#time() })
      case 'GET /agent/v1/bundle':
        return this.bundle === undefined ? { status: 304 } : this.#ok(this.bundle)
      default:
        return this.#other(request)
    }
  }

  /** Everything in the log: ids of events in order, with those that stand there twice. */
  async stored(): Promise<readonly { readonly stream: string; readonly sequence: number }[]> {
    const entries = await this.log.read(0, {
      entriesMax: STREAM_EVENTS_MAX,
      bytesMax: Number.MAX_SAFE_INTEGER,
    })
    return entries.flatMap(({ streamId, payload }) => {
      // The payload of these tests is the text of the events.
      const events = JSON.parse(Buffer.from(payload).toString()) as { sequence: number }[]
      return events.map(({ sequence }) => ({ stream: String(streamId), sequence }))
    })
  }

  #enrol(request: EnrolmentRequest): ServerReply {
    this.enrolments.push(request)
    return this.#certificate(request.csr)
  }

  #certificate(csr: string): ServerReply {
    const nowMs = Math.floor(this.nowMs() / 1_000) * 1_000
    const toMs = nowMs + this.certificateDays * MS_PER_DAY
    return this.#ok({
      host_id: 'host-1',
      tenant_id: 'default',
      certificate: this.authority.host(csr, { id: 'host-1', fromMs: nowMs, toMs }),
      authority: this.authority.pem,
      not_after: new Date(toMs).toISOString(),
      signing_keys: [this.signer.published],
      server_time: this.#time(),
    })
  }

  async #batch({ body }: ServerRequest): Promise<ServerReply> {
    const text = zstdDecompressSync(body).toString()
    const batch = EventBatch.parse(JSON.parse(text))
    if (batch.digest !== digestOf(text)) return problem(422, 'batch_digest_mismatch')
    if (batch.events.some((event) => this.isPoison(event))) return problem(422, 'batch_too_complex')
    this.batches.push(batch)
    const result = await this.log.append({
      tenantId: TENANT_DEFAULT,
      hostId: batch.host.id as HostId,
      streamId: batch.stream_id as StreamId,
      firstSequence: batch.first_sequence,
      lastSequence: batch.last_sequence,
      digest: batch.digest,
      ingested: this.#time(),
      eventsCount: batch.events.length,
      payload: Buffer.from(JSON.stringify(batch.events)),
    })
    if (result.status === 'overlap') {
      const { lastSequence } = result
      return {
        status: 409,
        body: { code: 'batch_overlap', message: 'Overlaps.', last_sequence: lastSequence },
      }
    }
    if (result.status === 'conflict') return problem(409, 'batch_conflict')
    const { status, offset } = result
    return this.#ok({ status, offset, accepted: batch.events.length, rejected: 0 })
  }

  #report(report: AgentReport): ServerReply {
    this.reports.push(report)
    const [first] = report.ledger
    if (first?.index === this.ledgerNext) this.ledgerNext += report.ledger.length
    const gap = first !== undefined && first.index > this.ledgerNext
    return this.#ok({
      server_time: this.#time(),
      ledger_next: this.ledgerNext,
      ...(gap ? { ledger_problem: 'gap' } : {}),
      ...(this.bundleId === undefined ? {} : { bundle: this.bundleId }),
    })
  }

  #other(request: ServerRequest): ServerReply {
    const id = /^\/agent\/v1\/commands\/([^/]+)\/state$/.exec(request.path)?.[1]
    if (request.method !== 'POST' || id === undefined) return problem(404, 'not_found')
    const report = CommandStateReport.parse(parsed(request))
    this.told.push({ id, report })
    if (report.state !== 'accepted') {
      this.commands = this.commands.filter(({ payload }) => !payload.includes(id))
    }
    return this.#ok({ state: report.state })
  }

  #time(): string {
    return new Date(this.nowMs()).toISOString()
  }

  #ok(body: object): ServerReply {
    return { status: 200, body }
  }
}

/** A refusal as the server writes it. */
export function problem(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): ServerReply {
  return { status, body: { code, message: `Refused: ${code}.` }, headers }
}

function parsed({ body }: ServerRequest): unknown {
  return JSON.parse(body.toString())
}

/** The digest of the texts as they stand in a batch. */
function digestOf(text: string): string {
  const from = text.indexOf('"events":') + '"events":'.length
  const alertsAt = text.lastIndexOf(',"alerts":')
  const events = text.slice(from, alertsAt < 0 ? -1 : alertsAt)
  const alerts = alertsAt < 0 ? '' : text.slice(alertsAt + ',"alerts":'.length, -1)
  return createHash('sha256').update(events).update(alerts).digest('hex')
}
