import type { AgentContact, Enrolment, EnrolmentToken, TokenRefusal } from './agents.ts'

/**
 * Why a token does not enrol anybody at `now`; `undefined` when it does. A repeat of a use that was
 * taken, after an answer that was lost, takes no other.
 */
export function tokenRefusal(
  token: EnrolmentToken | undefined,
  now: string,
  isRepeat = false,
): TokenRefusal | undefined {
  if (token === undefined) return 'token_unknown'
  if (token.revoked !== undefined) return 'token_revoked'
  if (token.expires <= now) return 'token_expired'
  return token.uses < token.usesMax || isRepeat ? undefined : 'token_used_up'
}

/**
 * What is known of a host's agent after it enrolled: another installation may begin, so what was
 * remembered of the run of the last one goes.
 */
export function enrolledContact(
  known: AgentContact | undefined,
  { certificate, hardwareUuid, time }: Enrolment,
): AgentContact {
  const { tenantId, hostId } = certificate
  const { sessionId: _, epoch: __, ...kept } = known ?? { tenantId, hostId, refusals: {} }
  return { ...kept, hardwareUuid, enrolled: time }
}
