import { join } from 'node:path'
import type { EcsEvent, EventId, HostId, ProcessEntityId } from '@pomona/schema'
import { encodeCursor } from '../cursor.ts'
import { StoreError } from '../errors.ts'
import { lockFolder, type FolderLock } from '../sqlite/database.ts'
import {
  CREATE_EVENTS,
  CREATE_PROCESSES,
  EVENT_DEFINITIONS,
  PROCESS_DEFINITIONS,
  quote,
  SEARCH_COLUMN,
  type ColumnDefinition,
} from './columns.ts'
import { Engine, EVENTS_WAY_OUT, type Parameters } from './engine.ts'
import type {
  EventCoverage,
  EventInsert,
  EventInsertResult,
  EventQuery,
  EventRange,
  EventResult,
  EventScan,
  EventStore,
  ProcessSelection,
  StoredProcess,
  TreeOptions,
} from './event-store.ts'
import { foldFacts } from './process-facts.ts'
import { encodeProcess, processLookup, selectProcesses } from './process-table.ts'
import { buildTree } from './process-tree.ts'
import {
  EVENT_IDS_MAX,
  INSERT_EVENTS_MAX,
  planEventQuery,
  planProcessSelection,
  type EventPlan,
} from './query.ts'
import { decodeRow, encodeRow, ROW_COLUMNS } from './row.ts'
import { planRange, planScan } from './scan.ts'
import { coverageOf, coverageStatement, pageOf, scanStatement } from './scan-sql.ts'

/** How the event store behaves. */
export interface ChdbEventStoreOptions {
  /** Folder of the engine's data; made when absent. */
  readonly directory: string
  /** Memory of the engine. Default 2 GiB; the smallest that works is about 512 MiB. */
  readonly memoryBytesMax?: number
  /** Longest a query may run, in whole seconds. Default 30. */
  readonly querySecondsMax?: number
}

const MEMORY_BYTES_MAX = 2 * 1024 * 1024 * 1024
const QUERY_SECONDS_MAX = 30

/**
 * Opens the event store of a folder. A process can have one open, and no other process may have it:
 * it belongs into a process of its own, see {@link serveEventStore}.
 *
 * @throws StoreError ERR_STORE_LOCKED, ERR_STORE_CORRUPT, ERR_STORE_VERSION.
 */
export async function openChdbEventStore(options: ChdbEventStoreOptions): Promise<EventStore> {
  const { directory, memoryBytesMax = MEMORY_BYTES_MAX } = options
  const { querySecondsMax = QUERY_SECONDS_MAX } = options
  // The engine has a lock of its own, but says why it does not open only on standard error.
  const lock = lockFolder({
    path: join(directory, 'events.lock'),
    ioCode: 'ERR_EVENTS_UNAVAILABLE',
    wayOut: EVENTS_WAY_OUT,
  })
  let engine: Engine | undefined
  try {
    engine = await Engine.open({ directory, memoryBytesMax, querySecondsMax })
    await prepare(engine)
    await checkParts(engine, directory)
    return new ChdbEventStore(engine, lock)
  } catch (error) {
    await engine?.close()
    lock.release()
    throw atOpening(error, directory)
  }
}

// While opening, whatever the engine refuses is the folder's fault: the statements are always the
// same.
function atOpening(error: unknown, directory: string): StoreError {
  if (error instanceof StoreError && error.code !== 'ERR_EVENTS_QUERY') return error
  const reason = error instanceof Error ? error.message : String(error)
  return new StoreError(
    'ERR_STORE_CORRUPT',
    `${directory} is damaged (${reason}). ${EVENTS_WAY_OUT}`,
    { details: { path: directory }, cause: error },
  )
}

async function prepare(engine: Engine): Promise<void> {
  await engine.command('create database if not exists pomona')
  await engine.command(CREATE_EVENTS)
  await engine.command(CREATE_PROCESSES)
  await addColumns(engine, 'events', EVENT_DEFINITIONS)
  await addColumns(engine, 'processes', PROCESS_DEFINITIONS)
}

// The field table only grows; a field whose type changed needs the store to be rebuilt.
async function addColumns(
  engine: Engine,
  table: string,
  definitions: readonly ColumnDefinition[],
): Promise<void> {
  const rows = await engine.rows(
    `select name, type from system.columns where database = 'pomona' and table = {table:String}`,
    { table },
  )
  const known = new Map(rows.map(([name, type]) => [String(name), String(type)]))
  for (const { name, type } of definitions) {
    const found = known.get(name)
    if (found === undefined) {
      // oxlint-disable-next-line no-await-in-loop -- one engine, one statement at a time
      await engine.command(`alter table pomona.${table} add column ${quote(name)} ${type}`)
    } else if (plain(found) !== plain(type)) {
      throw new StoreError(
        'ERR_STORE_VERSION',
        `Column ${name} is ${found} in this folder and ${type} in this version. ${EVENTS_WAY_OUT}`,
        { details: { column: name } },
      )
    }
  }
}

function plain(type: string): string {
  return type.replace(/ CODEC\(.*\)$/, '').replaceAll(' ', '')
}

// The engine sets damaged parts aside and goes on without them; we do not.
async function checkParts(engine: Engine, directory: string): Promise<void> {
  const rows = await engine.rows(
    `select table, name, reason from system.detached_parts
where database = 'pomona' and reason in ('broken', 'broken-on-start', 'noquorum', 'unexpected') limit 1`,
  )
  const [broken] = rows
  if (broken === undefined) return
  throw new StoreError(
    'ERR_STORE_CORRUPT',
    `${directory} is damaged (part ${String(broken[1])} of ${String(broken[0])}). ${EVENTS_WAY_OUT}`,
    { details: { path: directory } },
  )
}

const SELECTED = ROW_COLUMNS.map(quote).join(', ')
const TIME = quote('@timestamp')
const ID = quote('event.id')

class ChdbEventStore implements EventStore {
  readonly #engine: Engine
  readonly #lock: FolderLock
  // Inserts go one after the other; each waits for the one before, whatever became of it.
  #inserting: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(engine: Engine, lock: FolderLock) {
    this.#engine = engine
    this.#lock = lock
  }

  async insert(batch: EventInsert): Promise<EventInsertResult> {
    this.#assertOpen()
    if (batch.events.length > INSERT_EVENTS_MAX) {
      throw new StoreError('ERR_EVENTS_INSERT', 'Too many events for one insert; send fewer.', {
        details: { events: batch.events.length, events_max: INSERT_EVENTS_MAX },
      })
    }
    const done = this.#inserting.then(async () => await this.#insert(batch))
    this.#inserting = done.catch(() => undefined)
    return await done
  }

  async #insert({ token, events }: EventInsert): Promise<EventInsertResult> {
    const lines: string[] = []
    const kept: EcsEvent[] = []
    for (const event of events) {
      const line = encodeRow(event)
      if (line === undefined) continue
      lines.push(line)
      kept.push(event)
    }
    const result = { stored: lines.length, discarded: events.length - lines.length }
    if (lines.length === 0) return result
    const images = [...foldFacts(kept).values()].map(encodeProcess)
    // Processes first: their rows add up to the same when inserted again, so a crash between the
    // two leaves nothing that the repeat does not mend.
    if (images.length > 0) await this.#engine.insert('pomona.processes', images, token)
    await this.#engine.insert('pomona.events', lines, token)
    return result
  }

  async get(ids: readonly EventId[]): Promise<readonly EcsEvent[]> {
    this.#assertOpen()
    const asked = ids.slice(0, EVENT_IDS_MAX).filter((id) => !id.includes('\0'))
    if (asked.length === 0) return []
    const rows = await this.#engine.rows(
      `select ${SELECTED} from pomona.events where ${ID} in {ids:Array(String)} order by ${TIME}, ${ID}`,
      { ids: asked },
    )
    return rows.map(decodeRow)
  }

  async search(query: EventQuery): Promise<EventResult> {
    this.#assertOpen()
    const plan = planEventQuery(query)
    const { where, parameters } = condition(plan)
    const rows = await this.#engine.rows(
      `select ${SELECTED}, ${TIME}, ${ID} from pomona.events where ${where}
order by ${TIME} desc, ${ID} desc limit ${plan.limit + 1}`,
      parameters,
    )
    const page = rows.slice(0, plan.limit)
    const [time, id] = page.at(-1)?.slice(-2) ?? []
    const more = rows.length > plan.limit && typeof time === 'string' && typeof id === 'string'
    return {
      events: page.map(decodeRow),
      ...(more ? { nextCursor: encodeCursor({ time, id }) } : {}),
    }
  }

  async scan(scan: EventScan): Promise<EventResult> {
    this.#assertOpen()
    const plan = planScan(scan)
    const { sql, parameters } = scanStatement(plan)
    return pageOf(await this.#engine.rows(sql, parameters), plan.limit)
  }

  async coverage(range: EventRange): Promise<EventCoverage> {
    this.#assertOpen()
    const { sql, parameters } = coverageStatement(planRange(range))
    const [row = []] = await this.#engine.rows(sql, parameters)
    return coverageOf(row)
  }

  async actions(query: EventQuery): Promise<{ readonly value: string; readonly count: number }[]> {
    this.#assertOpen()
    const { after: _, ...plan } = planEventQuery(query)
    const { where, parameters } = condition(plan)
    const action = quote('event.action')
    const rows = await this.#engine.rows(
      `select ${action} as value, count() as events from pomona.events
where ${where} and ${action} != '' group by value order by events desc, value`,
      parameters,
    )
    return rows.map(([value, count]) => ({ value: String(value), count: Number(count) }))
  }

  async processes(selection: ProcessSelection): Promise<{
    readonly processes: readonly StoredProcess[]
    readonly nextCursor?: string
  }> {
    this.#assertOpen()
    return await selectProcesses(this.#engine, planProcessSelection(selection))
  }

  async processTree(
    hostId: HostId,
    entityId: ProcessEntityId,
    options: TreeOptions,
  ): Promise<{ readonly nodes: readonly StoredProcess[]; readonly truncated: boolean }> {
    this.#assertOpen()
    return await buildTree(processLookup(this.#engine, hostId), entityId, options)
  }

  async size(): Promise<{ readonly events: number; readonly bytes: number }> {
    this.#assertOpen()
    const [row] = await this.#engine.rows(
      `select sumIf(rows, table = 'events'), sum(bytes_on_disk) from system.parts
where database = 'pomona' and active`,
    )
    return { events: Number(row?.[0] ?? 0), bytes: Number(row?.[1] ?? 0) }
  }

  async reset(): Promise<void> {
    this.#assertOpen()
    await this.#inserting
    // Dropped, not truncated: a truncated table remembers its insert tokens and would refuse the
    // rebuild.
    await this.#engine.command('drop table if exists pomona.events sync')
    await this.#engine.command('drop table if exists pomona.processes sync')
    await prepare(this.#engine)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#inserting
    await this.#engine.close()
    this.#lock.release()
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('ERR_STORE_CLOSED', 'The event store is closed.')
  }
}

function condition(plan: EventPlan): { where: string; parameters: Parameters } {
  const { hostId, from, to, actions, categories, processEntityId, text, after } = plan
  const parts = [`${quote('host.id')} = {host:String}`]
  const parameters: Record<string, string | readonly string[]> = { host: hostId }
  const add = (part: string, name: string, value: string | readonly string[]): void => {
    parts.push(part)
    parameters[name] = value
  }
  const time = (name: string): string => `parseDateTime64BestEffort({${name}:String}, 9, 'UTC')`
  if (from !== undefined) add(`${TIME} >= ${time('from')}`, 'from', from)
  if (to !== undefined) add(`${TIME} < ${time('to')}`, 'to', to)
  if (actions !== undefined) {
    add(`${quote('event.action')} in {actions:Array(String)}`, 'actions', actions)
  }
  if (categories !== undefined) {
    add('hasAny(event_category, {categories:Array(String)})', 'categories', categories)
  }
  if (processEntityId !== undefined) {
    add(`${quote('process.entity_id')} = {process:String}`, 'process', processEntityId)
  }
  if (text !== undefined) {
    add(`${quote(SEARCH_COLUMN)} like {text:String}`, 'text', `%${escapeLike(text)}%`)
  }
  if (after !== undefined) {
    add(`(${TIME}, ${ID}) < (${time('time')}, {id:String})`, 'time', after.time)
    parameters['id'] = after.id
  }
  return { where: parts.join(' and '), parameters }
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}
