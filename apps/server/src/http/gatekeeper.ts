import type { User } from '@pomona/store'
import type { FastifyRequest } from 'fastify'
import type { RateLimiter } from '../gateway/rate.ts'
import type { Sessions } from '../session/sessions.ts'
import { addressOf } from './app.ts'
import { sessionTokenOf } from './cookie.ts'
import { comesFromUs } from './origin.ts'
import { HttpProblem } from './problem.ts'
import type { Gatekeeper } from './registry.ts'
import { covers, type RouteDefinition } from './route.ts'

/** What the gatekeeper decides by. */
export interface GatekeeperOptions {
  readonly sessions: Sessions
  /** Origins the console is served from. */
  readonly origins: () => ReadonlySet<string>
  /** Requests by address. */
  readonly requests: RateLimiter
}

/**
 * Lets a request in before its body is read: rate, origin of changes, session, role. In this order.
 */
export function createGatekeeper(options: GatekeeperOptions): Gatekeeper {
  const { sessions, origins, requests } = options
  return {
    admit: async (request, route) => {
      const wait = requests.take(addressOf(request), 1)
      if (wait > 0) {
        throw new HttpProblem('rate_limited', 'Too many requests.', {
          retryAfterSeconds: wait,
        })
      }
      if (route.method !== 'GET' && !comesFromUs(request.headers, origins())) {
        throw new HttpProblem('origin_refused', 'Changes are taken from the console only.')
      }
      const user = await userOf(request, { sessions, route })
      return user === undefined ? {} : { user }
    },
  }
}

async function userOf(
  request: FastifyRequest,
  { sessions, route }: { readonly sessions: Sessions; readonly route: RouteDefinition },
): Promise<User | undefined> {
  if (route.access.kind !== 'session') return undefined
  const token = sessionTokenOf(request.headers.cookie)
  const user = token === undefined ? undefined : await sessions.user(token)
  if (user === undefined) throw new HttpProblem('unauthenticated', 'Sign in first.')
  if (!covers(user.role, route.access.role)) {
    throw new HttpProblem('forbidden', `This needs the role ${route.access.role}.`)
  }
  return user
}
