import type { HostId, TenantId } from '@pomona/schema'

/** A secret by which Macs enrol. Times are RFC 3339 with nine digits. */
export interface EnrolmentToken {
  readonly id: string
  readonly tenantId: TenantId
  /** Hash of the secret; the secret itself is never stored. */
  readonly hash: string
  readonly label: string
  readonly created: string
  readonly createdBy: string
  readonly expires: string
  readonly usesMax: number
  readonly uses: number
  /** When it was revoked, and by whom. */
  readonly revoked?: string
  readonly revokedBy?: string
}

/** A certificate that was issued to a host. */
export interface HostCertificate {
  /** Hex in upper case. */
  readonly serial: string
  readonly tenantId: TenantId
  readonly hostId: HostId
  readonly issued: string
  readonly notAfter: string
  /** The token it was enrolled with; absent when it renewed another. */
  readonly tokenId?: string
  readonly revoked?: string
  readonly revokedBy?: string
}

/** One use of a token. */
export interface Enrolment {
  readonly tokenHash: string
  /** Hash of the key of the signing request. */
  readonly keyHash: string
  readonly hardwareUuid: string
  readonly hostName: string
  readonly address: string
  readonly time: string
  readonly certificate: HostCertificate
}

/** A use of a token, as it was recorded. */
export interface EnrolmentUse {
  readonly tokenId: string
  readonly hostId: HostId
  readonly serial: string
  readonly keyHash: string
  readonly hostName: string
  readonly address: string
  readonly time: string
}

/** Why a token does not enrol anybody. */
export type TokenRefusal = 'token_unknown' | 'token_expired' | 'token_used_up' | 'token_revoked'

/**
 * What became of an enrolment. `isRepeat`: the same key enrolled the same host with the same token
 * before, so no use was taken. `others` are serials of the host that are still valid.
 */
export type EnrolmentResult =
  | {
      readonly ok: true
      readonly token: EnrolmentToken
      readonly isRepeat: boolean
      readonly others: readonly string[]
    }
  | { readonly ok: false; readonly reason: TokenRefusal; readonly token?: EnrolmentToken }

/** What a token is asked for. */
export interface TokenQuestion {
  readonly hash: string
  readonly now: string
  /** Who would use it; one that did may do so again. */
  readonly use?: { readonly hostId: HostId; readonly keyHash: string }
}

/** Refusals of one code. */
export interface RefusalCount {
  readonly count: number
  /** When the last one was. */
  readonly last: string
}

/** That two machines seem to speak as one host, and how that shows. */
export interface IdentitySuspicion {
  readonly reason: string
  readonly count: number
  readonly first: string
  readonly last: string
}

/** What the server knows of a host's agent besides its events. */
export interface AgentContact {
  readonly tenantId: TenantId
  readonly hostId: HostId
  readonly hardwareUuid?: string
  readonly enrolled?: string
  /** Last request with a certificate that was taken. */
  readonly lastContact?: string
  readonly address?: string
  readonly sessionId?: string
  readonly epoch?: number
  /** Serial of the certificate last used. */
  readonly serial?: string
  /** End of that certificate. */
  readonly certificateEnd?: string
  /** The agent's clock less the server's, milliseconds. */
  readonly clockSkewMs?: number
  /** Refused requests by code. */
  readonly refusals: Readonly<Record<string, RefusalCount>>
  readonly suspicion?: IdentitySuspicion
}

/** Selects certificates; all parts that are given must fit. */
export interface CertificateSelection {
  readonly hostId?: HostId
  readonly tokenId?: string
  readonly serial?: string
}

/** Enrolment tokens, certificates, and contacts of agents. */
export interface AgentRecords {
  addToken(token: EnrolmentToken): Promise<void>
  /** Newest first. */
  tokens(tenantId: TenantId): Promise<readonly EnrolmentToken[]>
  /**
   * Whether a token would enrol somebody now, or this key of this host; takes nothing.
   *
   * @returns Why not; `undefined` when it would.
   */
  checkToken(question: TokenQuestion): Promise<TokenRefusal | undefined>
  /** Uses a token and stores the certificate and the host's contact, all or nothing. */
  enrol(enrolment: Enrolment): Promise<EnrolmentResult>
  /** @returns Whether there is such a token that was not revoked before. */
  revokeToken(id: string, by: { readonly actor: string; readonly at: string }): Promise<boolean>
  /** Uses of a token, newest first. */
  enrolments(tokenId: string, limit: number): Promise<readonly EnrolmentUse[]>

  addCertificate(certificate: HostCertificate): Promise<void>
  /** Newest first. */
  certificates(
    tenantId: TenantId,
    selection: CertificateSelection,
  ): Promise<readonly HostCertificate[]>
  /** Revokes what is selected and not revoked yet. @returns The serials. */
  revokeCertificates(
    tenantId: TenantId,
    selection: CertificateSelection,
    by: { readonly actor: string; readonly at: string },
  ): Promise<readonly string[]>
  /** Serials that are revoked and not over at `now`. */
  revokedSerials(now: string): Promise<readonly string[]>
  /** Forgets certificates that were over before `time`. @returns How many. */
  removeCertificates(time: string): Promise<number>

  /** Replaces what is known of these hosts' agents. */
  saveContacts(contacts: readonly AgentContact[]): Promise<void>
  contact(tenantId: TenantId, hostId: HostId): Promise<AgentContact | undefined>
  contacts(tenantId: TenantId): Promise<readonly AgentContact[]>
}
