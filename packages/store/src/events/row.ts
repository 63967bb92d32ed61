import { parseTime, type EcsEvent, type FieldType } from '@pomona/schema'
import { EVENT_COLUMNS, REST_COLUMN, SEARCH_COLUMN, type EventColumn } from './columns.ts'

/** Years that DateTime64(9) holds, rounded to whole ones. */
export const TIME_MIN = '1900-01-01T00:00:00.000000000Z'
/** Latest time a column holds. */
export const TIME_MAX = '2261-12-31T23:59:59.999999999Z'
// Column value of an absent event.ingested; an event that really carries it keeps it in _rest.
const EPOCH = '1970-01-01T00:00:00.000000000Z'
const TIME_LENGTH = 30

interface Branch {
  readonly path: readonly string[]
  readonly children: ReadonlyMap<string, Branch>
  readonly column?: EventColumn
  /** `,"name":` */
  readonly key: string
  readonly searched: boolean
}

/**
 * Fields that text is searched in: paths, command lines, names of processes and of other machines.
 */
export const SEARCHED_FIELDS: ReadonlySet<string> = new Set([
  'process.name',
  'process.executable',
  'process.command_line',
  'process.working_directory',
  'file.path',
  'file.target_path',
  'dll.path',
  'destination.domain',
  'dns.question.name',
  'url.full',
  'macos.file.original_path',
  'macos.process.script',
  'macos.persistence.path',
  'macos.persistence.executable',
  'macos.target.process.executable',
])

const ROOT = branchOf(EVENT_COLUMNS, [])

function branchOf(columns: readonly EventColumn[], path: readonly string[]): Branch {
  const depth = path.length
  const groups = Map.groupBy(columns, (column) => column.path[depth] ?? '')
  const children = new Map<string, Branch>()
  for (const [part, group] of groups) {
    const column = group.find((one) => one.path.length === depth + 1)
    if (column === undefined) children.set(part, branchOf(group, [...path, part]))
    else {
      const key = `,${JSON.stringify(column.name)}:`
      const searched = SEARCHED_FIELDS.has(column.field.name)
      children.set(part, { path: column.path, children: new Map(), column, key, searched })
    }
  }
  return { path, children, key: '', searched: false }
}

/** What {@link encodeRow} collects while it walks one event. */
interface Row {
  text: string
  search: string
  readonly rest: [readonly string[], unknown][]
}

/**
 * Writes an event as one line of JSONEachRow.
 *
 * @returns The line, or `undefined` when the event lacks what finds it again: id, host and time.
 */
export function encodeRow(event: EcsEvent): string | undefined {
  if (!isFindable(event)) return undefined
  const row: Row = { text: '', search: '', rest: [] }
  encodeObject(event, ROOT, row)
  const search = row.search.toLowerCase().toWellFormed()
  if (search !== '') row.text += `,"${SEARCH_COLUMN}":${JSON.stringify(search)}`
  if (row.rest.length > 0) {
    row.text += `,"${REST_COLUMN}":${JSON.stringify(JSON.stringify(row.rest))}`
  }
  return `{${row.text.slice(1)}}`
}

function isFindable(event: EcsEvent): boolean {
  const values: unknown[] = [event.event?.id, event.host?.id, event['@timestamp']]
  if (!values.every((value) => typeof value === 'string' && value !== '')) return false
  return isTime(event['@timestamp'] ?? '')
}

// Once an event and part of it: no lists, closures or copies are made for what has a column.
function encodeObject(node: object, branch: Branch, row: Row): void {
  for (const key of Object.keys(node)) {
    const value: unknown = node[key as keyof object] // One of its own keys.
    if (value === undefined) continue
    const child = branch.children.get(key)
    if (child?.column !== undefined) encodeValue(value, child, row)
    else if (child !== undefined && isPlainObject(value)) encodeObject(value, child, row)
    else row.rest.push([[...branch.path, key], value])
  }
}

// An empty object has no columns: it is kept as it is.
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  for (const key in value) if (Object.hasOwn(value, key)) return true
  return false
}

function encodeValue(value: unknown, branch: Branch, row: Row): void {
  const { column, key, searched } = branch
  if (column === undefined) return
  const text = column.field.array ? listText(value, column) : scalarText(value, column)
  if (text.exact !== true) row.rest.push([column.path, value])
  if (text.json !== undefined) row.text += key + text.json
  if (searched && typeof value === 'string') row.search += `${value}\n`
}

/** JSON of a column's value; not exact when the document must keep the value besides. */
interface ColumnText {
  readonly json?: string
  readonly exact: boolean
}

const INEXACT: ColumnText = { exact: false }

const SCALARS: Readonly<Record<FieldType, (value: unknown, column: EventColumn) => ColumnText>> = {
  keyword: textValue,
  ip: textValue,
  date: (value, { path }) => dateText(value, path.at(-1) === 'ingested' || path.length === 1),
  boolean: (value) => (typeof value === 'boolean' ? exactly(value) : INEXACT),
  long: (value) => (isWhole(value) ? exactly(value) : INEXACT),
  double: (value) => (isFraction(value) ? exactly(value) : INEXACT),
}

function exactly(value: unknown): ColumnText {
  return { json: String(value), exact: true }
}

function scalarText(value: unknown, column: EventColumn): ColumnText {
  return SCALARS[column.field.type](value, column)
}

function textValue(value: unknown): ColumnText {
  if (typeof value !== 'string' || value === '') return INEXACT
  if (value.isWellFormed()) return { json: JSON.stringify(value), exact: true }
  return { json: JSON.stringify(value.toWellFormed()), exact: false }
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0)
}

function isFraction(value: unknown): boolean {
  return Number.isFinite(value) && !Object.is(value, -0)
}

function dateText(value: unknown, required: boolean): ColumnText {
  if (typeof value !== 'string') return INEXACT
  const known = isTime(value)
  const inside = known && value >= TIME_MIN && value <= TIME_MAX
  if (inside && !(required && value === EPOCH)) return { json: columnTime(value), exact: true }
  // What orders the row must have a value: the nearest one the column holds.
  return required && known ? { json: columnTime(clampTime(value)), exact: false } : INEXACT
}

/**
 * JSON text of a time for a column; the engine reads times without a zone as UTC, and fastest so.
 */
export function columnTime(time: string): string {
  return `"${time.slice(0, TIME_LENGTH - 1)}"`
}

/** True for a timestamp as every document carries it: RFC 3339, UTC, nine digits. */
export function isTime(value: string): boolean {
  const shaped = value.length === TIME_LENGTH && value.endsWith('Z') && value[19] === '.'
  return shaped && parseTime(value) !== undefined
}

/** Brings a time of nine digits into the years the engine holds. */
export function clampTime(time: string): string {
  if (time < TIME_MIN) return TIME_MIN
  return time > TIME_MAX ? TIME_MAX : time
}

function listText(value: unknown, column: EventColumn): ColumnText {
  if (!Array.isArray(value) || value.length === 0) return INEXACT
  const items: string[] = []
  for (const item of value) {
    const { json, exact } = item === '' ? { json: '""', exact: true } : scalarText(item, column)
    if (json === undefined || !exact) return INEXACT
    items.push(json)
  }
  return { json: `[${items.join(',')}]`, exact: true }
}

/** Columns that {@link decodeRow} takes, in this order. */
export const ROW_COLUMNS: readonly string[] = [
  ...EVENT_COLUMNS.map(({ name }) => name),
  REST_COLUMN,
]

/** Builds the event again from the values of {@link ROW_COLUMNS}. */
export function decodeRow(values: readonly unknown[]): EcsEvent {
  const event: Record<string, unknown> = {}
  for (let index = 0; index < EVENT_COLUMNS.length; index++) {
    const column = EVENT_COLUMNS[index]
    const value = values[index]
    if (column === undefined || isAbsent(value, column)) continue
    setAt(event, column.path, value)
  }
  const rest = values[EVENT_COLUMNS.length]
  if (typeof rest === 'string' && rest !== '') {
    // Written by encodeRow.
    for (const [path, value] of JSON.parse(rest) as [string[], unknown][]) setAt(event, path, value)
  }
  return event // What encodeRow was given.
}

function isAbsent(value: unknown, { field }: EventColumn): boolean {
  if (value === null || value === undefined || value === '') return true
  if (field.name === 'event.ingested' && value === EPOCH) return true
  return Array.isArray(value) && value.length === 0
}

// defineProperty, because a key of a hostile document may be `__proto__`.
function setAt(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let node = root
  for (let depth = 0; depth < path.length - 1; depth++) {
    const key = path[depth] ?? ''
    const next = Object.hasOwn(node, key) ? node[key] : undefined
    const child = typeof next === 'object' && next !== null ? next : {}
    if (child !== next) define(node, key, child)
    node = child as Record<string, unknown> // An object, checked or made above.
  }
  define(node, path.at(-1) ?? '', value)
}

function define(node: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') node[key] = value
  else
    Object.defineProperty(node, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
}

/** Text that {@link SEARCHED_FIELDS} of an event hold, as the store searches it. */
export function searchTextOf(event: EcsEvent): string {
  const row: Row = { text: '', search: '', rest: [] }
  encodeObject(event, ROOT, row)
  return row.search.toLowerCase().toWellFormed()
}

/** Whether the columns hold all of an event, so that nothing of it is kept beside them. */
export function isExact(event: EcsEvent): boolean {
  const row: Row = { text: '', search: '', rest: [] }
  encodeObject(event, ROOT, row)
  return row.rest.length === 0
}
