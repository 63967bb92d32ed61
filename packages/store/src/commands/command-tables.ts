/** Tables of commands, a step of the records' schema. */
export const COMMANDS_MIGRATION = `create table commands (
     id text primary key,
     tenant_id text not null,
     host_id text not null,
     counter bigint not null,
     is_open bigint not null,
     expires_at text not null,
     document text not null,
     signed text not null
   );
   create unique index commands_by_host on commands (tenant_id, host_id, counter);
   create index commands_by_end on commands (is_open, expires_at);
   create table command_counters (
     tenant_id text not null,
     host_id text not null,
     counter bigint not null,
     primary key (tenant_id, host_id)
   );`

/** The tables of {@link COMMANDS_MIGRATION}. */
export interface CommandTables {
  readonly commands: {
    readonly id: string
    readonly tenant_id: string
    readonly host_id: string
    readonly counter: number
    readonly is_open: number
    readonly expires_at: string
    readonly document: string
    readonly signed: string
  }
  readonly command_counters: {
    readonly tenant_id: string
    readonly host_id: string
    readonly counter: number
  }
}
