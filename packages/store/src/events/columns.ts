import { FIELDS, fieldPath, type Field, type FieldType } from '@pomona/schema'

/** A column of the events table, and the field of the event it holds. */
export interface EventColumn {
  readonly field: Field
  readonly name: string
  readonly type: string
  readonly path: readonly string[]
}

/**
 * What a value that its column cannot hold is kept in, as JSON: a list of [path, value]. So a
 * document comes back as it went in, whatever it holds: empty text, unknown fields, dates outside
 * the engine's years.
 */
export const REST_COLUMN = '_rest'
/** What text is searched in: lower case, one value a line. */
export const SEARCH_COLUMN = '_search'

const TYPES: Readonly<Record<FieldType, string>> = {
  keyword: 'String',
  // Text, because IPv6 columns rewrite what was written (::ffff:1.2.3.4) and refuse zones
  // (fe80::1%en0).
  ip: 'String',
  long: 'Int64',
  double: 'Float64',
  boolean: 'Bool',
  date: "DateTime64(9, 'UTC')",
}

// Last parts of field names whose values repeat; measured: a third less on disk than plain text.
const REPEATING = new Set(
  (
    'action architecture dataset device directory executable extension family kind level method mode module ' +
    'name outcome provider signing_id status team_id type version code gid uid owner service reason tty'
  ).split(' '),
)

function columnType({ name, type, array }: Field): string {
  const base = TYPES[type]
  if (name === '@timestamp' || name === 'event.ingested') return base
  if (name === 'event.original') return 'String CODEC(ZSTD(3))'
  if (name === 'event.id') return base
  if (name === 'host.id') return 'LowCardinality(String)'
  const isText = base === 'String'
  if (array) return `Array(${isText ? 'LowCardinality(String)' : base})`
  // Text is '' when absent (real empty text goes to _rest): Nullable costs a second stream a
  // column.
  if (!isText) return `Nullable(${base})`
  const last = name.slice(name.lastIndexOf('.') + 1)
  const repeats = REPEATING.has(last) || /(^|\.)(user|group|host|agent)\.id$/.test(name)
  return repeats ? 'LowCardinality(String)' : 'String'
}

/**
 * Name of a field's column: the field's own name. Lists have `_` for the dots: to ClickHouse,
 * arrays with a common dotted prefix are one nested structure and must be equally long.
 */
export function columnName({ name, array }: Field): string {
  return array ? name.replaceAll('.', '_') : name
}

/** All columns of the events table that hold a field. */
export const EVENT_COLUMNS: readonly EventColumn[] = FIELDS.map((field) => ({
  field,
  name: columnName(field),
  type: columnType(field),
  path: fieldPath(field.name),
}))

/** A column as the table has it: name and type with its codec. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: string
}

/** Every column of the events table in order. */
export const EVENT_DEFINITIONS: readonly ColumnDefinition[] = [
  ...EVENT_COLUMNS.map(({ name, type }) => ({ name, type })),
  { name: SEARCH_COLUMN, type: 'String' },
  { name: REST_COLUMN, type: 'String' },
]

/**
 * Columns of the process table. One row is what one insert tells of one image; merging rows adds
 * up.
 */
export const PROCESS_DEFINITIONS: readonly ColumnDefinition[] = [
  { name: 'host_id', type: 'LowCardinality(String)' },
  { name: 'entity_id', type: 'String' },
  { name: 'pid', type: 'SimpleAggregateFunction(max, Int64)' },
  { name: 'pidversion', type: 'SimpleAggregateFunction(max, Int64)' },
  ...['parent', 'user'].map((name) => ({ name, type: claimType(name) })),
  ...[
    'name',
    'executable',
    'command_line',
    'working_directory',
    'previous_entity_id',
    'responsible_entity_id',
    'signer',
    'signing_id',
    'team_id',
    'cdhash',
    'sha256',
    'quarantine',
    'origin_url',
  ].map((name) => ({ name, type: 'SimpleAggregateFunction(max, String)' })),
  { name: 'first_seen', type: "SimpleAggregateFunction(min, DateTime64(9, 'UTC'))" },
  { name: 'start', type: "SimpleAggregateFunction(min, Nullable(DateTime64(9, 'UTC')))" },
  { name: 'end', type: "SimpleAggregateFunction(max, Nullable(DateTime64(9, 'UTC')))" },
  { name: 'exit_code', type: 'SimpleAggregateFunction(max, Nullable(Int64))' },
  ...['forked', 'execed', 'acted'].map((name) => ({
    name,
    type: 'SimpleAggregateFunction(max, UInt8)',
  })),
]

// The claim of lowest rank, then earliest, holds: (rank, time, values…).
function claimType(name: string): string {
  const values = name === 'user' ? 'String, String' : 'String'
  return `SimpleAggregateFunction(min, Tuple(UInt8, DateTime64(9, 'UTC'), ${values}))`
}

/** Quotes an identifier. Names come from our own tables, and hold no back-quote. */
export function quote(name: string): string {
  return `\`${name}\``
}

function definitions(columns: readonly ColumnDefinition[]): string {
  return columns.map(({ name, type }) => `${quote(name)} ${type}`).join(',\n  ')
}

/**
 * Settings both tables share.
 * - fsync: ClickHouse acknowledges before data is on stable storage unless told.
 * - deduplication window: a plain MergeTree remembers no insert tokens unless told.
 * - adaptive buffers: else 300 columns reserve two gigabytes for one insert.
 * - compact parts: else each insert writes, and fsyncs, two files a column.
 */
const TABLE_SETTINGS = [
  'fsync_after_insert = 1',
  'fsync_part_directory = 1',
  'min_rows_to_fsync_after_merge = 1',
  'non_replicated_deduplication_window = 10000',
  'min_columns_to_activate_adaptive_write_buffer = 1',
  'min_bytes_for_wide_part = 536870912',
  'min_compress_block_size = 65536',
  'max_compress_block_size = 262144',
  'max_suspicious_broken_parts = 0',
  "default_compression_codec = 'ZSTD(1)'",
].join(', ')

/**
 * Partitions are months of server time, not of event time: event time is what an agent claims, and
 * one that claims a thousand months must not make a thousand parts. Event time orders the rows.
 */
export const CREATE_EVENTS = `create table if not exists pomona.events (
  ${definitions(EVENT_DEFINITIONS)},
  index by_id ${quote('event.id')} type bloom_filter(0.01) granularity 1,
  index by_process ${quote('process.entity_id')} type bloom_filter(0.01) granularity 1,
  index by_text ${quote(SEARCH_COLUMN)} type ngrambf_v1(4, 16384, 3, 0) granularity 1
) engine = MergeTree
partition by toYYYYMM(${quote('event.ingested')})
order by (${quote('host.id')}, ${quote('@timestamp')}, ${quote('event.id')})
settings ${TABLE_SETTINGS}`

/** Statement that makes the table of process images. */
export const CREATE_PROCESSES = `create table if not exists pomona.processes (
  ${definitions(PROCESS_DEFINITIONS)},
  index by_parent tupleElement(parent, 3) type bloom_filter(0.01) granularity 1
) engine = AggregatingMergeTree
order by (host_id, entity_id)
settings ${TABLE_SETTINGS}`
