import type { X509Certificate } from 'node:crypto'
import { type AgentIdentity, parseIdentityUri } from './identity.ts'

/** Why a client's certificate is not taken; each is a code of the API. */
export type CertificateRefusal =
  | 'certificate_missing'
  | 'certificate_untrusted'
  | 'certificate_expired'
  | 'certificate_not_yet_valid'
  | 'certificate_revoked'
  | 'certificate_unfit'

/** Whose certificate it is; of one that is refused, as far as our own authority vouches for it. */
export type CertificateVerdict =
  | { readonly ok: true; readonly identity: AgentIdentity }
  | {
      readonly ok: false
      readonly reason: CertificateRefusal
      readonly identity?: AgentIdentity
    }

/** What of a certificate does not change while its connection lives. */
export type CertificateFacts =
  | { readonly ok: true; readonly identity: AgentIdentity; readonly notBeforeMs: number }
  | {
      readonly ok: false
      readonly reason: 'certificate_missing' | 'certificate_untrusted' | 'certificate_unfit'
    }

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const URI_NAME = /^URI:([^",]+)$/

/**
 * Reads who a certificate speaks for. That its holder has the key was proven by TLS; whether one of
 * our authorities issued it is checked here, so that the answer does not depend on the machine's
 * clock and can say what is wrong.
 */
export function readCertificate(
  certificate: X509Certificate | undefined,
  trusted: readonly X509Certificate[],
): CertificateFacts {
  if (certificate === undefined) return { ok: false, reason: 'certificate_missing' }
  const isOurs = trusted.some(
    (authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
  )
  if (!isOurs) return { ok: false, reason: 'certificate_untrusted' }
  const uri = URI_NAME.exec(certificate.subjectAltName ?? '')?.[1]
  const names = uri === undefined ? undefined : parseIdentityUri(uri)
  // A server's certificate comes from the same authority and must not speak for a host.
  const isClient = certificate.keyUsage?.includes(CLIENT_AUTH) === true && !certificate.ca
  if (names === undefined || !isClient) return { ok: false, reason: 'certificate_unfit' }
  return {
    ok: true,
    identity: {
      ...names,
      serial: certificate.serialNumber,
      notAfterMs: Date.parse(certificate.validTo),
    },
    notBeforeMs: Date.parse(certificate.validFrom),
  }
}

/** Judges a certificate at a moment: connections outlive certificates and their revocation. */
export function judgeCertificate(
  facts: CertificateFacts,
  now: { readonly ms: number; readonly isRevoked: (identity: AgentIdentity) => boolean },
): CertificateVerdict {
  if (!facts.ok) return facts
  const { identity, notBeforeMs } = facts
  if (now.isRevoked(identity)) return { ok: false, reason: 'certificate_revoked', identity }
  if (now.ms >= identity.notAfterMs) return { ok: false, reason: 'certificate_expired', identity }
  if (now.ms < notBeforeMs) return { ok: false, reason: 'certificate_not_yet_valid', identity }
  return { ok: true, identity }
}
