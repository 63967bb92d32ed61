import { z } from 'zod'

/** A token by which Macs enrol, as people see it; its text is shown once, when it is made. */
export const EnrolmentTokenRecord = z.strictObject({
  id: z.string(),
  label: z.string(),
  created: z.string(),
  created_by: z.string(),
  expires: z.string(),
  uses_max: z.int(),
  uses: z.int(),
  revoked: z.string().optional(),
  revoked_by: z.string().optional(),
})
export type EnrolmentTokenRecord = z.infer<typeof EnrolmentTokenRecord>

/** Every token, the newest first. */
export const EnrolmentTokenList = z.strictObject({ items: z.array(EnrolmentTokenRecord) })
export type EnrolmentTokenList = z.infer<typeof EnrolmentTokenList>

const DAY_SECONDS = 24 * 3_600

/** How a new token is to be. */
export const EnrolmentTokenRequest = z.strictObject({
  label: z.string().trim().min(1).max(100),
  uses_max: z.int().min(1).max(100_000).default(1).describe('Macs it may enrol.'),
  lifetime_seconds: z
    .int()
    .min(60)
    .max(365 * DAY_SECONDS)
    .default(DAY_SECONDS),
})
export type EnrolmentTokenRequest = z.infer<typeof EnrolmentTokenRequest>

/** A new token. `token` is kept nowhere: this is the one time it can be read. */
export const EnrolmentTokenMade = z.strictObject({
  token: z.string(),
  record: EnrolmentTokenRecord,
  server_url: z.string().describe('Address that agents reach the server by.'),
})
export type EnrolmentTokenMade = z.infer<typeof EnrolmentTokenMade>

/** Whether the certificates of the Macs that a token let in are revoked with it. */
export const EnrolmentTokenRevocation = z.strictObject({
  with_certificates: z.boolean().default(false),
})
export type EnrolmentTokenRevocation = z.infer<typeof EnrolmentTokenRevocation>

/** One use of a token. */
export const EnrolmentUseRecord = z.strictObject({
  host_id: z.string(),
  host_name: z.string(),
  address: z.string(),
  time: z.string(),
  serial: z.string(),
})
export type EnrolmentUseRecord = z.infer<typeof EnrolmentUseRecord>

/** Uses of a token, the newest first. */
export const EnrolmentUseList = z.strictObject({ items: z.array(EnrolmentUseRecord) })
export type EnrolmentUseList = z.infer<typeof EnrolmentUseList>

/** A certificate of a host. */
export const HostCertificateRecord = z.strictObject({
  serial: z.string(),
  issued: z.string(),
  not_after: z.string(),
  token_id: z.string().optional().describe('The token it enrolled with; absent after a renewal.'),
  revoked: z.string().optional(),
  revoked_by: z.string().optional(),
})
export type HostCertificateRecord = z.infer<typeof HostCertificateRecord>

/** Certificates of a host, the newest first. */
export const HostCertificateList = z.strictObject({ items: z.array(HostCertificateRecord) })
export type HostCertificateList = z.infer<typeof HostCertificateList>

/** Which certificates of a host are revoked: one, or all. */
export const CertificateRevocation = z.strictObject({
  serial: z
    .string()
    .regex(/^[0-9A-F]{2,40}$/)
    .optional(),
})
export type CertificateRevocation = z.infer<typeof CertificateRevocation>

/** Serials that are revoked from now on. */
export const CertificatesRevoked = z.strictObject({ serials: z.array(z.string()) })
export type CertificatesRevoked = z.infer<typeof CertificatesRevoked>
