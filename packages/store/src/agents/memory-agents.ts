import type { HostId, TenantId } from '@pomona/schema'
import { StoreError } from '../errors.ts'
import type {
  AgentContact,
  AgentRecords,
  CertificateSelection,
  Enrolment,
  EnrolmentResult,
  EnrolmentToken,
  EnrolmentUse,
  HostCertificate,
  TokenQuestion,
  TokenRefusal,
} from './agents.ts'
import type { Author } from '../records/alert-queue.ts'
import { enrolledContact, tokenRefusal } from './enrolment.ts'
import { compare } from '../records/memory-queue.ts'

/** Tokens, certificates and contacts in memory: the measure for the others. */
export class MemoryAgents implements AgentRecords {
  readonly #assertOpen: () => void
  readonly #tokens = new Map<string, EnrolmentToken>()
  readonly #uses: EnrolmentUse[] = []
  readonly #certificates = new Map<string, HostCertificate>()
  readonly #contacts = new Map<string, AgentContact>()

  constructor(assertOpen: () => void) {
    this.#assertOpen = assertOpen
  }

  async addToken(token: EnrolmentToken): Promise<void> {
    this.#assertOpen()
    this.#tokens.set(token.id, { ...token })
  }

  async tokens(tenantId: TenantId): Promise<readonly EnrolmentToken[]> {
    this.#assertOpen()
    return [...this.#tokens.values()]
      .filter((token) => token.tenantId === tenantId)
      .toSorted((a, b) => compare(b.created, a.created) || compare(a.id, b.id))
  }

  async checkToken({ hash, now, use }: TokenQuestion): Promise<TokenRefusal | undefined> {
    this.#assertOpen()
    const token = this.#byHash(hash)
    const isRepeat = token !== undefined && use !== undefined && this.#isRepeat(token.id, use)
    return tokenRefusal(token, now, isRepeat)
  }

  #isRepeat(tokenId: string, { hostId, keyHash }: Pick<EnrolmentUse, 'hostId' | 'keyHash'>) {
    return this.#uses.some(
      (use) => use.hostId === hostId && use.tokenId === tokenId && use.keyHash === keyHash,
    )
  }

  #byHash(hash: string): EnrolmentToken | undefined {
    return [...this.#tokens.values()].find((token) => token.hash === hash)
  }

  async enrol(enrolment: Enrolment): Promise<EnrolmentResult> {
    this.#assertOpen()
    const { tokenHash, keyHash, certificate, time, hostName, address } = enrolment
    const { tenantId, hostId, serial } = certificate
    const token = this.#byHash(tokenHash)
    if (token === undefined) return { ok: false, reason: 'token_unknown' }
    const isRepeat = this.#isRepeat(token.id, { hostId, keyHash })
    const reason = tokenRefusal(token, time, isRepeat)
    if (reason !== undefined) return { ok: false, reason, token }
    const others = [...this.#certificates.values()]
      .filter((other) => other.tenantId === tenantId && other.hostId === hostId)
      .filter((other) => other.notAfter > time && other.revoked === undefined)
      .map((other) => other.serial)
      .toSorted()
    const used = isRepeat ? token : { ...token, uses: token.uses + 1 }
    this.#tokens.set(token.id, used)
    await this.addCertificate({ ...certificate, tokenId: token.id })
    this.#uses.push({ tokenId: token.id, hostId, serial, keyHash, hostName, address, time })
    await this.saveContacts([enrolledContact(await this.contact(tenantId, hostId), enrolment)])
    return { ok: true, token: used, isRepeat, others }
  }

  async revokeToken(id: string, { actor, at }: Author): Promise<boolean> {
    this.#assertOpen()
    const token = this.#tokens.get(id)
    if (token === undefined || token.revoked !== undefined) return false
    this.#tokens.set(id, { ...token, revoked: at, revokedBy: actor })
    return true
  }

  async enrolments(tokenId: string, limit: number): Promise<readonly EnrolmentUse[]> {
    this.#assertOpen()
    return this.#uses
      .filter((use) => use.tokenId === tokenId)
      .toSorted((a, b) => compare(b.time, a.time) || compare(a.serial, b.serial))
      .slice(0, limit)
  }

  async addCertificate(certificate: HostCertificate): Promise<void> {
    this.#assertOpen()
    if (this.#certificates.has(certificate.serial)) {
      throw new StoreError('ERR_RECORDS_IO', `The serial ${certificate.serial} is taken.`)
    }
    this.#certificates.set(certificate.serial, { ...certificate })
  }

  async certificates(
    tenantId: TenantId,
    selection: CertificateSelection,
  ): Promise<readonly HostCertificate[]> {
    this.#assertOpen()
    return this.#selected(tenantId, selection).toSorted(
      (a, b) => compare(b.issued, a.issued) || compare(a.serial, b.serial),
    )
  }

  #selected(
    tenantId: TenantId,
    { hostId, tokenId, serial }: CertificateSelection,
  ): readonly HostCertificate[] {
    return [...this.#certificates.values()].filter(
      (certificate) =>
        certificate.tenantId === tenantId &&
        (hostId === undefined || certificate.hostId === hostId) &&
        (tokenId === undefined || certificate.tokenId === tokenId) &&
        (serial === undefined || certificate.serial === serial),
    )
  }

  async revokeCertificates(
    tenantId: TenantId,
    selection: CertificateSelection,
    { actor, at }: Author,
  ): Promise<readonly string[]> {
    this.#assertOpen()
    const open = this.#selected(tenantId, selection).filter(({ revoked }) => revoked === undefined)
    for (const certificate of open) {
      const { serial } = certificate
      this.#certificates.set(serial, { ...certificate, revoked: at, revokedBy: actor })
    }
    return open.map(({ serial }) => serial).toSorted()
  }

  async revokedSerials(now: string): Promise<readonly string[]> {
    this.#assertOpen()
    return [...this.#certificates.values()]
      .filter(({ revoked, notAfter }) => revoked !== undefined && notAfter > now)
      .map(({ serial }) => serial)
      .toSorted()
  }

  async removeCertificates(time: string): Promise<number> {
    this.#assertOpen()
    const over = [...this.#certificates.values()].filter(({ notAfter }) => notAfter < time)
    for (const { serial } of over) this.#certificates.delete(serial)
    return over.length
  }

  async saveContacts(contacts: readonly AgentContact[]): Promise<void> {
    this.#assertOpen()
    for (const contact of contacts) {
      this.#contacts.set(keyOf(contact.tenantId, contact.hostId), structuredClone(contact))
    }
  }

  async contact(tenantId: TenantId, hostId: HostId): Promise<AgentContact | undefined> {
    this.#assertOpen()
    return this.#contacts.get(keyOf(tenantId, hostId))
  }

  async contacts(tenantId: TenantId): Promise<readonly AgentContact[]> {
    this.#assertOpen()
    return [...this.#contacts.values()]
      .filter((contact) => contact.tenantId === tenantId)
      .toSorted((a, b) => compare(a.hostId, b.hostId))
  }
}

function keyOf(tenantId: TenantId, hostId: HostId): string {
  return JSON.stringify([tenantId, hostId])
}
