/** Tables of reports, a step of the records' schema. */
export const REPORTS_MIGRATION = `create table agent_reports (
     tenant_id text not null,
     host_id text not null,
     received text not null,
     document text not null,
     primary key (tenant_id, host_id)
   );
   create table agent_history (
     tenant_id text not null,
     host_id text not null,
     position bigint not null,
     time text not null,
     actor text not null,
     action text not null,
     details text not null,
     primary key (tenant_id, host_id, position)
   );
   create table ledger_rows (
     tenant_id text not null,
     host_id text not null,
     installation bigint not null,
     row_index bigint not null,
     received text not null,
     hash text not null,
     document text not null,
     primary key (tenant_id, host_id, installation, row_index)
   );
   create index ledger_rows_by_time on ledger_rows (received);
   create table ledger_hours (
     tenant_id text not null,
     host_id text not null,
     hour text not null,
     sensor text not null,
     sensed bigint not null,
     filtered bigint not null,
     dropped bigint not null,
     sent bigint not null,
     lost bigint not null,
     unobserved_ms bigint not null,
     details text not null,
     primary key (tenant_id, host_id, hour, sensor)
   );
   create index ledger_hours_by_hour on ledger_hours (tenant_id, hour);
   create table ledger_epochs (
     tenant_id text not null,
     host_id text not null,
     epoch bigint not null,
     sent bigint not null,
     primary key (tenant_id, host_id, epoch)
   );`

/** A row of `ledger_hours`. */
export interface LedgerHourTable {
  readonly tenant_id: string
  readonly host_id: string
  readonly hour: string
  readonly sensor: string
  readonly sensed: number
  readonly filtered: number
  readonly dropped: number
  readonly sent: number
  readonly lost: number
  readonly unobserved_ms: number
  readonly details: string
}

/** The tables of {@link REPORTS_MIGRATION}. */
export interface ReportTables {
  readonly agent_reports: {
    readonly tenant_id: string
    readonly host_id: string
    readonly received: string
    readonly document: string
  }
  readonly agent_history: {
    readonly tenant_id: string
    readonly host_id: string
    readonly position: number
    readonly time: string
    readonly actor: string
    readonly action: string
    readonly details: string
  }
  readonly ledger_rows: {
    readonly tenant_id: string
    readonly host_id: string
    readonly installation: number
    readonly row_index: number
    readonly received: string
    readonly hash: string
    readonly document: string
  }
  readonly ledger_hours: LedgerHourTable
  readonly ledger_epochs: {
    readonly tenant_id: string
    readonly host_id: string
    readonly epoch: number
    readonly sent: number
  }
}
