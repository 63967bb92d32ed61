/** How many events a second the log acknowledges, each batch on stable storage first. */
import { equal } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HostId, type StreamId, TENANT_DEFAULT } from '@pomona/schema'
import { encodeEvents, openSqliteLog } from '@pomona/store'
import { SIMULATED, simulatedEvents } from './corpus.ts'
import { type Report, seconds, shown, spread } from './measurement.ts'

const RUNS = 3
const SENDERS = [1, 16] as const
const SIZES = [
  { events: 1, batches: 2_000 },
  { events: 100, batches: 800 },
  { events: 1_000, batches: 160 },
] as const

interface Case {
  readonly events: number
  readonly batches: number
  readonly senders: number
  readonly payload: Uint8Array
}

/** One run on a log of its own; the rate of acknowledged events. */
async function run({ events, batches, senders, payload }: Case): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'pomona-bench-log-'))
  const log = await openSqliteLog({ directory })
  const digest = createHash('sha256').update(payload).digest('hex')
  const send = async (sender: number): Promise<void> => {
    for (let batch = 0; batch < batches / senders; batch++) {
      const firstSequence = batch * events
      const result = await log.append({
        tenantId: TENANT_DEFAULT,
        hostId: `host-${sender}` as HostId, // Any text; the brand only marks what it stands for.
        streamId: `stream-${sender}` as StreamId,
        firstSequence,
        lastSequence: firstSequence + events - 1,
        digest,
        ingested: '2026-01-01T00:00:00.000000000Z',
        eventsCount: events,
        payload,
      })
      equal(result.status, 'stored')
    }
  }
  try {
    const work = () => Promise.all(Array.from({ length: senders }, (_, sender) => send(sender)))
    const took = await seconds(work)
    equal(await log.end(), batches)
    return (batches * events) / took
  } finally {
    await log.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Measures the log. */
export async function bench(): Promise<Report> {
  const corpus = await simulatedEvents(1_000)
  const rows: (readonly string[])[] = []
  for (const { events, batches } of SIZES) {
    const payload = encodeEvents(corpus.slice(0, events))
    for (const senders of SENDERS) {
      const rates: number[] = []
      for (let turn = 0; turn < RUNS; turn++) {
        rates.push(await run({ events, batches, senders, payload }))
      }
      rows.push([shown(events), shown(senders), shown(payload.length), spread(rates)])
    }
  }
  return {
    title: 'Log',
    notes: [
      `\`openSqliteLog\` in a temporary folder: WAL, synchronous=FULL, so an acknowledgement means fsync. ` +
        `Senders append one batch after the other; several share commits. Compressing is not included: the gateway ` +
        `does it before. Median of ${RUNS} runs, lowest and highest beside it.`,
      SIMULATED,
    ],
    columns: ['events a batch', 'senders', 'bytes a batch', 'acknowledged events/s'],
    rows,
  }
}
