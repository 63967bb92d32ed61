import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '@pomona/schema'
import type { FastifyRequest } from 'fastify'
import type { RateLimiter } from '../gateway/rate.ts'
import { addressOf } from '../http/app.ts'
import { HttpProblem } from '../http/problem.ts'
import type { Gatekeeper } from '../http/registry.ts'
import {
  type CertificateFacts,
  type CertificateRefusal,
  judgeCertificate,
  readCertificate,
} from '../pki/certificate-check.ts'
import type { AgentIdentity } from '../pki/identity.ts'
import type { AgentPresence } from './presence.ts'

/** What the gatekeeper of the agents' port decides by. */
export interface AgentGatekeeperOptions {
  readonly clock: Clock
  /** Authorities whose certificates are taken. */
  readonly trusted: () => readonly X509Certificate[]
  readonly isRevoked: (identity: AgentIdentity) => boolean
  readonly presence: AgentPresence
  /** Requests by host. */
  readonly requests: RateLimiter
  /** Whether requests are taken now. */
  readonly open: () => boolean
}

const NS_PER_MS = 1_000_000n

const MESSAGES: Readonly<Record<CertificateRefusal, string>> = {
  certificate_missing: 'This needs the client certificate that enrolling gives.',
  certificate_untrusted: 'The certificate was issued by another authority.',
  certificate_unfit: 'The certificate is not that of a host.',
  certificate_expired: 'The certificate is over: enrol again.',
  certificate_not_yet_valid: 'The certificate is not valid yet.',
  certificate_revoked: 'The certificate was revoked.',
}

/** The gatekeeper of the agents' port. */
export interface AgentGatekeeper extends Gatekeeper {
  /** Lets a host in. @throws HttpProblem to refuse. */
  admitHost(request: FastifyRequest): AgentIdentity
  /** Which host asks, also where it is refused, as far as a certificate of ours says so. */
  identityOf(request: FastifyRequest): AgentIdentity | undefined
}

/**
 * Lets an agent in before its body is read. The certificate is read once a connection and judged at
 * each request, so that one that expires or is revoked ends a connection that is open.
 */
export function createAgentGatekeeper(options: AgentGatekeeperOptions): AgentGatekeeper {
  const { presence, requests, clock, open } = options
  const facts = new WeakMap<TLSSocket, CertificateFacts>()
  const identities = new WeakMap<FastifyRequest, AgentIdentity>()

  const factsOf = (socket: TLSSocket): CertificateFacts => {
    const known = facts.get(socket)
    if (known !== undefined) return known
    const read = readCertificate(socket.getPeerX509Certificate(), options.trusted())
    facts.set(socket, read)
    return read
  }

  const admitHost = (request: FastifyRequest): AgentIdentity => {
    demandOpen(open)
    // The agents' port has no other sockets.
    const verdict = judgeCertificate(factsOf(request.socket as TLSSocket), {
      ms: Number(clock.nowNs() / NS_PER_MS),
      isRevoked: options.isRevoked,
    })
    const { identity } = verdict
    if (identity !== undefined) identities.set(request, identity)
    if (!verdict.ok) throw new HttpProblem(verdict.reason, MESSAGES[verdict.reason])
    const wait = requests.take(verdict.identity.hostId, 1)
    if (wait > 0) {
      throw new HttpProblem('rate_limited', 'Too many requests.', { retryAfterSeconds: wait })
    }
    const address = addressOf(request)
    presence.contact(verdict.identity, { address })
    return { ...verdict.identity, address }
  }

  return {
    identityOf: (request) => identities.get(request),
    admitHost,
    admit: async (request, route) => {
      if (route.access.kind !== 'enrolment') return { agent: admitHost(request) }
      demandOpen(open)
      return {}
    },
  }
}

function demandOpen(open: () => boolean): void {
  if (!open()) throw new HttpProblem('stopping', 'The server is stopping.')
}
