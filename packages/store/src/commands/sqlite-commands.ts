import type {
  CommandRecord,
  CommandStateReport,
  HostId,
  SignedText,
  TenantId,
} from '@pomona/schema'
import type { Kysely, Transaction } from 'kysely'
import type { RecordTables } from '../records/schema.ts'
import { isSettled, withCancel, withDelivery, withExpiry, withReport } from './command-state.ts'
import {
  type CommandAuthor,
  type CommandDraft,
  type CommandRecords,
  type CommandSignature,
  OPEN_COMMANDS_MAX,
  SETTLED_COMMANDS_MAX,
} from './commands.ts'
import { commandOf, recordOf } from './draft.ts'

type Work = Transaction<RecordTables>

/** Commands that one look for what is over takes. */
const EXPIRED_MAX = 1_000

/** Commands in the records' own file. */
export class SqliteCommands implements CommandRecords {
  readonly #open: () => Kysely<RecordTables>

  /** @param open Gives the database. @throws StoreError ERR_STORE_CLOSED by itself. */
  constructor(open: () => Kysely<RecordTables>) {
    this.#open = open
  }

  async issue(draft: CommandDraft, sign: CommandSignature): Promise<CommandRecord | undefined> {
    return await this.#atOnce(async (work) => {
      if ((await countOf(work, draft, 1)) >= OPEN_COMMANDS_MAX) return undefined
      const counter = await nextCounter(work, draft)
      const signed = await sign(commandOf(draft, counter))
      const record = recordOf(draft, counter)
      await work
        .insertInto('commands')
        .values({
          id: draft.id,
          tenant_id: draft.tenantId,
          host_id: draft.hostId,
          counter,
          is_open: 1,
          expires_at: draft.expiresAt,
          document: JSON.stringify(record),
          signed: JSON.stringify(signed),
        })
        .execute()
      await forgetOld(work, draft)
      return record
    })
  }

  async command(tenantId: TenantId, id: string): Promise<CommandRecord | undefined> {
    return await select(this.#open(), tenantId, id)
  }

  async ofHost(
    tenantId: TenantId,
    hostId: HostId,
    limit: number,
  ): Promise<readonly CommandRecord[]> {
    const rows = await this.#open()
      .selectFrom('commands')
      .select('document')
      .where('tenant_id', '=', tenantId)
      .where('host_id', '=', hostId)
      .orderBy('counter', 'desc')
      .limit(limit)
      .execute()
    return rows.map(recordIn)
  }

  async deliver(tenantId: TenantId, hostId: HostId, at: string): Promise<readonly SignedText[]> {
    return await this.#atOnce(async (work) => {
      const rows = await work
        .selectFrom('commands')
        .select(['document', 'signed'])
        .where('tenant_id', '=', tenantId)
        .where('host_id', '=', hostId)
        .where('is_open', '=', 1)
        .where('expires_at', '>', at)
        .orderBy('counter')
        .execute()
      const signed: SignedText[] = []
      for (const row of rows) {
        const record = recordIn(row)
        if (record.state === 'accepted') continue
        // oxlint-disable-next-line no-await-in-loop -- one connection: one after the other
        await save(work, record, withDelivery(record, at))
        signed.push(JSON.parse(row.signed) as SignedText) // Written by issue.
      }
      return signed
    })
  }

  async report(
    { tenantId, hostId, id }: Parameters<CommandRecords['report']>[0],
    report: CommandStateReport,
    at: string,
  ): Promise<CommandRecord | undefined> {
    return await this.#atOnce(async (work) => {
      const record = await select(work, tenantId, id)
      if (record?.host_id !== hostId) return undefined
      return await save(work, record, withReport(record, report, at))
    })
  }

  async cancel(
    tenantId: TenantId,
    id: string,
    by: CommandAuthor,
  ): Promise<CommandRecord | undefined> {
    return await this.#atOnce(async (work) => {
      const record = await select(work, tenantId, id)
      return record && (await save(work, record, withCancel(record, by)))
    })
  }

  async expire(at: string): Promise<readonly CommandRecord[]> {
    return await this.#atOnce(async (work) => {
      const rows = await work
        .selectFrom('commands')
        .select('document')
        .where('is_open', '=', 1)
        .where('expires_at', '<=', at)
        .limit(EXPIRED_MAX)
        .execute()
      const records = rows.map(recordIn)
      // oxlint-disable-next-line no-await-in-loop -- one connection: one after the other
      for (const record of records) await save(work, record, withExpiry(record, at))
      return records.map((record) => withExpiry(record, at))
    })
  }

  async #atOnce<T>(work: (transaction: Work) => Promise<T>): Promise<T> {
    return await this.#open().transaction().execute(work)
  }
}

function recordIn({ document }: { readonly document: string }): CommandRecord {
  return JSON.parse(document) as CommandRecord // Written by issue and save.
}

async function select(
  database: Pick<Work, 'selectFrom'>,
  tenantId: TenantId,
  id: string,
): Promise<CommandRecord | undefined> {
  const row = await database
    .selectFrom('commands')
    .select('document')
    .where('id', '=', id)
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  return row && recordIn(row)
}

async function save(work: Work, before: CommandRecord, now: CommandRecord): Promise<CommandRecord> {
  if (now === before) return now
  await work
    .updateTable('commands')
    .set({ is_open: isSettled(now.state) ? 0 : 1, document: JSON.stringify(now) })
    .where('id', '=', now.id)
    .execute()
  return now
}

type HostOf = Pick<CommandDraft, 'tenantId' | 'hostId'>

async function nextCounter(work: Work, { tenantId, hostId }: HostOf): Promise<number> {
  const row = await work
    .selectFrom('command_counters')
    .select('counter')
    .where('tenant_id', '=', tenantId)
    .where('host_id', '=', hostId)
    .executeTakeFirst()
  const counter = Number(row?.counter ?? 0) + 1
  await work
    .insertInto('command_counters')
    .values({ tenant_id: tenantId, host_id: hostId, counter })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'host_id']).doUpdateSet({ counter }))
    .execute()
  return counter
}

async function countOf(work: Work, { tenantId, hostId }: HostOf, isOpen: 0 | 1): Promise<number> {
  const row = await work
    .selectFrom('commands')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('tenant_id', '=', tenantId)
    .where('host_id', '=', hostId)
    .where('is_open', '=', isOpen)
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}

async function forgetOld(work: Work, { tenantId, hostId }: HostOf): Promise<void> {
  const settled = await countOf(work, { tenantId, hostId }, 0)
  if (settled <= SETTLED_COMMANDS_MAX) return
  const old = work
    .selectFrom('commands')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('host_id', '=', hostId)
    .where('is_open', '=', 0)
    .orderBy('counter')
    .limit(settled - SETTLED_COMMANDS_MAX)
  await work.deleteFrom('commands').where('id', 'in', old).execute()
}
