import type { EqlDialect } from '@pomona/rules'

/** Where events carry what the language itself needs. The first field that has a value counts. */
export interface QueryFields {
  readonly timestamp: readonly string[]
  /** Puts events of one time in order. */
  readonly tiebreaker: readonly string[]
  /** Where a process came from, for lineage. */
  readonly processId: readonly string[]
  readonly parentId: readonly string[]
  readonly previousId: readonly string[]
  /** Its value says that a process began or ended. */
  readonly processChange: readonly string[]
  /** Sequences of the endpoint and lineage stay on one of these. */
  readonly host: readonly string[]
}

const ECS: QueryFields = {
  timestamp: ['@timestamp', 'timestamp'],
  tiebreaker: ['event.sequence', 'sequence', 'serial_event_id'],
  processId: ['process.entity_id', 'unique_pid'],
  parentId: ['process.parent.entity_id', 'unique_ppid'],
  previousId: ['macos.process.previous_entity_id'],
  processChange: ['event.type', 'subtype'],
  host: ['host.id'],
}

/** The fields of each dialect's events; other names are tried after them. */
export const QUERY_FIELDS: Readonly<Record<EqlDialect, QueryFields>> = {
  elasticsearch: ECS,
  endpoint: ECS,
  endgame: {
    ...ECS,
    timestamp: ['timestamp', '@timestamp'],
    tiebreaker: ['serial_event_id', 'event.sequence', 'sequence'],
    processId: ['unique_pid', 'process.entity_id'],
    parentId: ['unique_ppid', 'process.parent.entity_id'],
    processChange: ['subtype', 'event.type'],
  },
}

/** Fields a category is looked for in, in this order. */
export const CATEGORY_FIELDS: Readonly<Record<EqlDialect, readonly string[]>> = {
  elasticsearch: ['event.category', 'event_type'],
  endpoint: ['event.category', 'event_type'],
  endgame: ['event_type', 'event.category'],
}
