/** What an event takes on disk, in the log and in the event store. */
import { equal } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EcsEvent, type HostId, type StreamId, TENANT_DEFAULT } from '@pomona/schema'
import { encodeEvents, openChdbEventStore, openSqliteLog } from '@pomona/store'
import { SIMULATED, simulatedEvents } from './corpus.ts'
import { type Report, shown } from './measurement.ts'

const EVENTS = 50_000
const BATCH_EVENTS = 500
const INSERT_EVENTS = 10_000

function* slices(events: readonly EcsEvent[], size: number): Generator<readonly EcsEvent[]> {
  for (let start = 0; start < events.length; start += size) yield events.slice(start, start + size)
}

async function logBytes(events: readonly EcsEvent[], directory: string): Promise<number> {
  const log = await openSqliteLog({ directory })
  try {
    let firstSequence = 0
    for (const batch of slices(events, BATCH_EVENTS)) {
      const payload = encodeEvents(batch)
      await log.append({
        tenantId: TENANT_DEFAULT,
        hostId: 'host' as HostId, // Any text; the brand only marks what it stands for.
        streamId: 'stream' as StreamId, // The same.
        firstSequence,
        lastSequence: firstSequence + batch.length - 1,
        digest: createHash('sha256').update(payload).digest('hex'),
        ingested: '2026-01-01T00:00:00.000000000Z',
        eventsCount: batch.length,
        payload,
      })
      firstSequence += batch.length
    }
    return log.counts().bytes
  } finally {
    await log.close()
  }
}

async function storeBytes(events: readonly EcsEvent[], directory: string): Promise<number> {
  const store = await openChdbEventStore({ directory })
  try {
    let token = 0
    for (const batch of slices(events, INSERT_EVENTS)) {
      await store.insert({ token: `bench-${token++}`, events: batch })
    }
    const size = await store.size()
    equal(size.events, events.length)
    return size.bytes
  } finally {
    await store.close()
  }
}

/** Measures size at rest; sizes do not vary between runs, so each is taken once. */
export async function bench(): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-bench-rest-'))
  try {
    const events = await simulatedEvents(EVENTS)
    const raw = events.reduce((sum, { event }) => sum + Buffer.byteLength(event?.original ?? ''), 0)
    const normalised = events.reduce((sum, one) => sum + Buffer.byteLength(JSON.stringify(one)), 0)
    const log = await logBytes(events, join(folder, 'log'))
    const store = await storeBytes(events, join(folder, 'events'))
    const row = (name: string, bytes: number) => {
      return [name, shown(bytes / events.length), (bytes / raw).toFixed(2)]
    }
    return {
      title: 'Size at rest',
      notes: [
        `${shown(EVENTS)} events, each with its raw record in \`event.original\`: the log in batches of ${BATCH_EVENTS}, ` +
          `the event store in inserts of ${shown(INSERT_EVENTS)}, without waiting for merges that shrink it further.`,
        SIMULATED,
      ],
      columns: ['what', 'bytes an event', 'of the raw line'],
      rows: [
        row('raw line', raw),
        row('ECS event with its raw line, as JSON', normalised),
        row('log (SQLite, zstd)', log),
        row('event store (chDB)', store),
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
