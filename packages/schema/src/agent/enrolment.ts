import { z } from 'zod'
import { HostDescription } from '../batch.ts'
import { Identifier, Instant, PemText } from './fields.ts'

/** A key that commands and bundles are signed with. */
export const SigningKey = z.strictObject({
  key_id: Identifier,
  public_key: z.base64().max(256).describe('Ed25519, SubjectPublicKeyInfo in DER.'),
})
export type SigningKey = z.infer<typeof SigningKey>

/**
 * `POST /agent/v1/enrol`, the only request without a client certificate. The server derives the
 * host's id from the hardware UUID, so that a Mac that enrols again keeps its history.
 */
export const EnrolmentRequest = z.strictObject({
  token: z.string().min(16).max(256),
  csr: PemText.describe('PKCS #10, P-256, signed by the key that the agent keeps.'),
  // Any 128 bits: firmware need not follow the versions of RFC 9562.
  hardware_uuid: z.guid(),
  host: HostDescription.omit({ id: true }),
})
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>

/** What an agent needs to speak as its host from now on. */
export const EnrolmentAnswer = z.strictObject({
  host_id: Identifier,
  tenant_id: Identifier,
  certificate: PemText,
  authority: PemText.describe('The certificates the agent trusts the server by, and no others.'),
  not_after: Instant,
  signing_keys: z.array(SigningKey).min(1).max(8),
  server_time: Instant,
})
export type EnrolmentAnswer = z.infer<typeof EnrolmentAnswer>

/** `POST /agent/v1/renew`, with the certificate that is still valid; answered as an enrolment. */
export const RenewalRequest = z.strictObject({ csr: PemText })
export type RenewalRequest = z.infer<typeof RenewalRequest>
