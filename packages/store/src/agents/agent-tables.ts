import type { Migration } from '../sqlite/database.ts'

/** Tokens, certificates and contacts. */
export const AGENTS_MIGRATION: Migration = `create table enrolment_tokens (
     id text primary key,
     tenant_id text not null,
     hash text not null unique,
     label text not null,
     created text not null,
     created_by text not null,
     expires text not null,
     uses_max bigint not null,
     uses bigint not null,
     revoked text,
     revoked_by text
   );
   create table enrolments (
     serial text primary key,
     token_id text not null,
     host_id text not null,
     key_hash text not null,
     host_name text not null,
     address text not null,
     time text not null
   );
   create index enrolments_by_token on enrolments (token_id, time);
   create index enrolments_by_host on enrolments (host_id, token_id, key_hash);
   create table host_certificates (
     serial text primary key,
     tenant_id text not null,
     host_id text not null,
     issued text not null,
     not_after text not null,
     token_id text,
     revoked text,
     revoked_by text
   );
   create index host_certificates_by_host on host_certificates (tenant_id, host_id, issued);
   create index host_certificates_by_token on host_certificates (token_id);
   create index host_certificates_by_end on host_certificates (not_after);
   create table agent_contacts (
     tenant_id text not null,
     host_id text not null,
     document text not null,
     primary key (tenant_id, host_id)
   );`

/** A row of `enrolment_tokens`. */
export interface TokenTable {
  readonly id: string
  readonly tenant_id: string
  readonly hash: string
  readonly label: string
  readonly created: string
  readonly created_by: string
  readonly expires: string
  readonly uses_max: number
  readonly uses: number
  readonly revoked: string | null
  readonly revoked_by: string | null
}

/** A row of `host_certificates`. */
export interface CertificateTable {
  readonly serial: string
  readonly tenant_id: string
  readonly host_id: string
  readonly issued: string
  readonly not_after: string
  readonly token_id: string | null
  readonly revoked: string | null
  readonly revoked_by: string | null
}

/** A row of `enrolments`. */
export interface EnrolmentTable {
  readonly serial: string
  readonly token_id: string
  readonly host_id: string
  readonly key_hash: string
  readonly host_name: string
  readonly address: string
  readonly time: string
}

/** The tables of {@link AGENTS_MIGRATION}, as Kysely needs them. */
export interface AgentTables {
  readonly enrolment_tokens: TokenTable
  readonly enrolments: EnrolmentTable
  readonly host_certificates: CertificateTable
  readonly agent_contacts: {
    readonly tenant_id: string
    readonly host_id: string
    readonly document: string
  }
}
