import {
  CertificatesRevoked,
  CommandRecord,
  type CommandRequest,
  DeadLettersDiscarded,
  DeadLettersReplayed,
  EnrolmentTokenMade,
  type EnrolmentTokenRequest,
  LedgerVerdict,
  Rollout,
} from '@pomona/schema'
import type { z } from 'zod'
import { request } from './client.ts'

function part(id: string): string {
  return encodeURIComponent(id)
}

/** Orders a command of a host. */
export function issueCommand(
  hostId: string,
  body: z.input<typeof CommandRequest>,
): Promise<CommandRecord> {
  const path = `/hosts/${part(hostId)}/commands`
  return request(path, { schema: CommandRecord, method: 'POST', body })
}

/** Cancels a command. */
export function cancelCommand(id: string): Promise<CommandRecord> {
  return request(`/commands/${part(id)}/cancel`, { schema: CommandRecord, method: 'POST' })
}

/** Recomputes a host's ledger on the server. */
export function verifyLedger(hostId: string): Promise<LedgerVerdict> {
  return request(`/hosts/${part(hostId)}/ledger/verify`, { schema: LedgerVerdict })
}

/** What can be done about a roll-out. */
export type RolloutAction = 'halt' | 'resume' | 'offer' | 'back'

/** Leads the roll-out of bundles. */
export function leadRollout(action: RolloutAction): Promise<Rollout> {
  return request(`/rollout/${action}`, {
    schema: Rollout,
    method: 'POST',
    ...(action === 'back' && { body: {} }),
  })
}

/** Makes an enrolment token; its text is in the answer only. */
export function makeToken(body: EnrolmentTokenRequest): Promise<EnrolmentTokenMade> {
  return request('/enrolment-tokens', { schema: EnrolmentTokenMade, method: 'POST', body })
}

/** Revokes a token, with the certificates that came of it where asked. */
export function revokeToken(id: string, withCertificates: boolean): Promise<CertificatesRevoked> {
  return request(`/enrolment-tokens/${part(id)}/revoke`, {
    schema: CertificatesRevoked,
    method: 'POST',
    body: { with_certificates: withCertificates },
  })
}

/** Revokes every certificate of a host. */
export function revokeCertificates(hostId: string): Promise<CertificatesRevoked> {
  return request(`/hosts/${part(hostId)}/certificates/revoke`, {
    schema: CertificatesRevoked,
    method: 'POST',
    body: {},
  })
}

/** Tries dead letters again. */
export function replayLetters(ids: readonly string[]): Promise<DeadLettersReplayed> {
  const body = { ids }
  return request('/dead-letters/replay', { schema: DeadLettersReplayed, method: 'POST', body })
}

/** Takes dead letters out of the queue for good. */
export function discardLetters(ids: readonly string[]): Promise<DeadLettersDiscarded> {
  const body = { ids }
  return request('/dead-letters/discard', { schema: DeadLettersDiscarded, method: 'POST', body })
}
