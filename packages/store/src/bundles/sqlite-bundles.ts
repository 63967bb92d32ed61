import type { SignedText, TenantId } from '@pomona/schema'
import type { Kysely, Transaction } from 'kysely'
import type { RecordTables } from '../records/schema.ts'
import {
  type BundleChange,
  type BundleFiles,
  type BundleRecords,
  BUNDLES_MAX,
  type NewBundle,
  type StoredBundle,
} from './bundles.ts'
import { notNewest, superseded } from './memory-bundles.ts'

type Work = Transaction<RecordTables>

/** Bundles in the records' own file. */
export class SqliteBundles implements BundleRecords {
  readonly #open: () => Kysely<RecordTables>

  /** @param open Gives the database. @throws StoreError ERR_STORE_CLOSED by itself. */
  constructor(open: () => Kysely<RecordTables>) {
    this.#open = open
  }

  async add(tenantId: TenantId, added: NewBundle, keep?: string): Promise<void> {
    await this.#atOnce(async (work) => {
      const before = await selectAll(work, tenantId)
      const { bundle, manifest, files } = added
      if (before.some(({ version }) => version >= bundle.version)) throw notNewest(added)
      const others = before.map((one) => (one.id === keep ? one : superseded(one)))
      // oxlint-disable-next-line no-await-in-loop -- one connection: one after the other
      for (const one of others) await save(work, tenantId, one)
      await work
        .insertInto('bundles')
        .values({
          tenant_id: tenantId,
          id: bundle.id,
          version: bundle.version,
          document: JSON.stringify(bundle),
          manifest: JSON.stringify(manifest),
          files: JSON.stringify(files),
        })
        .execute()
      const old = others.filter(({ state }) => state === 'superseded').slice(BUNDLES_MAX - 2)
      if (old.length === 0) return
      const ids = old.map(({ id }) => id)
      await work
        .deleteFrom('bundles')
        .where('tenant_id', '=', tenantId)
        .where('id', 'in', ids)
        .execute()
    })
  }

  async list(tenantId: TenantId): Promise<readonly StoredBundle[]> {
    return await selectAll(this.#open(), tenantId)
  }

  async signed(tenantId: TenantId, id: string): Promise<Omit<NewBundle, 'bundle'> | undefined> {
    const row = await this.#open()
      .selectFrom('bundles')
      .select(['manifest', 'files'])
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .executeTakeFirst()
    if (row === undefined) return undefined
    // Both were written by add.
    const manifest = JSON.parse(row.manifest) as SignedText
    return { manifest, files: JSON.parse(row.files) as BundleFiles } // As above.
  }

  async change(
    tenantId: TenantId,
    id: string,
    change: BundleChange,
  ): Promise<StoredBundle | undefined> {
    return await this.#atOnce(async (work) => {
      const known = (await selectAll(work, tenantId)).find((one) => one.id === id)
      if (known === undefined) return undefined
      const bundle = { ...known, ...change }
      await save(work, tenantId, bundle)
      return bundle
    })
  }

  async #atOnce<T>(work: (transaction: Work) => Promise<T>): Promise<T> {
    return await this.#open().transaction().execute(work)
  }
}

async function selectAll(
  database: Pick<Work, 'selectFrom'>,
  tenantId: TenantId,
): Promise<readonly StoredBundle[]> {
  const rows = await database
    .selectFrom('bundles')
    .select('document')
    .where('tenant_id', '=', tenantId)
    .orderBy('version', 'desc')
    .execute()
  return rows.map(({ document }) => JSON.parse(document) as StoredBundle) // Written by save.
}

async function save(work: Work, tenantId: TenantId, bundle: StoredBundle): Promise<void> {
  await work
    .updateTable('bundles')
    .set({ document: JSON.stringify(bundle) })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', bundle.id)
    .execute()
}
