import { type EnrolmentTokenRecord, TENANT_DEFAULT } from '@pomona/schema'
import type { EnrolmentToken } from '@pomona/store'
import { HttpProblem } from '../http/problem.ts'
import { type ApiParts, hostIdOf } from './parts.ts'
import type { Handlers } from './routes.ts'

type EnrolmentHandlers = Pick<
  Handlers,
  | 'enrolmentTokenList'
  | 'enrolmentTokenMake'
  | 'enrolmentTokenRevoke'
  | 'enrolmentList'
  | 'certificateList'
  | 'certificateRevoke'
>

const USES_SHOWN = 1_000

/** Who may enrol Macs, and which certificates hold. */
export function enrolmentHandlers({
  records,
  enrolment,
  agentAddress,
}: Pick<ApiParts, 'records' | 'enrolment' | 'agentAddress'>): EnrolmentHandlers {
  return {
    enrolmentTokenList: async () => {
      const tokens = await records.agents.tokens(TENANT_DEFAULT)
      return { items: tokens.map(recordOf) }
    },
    enrolmentTokenMake: async ({ body, user }) => {
      const { label, uses_max: usesMax, lifetime_seconds: lifetimeSeconds } = body
      const wish = { label, usesMax, lifetimeSeconds, actor: user.name }
      const { text, token } = await enrolment.makeToken(wish)
      return { token: text, record: recordOf(token), server_url: agentAddress() }
    },
    enrolmentTokenRevoke: async ({ params, body, user }) => {
      const how = { actor: user.name, withCertificates: body.with_certificates }
      const serials = await enrolment.revokeToken(params.id, how)
      if (serials === undefined) throw new HttpProblem('not_found', 'There is no such token.')
      return { serials: [...serials] }
    },
    enrolmentList: async ({ params }) => {
      const uses = await records.agents.enrolments(params.id, USES_SHOWN)
      return {
        items: uses.map(({ hostId, hostName, address, time, serial }) => {
          return { host_id: hostId, host_name: hostName, address, time, serial }
        }),
      }
    },
    certificateList: async ({ params }) => {
      const selection = { hostId: hostIdOf(params.id) }
      const certificates = await records.agents.certificates(TENANT_DEFAULT, selection)
      return {
        items: certificates.map(({ serial, issued, notAfter, tokenId, revoked, revokedBy }) => ({
          serial,
          issued,
          not_after: notAfter,
          ...(tokenId !== undefined && { token_id: tokenId }),
          ...(revoked !== undefined && { revoked }),
          ...(revokedBy !== undefined && { revoked_by: revokedBy }),
        })),
      }
    },
    certificateRevoke: async ({ params, body, user }) => {
      const { serial } = body
      const selection = { hostId: hostIdOf(params.id), ...(serial !== undefined && { serial }) }
      return { serials: [...(await enrolment.revokeCertificates(selection, user.name))] }
    },
  }
}

function recordOf(token: EnrolmentToken): EnrolmentTokenRecord {
  return {
    id: token.id,
    label: token.label,
    created: token.created,
    created_by: token.createdBy,
    expires: token.expires,
    uses_max: token.usesMax,
    uses: token.uses,
    ...(token.revoked !== undefined && { revoked: token.revoked }),
    ...(token.revokedBy !== undefined && { revoked_by: token.revokedBy }),
  }
}
