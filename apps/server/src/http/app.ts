import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import type { ApiProblemCode } from '@pomona/schema'
import {
  type ConnectionError,
  fastify,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
} from 'fastify'
import type { Logger } from 'pino'
import { codeOf, messageOf, ServerError } from '../errors.ts'
import type { Counter } from '../metrics/registry.ts'
import { scanJson } from '../gateway/json-scan.ts'
import { baseHeaders } from './headers.ts'
import { HttpProblem } from './problem.ts'
import type { Access } from './route.ts'

/** How a route tells the server who may call it. */
export function accessConfig(access: Access): { readonly access: Access } {
  return { access }
}

/** How the HTTP server is set up. */
export interface AppOptions {
  readonly logger: Logger
  readonly requests: Counter
  /** How TLS is set up; plain HTTP when absent. */
  readonly tls: (SecureContextOptions & TlsOptions) | undefined
  readonly connectionsMax: number
  /** Bytes of a JSON body; a route may have its own limit. */
  readonly bodyBytesMax: number
  /** Told of each request that a route refused. */
  readonly onProblem?: (request: FastifyRequest, code: ApiProblemCode) => void
}

/** Deepest nesting of a JSON body. */
const BODY_DEPTH_MAX = 32
/** Values of a JSON body. */
const BODY_VALUES_MAX = 250_000

const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 60_000
/** Above the pause between batches of an agent, so that a quiet agent keeps its connection. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000
const HEADER_BYTES_MAX = 8 * 1024
const HEADERS_COUNT_MAX = 64
const REQUESTS_PER_SOCKET_MAX = 100_000
const PARAMETER_CHARACTERS_MAX = 255

/** An HTTP server without routes: limits, headers, one place where refusals are written. */
export function createApp(options: AppOptions): FastifyInstance {
  const { logger, tls } = options
  const http = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
  }
  const headers = Object.entries(baseHeaders({ tls: tls !== undefined }))
  const frameworkErrors = (error: FastifyError, _request: unknown, reply: unknown): void => {
    // Its `send` is typed by a route, and here there is none.
    const writer = reply as ProblemWriter
    for (const [name, value] of headers) writer.header(name, value)
    writeProblem(writer, problemOf(error) ?? fault(error, logger))
  }
  const shared = {
    logger: false,
    bodyLimit: options.bodyBytesMax,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    maxRequestsPerSocket: REQUESTS_PER_SOCKET_MAX,
    routerOptions: { maxParamLength: PARAMETER_CHARACTERS_MAX },
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    // Routes answer for themselves while the server stops, in the form of every other refusal.
    return503OnClosing: false,
    clientErrorHandler: refuseConnection,
  } as const
  const app =
    tls === undefined
      ? fastify({ ...shared, http, frameworkErrors })
      : // A TLS server has everything that is used of the plain one, and the same routes and hooks.
        (fastify({
          ...shared,
          https: { ...http, ...tls, minVersion: 'TLSv1.3' },
          frameworkErrors,
        }) as unknown as FastifyInstance)
  limitServer(app.server, options.connectionsMax)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseBody(Buffer.from(body)))
    } catch {
      done(new HttpProblem('invalid_request', 'The body is not JSON, or too deep.'))
    }
  })
  demandAccess(app)
  addHeaders(app, options)
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error) ?? fault(error, logger)
    options.onProblem?.(request, problem.code)
    return writeProblem(reply, problem)
  })
  return app
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** Bounds what the parser has to do before it does it. @throws For what is not taken. */
function parseBody(bytes: Buffer): unknown {
  const scan = scanJson(bytes, { depthMax: BODY_DEPTH_MAX, valuesMax: BODY_VALUES_MAX, keys: [] })
  if (!scan.ok) throw new RangeError(scan.reason)
  return JSON.parse(UTF8.decode(bytes))
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
}

/** Answers bytes that never became a request: not HTTP, too slow, or with too many headers. */
function refuseConnection(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = CLIENT_ERRORS[error.code] ?? '400 Bad Request'
  const body = JSON.stringify({ code: 'invalid_request', message: 'This is not a request.' })
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\nconnection: close`
  socket.end(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
}

interface ProblemWriter {
  code(status: number): ProblemWriter
  header(name: string, value: string): ProblemWriter
  send(body: unknown): unknown
}

function limitServer(server: Server, connectionsMax: number): void {
  server.maxConnections = connectionsMax
  server.maxHeadersCount = HEADERS_COUNT_MAX
}

/** Deny by default: a route that does not say who may call it stops the server from starting. */
function demandAccess(app: FastifyInstance): void {
  app.addHook('onRoute', ({ config, method, url }) => {
    if (config !== undefined && 'access' in config) return
    throw new ServerError('ERR_ROUTE_UNDECLARED', `${String(method)} ${url} declares no access.`)
  })
}

function addHeaders(app: FastifyInstance, { tls, requests }: AppOptions): void {
  const headers = baseHeaders({ tls: tls !== undefined })
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(headers)
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    requests.add(1, { route, status: String(reply.statusCode) })
  })
}

/** What fastify and the stores refuse, in the words of our own list. */
const KNOWN_PROBLEMS: Readonly<Record<string, readonly [ApiProblemCode, string]>> = {
  ERR_EVENTS_UNAVAILABLE: ['unavailable', 'The event store is starting or restarting.'],
  ERR_QUERY_INVALID: ['invalid_request', 'A time, cursor or other value does not fit.'],
  FST_ERR_BAD_URL: ['not_found', 'There is nothing under this address.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is larger than allowed.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid_request', 'The body is empty.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'The body is not as long as announced.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported_media_type',
    'The content-type must be application/json.',
  ],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'There is nothing under this address.'],
}

/** The refusal an error stands for; `undefined` when it is a fault of ours. */
export function problemOf(error: unknown): HttpProblem | undefined {
  if (error instanceof HttpProblem) return error
  const known = KNOWN_PROBLEMS[codeOf(error) ?? '']
  return known === undefined ? undefined : new HttpProblem(known[0], known[1])
}

function fault(error: unknown, logger: Logger): HttpProblem {
  const stack = error instanceof Error ? error.stack : undefined
  logger.error({ error: { message: messageOf(error), stack_trace: stack } }, 'A request failed.')
  return new HttpProblem('internal', 'The server failed; its log says more.')
}

function writeProblem(reply: ProblemWriter, problem: HttpProblem): unknown {
  if (problem.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(problem.retryAfterSeconds))
  }
  return reply.code(problem.status).send(problem.body())
}

/**
 * Opens the port of an app. @returns The port, which is another than asked for when that was 0.
 *
 * @throws ServerError ERR_LISTEN; the app is closed then.
 */
export async function listenOn(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw new ServerError('ERR_LISTEN', `Cannot listen on ${host}:${port}: ${messageOf(error)}`, {
      cause: error,
    })
  }
  // A TCP server that listens has an address of this form.
  const bound = app.server.address() as AddressInfo
  return bound.port
}

/** The address a request came from. No proxy is trusted, so it is the socket's own. */
export function addressOf(request: FastifyRequest): string {
  return request.socket.remoteAddress ?? ''
}
