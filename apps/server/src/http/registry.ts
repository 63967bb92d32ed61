import type { User } from '@pomona/store'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { ROUTES, type RouteName } from '../api/routes.ts'
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
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Returned by a handler that wrote the answer itself. */
export const ANSWERED = Symbol('answered')

/** Answers the requests of one route. */
export type Handler<Definition extends RouteDefinition> = (
  call: Call<Definition>,
) => Promise<Answer<Definition> | typeof ANSWERED>

type Table = typeof ROUTES
/** Routes of agents read their body by themselves and are registered apart. */
type HandledName = {
  [Name in RouteName]: Table[Name]['access'] extends { readonly kind: 'ingest' } ? never : Name
}[RouteName]

/** A handler for every route of the table that is not an agent's, no more and no fewer. */
export type Handlers = { readonly [Name in HandledName]: Handler<Table[Name]> }

/** Decides who gets in. Runs before the body is read. */
export interface Gatekeeper {
  /** @returns The user of a session route. @throws HttpProblem to refuse. */
  admit(request: FastifyRequest, route: RouteDefinition): Promise<User | undefined>
}

type AnyHandler = (call: Call<RouteDefinition>) => Promise<unknown>

/** Puts the table's routes, each behind the gatekeeper and its own checks, into the server. */
export function registerRoutes(
  app: FastifyInstance,
  handlers: Handlers,
  gatekeeper: Gatekeeper,
): void {
  const users = new WeakMap<FastifyRequest, User>()
  for (const [name, route] of Object.entries<RouteDefinition>(ROUTES)) {
    if (route.access.kind === 'ingest') continue
    // The table and the handlers have the same keys, and each handler fits its own route, by type.
    const handler = handlers[name as HandledName] as unknown as AnyHandler
    app.route({
      method: route.method,
      url: route.path,
      config: accessConfig(route.access),
      onRequest: async (request) => {
        const user = await gatekeeper.admit(request, route)
        if (user !== undefined) users.set(request, user)
      },
      handler: async (request, reply) => {
        const user = users.get(request)
        await answer({ route, handler, request, reply, user })
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
  readonly user: User | undefined
}

async function answer({ route, handler, request, reply, user }: Exchange): Promise<void> {
  const call = {
    params: check(route.params, request.params, 'params'),
    query: check(route.query, request.query, 'query'),
    body: check(route.body, request.body, 'body'),
    user,
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
