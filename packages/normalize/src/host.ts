import type { HostDescription, TenantId } from '@pomona/schema'
import type { Part } from './document.ts'

/**
 * Where a stream of records comes from. One normaliser serves one stream of one boot of one host.
 */
export interface HostContext {
  readonly tenantId: TenantId
  readonly host: HostDescription
  readonly bootId: string
  /** Names the sensor and its run, as {@link streamId} takes it. */
  readonly sensor: string
}

/** The version of ECS that events follow. */
export const ECS_VERSION: Part<'ecs'> = Object.freeze({ version: '9.4.0' })

/** `host` of all events of a stream. */
export function hostPart({ host, bootId }: HostContext): Part<'host'> {
  return Object.freeze({
    id: host.id,
    name: host.name,
    ...(host.architecture !== undefined && { architecture: host.architecture }),
    boot: { id: bootId },
    os: {
      type: 'macos',
      family: 'darwin',
      name: 'macOS',
      ...(host.os_version !== undefined && { version: host.os_version }),
    },
  })
}

/** `agent` of all events of a stream. */
export function agentPart({ host }: HostContext): Part<'agent'> {
  const version = host.agent_version
  return Object.freeze({ type: 'pomona', ...(version !== undefined && { version }) })
}
