import type { TenantId } from '@pomona/schema'
import { StoreError } from '../errors.ts'
import {
  type BundleChange,
  type BundleRecords,
  BUNDLES_MAX,
  type NewBundle,
  type StoredBundle,
} from './bundles.ts'

/** Bundles in memory, naive on purpose. */
export class MemoryBundles implements BundleRecords {
  readonly #assertOpen: () => void
  readonly #tenants = new Map<TenantId, NewBundle[]>()

  constructor(assertOpen: () => void) {
    this.#assertOpen = assertOpen
  }

  async add(tenantId: TenantId, added: NewBundle, keep?: string): Promise<void> {
    this.#assertOpen()
    const before = this.#of(tenantId)
    if (before.some(({ bundle }) => bundle.version >= added.bundle.version)) throw notNewest(added)
    const others = before.map((one) =>
      one.bundle.id === keep ? one : { ...one, bundle: superseded(one.bundle) },
    )
    const all = [structuredClone(added), ...others]
    const settled = all.filter(({ bundle }) => bundle.state === 'superseded')
    const old = new Set(settled.slice(BUNDLES_MAX - 2))
    this.#tenants.set(
      tenantId,
      all.filter((one) => !old.has(one)),
    )
  }

  async list(tenantId: TenantId): Promise<readonly StoredBundle[]> {
    this.#assertOpen()
    return this.#of(tenantId).map(({ bundle }) => bundle)
  }

  async signed(tenantId: TenantId, id: string): Promise<Omit<NewBundle, 'bundle'> | undefined> {
    this.#assertOpen()
    const found = this.#of(tenantId).find(({ bundle }) => bundle.id === id)
    return found && { manifest: found.manifest, files: found.files }
  }

  async change(
    tenantId: TenantId,
    id: string,
    change: BundleChange,
  ): Promise<StoredBundle | undefined> {
    this.#assertOpen()
    const all = this.#of(tenantId)
    const found = all.find(({ bundle }) => bundle.id === id)
    if (found === undefined) return undefined
    const bundle = { ...found.bundle, ...change }
    this.#tenants.set(
      tenantId,
      all.map((one) => (one === found ? { ...one, bundle } : one)),
    )
    return bundle
  }

  #of(tenantId: TenantId): NewBundle[] {
    return this.#tenants.get(tenantId) ?? []
  }
}

/** A bundle whose place another took. */
export function superseded(bundle: StoredBundle): StoredBundle {
  return { ...bundle, state: 'superseded' }
}

/** The refusal of a bundle that is not the newest. */
export function notNewest({ bundle }: NewBundle): StoreError {
  return new StoreError(
    'ERR_RECORD_EXISTS',
    `There is a bundle of version ${bundle.version} or higher already.`,
    { details: { version: bundle.version } },
  )
}
