import { formatTime, type SessionInfo } from '@pomona/schema'
import type { User } from '@pomona/store'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { addressOf } from '../http/app.ts'
import { SESSION_COOKIE_END, sessionCookie, sessionTokenOf } from '../http/cookie.ts'
import { HttpProblem } from '../http/problem.ts'
import type { Handlers } from './routes.ts'
import { PasswordsBusy } from '../session/passwords.ts'
import type { ApiParts } from './parts.ts'

type SessionHandlers = Pick<Handlers, 'sessionShow' | 'sessionOpen' | 'sessionClose' | 'firstRun'>

/** Signing in and out. */
export function sessionHandlers(parts: ApiParts): SessionHandlers {
  const { sessions } = parts
  return {
    sessionShow: async ({ user }) => infoOf(user),
    sessionOpen: async ({ body, request, reply }) => {
      const user = await signIn(parts, { ...body, address: addressOf(request) })
      await openSession(parts, { user, request, reply })
      return infoOf(user)
    },
    sessionClose: async ({ request, reply }) => {
      const token = sessionTokenOf(request.headers.cookie)
      if (token !== undefined) await sessions.close(token)
      reply.header('set-cookie', SESSION_COOKIE_END)
      return undefined
    },
    firstRun: async ({ body, request, reply }) => {
      const user = await makeFirstUser(parts, { ...body, address: addressOf(request) })
      await openSession(parts, { user, request, reply })
      return infoOf(user)
    },
  }
}

interface Attempt {
  readonly name: string
  readonly password: string
  readonly address: string
}

async function signIn(parts: ApiParts, attempt: Attempt): Promise<User> {
  const { records, signInFailures } = parts
  const { perUser, perAddress } = signInFailures
  const key = `${attempt.address} ${attempt.name.toLowerCase()}`
  const wait = Math.max(perUser.wait(key), perAddress.wait(attempt.address))
  if (wait > 0) throw tooManyFailures(wait)
  // Taken before the slow check, so that attempts made at the same time count as well.
  perUser.take(key, 1)
  perAddress.take(attempt.address, 1)
  const user = await records.userByName(attempt.name)
  const fits = await guarded(() => parts.passwords.check(attempt.password, user?.passwordHash))
  if (!fits || user === undefined) {
    await note(parts, { actor: attempt.name, action: 'sign_in_refused', address: attempt.address })
    throw new HttpProblem('sign_in_refused', 'Name or password is wrong.')
  }
  perUser.forget(key)
  perAddress.forget(attempt.address)
  await note(parts, { actor: user.name, action: 'signed_in', address: attempt.address })
  return user
}

async function makeFirstUser(
  parts: ApiParts,
  attempt: Attempt & { readonly token: string },
): Promise<User> {
  const { firstRun, passwords, records, signInFailures, clock } = parts
  const wait = signInFailures.perAddress.wait(attempt.address)
  if (wait > 0) throw tooManyFailures(wait)
  let user: User | undefined
  const redeemed = await firstRun.redeem(attempt.token, async () => {
    const passwordHash = await guarded(() => passwords.hash(attempt.password))
    user = { id: crypto.randomUUID(), name: attempt.name, role: 'admin', passwordHash }
    await records.addUser(user)
  })
  if (!redeemed || user === undefined) {
    signInFailures.perAddress.take(attempt.address, 1)
    const now = formatTime(clock.nowNs())
    parts.logger.warn(
      { 'client.address': attempt.address, at: now },
      'A first-run link was refused.',
    )
    throw new HttpProblem('first_run_refused', 'The link is wrong, expired or used already.')
  }
  await note(parts, { actor: user.name, action: 'first_user_made', address: attempt.address })
  return user
}

async function openSession(
  { sessions }: ApiParts,
  { user, request, reply }: { user: User; request: FastifyRequest; reply: FastifyReply },
): Promise<void> {
  // A session the browser already had ends: signing in never continues somebody else's.
  const before = sessionTokenOf(request.headers.cookie)
  if (before !== undefined) await sessions.close(before)
  reply.header('set-cookie', sessionCookie(await sessions.open(user.id)))
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PasswordsBusy)) throw error
    throw new HttpProblem('overloaded', 'Too many people sign in at once.', {
      retryAfterSeconds: 2,
    })
  }
}

async function note(
  { records, clock }: ApiParts,
  entry: { readonly actor: string; readonly action: string; readonly address: string },
): Promise<void> {
  await records.audit({
    time: formatTime(clock.nowNs()),
    actor: entry.actor,
    action: entry.action,
    target: 'session',
    details: { address: entry.address },
  })
}

function tooManyFailures(retryAfterSeconds: number): HttpProblem {
  return new HttpProblem('rate_limited', 'Too many failed attempts.', { retryAfterSeconds })
}

function infoOf({ id, name, role }: User): SessionInfo {
  return { user: { id, name, role } }
}
