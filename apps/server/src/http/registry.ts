import type { User } from '@pomona/store'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { AgentIdentity } from '../pki/identity.ts'
import { accessConfig } from './app.ts'
import { HttpProblem } from './problem.ts'
import type { Answer, Part, RouteDefinition } from './route.ts'

/** A request whose caller was let in and whose parts were checked. */
export interface Call<Definition extends RouteDefinition> {
  readonly params: Part<Definition, 'params'>
  readonly query: Part<Definition, 'query'>
  readonly body: Part<Definition, 'body'>
  /** Who asks; only routes of access `session` have one. */
  readonly user: Definition['access'] extends { readonly kind: 'session' } ? User : undefined
  /** Which host asks, by its certificate; only routes of access `agent` have one. */
  readonly agent: Definition['access'] extends { readonly kind: 'agent' }
    ? AgentIdentity
    : undefined
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Returned by a handler that wrote the answer itself. */
export const ANSWERED = Symbol('answered')

/** Answers the requests of one route. */
export type Handler<Definition extends RouteDefinition> = (
  call: Call<Definition>,
) => Promise<Answer<Definition> | typeof ANSWERED>

/** Routes by name. */
export type RouteTable = Readonly<Record<string, RouteDefinition>>

/** A handler for every route of a table that does not read its body itself, no more, no fewer. */
export type HandlersOf<Table extends RouteTable> = {
  readonly [
    Name in keyof Table as Table[Name] extends { readonly rawBody: true } ? never : Name
  ]: Handler<Table[Name]>
}

/** Who was let in. */
export interface Caller {
  readonly user?: User
  readonly agent?: AgentIdentity
}

/** Decides who gets in. Runs before the body is read. */
export interface Gatekeeper {
  /** @returns Who asks, as far as the route's access demands it. @throws HttpProblem to refuse. */
  admit(request: FastifyRequest, route: RouteDefinition): Promise<Caller>
}

type AnyHandler = (call: Call<RouteDefinition>) => Promise<unknown>

/** What {@link registerRoutes} puts together. */
export interface Registration<Table extends RouteTable> {
  readonly table: Table
  readonly handlers: HandlersOf<Table>
  readonly gatekeeper: Gatekeeper
}

/** Puts a table's routes, each behind the gatekeeper and its own checks, into the server. */
export function registerRoutes<Table extends RouteTable>(
  app: FastifyInstance,
  { table, handlers, gatekeeper }: Registration<Table>,
): void {
  const callers = new WeakMap<FastifyRequest, Caller>()
  // The table and the handlers have the same keys, and each handler fits its own route, by type.
  const byName = handlers as unknown as Readonly<Record<string, AnyHandler>>
  for (const [name, route] of Object.entries<RouteDefinition>(table)) {
    if (route.rawBody === true) continue
    const handler = byName[name]
    if (handler === undefined) throw new Error(`The route ${name} has no handler.`)
    app.route({
      method: route.method,
      url: route.path,
      config: accessConfig(route.access),
      ...(route.bodyBytesMax === undefined ? {} : { bodyLimit: route.bodyBytesMax }),
      onRequest: async (request) => {
        callers.set(request, await gatekeeper.admit(request, route))
      },
      handler: async (request, reply) => {
        await answer({ route, handler, request, reply, caller: callers.get(request) ?? {} })
        return reply
      },
    })
  }
}

interface Exchange {
  readonly route: RouteDefinition
  readonly handler: AnyHandler
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly caller: Caller
}

async function answer({ route, handler, request, reply, caller }: Exchange): Promise<void> {
  const call = {
    params: check(route.params, request.params, 'params'),
    query: check(route.query, request.query, 'query'),
    body: check(route.body, request.body, 'body'),
    user: caller.user,
    agent: caller.agent,
    request,
    reply,
  }
  // `check` returned what each schema of this very route makes of the parts.
  const value = await handler(call as unknown as Call<RouteDefinition>)
  if (value === ANSWERED) return
  reply.code(route.status ?? 200)
  if (route.produces !== undefined) reply.type(route.produces)
  await reply.send(value)
}

const PROBLEMS_MAX = 20

function check(schema: z.ZodType | undefined, value: unknown, part: string): unknown {
  if (schema === undefined) return undefined
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const fields = result.error.issues.slice(0, PROBLEMS_MAX).map((issue) => ({
    path: [part, ...issue.path].join('.'),
    message: issue.message,
  }))
  throw new HttpProblem('invalid_request', 'The request does not fit; see fields.', { fields })
}
