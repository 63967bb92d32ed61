/** {@link ProtocolServer} behind real TLS on a loopback port. */
import { ProtocolServer, type ServerReply } from './protocol-server.ts'
import { type FrontAnswer, type FrontRequest, listenTls } from './tls-front.ts'

/** How a test's server differs from the usual one. */
export interface TlsServerOptions {
  readonly protocol?: ProtocolServer
  readonly tlsVersionMax?: 'TLSv1.2' | 'TLSv1.3'
  /** Certificates of another authority than agents are told. */
  readonly credentials?: { readonly cert: string; readonly key: string }
  readonly port?: number
}

/** A server that listens until its test ends. */
export interface TlsServer {
  readonly url: string
  readonly protocol: ProtocolServer
  /** Subject names of client certificates, one a request; empty without one. */
  readonly clients: readonly string[]
  /** Ends the connection of the next request instead of answering it. */
  hangUpNext(): void
  /** Bytes sent instead of the next answer. */
  sayNext(reply: ServerReply | Buffer): void
  connections(): number
  stop(): Promise<void>
}

/** Starts a server. */
export async function startTlsServer(
  context: { after(end: () => Promise<void>): void },
  options: TlsServerOptions = {},
): Promise<TlsServer> {
  const protocol = options.protocol ?? new ProtocolServer()
  const clients: string[] = []
  const scripted: (ServerReply | Buffer | 'hang-up')[] = []
  let connections = 0
  const answer = async ({ client, body, ...request }: FrontRequest): Promise<FrontAnswer> => {
    clients.push(client)
    const next = scripted.shift()
    if (next === 'hang-up') return next
    if (Buffer.isBuffer(next)) return { status: 200, headers: {}, body: next.toString('base64') }
    const whole = { ...request, body: Buffer.from(body, 'base64') }
    const reply = next ?? (await protocol.handle(whole))
    const text = reply.body === undefined ? '' : JSON.stringify(reply.body)
    const headers = { ...reply.headers }
    return { status: reply.status, headers, body: Buffer.from(text).toString('base64') }
  }
  const { port, stop } = await listenTls(
    {
      ...(options.credentials ?? protocol.authority.server()),
      ca: protocol.authority.pem,
      maxVersion: options.tlsVersionMax ?? 'TLSv1.3',
      port: options.port ?? 0,
    },
    { answer, connected: () => void (connections += 1) },
  )
  context.after(stop)
  return {
    url: `https://127.0.0.1:${port}`,
    protocol,
    clients,
    hangUpNext: () => scripted.push('hang-up'),
    sayNext: (reply) => scripted.push(reply),
    connections: () => connections,
    stop,
  }
}
