import { hkdfSync } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import type { Clock } from '@pomona/schema'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { codeOf, messageOf } from '../errors.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { RateLimiter } from '../gateway/rate.ts'
import { addressOf, createApp, listenOn } from '../http/app.ts'
import { HttpProblem } from '../http/problem.ts'
import { registerIngest } from '../http/ingest.ts'
import { registerRoutes } from '../http/registry.ts'
import type { Counter, MetricsRegistry } from '../metrics/registry.ts'
import type { Pki } from '../pki/pki.ts'
import { createAgentGatekeeper } from './gatekeeper.ts'
import type { AgentPresence } from './presence.ts'
import { AGENT_ROUTES, type AgentHandlers } from './routes.ts'

/** What the agents' port works with. */
export interface AgentListenerOptions {
  readonly pki: Pki
  readonly presence: AgentPresence
  readonly handlers: AgentHandlers
  readonly gateway: Gateway
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  /** Whether requests are taken now. */
  readonly open: () => boolean
  /** Names and addresses that agents reach the server by. */
  readonly names: readonly string[]
  readonly connectionsMax: number
  /** Requests by host. */
  readonly requests: RateLimiter
  /** New connections by address. */
  readonly connections: RateLimiter
}

const BODY_BYTES_MAX = 256 * 1024
const HANDSHAKE_TIMEOUT_MS = 10_000
const SESSION_SECONDS = 24 * 3_600
const RENEWAL_CHECK_MS = 24 * 3_600_000
const TICKET_KEY_BYTES = 48

/**
 * What OpenSSL's codes mean for the operator; everything else counts as `other`. A client that
 * offers less than TLS 1.3 is `version`.
 */
const TLS_REASONS: Readonly<Record<string, string>> = {
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'version',
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: 'version',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'version',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not_tls',
  ERR_SSL_HTTP_REQUEST: 'not_tls',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'timeout',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'server_not_trusted',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'server_not_trusted',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'server_not_trusted',
  ECONNRESET: 'reset',
}

/**
 * The agents' port: TLS 1.3 and client certificates. The handshake asks for a certificate and
 * demands none, because a Mac that enrols has none and because a refusal over HTTP can say what is
 * wrong; every route but the one to enrol demands it.
 */
export class AgentListener {
  readonly #options: AgentListenerOptions
  readonly #app: FastifyInstance
  readonly #tlsErrors: Counter
  #timer: NodeJS.Timeout | undefined

  private constructor(options: AgentListenerOptions, credentials: TlsCredentials) {
    this.#options = options
    this.#tlsErrors = options.metrics.counter(
      'pomona_agent_tls_errors_total',
      'Connections to the agents’ port that ended before a request, by reason.',
    )
    this.#app = this.#createApp(credentials)
    this.#watchSockets()
    options.metrics.gauge({
      name: 'pomona_agent_connections',
      description: 'Open connections to the agents’ port.',
      read: () => [{ labels: {}, value: this.#open }],
    })
  }

  #open = 0

  /** Makes it ready; {@link listen} opens the port. @throws ServerError ERR_PKI. */
  static async create(options: AgentListenerOptions): Promise<AgentListener> {
    return new AgentListener(options, await credentialsOf(options))
  }

  /** @returns Its address, such as `https://127.0.0.1:8444`. @throws ServerError ERR_LISTEN. */
  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<string> {
    const bound = await listenOn(this.#app, { host, port })
    this.#timer = setInterval(() => void this.#renew(), RENEWAL_CHECK_MS)
    this.#timer.unref()
    const [name = host] = this.#options.names
    return `https://${name.includes(':') ? `[${name}]` : name}:${bound}`
  }

  /** Ends connections that are at rest and waits for the others. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#app.close()
  }

  /** Cuts every connection. */
  cut(): void {
    this.#app.server.closeAllConnections()
  }

  #createApp(credentials: TlsCredentials): FastifyInstance {
    const { pki, presence, logger, metrics, clock, handlers, gateway } = this.#options
    const gatekeeper = createAgentGatekeeper({
      clock,
      trusted: () => pki.authority.trusted,
      isRevoked: (identity) => pki.revocations.has(identity),
      presence,
      requests: this.#options.requests,
      open: this.#options.open,
    })
    const app = createApp({
      logger,
      requests: metrics.counter('pomona_agent_requests_total', 'Agents’ requests by route.'),
      tls: {
        ...credentials,
        requestCert: true,
        rejectUnauthorized: false,
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        sessionTimeout: SESSION_SECONDS,
        sessionIdContext: 'pomona-agents',
        ticketKeys: ticketKeys(credentials.key, clock),
      },
      connectionsMax: this.#options.connectionsMax,
      bodyBytesMax: BODY_BYTES_MAX,
      onProblem: (request, code) =>
        presence.refuse(code, gatekeeper.identityOf(request), addressOf(request)),
    })
    app.setNotFoundHandler(() => {
      throw new HttpProblem('not_found', 'There is nothing under this address.')
    })
    // Who is not let in has to shake hands anew, which connections are counted by.
    app.addHook('onSend', async (_request, reply) => {
      if (reply.statusCode === 401 || reply.statusCode === 403) reply.header('connection', 'close')
    })
    registerRoutes(app, { table: AGENT_ROUTES, handlers, gatekeeper })
    registerIngest(app, {
      gateway,
      route: AGENT_ROUTES.batch,
      admit: async (request) => gatekeeper.admitHost(request),
      open: this.#options.open,
      onProblem: (request, code) =>
        presence.refuse(code, gatekeeper.identityOf(request), addressOf(request)),
    })
    return app
  }

  #watchSockets(): void {
    const { connections } = this.#options
    this.#server.on('connection', (socket: Socket) => {
      this.#open += 1
      socket.once('close', () => {
        this.#open -= 1
      })
      // Before the handshake, which is what costs.
      if (connections.take(socket.remoteAddress ?? '', 1) === 0) return
      this.#refuse('too_many_connections', socket.remoteAddress)
      socket.destroy()
    })
    this.#server.on('drop', (dropped) => this.#refuse('connections_max', dropped?.remoteAddress))
    this.#server.on('tlsClientError', (error, socket) => {
      this.#refuse(TLS_REASONS[codeOf(error) ?? ''] ?? 'other', socket.remoteAddress)
      socket.destroy()
    })
  }

  #refuse(reason: string, address: string | undefined): void {
    this.#tlsErrors.add(1, { reason })
    this.#options.presence.refusals.note({ layer: 'connection', reason, address })
  }

  get #server(): TlsServer {
    // With certificates, fastify's server is one of TLS.
    return this.#app.server as unknown as TlsServer
  }

  /** Takes the server's own certificate anew when it nears its end, and a new key for tickets. */
  async #renew(): Promise<void> {
    const { logger, clock } = this.#options
    try {
      const credentials = await credentialsOf(this.#options)
      this.#server.setSecureContext({ ...credentials, minVersion: 'TLSv1.3' })
      this.#server.setTicketKeys(ticketKeys(credentials.key, clock))
    } catch (error) {
      logger.error({ error: { message: messageOf(error) } }, 'The listener’s certificate stays.')
    }
  }
}

interface TlsCredentials {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

async function credentialsOf({ pki, names }: AgentListenerOptions): Promise<TlsCredentials> {
  const { cert, key } = await pki.authority.serverCredentials(names)
  return { cert, key, ca: pki.authority.bundle }
}

/**
 * Keys of the tickets by which agents resume sessions: derived from the server's own key and the
 * day, so that a restart does not make a whole fleet repeat full handshakes, and yesterday's
 * tickets are worth nothing.
 */
function ticketKeys(key: string, clock: Clock): Buffer {
  const day = String(clock.nowNs() / 86_400_000_000_000n)
  return Buffer.from(hkdfSync('sha256', key, day, 'pomona session tickets', TICKET_KEY_BYTES))
}
