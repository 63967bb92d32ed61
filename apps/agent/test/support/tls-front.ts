/**
 * TLS on a loopback port, requests handed to a function. Under Bun, whose HTTPS server does not
 * know its clients' certificates, the port is held by a Node of its own: this file, run as a
 * program.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

/** What a front listens with. */
export interface FrontOptions {
  readonly cert: string
  readonly key: string
  readonly ca: string
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly port: number
}

/** A request; bodies are base64. */
export interface FrontRequest {
  readonly method: string
  readonly path: string
  readonly body: string
  /** Subject names of the client's certificate; empty without one. */
  readonly client: string
}

/** An answer, or the end of the connection instead of one. */
export type FrontAnswer =
  | 'hang-up'
  | {
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }

/** Who answers. */
export interface FrontOwner {
  answer(request: FrontRequest): Promise<FrontAnswer>
  connected(): void
}

/** A port that is listened on. */
export interface Front {
  readonly port: number
  /** Ends all connections, and listens no more. */
  stop(): Promise<void>
}

type ToChild =
  | { readonly kind: 'start'; readonly options: FrontOptions }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: FrontAnswer }
type FromChild =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'connected' }
  | { readonly kind: 'request'; readonly id: number; readonly request: FrontRequest }

/** The same for all, as those of a server that is started again are. */
const TICKET_KEYS = Buffer.alloc(48, 7)

/** Begins to listen. */
export async function listenTls(options: FrontOptions, owner: FrontOwner): Promise<Front> {
  return process.versions['bun'] === undefined
    ? await listenHere(options, owner)
    : await listenInNode(options, owner)
}

async function listenHere(options: FrontOptions, owner: FrontOwner): Promise<Front> {
  const { port: wanted, ...tls } = options
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    // A request without an encoding yields buffers.
    for await (const chunk of request) chunks.push(chunk as Buffer)
    // The server is one of TLS.
    const peer = (request.socket as TLSSocket).getPeerX509Certificate()
    const answer = await owner.answer({
      ...{ method: request.method ?? '', path: request.url ?? '' },
      ...{ body: Buffer.concat(chunks).toString('base64'), client: peer?.subjectAltName ?? '' },
    })
    if (answer === 'hang-up') return void request.socket.destroy()
    response.writeHead(answer.status, answer.headers)
    response.end(Buffer.from(answer.body, 'base64'))
  }
  const server: Server = createServer(
    { ...tls, ticketKeys: TICKET_KEYS, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      handle(request, response).catch(() => request.socket.destroy())
    },
  )
  // Those in their handshake, too, which the server does not count among its connections.
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', () => owner.connected())
  // What clients do to a server that ends or refuses them is theirs to explain.
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve))
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo
  return {
    port,
    stop: async () => {
      if (!server.listening) return
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function listenInNode(options: FrontOptions, owner: FrontOwner): Promise<Front> {
  const node = process.env['POMONA_TEST_NODE'] ?? 'node'
  const child = spawn(node, [import.meta.filename], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'json',
  })
  const listening = Promise.withResolvers<number>()
  child.on('message', (message: FromChild) => {
    if (message.kind === 'listening') listening.resolve(message.port)
    if (message.kind === 'connected') owner.connected()
    if (message.kind !== 'request') return
    const { id, request } = message
    const say = (answer: FrontAnswer): void => tell(child, { kind: 'answer', id, answer })
    owner.answer(request).then(say, () => say('hang-up'))
  })
  child.on('exit', (code) => listening.reject(new Error(`the front ended with ${code}`)))
  tell(child, { kind: 'start', options })
  return {
    port: await listening.promise,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

function tell(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message)
}

/** The program that {@link listenInNode} runs. */
function serveParent(): void {
  const waiting = new Map<number, (answer: FrontAnswer) => void>()
  const say = (message: FromChild): void => void process.send?.(message)
  let requests = 0
  const owner: FrontOwner = {
    answer: async (request) =>
      await new Promise((resolve) => {
        const id = requests++
        waiting.set(id, resolve)
        say({ kind: 'request', id, request })
      }),
    connected: () => say({ kind: 'connected' }),
  }
  process.on('message', (message: ToChild) => {
    if (message.kind === 'answer') waiting.get(message.id)?.(message.answer)
    else
      void listenHere(message.options, owner).then(({ port }) => say({ kind: 'listening', port }))
  })
  process.on('disconnect', () => process.exit(0))
}

if (import.meta.main) serveParent()
