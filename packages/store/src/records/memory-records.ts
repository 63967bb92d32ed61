import type {
  ActivityEntry,
  Alert,
  AlertFinder,
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
import { encodeCursor } from '../cursor.ts'
import { MemoryBundles } from '../bundles/memory-bundles.ts'
import { MemoryCommands } from '../commands/memory-commands.ts'
import { StoreError } from '../errors.ts'
import { MemoryLetters } from '../letters/memory-letters.ts'
import { MemoryReports } from '../reports/memory-reports.ts'
import {
  ALERTS_MAX,
  applyUpdate,
  type Author,
  createdActivity,
  entityIds,
  histogramOf,
  histogramStart,
  foundAgain,
  planAlertQuery,
} from './alert-queue.ts'
import { AUDIT_GENESIS, auditHash, AuditVerifier, type ChainedEntry } from './audit-chain.ts'
import { hostRecord, mergeSighting, type StoredHost } from './host-sighting.ts'
import { MemoryAgents } from '../agents/memory-agents.ts'
import { MemoryIncidents } from './memory-incidents.ts'
import { compare, facetsOf, fits, newestFirst, tally } from './memory-queue.ts'
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

/** Bounds of the records in memory. */
export interface MemoryRecordsOptions {
  readonly deadLettersMax?: number
  readonly deadLettersPerHostMax?: number
}

/**
 * Records in memory, naive on purpose: the measure for the others, and for tests that need no disk.
 */
export function openMemoryRecords(options: MemoryRecordsOptions = {}): Records {
  return new MemoryRecords(options)
}

class MemoryRecords implements Records {
  readonly reports = new MemoryReports(() => this.#assertOpen())
  readonly commands = new MemoryCommands(() => this.#assertOpen())
  readonly bundles = new MemoryBundles(() => this.#assertOpen())
  readonly agents = new MemoryAgents(() => this.#assertOpen())
  readonly letters: MemoryLetters
  readonly #alerts = new Map<string, AlertRecord>()
  readonly #incidents = new MemoryIncidents()
  readonly #activity = new Map<string, ActivityEntry[]>()
  readonly #checkpoints = new Map<string, Checkpoint>()
  readonly #hosts = new Map<string, StoredHost>()
  readonly #users = new Map<string, User>()
  readonly #sessions = new Map<string, Session>()
  readonly #settings = new Map<string, string>()
  readonly #audit: ChainedEntry[] = []
  #closed = false

  constructor({ deadLettersMax = 10_000, deadLettersPerHostMax = 1_000 }: MemoryRecordsOptions) {
    this.letters = new MemoryLetters(() => this.#assertOpen(), {
      lettersMax: deadLettersMax,
      lettersPerHostMax: deadLettersPerHostMax,
    })
  }

  async commit(findings: Findings): Promise<Committed> {
    this.#assertOpen()
    const { alerts, hostAlerts = [], incidents, checkpoint, storedAt } = findings
    const added: string[] = []
    const confirmed = new Set<string>()
    const take = (alert: Alert, finder: AlertFinder): void => {
      const known = this.#alerts.get(alert.id)
      const { record, isConfirmed } = foundAgain(known, structuredClone(alert), {
        finder,
        storedAt,
      })
      this.#alerts.set(alert.id, record)
      if (known === undefined) added.push(alert.id)
      else if (isConfirmed && !added.includes(alert.id)) confirmed.add(alert.id)
    }
    for (const alert of alerts) take(alert, 'server')
    for (const alert of hostAlerts) take(alert, 'host')
    const touched = this.#incidents.take(incidents, { storedAt, fresh: new Set(added) })
    this.#checkpoints.set(checkpoint.consumer, { ...checkpoint })
    return {
      alerts: added.flatMap((id) => this.#joined(id) ?? []),
      confirmed: [...confirmed].flatMap((id) => this.#joined(id) ?? []),
      incidents: touched.flatMap((id) => this.#incidents.get(id) ?? []),
      merged: new Map(incidents.map(({ incident, merged }) => [incident.id, merged])),
    }
  }

  #joined(id: string): AlertRecord | undefined {
    const record = this.#alerts.get(id)
    const incidentId = this.#incidents.incidentOf(id)
    if (record === undefined || incidentId === undefined) return record
    return { ...record, incident_id: incidentId }
  }

  async checkpoint(consumer: string): Promise<Checkpoint | undefined> {
    this.#assertOpen()
    return this.#checkpoints.get(consumer)
  }

  async saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    this.#assertOpen()
    this.#checkpoints.set(checkpoint.consumer, { ...checkpoint })
  }

  async alert(id: AlertId): Promise<AlertRecord | undefined> {
    this.#assertOpen()
    return this.#joined(id)
  }

  async alerts(query: AlertQuery, now: string): Promise<AlertPage> {
    this.#assertOpen()
    const { filters, after, limit } = planAlertQuery(query)
    const startNs = histogramStart(now)
    const all = this.#all().toSorted(newestFirst)
    const fitting = all.filter((record) => fits(record, filters))
    const rest = fitting.filter((record) => after === undefined || newestFirst(record, after) > 0)
    const items = rest.slice(0, limit)
    const last = items.at(-1)
    return {
      items,
      total: fitting.length,
      ...(rest.length > limit && last ? { next_cursor: encodeCursor(last) } : {}),
      facets: facetsOf(all, filters),
      histogram: histogramOf(
        startNs,
        tally(fitting, ({ time }) => [time.slice(0, 13)]),
      ),
    }
  }

  async alertsOfProcesses(ids: readonly string[]): Promise<readonly AlertRecord[]> {
    this.#assertOpen()
    return this.#all()
      .filter((record) => entityIds(record).some((id) => ids.includes(id)))
      .toSorted(newestFirst)
      .slice(0, ALERTS_MAX)
  }

  async alertCountsByRule(): Promise<ReadonlyMap<string, number>> {
    this.#assertOpen()
    return tally([...this.#alerts.values()], (record) => [record.rule_id])
  }

  async updateAlerts(
    ids: readonly AlertId[],
    update: AlertUpdate,
    by: { readonly actor: string; readonly at: string },
  ): Promise<readonly AlertRecord[]> {
    this.#assertOpen()
    const changed: AlertRecord[] = []
    for (const id of new Set(ids)) {
      const found = this.#alerts.get(id)
      if (found === undefined) continue
      const { record, activity } = applyUpdate(found, update, by)
      this.#alerts.set(id, record)
      this.#activity.set(id, [...(this.#activity.get(id) ?? []), ...activity])
      changed.push(this.#joined(id) ?? record)
    }
    return changed
  }

  async activity(id: AlertId): Promise<readonly ActivityEntry[]> {
    this.#assertOpen()
    const record = this.#alerts.get(id)
    if (record === undefined) return []
    return [createdActivity(record), ...(this.#activity.get(id) ?? [])]
  }

  #all(): readonly AlertRecord[] {
    return [...this.#alerts.keys()].flatMap((id) => this.#joined(id) ?? [])
  }

  async incident(id: string): Promise<IncidentRecord | undefined> {
    this.#assertOpen()
    return this.#incidents.get(id)
  }

  async incidents(query: IncidentQuery): Promise<IncidentPage> {
    this.#assertOpen()
    return await this.#incidents.page(query)
  }

  async incidentAlerts(id: string, limit: number): Promise<readonly JoinedAlert[]> {
    this.#assertOpen()
    const alerts = this.#incidents.alertIds(id).flatMap((alertId) => this.#joined(alertId) ?? [])
    return this.#incidents.joined(alerts, limit)
  }

  async updateIncidents(
    ids: readonly string[],
    { with_alerts: withAlerts, ...update }: IncidentUpdate,
    by: Author,
  ): Promise<{ incidents: readonly IncidentRecord[]; alerts: readonly AlertRecord[] }> {
    this.#assertOpen()
    const incidents = this.#incidents.update(ids, update, by)
    // Ids of stored alerts.
    const alertIds = incidents.flatMap(({ id }) => this.#incidents.alertIds(id)) as AlertId[]
    const alerts = withAlerts === true ? await this.updateAlerts(alertIds, update, by) : []
    return { incidents, alerts }
  }

  async noteIncident(id: string, text: string, by: Author): Promise<boolean> {
    this.#assertOpen()
    return this.#incidents.note(id, text, by)
  }

  async incidentActivity(id: string): Promise<readonly ActivityEntry[]> {
    this.#assertOpen()
    return this.#incidents.activity(id)
  }

  async sightHost(sighting: HostSighting): Promise<void> {
    this.#assertOpen()
    const key = JSON.stringify([sighting.tenantId, sighting.host.id])
    this.#hosts.set(key, mergeSighting(this.#hosts.get(key), sighting))
  }

  async hosts(tenantId: TenantId): Promise<readonly HostRecord[]> {
    this.#assertOpen()
    return [...this.#hosts.values()]
      .filter((host) => host.tenantId === tenantId)
      .map((host) => hostRecord(host, this.#openAlerts(tenantId, host.id)))
      .toSorted((a, b) => compare(a.name, b.name) || compare(a.id, b.id))
  }

  async host(tenantId: TenantId, id: HostId): Promise<HostRecord | undefined> {
    this.#assertOpen()
    const host = this.#hosts.get(JSON.stringify([tenantId, id]))
    return host && hostRecord(host, this.#openAlerts(tenantId, id))
  }

  #openAlerts(tenantId: TenantId, hostId: string): Record<string, number> {
    const open = [...this.#alerts.values()].filter(
      (record) =>
        record.status !== 'closed' && record.host.id === hostId && record.tenant_id === tenantId,
    )
    return Object.fromEntries(tally(open, (record) => [record.severity]))
  }

  async users(): Promise<readonly User[]> {
    this.#assertOpen()
    return [...this.#users.values()].toSorted((a, b) => compare(a.name, b.name))
  }

  async userByName(name: string): Promise<User | undefined> {
    this.#assertOpen()
    return [...this.#users.values()].find((user) => user.name === name)
  }

  async addUser(user: User): Promise<void> {
    this.#assertOpen()
    const taken = [...this.#users.values()].some(
      ({ id, name }) => id === user.id || name === user.name,
    )
    if (taken) throw new StoreError('ERR_RECORD_EXISTS', `The name “${user.name}” is taken.`)
    this.#users.set(user.id, { ...user })
  }

  async addSession(session: Session): Promise<void> {
    this.#assertOpen()
    this.#sessions.set(session.tokenHash, { ...session })
  }

  async session(
    tokenHash: string,
    now: string,
  ): Promise<{ session: Session; user: User } | undefined> {
    this.#assertOpen()
    const session = this.#sessions.get(tokenHash)
    const user = session && this.#users.get(session.userId)
    if (session === undefined || user === undefined || session.expires <= now) return undefined
    return { session, user }
  }

  async extendSession(tokenHash: string, expires: string): Promise<void> {
    this.#assertOpen()
    const session = this.#sessions.get(tokenHash)
    if (session !== undefined) this.#sessions.set(tokenHash, { ...session, expires })
  }

  async removeSession(tokenHash: string): Promise<void> {
    this.#assertOpen()
    this.#sessions.delete(tokenHash)
  }

  async removeExpiredSessions(now: string): Promise<number> {
    this.#assertOpen()
    const expired = [...this.#sessions.values()].filter(({ expires }) => expires <= now)
    for (const { tokenHash } of expired) this.#sessions.delete(tokenHash)
    return expired.length
  }

  async setting(name: string): Promise<string | undefined> {
    this.#assertOpen()
    return this.#settings.get(name)
  }

  async setSetting(name: string, value: string): Promise<void> {
    this.#assertOpen()
    this.#settings.set(name, value)
  }

  async audit(entry: AuditEntry): Promise<void> {
    this.#assertOpen()
    const position = this.#audit.length
    const previousHash = this.#audit.at(-1)?.hash ?? AUDIT_GENESIS
    const copy = structuredClone(entry)
    this.#audit.push({
      ...copy,
      position,
      previousHash,
      hash: auditHash(previousHash, position, copy),
    })
  }

  async auditEntries(limit: number): Promise<readonly AuditEntry[]> {
    this.#assertOpen()
    return this.#audit
      .toReversed()
      .slice(0, limit)
      .map(({ time, actor, action, target, details }) => ({ time, actor, action, target, details }))
  }

  async verifyAudit(): Promise<AuditVerdict> {
    this.#assertOpen()
    const verifier = new AuditVerifier()
    for (const entry of this.#audit) verifier.add(entry)
    return verifier.verdict()
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('ERR_STORE_CLOSED', 'The records are closed.')
  }
}
