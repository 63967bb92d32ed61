import { once } from 'node:events'
import { Agent, request as httpsRequest } from 'node:https'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { AgentError, codeOf, messageOf } from '../errors.ts'
import type {
  Transport,
  TransportCounts,
  TransportIdentity,
  UplinkAnswer,
  UplinkRequest,
} from './transport.ts'

/** Where an agent sends, and as whom. */
export interface HttpsTransportOptions {
  /** Address of the server's agent listener: `https://…`. */
  readonly server: string
  readonly identity: TransportIdentity
  /** Connections at most: one waits for commands, the others deliver and report. Default 3. */
  readonly connectionsMax?: number
  readonly connectTimeoutMs?: number
}

const CONNECTIONS_MAX = 3
/** Long enough to wait in line when a whole fleet comes back at once. */
const CONNECT_TIMEOUT_MS = 30_000
const IDLE_MS = 60_000
const SESSIONS_MAX = 4

interface Pool {
  readonly agent: Agent
  requests: number
  retired: boolean
  /** To resume by; Node's own memory of it ends with the first attempt that finds nobody. */
  session: Buffer | undefined
}

/**
 * Requests over TLS 1.3. The server is trusted by its own authority alone: no certificate of the
 * Mac's key chain, however it came there, can stand between an agent and its server. Sessions are
 * resumed, so that a connection that broke costs the server a fraction of a first one.
 */
export class HttpsTransport implements Transport {
  readonly #server: URL
  readonly #connectTimeoutMs: number
  readonly #connectionsMax: number
  readonly #open = new Set<Socket>()
  #pool: Pool
  #counts = { requests: 0, handshakes: 0, resumed: 0, bytesSent: 0, bytesReceived: 0 }

  constructor(options: HttpsTransportOptions) {
    this.#server = new URL(options.server)
    this.#connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
    this.#connectionsMax = options.connectionsMax ?? CONNECTIONS_MAX
    this.#pool = this.#makePool(options.identity)
  }

  async send(request: UplinkRequest): Promise<UplinkAnswer> {
    request.signal.throwIfAborted()
    const pool = this.#pool
    pool.requests += 1
    this.#counts.requests += 1
    const timeout = AbortSignal.timeout(request.timeoutMs)
    try {
      return await this.#exchange(pool, request, AbortSignal.any([request.signal, timeout]))
    } catch (error) {
      request.signal.throwIfAborted()
      if (timeout.aborted) {
        throw new AgentError('ERR_UPLINK_NETWORK', 'The server did not answer in time.', {
          cause: error,
          details: { cause: 'timeout' },
        })
      }
      throw failure(error)
    } finally {
      pool.requests -= 1
      if (pool.retired && pool.requests === 0) pool.agent.destroy()
    }
  }

  present(identity: TransportIdentity): void {
    const { agent } = this.#pool
    this.#pool.retired = true
    if (this.#pool.requests === 0) agent.destroy()
    this.#pool = this.#makePool(identity)
  }

  counts(): TransportCounts {
    const { bytesSent, bytesReceived, ...counts } = this.#counts
    const open = [...this.#open]
    return {
      ...counts,
      bytesSent: open.reduce((sum, { bytesWritten }) => sum + bytesWritten, bytesSent),
      bytesReceived: open.reduce((sum, { bytesRead }) => sum + bytesRead, bytesReceived),
    }
  }

  close(): void {
    this.#pool.agent.destroy()
  }

  #makePool({ authority, client }: TransportIdentity): Pool {
    const agent = new Agent({
      keepAlive: true,
      // A connection nobody uses ends by our doing, before the server would end it; what the server
      // says of its own patience goes first.
      timeout: IDLE_MS,
      maxSockets: this.#connectionsMax,
      maxFreeSockets: this.#connectionsMax,
      maxCachedSessions: SESSIONS_MAX,
      minVersion: 'TLSv1.3',
      ca: authority,
      ...(client === undefined ? {} : { key: client.key, cert: client.certificate }),
    })
    return { agent, requests: 0, retired: false, session: undefined }
  }

  async #exchange(pool: Pool, request: UplinkRequest, signal: AbortSignal): Promise<UplinkAnswer> {
    const { method, path, headers, body } = request
    const outgoing = httpsRequest(new URL(path, this.#server), {
      agent: pool.agent,
      ...(pool.session === undefined ? {} : { session: pool.session }),
      method,
      signal,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'content-length': String(body.byteLength) }),
      },
    })
    outgoing.on('socket', (socket: Socket) => this.#watch(pool, socket, outgoing))
    const answered = once(outgoing, 'response')
    outgoing.end(body)
    // The event of a client request has one argument of this kind.
    const [response] = (await answered) as [IncomingMessage]
    return await this.#read(response, request.answerBytesMax)
  }

  /** Counts what a new connection moves, and bounds how long it may take to come about. */
  #watch(pool: Pool, socket: Socket, outgoing: ClientRequest): void {
    if (this.#open.has(socket)) return
    this.#open.add(socket)
    const patience = setTimeout(() => {
      outgoing.destroy(new AgentError('ERR_UPLINK_NETWORK', 'No connection in time.'))
    }, this.#connectTimeoutMs)
    let isReached = false
    socket.once('connect', () => (isReached = true))
    socket.on('session', (session: Buffer) => (pool.session = session))
    socket.once('secureConnect', () => {
      isReached = false
      clearTimeout(patience)
      this.#counts.handshakes += 1
      if (socket instanceof TLSSocket && socket.isSessionReused()) this.#counts.resumed += 1
    })
    socket.once('close', () => {
      clearTimeout(patience)
      // Who answers and then does not agree may not like the session.
      if (isReached) pool.session = undefined
      this.#open.delete(socket)
      this.#counts.bytesSent += socket.bytesWritten
      this.#counts.bytesReceived += socket.bytesRead
    })
  }

  async #read(response: IncomingMessage, bytesMax: number): Promise<UplinkAnswer> {
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of response) {
      // A response without an encoding yields buffers.
      const buffer = chunk as Buffer
      bytes += buffer.length
      if (bytes > bytesMax) {
        response.destroy()
        throw new AgentError('ERR_UPLINK_ANSWER', 'The answer is larger than any should be.', {
          details: { bytes_max: bytesMax },
        })
      }
      chunks.push(buffer)
    }
    return {
      status: response.statusCode ?? 0,
      retryAfterSeconds: seconds(response.headers['retry-after']),
      body: Buffer.concat(chunks, bytes),
    }
  }
}

function seconds(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,6}$/.test(header)) return undefined
  return Number(header)
}

/** Codes of a server that shows a certificate of someone else, or refuses ours. */
const TRUST = /^(?:EPROTO|CERT_|ERR_TLS_CERT|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/

function failure(error: unknown): AgentError {
  if (error instanceof AgentError) return error
  const code = codeOf(error) ?? 'unknown'
  const details = { cause: code }
  if (TRUST.test(code)) {
    return new AgentError(
      'ERR_UPLINK_TRUST',
      `The TLS connection to the server failed: ${messageOf(error)}. ${remedy(code)}`,
      { cause: error, details },
    )
  }
  return new AgentError('ERR_UPLINK_NETWORK', `The server cannot be reached: ${messageOf(error)}`, {
    cause: error,
    details,
  })
}

function remedy(code: string): string {
  return /NOT_YET_VALID|HAS_EXPIRED/.test(code)
    ? "Check this Mac's clock, then the server's certificate."
    : 'Check that server_url is the server this agent was enrolled with.'
}
