import { type ApiProblemCode, type BatchOverlap, BATCH_WIRE_BYTES_MAX } from '@pomona/schema'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ByteReservation } from '../gateway/budget.ts'
import type { Gateway, Taken } from '../gateway/gateway.ts'
import type { AgentIdentity } from '../pki/identity.ts'
import { accessConfig, problemOf } from './app.ts'
import { HttpProblem } from './problem.ts'
import type { RouteDefinition } from './route.ts'

/** What a route that takes batches works with. */
export interface IngestOptions {
  readonly gateway: Gateway
  readonly route: RouteDefinition
  /**
   * Decides who gets in, before the body is read. @returns Whose events are taken.
   * @throws HttpProblem to refuse.
   */
  readonly admit: (request: FastifyRequest) => Promise<AgentIdentity>
  /** Whether batches are taken now. */
  readonly open: () => boolean
  /** Told of requests that were refused before the gateway had them. */
  readonly onProblem?: (request: FastifyRequest, code: ApiProblemCode) => void
}

/**
 * A route that takes batches. Sender and memory are settled before the body is read; the body is
 * taken as bytes and never touches the JSON parser of the API.
 */
export function registerIngest(app: FastifyInstance, options: IngestOptions): void {
  const { gateway, route } = options
  const senders = new WeakMap<FastifyRequest, AgentIdentity>()
  const reservations = new WeakMap<FastifyRequest, ByteReservation>()
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: BATCH_WIRE_BYTES_MAX },
      (_request, body, done) => done(null, body),
    )
    scope.route({
      method: route.method,
      url: route.path,
      config: accessConfig(route.access),
      bodyLimit: BATCH_WIRE_BYTES_MAX,
      onRequest: async (request, reply) => {
        senders.set(request, await options.admit(request))
        if (!options.open()) throw new HttpProblem('stopping', 'The server is stopping.')
        const reservation = gateway.admit(announcedBytes(request))
        if (reservation === undefined) {
          throw new HttpProblem('overloaded', 'Too many deliveries at once.', {
            retryAfterSeconds: 1,
          })
        }
        reservations.set(request, reservation)
        // Until the handler has the body, the end of the connection ends the reservation.
        const leave = (): void => {
          reservations.get(request)?.release()
          reservations.delete(request)
        }
        reply.raw.once('close', leave)
        if (reply.raw.closed) leave()
      },
      handler: async (request, reply) => {
        const wire = request.body
        const [reservation, sender] = [reservations.get(request), senders.get(request)]
        if (!Buffer.isBuffer(wire) || reservation === undefined || sender === undefined) {
          throw new HttpProblem('batch_unreadable', 'The request has no body.')
        }
        // From here on the memory is in use whether or not the agent still waits.
        reservations.delete(request)
        try {
          const encoding = request.headers['content-encoding'] ?? 'identity'
          return answer(reply, await gateway.take({ wire, encoding, reservation, sender }))
        } finally {
          reservation.release()
        }
      },
      errorHandler: (error, request, reply) => {
        const problem = problemOf(error)
        options.onProblem?.(request, problem?.code ?? 'internal')
        // What was refused before the gateway saw it is counted here, so that its books are
        // complete.
        gateway.refuseUnread(problem?.code ?? 'internal')
        if (problem === undefined) throw error
        void refuse(reply, problem)
      },
    })
  })
}

function announcedBytes(request: FastifyRequest): number {
  const announced = Number(request.headers['content-length'])
  const known = Number.isSafeInteger(announced) && announced >= 0
  return known ? Math.min(announced, BATCH_WIRE_BYTES_MAX) : BATCH_WIRE_BYTES_MAX
}

function answer(reply: FastifyReply, taken: Taken): FastifyReply {
  if (taken.ok) return reply.send(taken.receipt)
  if ('overlap' in taken) {
    const overlap: BatchOverlap = {
      code: 'batch_overlap',
      message: `Stored up to ${taken.lastSequence}; send again from the next sequence.`,
      last_sequence: taken.lastSequence,
    }
    return reply.code(409).send(overlap)
  }
  const { code, message, retryAfterSeconds } = taken
  return refuse(reply, new HttpProblem(code, message, { retryAfterSeconds }))
}

function refuse(reply: FastifyReply, problem: HttpProblem): FastifyReply {
  if (problem.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(problem.retryAfterSeconds))
  }
  return reply.code(problem.status).send(problem.body())
}
