/** {@link ProtocolServer} behind real TLS on a loopback port. */
import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { ProtocolServer, type ServerReply } from './protocol-server.ts'

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
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    // A request without an encoding yields buffers.
    for await (const chunk of request) chunks.push(chunk as Buffer)
    // The server is one of TLS.
    const peer = (request.socket as TLSSocket).getPeerX509Certificate()
    clients.push(peer?.subjectAltName ?? '')
    const next = scripted.shift()
    if (next === 'hang-up') return void request.socket.destroy()
    const reply = Buffer.isBuffer(next)
      ? next
      : (next ??
        (await protocol.handle({
          method: request.method ?? '',
          path: request.url ?? '',
          body: Buffer.concat(chunks),
        })))
    if (Buffer.isBuffer(reply)) return void response.end(reply)
    response.writeHead(reply.status, reply.headers)
    response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body))
  }
  const server: Server = createServer(
    {
      ...(options.credentials ?? protocol.authority.server()),
      ca: protocol.authority.pem,
      requestCert: true,
      rejectUnauthorized: false,
      maxVersion: options.tlsVersionMax ?? 'TLSv1.3',
    },
    (request, response) => {
      answer(request, response).catch(() => request.socket.destroy())
    },
  )
  server.on('secureConnection', () => (connections += 1))
  // What clients do to a server that ends or refuses them is theirs to explain.
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    if (!server.listening) return
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  context.after(stop)
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo
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
