import type {
  ActivityEntry,
  AgentReport,
  HostId,
  LedgerHour,
  LedgerProblem,
  LedgerRow,
  LedgerSums,
  LedgerVerdict,
  TenantId,
} from '@pomona/schema'

/** A report as the server got it. Times are RFC 3339 with nine digits. */
export interface ReceivedReport {
  readonly tenantId: TenantId
  readonly hostId: HostId
  readonly report: AgentReport
  readonly received: string
  /** The agent's clock less the server's, milliseconds. */
  readonly skewMs: number
  /** How often this agent is to report. */
  readonly intervalSeconds: number
  /**
   * When the host enrolled last. A ledger may begin anew only after the Mac has enrolled again.
   */
  readonly enrolled?: string
}

/** A report without its ledger rows. */
export type StoredReport = Omit<AgentReport, 'ledger' | 'ledger_end'>

/** How far the chain of a host's ledger is stored, and what was wrong with what was not. */
export interface LedgerPlace {
  /** Chains this host has begun, less one. */
  readonly installation: number
  /** The enrolment under which this chain began. */
  readonly enrolled?: string
  readonly next: number
  /** Hash of the newest row. */
  readonly head: string
  /** Present while the newest rows were refused; gone when the chain goes on. */
  readonly problem?: {
    readonly kind: LedgerProblem
    readonly index: number
    readonly since: string
  }
  /** Reports with refused rows. */
  readonly refused: Readonly<Partial<Record<LedgerProblem, number>>>
}

/** How a host does since it runs the bundle it runs. */
export interface BundleTrial {
  readonly id?: string
  readonly since: string
  /** Starts of the agent that followed no orderly end, since then. */
  readonly crashes: number
  /** Alerts of the engine on the host, since then. */
  readonly alerts: number
}

/** What is known of a host's agent from its reports. */
export interface AgentStanding {
  readonly tenantId: TenantId
  readonly hostId: HostId
  readonly report: StoredReport
  readonly received: string
  readonly skewMs: number
  readonly intervalSeconds: number
  /** Starts that followed no orderly end. */
  readonly crashes: number
  readonly ledger: LedgerPlace
  readonly trial: BundleTrial
  /** Sums of the whole ledger. */
  readonly totals: LedgerSums
}

/** What became of a report. */
export interface TakenReport {
  readonly agent: AgentStanding
  /** Ledger rows that are new. */
  readonly rows: number
  readonly problem?: LedgerProblem
  /** The row the agent is to send next. */
  readonly wanted: number
  /** What changed with the host. */
  readonly history: readonly ActivityEntry[]
}

/** Hours of a ledger. */
export interface LedgerSpan {
  /** First hour. */
  readonly from?: string
  /** First hour that is not wanted. */
  readonly to?: string
  readonly limit: number
}

/** Lines of history kept of one host; the oldest go. */
export const HISTORY_LINES_MAX = 500

/** What agents report: health, and the ledger of what became of what they sensed. */
export interface ReportRecords {
  /**
   * Takes reports in order, all or nothing. Of a ledger the rows up to the first that does not fit
   * are stored; a row that is stored already changes nothing.
   */
  take(reports: readonly ReceivedReport[]): Promise<readonly TakenReport[]>
  agent(tenantId: TenantId, hostId: HostId): Promise<AgentStanding | undefined>
  /** In order of host id. */
  agents(tenantId: TenantId): Promise<readonly AgentStanding[]>
  /** Adds a line to a host's history. */
  note(tenantId: TenantId, hostId: HostId, line: ActivityEntry): Promise<void>
  /** Newest first. */
  history(tenantId: TenantId, hostId: HostId, limit: number): Promise<readonly ActivityEntry[]>
  /** Hours of a host by hour and sensor, oldest first; of more than `limit` the newest. */
  hours(tenantId: TenantId, hostId: HostId, span: LedgerSpan): Promise<readonly LedgerHour[]>
  /** Sums of all hosts over the hours from `from` on. */
  sums(tenantId: TenantId, from: string): Promise<ReadonlyMap<HostId, LedgerSums>>
  /** What each run of a host's agent says was acknowledged. */
  sentByEpoch(tenantId: TenantId, hostId: HostId): Promise<ReadonlyMap<number, number>>
  /** Rows of the present chain from `index` on. */
  rows(
    tenantId: TenantId,
    hostId: HostId,
    page: { readonly index: number; readonly limit: number },
  ): Promise<readonly LedgerRow[]>
  /** Recomputes the chain of the rows that are still kept. */
  verify(tenantId: TenantId, hostId: HostId): Promise<LedgerVerdict>
  /** Forgets rows received and hours begun before these times; sums of hours outlive their rows. */
  forget(before: { readonly rows: string; readonly hours: string }): Promise<number>
}
