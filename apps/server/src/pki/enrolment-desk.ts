import { randomUUID } from 'node:crypto'
import {
  type Clock,
  type EnrolmentAnswer,
  type EnrolmentRequest,
  formatTime,
  type HostId,
  type Random,
  TENANT_DEFAULT,
  type TenantId,
} from '@pomona/schema'
import type {
  AuditEntry,
  CertificateSelection,
  EnrolmentToken,
  HostCertificate,
  Records,
} from '@pomona/store'
import { hashToken, sha256 } from '../digest.ts'
import { HttpProblem } from '../http/problem.ts'
import type { Counter, MetricsRegistry } from '../metrics/registry.ts'
import type { IssuedCertificate } from './authority.ts'
import { type AgentIdentity, hostIdOf } from './identity.ts'
import type { Pki } from './pki.ts'
import { checkSigningRequest } from './signing-request.ts'
import type { PublicKey } from './x509.ts'

/** What the desk works with. */
export interface EnrolmentDeskOptions {
  readonly pki: Pki
  readonly records: Records
  readonly clock: Clock
  readonly random: Random
  readonly metrics: MetricsRegistry
}

/** How a token is to be. */
export interface TokenWish {
  readonly label: string
  /** Macs it may enrol. */
  readonly usesMax: number
  readonly lifetimeSeconds: number
  /** Who asked for it. */
  readonly actor: string
}

/** A Mac that was let in. */
export interface Enrolled {
  readonly identity: AgentIdentity
  readonly time: string
  readonly answer: EnrolmentAnswer
}

const TOKEN_BYTES = 32
const NS_PER_SECOND = 1_000_000_000n
const NS_PER_MS = 1_000_000n

const TOKEN_MESSAGES = {
  token_unknown: 'There is no such enrolment token.',
  token_expired: 'The enrolment token is over; ask for another one.',
  token_used_up: 'The enrolment token was used as often as it may; ask for another one.',
  token_revoked: 'The enrolment token was revoked.',
} as const

/** Gives out tokens and certificates, and takes them back. */
export class EnrolmentDesk {
  readonly #options: EnrolmentDeskOptions
  readonly #issued: Counter

  constructor(options: EnrolmentDeskOptions) {
    this.#options = options
    this.#issued = options.metrics.counter(
      'pomona_agent_certificates_issued_total',
      'Certificates given to hosts, by occasion.',
    )
  }

  /**
   * Makes a token. Its text holds the secret and the authority's fingerprint, so that a Mac that
   * has it also knows which server to believe; only a hash of it is kept.
   */
  async makeToken(wish: TokenWish): Promise<{ text: string; token: EnrolmentToken }> {
    const { clock, random, records, pki } = this.#options
    const secret = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')
    const text = `${secret}.${pki.authority.fingerprint}`
    const nowNs = clock.nowNs()
    const token: EnrolmentToken = {
      id: randomUUID(),
      tenantId: TENANT_DEFAULT,
      hash: await hashToken(text),
      label: wish.label,
      created: formatTime(nowNs),
      createdBy: wish.actor,
      expires: formatTime(nowNs + BigInt(wish.lifetimeSeconds) * NS_PER_SECOND),
      usesMax: wish.usesMax,
      uses: 0,
    }
    await records.agents.addToken(token)
    await this.#audit({
      actor: wish.actor,
      action: 'enrolment_token_made',
      target: token.id,
      details: { label: token.label, expires: token.expires, uses_max: String(token.usesMax) },
    })
    return { text, token }
  }

  /** Lets a Mac in. @throws HttpProblem when token or signing request are not taken. */
  async enrol(request: EnrolmentRequest, address: string): Promise<Enrolled> {
    const { clock, records } = this.#options
    const time = formatTime(clock.nowNs())
    const tokenHash = await hashToken(request.token)
    const tenantId = TENANT_DEFAULT
    const hostId = hostIdOf(request.hardware_uuid, tenantId)
    // A used token may repeat the use whose answer was lost, so only what is never taken ends here.
    const early = await records.agents.checkToken({ hash: tokenHash, now: time })
    if (early !== undefined && early !== 'token_used_up') throw tokenProblem(early)
    const publicKey = await keyOf(request.csr)
    const keyHash = await sha256(new Uint8Array(publicKey.rawData))
    const question = { hash: tokenHash, now: time, use: { hostId, keyHash } }
    const refusal = await records.agents.checkToken(question)
    if (refusal !== undefined) throw tokenProblem(refusal)
    const issued = await this.#issue(publicKey, { tenantId, hostId })
    const result = await records.agents.enrol({
      tokenHash,
      keyHash,
      hardwareUuid: request.hardware_uuid,
      hostName: request.host.name,
      address,
      time,
      certificate: this.#record(issued, { tenantId, hostId }),
    })
    if (!result.ok) throw tokenProblem(result.reason)
    this.#issued.add(1, { occasion: 'enrolment' })
    await this.#audit({
      actor: `token ${result.token.label}`,
      action: 'host_enrolled',
      target: hostId,
      details: {
        token_id: result.token.id,
        serial: issued.serial,
        host_name: request.host.name,
        address,
        ...(result.isRepeat && { repeat: 'true' }),
        // Somebody with a token may enrol as a Mac that is enrolled; then this says so.
        ...(result.others.length > 0 && { other_certificates: result.others.join(' ') }),
      },
    })
    // So that a Mac that never gets as far as a report is seen nevertheless.
    const host = { ...request.host, id: hostId }
    await records.sightHost({ tenantId, host, seen: time, events: 0 })
    const identity = identityOf(issued, { tenantId, hostId })
    return { identity, time, answer: this.#answer(issued, identity) }
  }

  /** Gives a host another certificate. @throws HttpProblem for a signing request it refuses. */
  async renew(identity: AgentIdentity, csr: string): Promise<EnrolmentAnswer> {
    const { records } = this.#options
    const publicKey = await keyOf(csr)
    const issued = await this.#issue(publicKey, identity)
    await records.agents.addCertificate(this.#record(issued, identity))
    this.#issued.add(1, { occasion: 'renewal' })
    return this.#answer(issued, identity)
  }

  /**
   * Revokes a token, and the certificates that came of it where asked. @returns The serials that
   * are revoked now, or nothing when there is no such token.
   */
  async revokeToken(
    id: string,
    { actor, withCertificates }: { readonly actor: string; readonly withCertificates: boolean },
  ): Promise<readonly string[] | undefined> {
    const { records, clock } = this.#options
    const by = { actor, at: formatTime(clock.nowNs()) }
    const changed = await records.agents.revokeToken(id, by)
    if (changed) {
      await this.#audit({ actor, action: 'enrolment_token_revoked', target: id, details: {} })
    }
    const isKnown =
      changed || (await records.agents.tokens(TENANT_DEFAULT)).some((t) => t.id === id)
    if (!isKnown) return undefined
    return withCertificates ? await this.revokeCertificates({ tokenId: id }, actor) : []
  }

  /** Revokes certificates, also for connections that are open. @returns Their serials. */
  async revokeCertificates(
    selection: CertificateSelection,
    actor: string,
  ): Promise<readonly string[]> {
    const { records, clock, pki } = this.#options
    const by = { actor, at: formatTime(clock.nowNs()) }
    const serials = await records.agents.revokeCertificates(TENANT_DEFAULT, selection, by)
    pki.revocations.add(serials)
    if (serials.length > 0) {
      const target = selection.hostId ?? selection.tokenId ?? selection.serial ?? ''
      const details = { serials: serials.join(' ') }
      await this.#audit({ actor, action: 'certificates_revoked', target, details })
    }
    return serials
  }

  async #issue(
    publicKey: PublicKey,
    { tenantId, hostId }: { readonly tenantId: TenantId; readonly hostId: HostId },
  ): Promise<IssuedCertificate> {
    return await this.#options.pki.authority.issueHost(publicKey, { tenantId, hostId })
  }

  #record(
    issued: IssuedCertificate,
    { tenantId, hostId }: { readonly tenantId: TenantId; readonly hostId: HostId },
  ): HostCertificate {
    return {
      serial: issued.serial,
      tenantId,
      hostId,
      issued: formatTime(this.#options.clock.nowNs()),
      notAfter: formatTime(BigInt(issued.notAfterMs) * NS_PER_MS),
    }
  }

  #answer(issued: IssuedCertificate, { tenantId, hostId }: AgentIdentity): EnrolmentAnswer {
    const { pki, clock } = this.#options
    return {
      host_id: hostId,
      tenant_id: tenantId,
      certificate: issued.pem,
      authority: pki.authority.bundle,
      not_after: formatTime(BigInt(issued.notAfterMs) * NS_PER_MS),
      signing_keys: [pki.signer.published],
      server_time: formatTime(clock.nowNs()),
    }
  }

  async #audit(entry: Omit<AuditEntry, 'time'>): Promise<void> {
    const { records, clock } = this.#options
    await records.audit({ time: formatTime(clock.nowNs()), ...entry })
  }
}

async function keyOf(csr: string): Promise<PublicKey> {
  const verdict = await checkSigningRequest(csr)
  if (verdict.ok) return verdict.publicKey
  throw new HttpProblem('signing_request_refused', `The signing request: ${verdict.reason}.`)
}

function identityOf(
  issued: IssuedCertificate,
  { tenantId, hostId }: { readonly tenantId: TenantId; readonly hostId: HostId },
): AgentIdentity {
  return { tenantId, hostId, serial: issued.serial, notAfterMs: issued.notAfterMs }
}

function tokenProblem(reason: keyof typeof TOKEN_MESSAGES): HttpProblem {
  return new HttpProblem(reason, TOKEN_MESSAGES[reason])
}
