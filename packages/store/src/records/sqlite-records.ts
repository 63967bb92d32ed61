import type { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import type {
  ActivityEntry,
  AlertId,
  AlertPage,
  AlertQuery,
  AlertRecord,
  AlertUpdate,
  HostId,
  HostRecord,
  IncidentPage,
  IncidentQuery,
  IncidentRecord,
  IncidentUpdate,
  TenantId,
} from '@pomona/schema'
import { Kysely, type Transaction } from 'kysely'
import { SqliteBundles } from '../bundles/sqlite-bundles.ts'
import { SqliteCommands } from '../commands/sqlite-commands.ts'
import { StoreError } from '../errors.ts'
import { SqliteLetters } from '../letters/sqlite-letters.ts'
import { SqliteReports } from '../reports/sqlite-reports.ts'
import {
  lockFolder,
  openDatabase,
  type DatabaseContext,
  type FolderLock,
} from '../sqlite/database.ts'
import { nodeSqliteDialect } from '../sqlite/dialect.ts'
import { SqliteAgents } from '../agents/sqlite-agents.ts'
import { storeAlerts } from './alert-insert.ts'
import {
  selectActivity,
  selectAlerts,
  selectAlertsOfProcesses,
  selectPage,
  updateAlertRows,
} from './alert-table.ts'
import type { Author } from './alert-queue.ts'
import {
  applyIncidentChanges,
  insertNote,
  selectAlertIds,
  selectIncidentActivity,
  selectIncidents,
  selectJoinedAlerts,
  updateIncidentRows,
} from './incident-table.ts'
import { selectIncidentPage } from './incident-page.ts'
import { selectHosts, upsertHost } from './host-table.ts'
import type {
  AuditEntry,
  AuditVerdict,
  Checkpoint,
  Committed,
  Findings,
  HostSighting,
  JoinedAlert,
  Records,
  Session,
  User,
} from './records.ts'
import { RECORDS_APPLICATION_ID, RECORDS_MIGRATIONS, type RecordTables } from './schema.ts'
import {
  deleteExpiredSessions,
  deleteSession,
  insertUser,
  selectSession,
  selectUsers,
  updateSession,
  upsertSession,
} from './session-table.ts'
import { insertAudit, selectAudit, verifyAuditRows } from './trail-table.ts'

/** How the records behave. */
export interface SqliteRecordsOptions {
  /** Folder of `records.sqlite`; made when absent. */
  readonly directory: string
  /** Dead letters that are kept, the newest. */
  readonly deadLettersMax?: number
  /** Of those, letters of one host. */
  readonly deadLettersPerHostMax?: number
  /** Files up to so many bytes are checked page by page when opened; 0 never checks. */
  readonly checkBytesMax?: number
}

/**
 * Opens the records of a folder. One process owns them.
 *
 * @throws StoreError ERR_STORE_LOCKED, ERR_STORE_CORRUPT, ERR_STORE_VERSION, ERR_RECORDS_IO.
 */
export async function openSqliteRecords(options: SqliteRecordsOptions): Promise<Records> {
  const { directory, checkBytesMax = 256 * 1024 * 1024 } = options
  const context: DatabaseContext = {
    path: join(directory, 'records.sqlite'),
    ioCode: 'ERR_RECORDS_IO',
    wayOut:
      'Stop the server, move records.sqlite, records.sqlite-wal and records.sqlite-shm out of the ' +
      'folder together, and restore a backup of them. Without a backup start afresh: the engine ' +
      'reads the log from its beginning and finds the same alerts, but verdicts and users are gone.',
  }
  const lock = lockFolder({ ...context, path: join(directory, 'records.lock') })
  try {
    const database = openDatabase({
      ...context,
      applicationId: RECORDS_APPLICATION_ID,
      migrations: RECORDS_MIGRATIONS,
      checkBytesMax,
    })
    return new SqliteRecords({ database, context, lock }, options)
  } catch (error) {
    lock.release()
    throw error
  }
}

interface Parts {
  readonly database: DatabaseSync
  readonly context: DatabaseContext
  readonly lock: FolderLock
}

class SqliteRecords implements Records {
  readonly reports = new SqliteReports(() => this.#open())
  readonly commands = new SqliteCommands(() => this.#open())
  readonly bundles = new SqliteBundles(() => this.#open())
  readonly agents = new SqliteAgents(() => this.#open())
  readonly letters: SqliteLetters
  readonly #database: DatabaseSync
  readonly #kysely: Kysely<RecordTables>
  readonly #lock: FolderLock
  #closed = false

  constructor({ database, context, lock }: Parts, options: SqliteRecordsOptions) {
    this.#database = database
    this.#kysely = new Kysely({ dialect: nodeSqliteDialect(database, context) })
    this.#lock = lock
    this.letters = new SqliteLetters(() => this.#open(), {
      lettersMax: options.deadLettersMax ?? 10_000,
      lettersPerHostMax: options.deadLettersPerHostMax ?? 1_000,
    })
  }

  async commit(findings: Findings): Promise<Committed> {
    const { alerts, hostAlerts = [], incidents, checkpoint, storedAt } = findings
    return await this.#atOnce(async (transaction) => {
      // Ours first: then nothing of a host's version is ever told.
      const ours = await storeAlerts(transaction, alerts, { finder: 'server', storedAt })
      const theirs = await storeAlerts(transaction, hostAlerts, { finder: 'host', storedAt })
      const added = [...ours.added, ...theirs.added]
      const isAdded = new Set<string>(added)
      const confirmed = [...ours.confirmed, ...theirs.confirmed].filter((id) => !isAdded.has(id))
      const fresh = new Set(added)
      const touched = await applyIncidentChanges(transaction, incidents, { storedAt, fresh })
      await upsertCheckpoint(transaction, checkpoint)
      const records = await selectAlerts(transaction, [...added, ...confirmed])
      const byId = new Map(records.map((record) => [record.id, record]))
      return {
        alerts: added.flatMap((id) => byId.get(id) ?? []),
        confirmed: confirmed.flatMap((id) => byId.get(id) ?? []),
        incidents: await selectIncidents(transaction, touched),
        merged: new Map(incidents.map(({ incident, merged }) => [incident.id, merged])),
      }
    })
  }

  async checkpoint(consumer: string): Promise<Checkpoint | undefined> {
    const row = await this.#open()
      .selectFrom('checkpoints')
      .selectAll()
      .where('consumer', '=', consumer)
      .executeTakeFirst()
    return row && { consumer, offset: Number(row.log_offset), state: row.state }
  }

  async saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    await upsertCheckpoint(this.#open(), checkpoint)
  }

  async alert(id: AlertId): Promise<AlertRecord | undefined> {
    return (await selectAlerts(this.#open(), [id]))[0]
  }

  async alerts(query: AlertQuery, now: string): Promise<AlertPage> {
    // One transaction, so that page, facets and total speak of the same alerts.
    return await this.#atOnce((transaction) => selectPage(transaction, query, now))
  }

  async alertsOfProcesses(entityIds: readonly string[]): Promise<readonly AlertRecord[]> {
    return await selectAlertsOfProcesses(this.#open(), entityIds)
  }

  async alertCountsByRule(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#open()
      .selectFrom('alerts')
      .select(({ fn }) => ['rule_id', fn.countAll<number>().as('count')])
      .groupBy('rule_id')
      .execute()
    return new Map(rows.map((row) => [row.rule_id, Number(row.count)]))
  }

  async updateAlerts(
    ids: readonly AlertId[],
    update: AlertUpdate,
    by: { readonly actor: string; readonly at: string },
  ): Promise<readonly AlertRecord[]> {
    return await this.#atOnce((transaction) => updateAlertRows(transaction, ids, { update, by }))
  }

  async activity(id: AlertId): Promise<readonly ActivityEntry[]> {
    return await selectActivity(this.#open(), id)
  }

  async incident(id: string): Promise<IncidentRecord | undefined> {
    return (await selectIncidents(this.#open(), [id]))[0]
  }

  async incidents(query: IncidentQuery): Promise<IncidentPage> {
    return await this.#atOnce((transaction) => selectIncidentPage(transaction, query))
  }

  async incidentAlerts(id: string, limit: number): Promise<readonly JoinedAlert[]> {
    return await this.#atOnce(async (transaction) => {
      const [record] = await selectIncidents(transaction, [id])
      return record === undefined ? [] : await selectJoinedAlerts(transaction, record.id, limit)
    })
  }

  async updateIncidents(
    ids: readonly string[],
    { with_alerts: withAlerts, ...update }: IncidentUpdate,
    by: Author,
  ): Promise<{ incidents: readonly IncidentRecord[]; alerts: readonly AlertRecord[] }> {
    return await this.#atOnce(async (transaction) => {
      const incidents = await updateIncidentRows(transaction, ids, { update, by })
      if (withAlerts !== true || incidents.length === 0) return { incidents, alerts: [] }
      const alertIds = await selectAlertIds(
        transaction,
        incidents.map(({ id }) => id),
      )
      return { incidents, alerts: await updateAlertRows(transaction, alertIds, { update, by }) }
    })
  }

  async noteIncident(id: string, text: string, by: Author): Promise<boolean> {
    return await this.#atOnce((transaction) => insertNote(transaction, id, { text, by }))
  }

  async incidentActivity(id: string): Promise<readonly ActivityEntry[]> {
    return await selectIncidentActivity(this.#open(), id)
  }

  async sightHost(sighting: HostSighting): Promise<void> {
    await this.#atOnce((transaction) => upsertHost(transaction, sighting))
  }

  async hosts(tenantId: TenantId): Promise<readonly HostRecord[]> {
    return await selectHosts(this.#open(), tenantId)
  }

  async host(tenantId: TenantId, id: HostId): Promise<HostRecord | undefined> {
    return (await selectHosts(this.#open(), tenantId, id))[0]
  }

  async users(): Promise<readonly User[]> {
    return await selectUsers(this.#open())
  }

  async userByName(name: string): Promise<User | undefined> {
    return (await selectUsers(this.#open(), name))[0]
  }

  async addUser(user: User): Promise<void> {
    await insertUser(this.#open(), user)
  }

  async addSession(session: Session): Promise<void> {
    await upsertSession(this.#open(), session)
  }

  async session(
    tokenHash: string,
    now: string,
  ): Promise<{ session: Session; user: User } | undefined> {
    return await selectSession(this.#open(), { tokenHash, now })
  }

  async extendSession(tokenHash: string, expires: string): Promise<void> {
    await updateSession(this.#open(), { tokenHash, expires })
  }

  async removeSession(tokenHash: string): Promise<void> {
    await deleteSession(this.#open(), tokenHash)
  }

  async removeExpiredSessions(now: string): Promise<number> {
    return await deleteExpiredSessions(this.#open(), now)
  }

  async setting(name: string): Promise<string | undefined> {
    const row = await this.#open()
      .selectFrom('settings')
      .select('value')
      .where('name', '=', name)
      .executeTakeFirst()
    return row?.value
  }

  async setSetting(name: string, value: string): Promise<void> {
    await this.#open()
      .insertInto('settings')
      .values({ name, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute()
  }

  async audit(entry: AuditEntry): Promise<void> {
    await this.#atOnce((transaction) => insertAudit(transaction, entry))
  }

  async auditEntries(limit: number): Promise<readonly AuditEntry[]> {
    return await selectAudit(this.#open(), limit)
  }

  async verifyAudit(): Promise<AuditVerdict> {
    return await verifyAuditRows(this.#open())
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#kysely.destroy()
    // Kysely closes only what it has used.
    if (this.#database.isOpen) this.#database.close()
    this.#lock.release()
  }

  #open(): Kysely<RecordTables> {
    if (this.#closed) throw new StoreError('ERR_STORE_CLOSED', 'The records are closed.')
    return this.#kysely
  }

  async #atOnce<T>(work: (transaction: Transaction<RecordTables>) => Promise<T>): Promise<T> {
    return await this.#open().transaction().execute(work)
  }
}

async function upsertCheckpoint(
  database: Kysely<RecordTables>,
  { consumer, offset, state }: Checkpoint,
): Promise<void> {
  const values = { log_offset: offset, state }
  await database
    .insertInto('checkpoints')
    .values({ consumer, ...values })
    .onConflict((conflict) => conflict.column('consumer').doUpdateSet(values))
    .execute()
}
