import { AGENTS_MIGRATION, type AgentTables } from '../agents/agent-tables.ts'
import { BUNDLES_MIGRATION, type BundleTables } from '../bundles/bundle-tables.ts'
import { COMMANDS_MIGRATION, type CommandTables } from '../commands/command-tables.ts'
import { REPORTS_MIGRATION, type ReportTables } from '../reports/report-tables.ts'
import type { Migration } from '../sqlite/database.ts'

/** "PoRe": names the file as records of ours. */
export const RECORDS_APPLICATION_ID = 0x506f5265

/**
 * The schema, step by step, in the part of SQL that SQLite and PostgreSQL share: text ids, text
 * times that sort, `bigint` numbers, JSON as text. An applied step is never edited; a change is a
 * new step.
 *
 * Documents and search text stand apart from the columns the queue filters by, so that counting
 * facets over many alerts reads few pages.
 */
export const RECORDS_MIGRATIONS: readonly Migration[] = [
  `create table alerts (
     id text primary key,
     tenant_id text not null,
     host_id text not null,
     host_label text not null,
     rule_id text not null,
     rule_name text not null,
     severity text not null,
     status text not null,
     verdict text,
     assignee text,
     time text not null,
     created text not null,
     updated text not null
   );
   create unique index alerts_by_time on alerts (time, id);
   create index alerts_by_host on alerts (tenant_id, host_id, status);
   create table alert_documents (
     alert_id text primary key,
     search text not null,
     document text not null
   );
   create table alert_techniques (
     technique text not null,
     alert_id text not null,
     primary key (technique, alert_id)
   );
   create table alert_processes (
     entity_id text not null,
     alert_id text not null,
     primary key (entity_id, alert_id)
   );
   create table activity (
     alert_id text not null,
     position bigint not null,
     time text not null,
     actor text not null,
     action text not null,
     details text not null,
     primary key (alert_id, position)
   );
   create table checkpoints (
     consumer text primary key,
     log_offset bigint not null,
     state text not null
   );
   create table hosts (
     tenant_id text not null,
     id text not null,
     name text not null,
     os_version text,
     architecture text,
     agent_version text,
     first_seen text not null,
     last_seen text not null,
     last_event text,
     events bigint not null,
     gaps bigint not null,
     discarded text not null,
     primary key (tenant_id, id)
   );
   create table users (
     id text primary key,
     name text not null unique,
     role text not null,
     password_hash text not null
   );
   create table sessions (
     token_hash text primary key,
     user_id text not null,
     created text not null,
     expires text not null
   );
   create table settings (
     name text primary key,
     value text not null
   );
   create table dead_letters (
     position bigint primary key,
     id text not null unique,
     time text not null,
     stage text not null,
     reason text not null,
     host_id text,
     detail text not null,
     sample text not null
   );
   create table dead_letter_counts (
     stage text not null,
     reason text not null,
     received bigint not null,
     dropped bigint not null,
     primary key (stage, reason)
   );
   create table audit (
     position bigint primary key,
     time text not null,
     actor text not null,
     action text not null,
     target text not null,
     details text not null,
     previous_hash text not null,
     hash text not null
   );`,
  `create table incidents (
     id text primary key,
     tenant_id text not null,
     host_id text not null,
     host_label text not null,
     severity text not null,
     status text not null,
     verdict text,
     assignee text,
     risk_key text not null,
     last_time text not null,
     merged_into text,
     created text not null,
     updated text not null
   );
   create unique index incidents_by_time on incidents (last_time, id);
   create unique index incidents_by_risk on incidents (risk_key, id);
   create index incidents_merged on incidents (merged_into);
   create table incident_documents (
     incident_id text primary key,
     search text not null,
     document text not null
   );
   create table incident_tactics (
     tactic text not null,
     incident_id text not null,
     primary key (tactic, incident_id)
   );
   create table incident_alerts (
     alert_id text primary key,
     incident_id text not null,
     document text not null
   );
   create index incident_alerts_by_incident on incident_alerts (incident_id);
   create table incident_activity (
     incident_id text not null,
     position bigint not null,
     time text not null,
     actor text not null,
     action text not null,
     details text not null,
     primary key (incident_id, position)
   );`,
  REPORTS_MIGRATION,
  COMMANDS_MIGRATION,
  BUNDLES_MIGRATION,
  AGENTS_MIGRATION,
  `alter table dead_letters add column source text;
   alter table dead_letters add column search text not null default '';
   alter table dead_letters add column outcome text;
   update dead_letters set search = lower(detail || char(10) || sample);
   create index dead_letters_open on dead_letters (outcome, position);
   create index dead_letters_by_host on dead_letters (host_id, outcome, position);
   alter table dead_letter_counts add column replayed bigint not null default 0;
   alter table dead_letter_counts add column discarded bigint not null default 0;`,
  `alter table alerts add column finders text not null default 'server';`,
]

interface AlertTable {
  readonly id: string
  readonly tenant_id: string
  readonly host_id: string
  readonly host_label: string
  readonly rule_id: string
  readonly rule_name: string
  readonly severity: string
  readonly status: string
  readonly verdict: string | null
  readonly assignee: string | null
  readonly time: string
  readonly created: string
  readonly updated: string
  /** Names of {@link AlertFinder} in their order, with blanks between them. */
  readonly finders: string
}

interface AlertDocumentTable {
  readonly alert_id: string
  readonly search: string
  readonly document: string
}

interface ActivityTable {
  readonly alert_id: string
  readonly position: number
  readonly time: string
  readonly actor: string
  readonly action: string
  readonly details: string
}

interface IncidentTable {
  readonly id: string
  readonly tenant_id: string
  readonly host_id: string
  readonly host_label: string
  readonly severity: string
  readonly status: string
  readonly verdict: string | null
  readonly assignee: string | null
  /** Risk, then the time of the latest alert, as text that sorts. */
  readonly risk_key: string
  readonly last_time: string
  readonly merged_into: string | null
  readonly created: string
  readonly updated: string
}

/** A row of `hosts`. */
export interface HostTable {
  readonly tenant_id: string
  readonly id: string
  readonly name: string
  readonly os_version: string | null
  readonly architecture: string | null
  readonly agent_version: string | null
  readonly first_seen: string
  readonly last_seen: string
  readonly last_event: string | null
  readonly events: number
  readonly gaps: number
  readonly discarded: string
}

/** A row of `dead_letters`. */
export interface DeadLetterTable {
  readonly position: number
  readonly id: string
  readonly time: string
  readonly stage: string
  readonly reason: string
  readonly host_id: string | null
  readonly detail: string
  readonly sample: string
  /** Where it can be had again, JSON. */
  readonly source: string | null
  /** Detail and sample in lower case. */
  readonly search: string
  /** What people did with it; then its texts are empty. */
  readonly outcome: string | null
}

/** A row of `audit`. */
export interface AuditTable {
  readonly position: number
  readonly time: string
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly details: string
  readonly previous_hash: string
  readonly hash: string
}

/** The tables of {@link RECORDS_MIGRATIONS}, as Kysely needs them. */
export interface RecordTables extends ReportTables, CommandTables, BundleTables, AgentTables {
  readonly alerts: AlertTable
  readonly alert_documents: AlertDocumentTable
  readonly alert_techniques: { readonly technique: string; readonly alert_id: string }
  readonly alert_processes: { readonly entity_id: string; readonly alert_id: string }
  readonly activity: ActivityTable
  readonly incidents: IncidentTable
  readonly incident_documents: {
    readonly incident_id: string
    readonly search: string
    readonly document: string
  }
  readonly incident_tactics: { readonly tactic: string; readonly incident_id: string }
  readonly incident_alerts: {
    readonly alert_id: string
    readonly incident_id: string
    readonly document: string
  }
  readonly incident_activity: Omit<ActivityTable, 'alert_id'> & { readonly incident_id: string }
  readonly checkpoints: {
    readonly consumer: string
    readonly log_offset: number
    readonly state: string
  }
  readonly hosts: HostTable
  readonly users: {
    readonly id: string
    readonly name: string
    readonly role: string
    readonly password_hash: string
  }
  readonly sessions: {
    readonly token_hash: string
    readonly user_id: string
    readonly created: string
    readonly expires: string
  }
  readonly settings: { readonly name: string; readonly value: string }
  readonly dead_letters: DeadLetterTable
  readonly dead_letter_counts: {
    readonly stage: string
    readonly reason: string
    readonly received: number
    readonly dropped: number
    readonly replayed: number
    readonly discarded: number
  }
  readonly audit: AuditTable
}
