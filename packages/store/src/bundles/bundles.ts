import type { BundleRecord, SignedText, TenantId } from '@pomona/schema'

/** A bundle without what is counted from its hosts' reports. */
export type StoredBundle = Omit<BundleRecord, 'counts'>

/** Texts of a bundle's files by path. */
export type BundleFiles = Readonly<Record<string, string>>

/** A bundle as it is added. */
export interface NewBundle {
  readonly bundle: StoredBundle
  readonly manifest: SignedText
  readonly files: BundleFiles
}

/** What may change of a bundle. */
export type BundleChange = Partial<
  Pick<StoredBundle, 'state' | 'ring' | 'ring_since' | 'reason' | 'tolerated'>
>

/** Bundles kept; the oldest of those that were superseded go. */
export const BUNDLES_MAX = 20

/** Signed bundles and how far each is rolled out. */
export interface BundleRecords {
  /**
   * Adds the newest bundle; those before it are superseded, but the one whose id is `keep`. All or
   * nothing.
   * @throws StoreError ERR_RECORD_EXISTS unless its version is higher than every other.
   */
  add(tenantId: TenantId, added: NewBundle, keep?: string): Promise<void>
  /** Newest first. */
  list(tenantId: TenantId): Promise<readonly StoredBundle[]>
  /** A bundle as an agent gets it. */
  signed(tenantId: TenantId, id: string): Promise<Omit<NewBundle, 'bundle'> | undefined>
  /** @returns The bundle as it is now. */
  change(tenantId: TenantId, id: string, change: BundleChange): Promise<StoredBundle | undefined>
}
