/** What a server that has stopped keeps, read past it from its own files. */
import { join } from 'node:path'
import { type EcsEvent, type HostId, type LedgerRow, TENANT_DEFAULT } from '@pomona/schema'
import {
  decodePayload,
  type LogReader,
  openChdbEventStore,
  openSqliteLogReader,
  openSqliteRecords,
} from '@pomona/store'

/** An event that is stored. */
export interface KeptEvent {
  readonly id: string
  readonly hostId: string
  readonly type: string
}

/** Everything that a server keeps and that a guarantee is about. */
export interface Harvest {
  /** Events of the log, also those that are there twice. */
  readonly logged: readonly KeptEvent[]
  /** Events of the event store, also those that are there twice. */
  readonly stored: readonly KeptEvent[]
  /** Ids of alerts of the server's engine and of hosts'. */
  readonly alerts: readonly string[]
  /** Alerts that hosts told of, as the log has them. */
  readonly hostAlerts: readonly string[]
  /** Rows of the ledgers of all hosts. */
  readonly rows: readonly LedgerRow[]
  /** Dead letters by reason, also those that were only counted. */
  readonly letters: ReadonlyMap<string, number>
}

const PAGE = 10_000
const ENTRIES_MAX = 256
const BYTES_MAX = 16 * 1024 * 1024
const ALERTS_PAGE = 200
const EVERYTHING = { kind: 'constant', value: true } as const

/** Reads the folder of a stopped server. */
export async function harvest(directory: string): Promise<Harvest> {
  const log = await openSqliteLogReader({ directory })
  try {
    const stored = await storedOf(directory)
    return { ...(await loggedOf(log)), stored, ...(await recordsOf(directory)) }
  } finally {
    await log.close()
  }
}

async function loggedOf(log: LogReader): Promise<Pick<Harvest, 'logged' | 'hostAlerts'>> {
  const logged: KeptEvent[] = []
  const hostAlerts: string[] = []
  const end = await log.end()
  for (let offset = 0; offset < end;) {
    const entries = await log.read(offset, { entriesMax: ENTRIES_MAX, bytesMax: BYTES_MAX })
    for (const { payload } of entries) {
      const { events, alerts } = decodePayload(payload)
      for (const event of events) logged.push(kept(event))
      for (const { id } of alerts) hostAlerts.push(id)
    }
    offset += entries.length
  }
  return { logged, hostAlerts }
}

async function storedOf(directory: string): Promise<readonly KeptEvent[]> {
  const store = await openChdbEventStore({ directory: join(directory, 'events') })
  try {
    const stored: KeptEvent[] = []
    let cursor: string | undefined
    do {
      const page = await store.scan({
        condition: EVERYTHING,
        limit: PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      })
      for (const event of page.events) stored.push(kept(event))
      cursor = page.nextCursor
    } while (cursor !== undefined)
    return stored
  } finally {
    await store.close()
  }
}

async function recordsOf(directory: string) {
  const records = await openSqliteRecords({ directory })
  try {
    const alerts: string[] = []
    let cursor: string | undefined
    do {
      const page = await records.alerts(
        {
          status: ['new', 'in_progress', 'closed'],
          limit: ALERTS_PAGE,
          ...(cursor === undefined ? {} : { cursor }),
        },
        new Date().toISOString(),
      )
      alerts.push(...page.items.map(({ id }) => id))
      cursor = page.next_cursor
    } while (cursor !== undefined)
    const rows: LedgerRow[] = []
    for (const { hostId } of await records.reports.agents(TENANT_DEFAULT)) {
      rows.push(...(await rowsOf(records, hostId)))
    }
    const letters = new Map<string, number>()
    for (const { reason, received } of await records.letters.counts()) {
      letters.set(reason, (letters.get(reason) ?? 0) + received)
    }
    return { alerts, rows, letters }
  } finally {
    await records.close()
  }
}

async function rowsOf(
  records: Awaited<ReturnType<typeof openSqliteRecords>>,
  hostId: HostId,
): Promise<readonly LedgerRow[]> {
  const rows: LedgerRow[] = []
  for (;;) {
    const page = { index: rows.length, limit: PAGE }
    const more = await records.reports.rows(TENANT_DEFAULT, hostId, page)
    if (more.length === 0) return rows
    rows.push(...more)
  }
}

function kept(event: EcsEvent): KeptEvent {
  return {
    id: event.event?.id ?? '',
    hostId: event.host?.id ?? '',
    type: event.event?.action ?? '',
  }
}
