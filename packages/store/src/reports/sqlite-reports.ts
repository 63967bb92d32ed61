import type {
  ActivityEntry,
  HostId,
  LedgerHour,
  LedgerRow,
  LedgerSums,
  LedgerVerdict,
  TenantId,
} from '@pomona/schema'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { RecordTables } from '../records/schema.ts'
import { ChainCheck } from './chain-check.ts'
import { addToHour, hourOf } from './ledger-sums.ts'
import { type Merged, mergeReport } from './merge.ts'
import type { LedgerHourTable } from './report-tables.ts'
import {
  type AgentStanding,
  HISTORY_LINES_MAX,
  type LedgerSpan,
  type ReceivedReport,
  type ReportRecords,
  type TakenReport,
} from './reports.ts'

type Work = Transaction<RecordTables>

/** Which host; the first two columns of every table here. */
interface Of {
  readonly tenant_id: string
  readonly host_id: string
}

const VERIFY_PAGE_ROWS = 1_000

/** Reports in the records' own file. */
export class SqliteReports implements ReportRecords {
  readonly #open: () => Kysely<RecordTables>

  /** @param open Gives the database. @throws StoreError ERR_STORE_CLOSED by itself. */
  constructor(open: () => Kysely<RecordTables>) {
    this.#open = open
  }

  async take(reports: readonly ReceivedReport[]): Promise<readonly TakenReport[]> {
    return await this.#atOnce(async (work) => {
      const taken: TakenReport[] = []
      // One after the other: a host may be among them twice.
      // oxlint-disable-next-line no-await-in-loop -- each stands on what the one before stored
      for (const report of reports) taken.push(await takeOne(work, report))
      return taken
    })
  }

  async agent(tenantId: TenantId, hostId: HostId): Promise<AgentStanding | undefined> {
    return await selectAgent(this.#open(), { tenant_id: tenantId, host_id: hostId })
  }

  async agents(tenantId: TenantId): Promise<readonly AgentStanding[]> {
    const rows = await this.#open()
      .selectFrom('agent_reports')
      .select('document')
      .where('tenant_id', '=', tenantId)
      .orderBy('host_id')
      .execute()
    return rows.map(standingOf)
  }

  async note(tenantId: TenantId, hostId: HostId, line: ActivityEntry): Promise<void> {
    const of = { tenant_id: tenantId, host_id: hostId }
    await this.#atOnce((work) => insertHistory(work, of, [line]))
  }

  async history(
    tenantId: TenantId,
    hostId: HostId,
    limit: number,
  ): Promise<readonly ActivityEntry[]> {
    const rows = await this.#open()
      .selectFrom('agent_history')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('host_id', '=', hostId)
      .orderBy('position', 'desc')
      .limit(limit)
      .execute()
    return rows.map(({ time, actor, action, details }) => ({
      time,
      actor,
      action,
      details: JSON.parse(details) as Record<string, string>, // Written by insertHistory.
    }))
  }

  async hours(
    tenantId: TenantId,
    hostId: HostId,
    { from = '', to, limit }: LedgerSpan,
  ): Promise<readonly LedgerHour[]> {
    let query = this.#open()
      .selectFrom('ledger_hours')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('host_id', '=', hostId)
      .where('hour', '>=', from)
    if (to !== undefined) query = query.where('hour', '<', to)
    const rows = await query
      .orderBy('hour', 'desc')
      .orderBy('sensor', 'desc')
      .limit(limit)
      .execute()
    return rows.map(hourRecord).toReversed()
  }

  async sums(tenantId: TenantId, from: string): Promise<ReadonlyMap<HostId, LedgerSums>> {
    const rows = await this.#open()
      .selectFrom('ledger_hours')
      .select(['host_id', ...SUM_COLUMNS.map((name) => sumOf(name))])
      .where('tenant_id', '=', tenantId)
      .where('hour', '>=', from)
      .groupBy('host_id')
      .execute()
    return new Map(
      // Written from a HostId.
      rows.map((row) => [row.host_id as HostId, sumsRecord(row)]),
    )
  }

  async sentByEpoch(tenantId: TenantId, hostId: HostId): Promise<ReadonlyMap<number, number>> {
    const rows = await this.#open()
      .selectFrom('ledger_epochs')
      .select(['epoch', 'sent'])
      .where('tenant_id', '=', tenantId)
      .where('host_id', '=', hostId)
      .execute()
    return new Map(rows.map(({ epoch, sent }) => [Number(epoch), Number(sent)]))
  }

  async rows(
    tenantId: TenantId,
    hostId: HostId,
    { index, limit }: { readonly index: number; readonly limit: number },
  ): Promise<readonly LedgerRow[]> {
    const agent = await this.agent(tenantId, hostId)
    if (agent === undefined) return []
    const rows = await this.#open()
      .selectFrom('ledger_rows')
      .select('document')
      .where('tenant_id', '=', tenantId)
      .where('host_id', '=', hostId)
      .where('installation', '=', agent.ledger.installation)
      .where('row_index', '>=', index)
      .orderBy('row_index')
      .limit(limit)
      .execute()
    return rows.map(({ document }) => JSON.parse(document) as LedgerRow) // Written by insertRows.
  }

  async verify(tenantId: TenantId, hostId: HostId): Promise<LedgerVerdict> {
    const check = new ChainCheck()
    let index = 0
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- a page stands on the one before
      const page = await this.rows(tenantId, hostId, { index, limit: VERIFY_PAGE_ROWS })
      for (const row of page) check.add(row)
      const last = page.at(-1)
      if (last === undefined) break
      index = last.index + 1
    }
    return check.verdict((await this.agent(tenantId, hostId))?.ledger)
  }

  async forget(before: { readonly rows: string; readonly hours: string }): Promise<number> {
    return await this.#atOnce(async (work) => {
      const rows = await work
        .deleteFrom('ledger_rows')
        .where('received', '<', before.rows)
        .executeTakeFirst()
      const hours = await work
        .deleteFrom('ledger_hours')
        .where('hour', '<', before.hours)
        .executeTakeFirst()
      return Number(rows.numDeletedRows) + Number(hours.numDeletedRows)
    })
  }

  async #atOnce<T>(work: (transaction: Work) => Promise<T>): Promise<T> {
    return await this.#open().transaction().execute(work)
  }
}

async function takeOne(work: Work, received: ReceivedReport): Promise<TakenReport> {
  const of: Of = { tenant_id: received.tenantId, host_id: received.hostId }
  const known = await selectAgent(work, of)
  const hashes = await selectHashes(work, of, { known, received })
  const merged = mergeReport(known, received, (index) => hashes.get(index))
  await saveAgent(work, of, merged.agent)
  await insertRows(work, of, { merged, received: received.received })
  await insertHistory(work, of, merged.history)
  const { agent, rows, problem, wanted, history } = merged
  return { agent, rows: rows.length, wanted, history, ...(problem !== undefined && { problem }) }
}

async function selectAgent(
  database: Pick<Work, 'selectFrom'>,
  of: Of,
): Promise<AgentStanding | undefined> {
  const row = await database
    .selectFrom('agent_reports')
    .select('document')
    .where('tenant_id', '=', of.tenant_id)
    .where('host_id', '=', of.host_id)
    .executeTakeFirst()
  return row && standingOf(row)
}

function standingOf({ document }: { readonly document: string }): AgentStanding {
  return JSON.parse(document) as AgentStanding // Written by saveAgent.
}

async function saveAgent(work: Work, of: Of, agent: AgentStanding): Promise<void> {
  const values = { received: agent.received, document: JSON.stringify(agent) }
  await work
    .insertInto('agent_reports')
    .values({ ...of, ...values })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'host_id']).doUpdateSet(values))
    .execute()
}

/** Hashes of the stored rows that a report sends again. */
async function selectHashes(
  work: Work,
  of: Of,
  { known, received }: { known: AgentStanding | undefined; received: ReceivedReport },
): Promise<ReadonlyMap<number, string>> {
  const indexes = received.report.ledger.map(({ index }) => index)
  const first = Math.min(...indexes)
  if (known === undefined || indexes.length === 0 || first >= known.ledger.next) return new Map()
  const rows = await work
    .selectFrom('ledger_rows')
    .select(['row_index', 'hash'])
    .where('tenant_id', '=', of.tenant_id)
    .where('host_id', '=', of.host_id)
    .where('installation', '=', known.ledger.installation)
    .where('row_index', 'in', indexes)
    .execute()
  return new Map(rows.map(({ row_index, hash }) => [Number(row_index), hash]))
}

async function insertRows(
  work: Work,
  of: Of,
  { merged, received }: { readonly merged: Merged; readonly received: string },
): Promise<void> {
  const { installation } = merged.agent.ledger
  const hours = new Map<string, LedgerHour>()
  const sent = new Map<number, number>()
  for (const row of merged.rows) {
    const { index, hash } = row
    const document = JSON.stringify(row)
    // oxlint-disable-next-line no-await-in-loop -- one connection: they run one after the other
    await work
      .insertInto('ledger_rows')
      .values({ ...of, installation, row_index: index, received, hash, document })
      .execute()
    const key = JSON.stringify([hourOf(row), row.sensor])
    // oxlint-disable-next-line no-await-in-loop -- as above
    const known = hours.get(key) ?? (await selectHour(work, of, row))
    hours.set(key, addToHour(known, row))
    sent.set(row.epoch, (sent.get(row.epoch) ?? 0) + row.sent)
  }
  // oxlint-disable-next-line no-await-in-loop -- as above
  for (const hour of hours.values()) await saveHour(work, of, hour)
  // oxlint-disable-next-line no-await-in-loop -- as above
  for (const [epoch, count] of sent) await addSent(work, of, { epoch, count })
}

async function selectHour(work: Work, of: Of, row: LedgerRow): Promise<LedgerHour | undefined> {
  const found = await work
    .selectFrom('ledger_hours')
    .selectAll()
    .where('tenant_id', '=', of.tenant_id)
    .where('host_id', '=', of.host_id)
    .where('hour', '=', hourOf(row))
    .where('sensor', '=', row.sensor)
    .executeTakeFirst()
  return found && hourRecord(found)
}

async function saveHour(work: Work, of: Of, record: LedgerHour): Promise<void> {
  const { hour, sensor, filtered_by, dropped_by, unobserved, ...sums } = record
  const values = { ...sums, details: JSON.stringify({ filtered_by, dropped_by, unobserved }) }
  await work
    .insertInto('ledger_hours')
    .values({ ...of, hour, sensor, ...values })
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'host_id', 'hour', 'sensor']).doUpdateSet(values),
    )
    .execute()
}

async function addSent(
  work: Work,
  of: Of,
  { epoch, count }: { readonly epoch: number; readonly count: number },
): Promise<void> {
  await work
    .insertInto('ledger_epochs')
    .values({ ...of, epoch, sent: count })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant_id', 'host_id', 'epoch'])
        .doUpdateSet({ sent: sql<number>`ledger_epochs.sent + ${count}` }),
    )
    .execute()
}

async function insertHistory(work: Work, of: Of, lines: readonly ActivityEntry[]): Promise<void> {
  if (lines.length === 0) return
  const last = await work
    .selectFrom('agent_history')
    .select('position')
    .where('tenant_id', '=', of.tenant_id)
    .where('host_id', '=', of.host_id)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst()
  const begin = last === undefined ? 0 : Number(last.position) + 1
  const rows = lines.map(({ time, actor, action, details }, index) => ({
    ...of,
    position: begin + index,
    ...{ time, actor, action, details: JSON.stringify(details) },
  }))
  await work.insertInto('agent_history').values(rows).execute()
  await work
    .deleteFrom('agent_history')
    .where('tenant_id', '=', of.tenant_id)
    .where('host_id', '=', of.host_id)
    .where('position', '<', begin + lines.length - HISTORY_LINES_MAX)
    .execute()
}

const SUM_COLUMNS = ['sensed', 'filtered', 'dropped', 'sent', 'lost', 'unobserved_ms'] as const

// As floating point: whole numbers that agents invent could leave 64 bits.
function sumOf(name: (typeof SUM_COLUMNS)[number]) {
  return sql<number>`sum(cast(${sql.ref(name)} as real))`.as(name)
}

function sumsRecord(row: LedgerSums): LedgerSums {
  const bounded = (count: number): number => Math.min(Number(count), Number.MAX_SAFE_INTEGER)
  return {
    sensed: bounded(row.sensed),
    filtered: bounded(row.filtered),
    dropped: bounded(row.dropped),
    sent: bounded(row.sent),
    lost: bounded(row.lost),
    unobserved_ms: bounded(row.unobserved_ms),
  }
}

type HourDetails = Pick<LedgerHour, 'filtered_by' | 'dropped_by' | 'unobserved'>

function hourRecord(row: LedgerHourTable): LedgerHour {
  const details = JSON.parse(row.details) as HourDetails // Written by saveHour.
  return { hour: row.hour, sensor: row.sensor, ...sumsRecord(row), ...details }
}
