import { join } from 'node:path'
import type { AgentConfig } from './config.ts'
import type { AgentDeps } from './deps.ts'
import { AgentError } from './errors.ts'
import type { MachineFacts } from './host-facts.ts'
import { type Identity, IdentityFolder } from './identity/identity.ts'
import type { JsonLogger } from './log/logger.ts'
import { enrolled, type MembershipOptions } from './uplink/membership.ts'

/** What an agent belongs to a server with. */
export interface Belonging {
  readonly config: AgentConfig
  readonly deps: AgentDeps
  readonly facts: MachineFacts
  readonly log: JsonLogger
}

/** How an agent of this configuration belongs to a server. */
export function membershipOf(
  { config, deps, facts, log }: Belonging,
  server: string,
): MembershipOptions {
  const { clock, random, sleep, connect } = deps
  return {
    server,
    ...(config.enrolment_token === undefined ? {} : { token: config.enrolment_token }),
    hardwareUuid: facts.hardwareUuid,
    host: facts.host,
    ...{ clock, random, sleep },
    log: log.child('uplink'),
    identity: identityOf(config),
    ...(connect === undefined ? {} : { connect }),
  }
}

function identityOf(config: AgentConfig): IdentityFolder {
  return new IdentityFolder(join(config.data_directory, 'identity'))
}

/**
 * Who this agent is. One that is not enrolled enrols first: what it senses belongs to a host whose
 * id only the server gives.
 *
 * @returns `undefined` when it was told to stop before the server answered.
 * @throws  AgentError ERR_ENROLMENT_REFUSED, ERR_IDENTITY_UNREADABLE.
 */
export async function ownIdentity(
  belonging: Belonging,
  signal: AbortSignal,
): Promise<Identity | undefined> {
  const { config } = belonging
  try {
    if (config.server_url !== undefined) {
      return await enrolled(membershipOf(belonging, config.server_url), signal)
    }
    const known = await identityOf(config).load()
    if (known !== undefined) return known
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
  throw new AgentError(
    'ERR_ENROLMENT_REFUSED',
    'This Mac is not enrolled: set server_url and enrolment_token.',
  )
}
