import type {
  ActivityEntry,
  Alert,
  AlertId,
  AlertPage,
  AlertQuery,
  AlertRecord,
  AlertUpdate,
  HostDescription,
  HostId,
  HostRecord,
  IncidentChange,
  IncidentJoin,
  IncidentPage,
  IncidentQuery,
  IncidentRecord,
  IncidentUpdate,
  StreamCounts,
  TenantId,
} from '@pomona/schema'
import type { BundleRecords } from '../bundles/bundles.ts'
import type { CommandRecords } from '../commands/commands.ts'
import type { LetterRecords } from '../letters/letters.ts'
import type { ReportRecords } from '../reports/reports.ts'
import type { AgentRecords } from '../agents/agents.ts'

/**
 * How far a reader of the log has come, with its state. `offset` is the next entry it will read.
 */
export interface Checkpoint {
  readonly consumer: string
  readonly offset: number
  readonly state: string
}

/** Somebody who may sign in. */
export interface User {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly passwordHash: string
}

/** A signed-in browser. Times are RFC 3339 with nine digits. */
export interface Session {
  /** Hash of the cookie's token; the token itself is never stored. */
  readonly tokenHash: string
  readonly userId: string
  readonly created: string
  readonly expires: string
}

/** A delivery as the host list counts it. */
export interface HostSighting {
  readonly tenantId: TenantId
  readonly host: HostDescription
  readonly seen: string
  readonly lastEvent?: string
  readonly events: number
  readonly counts?: StreamCounts
}

/** One line of the audit trail: who did what to what. */
export interface AuditEntry {
  readonly time: string
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly details: Readonly<Record<string, string>>
}

/**
 * Whether the audit log is what was written. `head` is the hash of the newest entry: kept
 * elsewhere, it also proves that nothing was cut from the end. `brokenAt` is the first entry that
 * does not fit.
 */
export type AuditVerdict =
  | { readonly ok: true; readonly entries: number; readonly head: string }
  | { readonly ok: false; readonly entries: number; readonly brokenAt: number }

/** What the engine found in a part of the log. */
export interface Findings {
  readonly alerts: readonly Alert[]
  /** What engines on hosts found. The same alert may be in both lists, or come again later. */
  readonly hostAlerts?: readonly Alert[]
  /** What became of incidents, in order; their alerts are among `alerts` or stored already. */
  readonly incidents: readonly IncidentChange[]
  /** The state all of it was computed at. */
  readonly checkpoint: Checkpoint
  readonly storedAt: string
}

/** What findings changed. */
export interface Committed {
  /** Alerts that are new, with status `new`. */
  readonly alerts: readonly AlertRecord[]
  /** Alerts that were there, and that the other engine has found now as well. */
  readonly confirmed: readonly AlertRecord[]
  /** Incidents that changed, as they are now; one that became part of another is not among them. */
  readonly incidents: readonly IncidentRecord[]
  /** Ids of the incidents that each of these took in. */
  readonly merged: ReadonlyMap<string, readonly string[]>
}

/** An alert of an incident, and how it came to it. */
export interface JoinedAlert {
  readonly alert: AlertRecord
  readonly join: IncidentJoin
}

/** Everything that people and the engine decide: small, transactional, kept for long. */
export interface Records {
  readonly reports: ReportRecords
  readonly commands: CommandRecords
  readonly bundles: BundleRecords
  /** Who may speak as which Mac, and when it last did. */
  readonly agents: AgentRecords
  readonly letters: LetterRecords

  /**
   * Stores alerts, incidents and the checkpoint they were computed at, all or nothing. An alert
   * whose id is there already is left as it is, but for who found it; and what the server's engine
   * says of it replaces what a host said, which nobody has checked. An incident is brought to its
   * new state and keeps what people decided. A closed one that gets a new alert opens again, unless
   * people found it false or benign and it is no worse than it was.
   */
  commit(findings: Findings): Promise<Committed>
  checkpoint(consumer: string): Promise<Checkpoint | undefined>
  saveCheckpoint(checkpoint: Checkpoint): Promise<void>

  alert(id: AlertId): Promise<AlertRecord | undefined>
  /**
   * A page of the queue, newest first, with facets and histogram. `from` is inside the range, `to`
   * is not. A facet counts the alerts that fit all filters except its own, so that more values can
   * be chosen.
   * @throws StoreError ERR_QUERY_INVALID for a time or cursor that is none.
   */
  alerts(query: AlertQuery, now: string): Promise<AlertPage>
  /** Alerts whose processes include one of these entity ids. */
  alertsOfProcesses(entityIds: readonly string[]): Promise<readonly AlertRecord[]>
  alertCountsByRule(): Promise<ReadonlyMap<string, number>>
  /** Changes queue fields of several alerts and writes the activity; unknown ids are left out. */
  updateAlerts(
    ids: readonly AlertId[],
    update: AlertUpdate,
    by: { readonly actor: string; readonly at: string },
  ): Promise<readonly AlertRecord[]>
  activity(id: AlertId): Promise<readonly ActivityEntry[]>

  /** An incident by its id, or the one it became part of. */
  incident(id: string): Promise<IncidentRecord | undefined>
  /**
   * A page of incidents, without those that are part of another. `from` and `to` bound the latest
   * alert. A facet counts the incidents that fit all filters except its own.
   * @throws StoreError ERR_QUERY_INVALID for a time or cursor that is none.
   */
  incidents(query: IncidentQuery): Promise<IncidentPage>
  /** The first alerts of an incident in the order they happened, at most `limit`. */
  incidentAlerts(id: string, limit: number): Promise<readonly JoinedAlert[]>
  /** Changes several incidents, with their alerts where asked; unknown ids are left out. */
  updateIncidents(
    ids: readonly string[],
    update: IncidentUpdate,
    by: { readonly actor: string; readonly at: string },
  ): Promise<{
    readonly incidents: readonly IncidentRecord[]
    readonly alerts: readonly AlertRecord[]
  }>
  /** Adds a note to an incident's history. @returns Whether there is such an incident. */
  noteIncident(
    id: string,
    text: string,
    by: { readonly actor: string; readonly at: string },
  ): Promise<boolean>
  incidentActivity(id: string): Promise<readonly ActivityEntry[]>

  sightHost(sighting: HostSighting): Promise<void>
  hosts(tenantId: TenantId): Promise<readonly HostRecord[]>
  host(tenantId: TenantId, id: HostId): Promise<HostRecord | undefined>

  users(): Promise<readonly User[]>
  userByName(name: string): Promise<User | undefined>
  /** @throws StoreError ERR_RECORD_EXISTS when the name is taken. */
  addUser(user: User): Promise<void>
  addSession(session: Session): Promise<void>
  session(tokenHash: string, now: string): Promise<{ session: Session; user: User } | undefined>
  /** Moves the end of a session; an unknown one is left alone. */
  extendSession(tokenHash: string, expires: string): Promise<void>
  removeSession(tokenHash: string): Promise<void>
  removeExpiredSessions(now: string): Promise<number>

  /** Named values of the installation: secrets, first-run token hash, ingest token hash. */
  setting(name: string): Promise<string | undefined>
  setSetting(name: string, value: string): Promise<void>

  audit(entry: AuditEntry): Promise<void>
  auditEntries(limit: number): Promise<readonly AuditEntry[]>
  /** Recomputes the hash chain of the audit log. */
  verifyAudit(): Promise<AuditVerdict>
  close(): Promise<void>
}
