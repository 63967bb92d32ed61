import { deriveId, type HostId, TENANT_DEFAULT, type TenantId } from '@pomona/schema'

/** Who speaks on a connection: what its certificate says, and nothing that it says itself. */
export interface AgentIdentity {
  readonly tenantId: TenantId
  readonly hostId: HostId
  /** Serial of the certificate, hex in upper case. */
  readonly serial: string
  /** End of the certificate, milliseconds since 1970. */
  readonly notAfterMs: number
  /** Where it speaks from; no part of who it is. */
  readonly address?: string
}

const URI = /^spiffe:\/\/pomona\/([A-Za-z0-9._:-]{1,128})\/host\/([A-Za-z0-9._:-]{1,128})$/

/** The name a host's certificate carries as its one subject alternative name. */
export function identityUri(tenantId: TenantId, hostId: HostId): string {
  return `spiffe://pomona/${tenantId}/host/${hostId}`
}

/** Reads {@link identityUri}; `undefined` for any other text. */
export function parseIdentityUri(
  uri: string,
): { readonly tenantId: TenantId; readonly hostId: HostId } | undefined {
  const [, tenant, host] = URI.exec(uri) ?? []
  if (tenant === undefined || host === undefined) return undefined
  // The pattern is that of both; the brands only mark what the texts stand for.
  return { tenantId: tenant as TenantId, hostId: host as HostId }
}

/** The id of a Mac: enrolling again gives the same, so that its history goes on. */
export function hostIdOf(hardwareUuid: string, tenantId: TenantId = TENANT_DEFAULT): HostId {
  // The brand only says what the hash is of.
  return deriveId('host', [tenantId, hardwareUuid.toLowerCase()]) as HostId
}
