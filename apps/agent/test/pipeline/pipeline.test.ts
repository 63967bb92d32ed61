import { deepEqual, equal, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Normalizer } from '@pomona/normalize'
import { loadBundle } from '@pomona/rules'
import { type EcsEvent, type LedgerRow, PRIORITY_CLASSES, TENANT_DEFAULT } from '@pomona/schema'
import {
  eventName,
  loadScenarios,
  type RawRecord,
  readLine,
  type SensedBatch,
  type Sensor,
  simulate,
} from '@pomona/sensor'
import { systemClock, systemRandom } from '../../src/machine.ts'
import { HostDetection } from '../../src/pipeline/detection.ts'
import { Pipeline } from '../../src/pipeline/pipeline.ts'
import { priorityOf } from '../../src/pipeline/priority.ts'
import { sourceOf } from '../../src/pipeline/source.ts'
import { systemFileSystem } from '../../src/spool/file-system.ts'
import { Spool } from '../../src/spool/spool.ts'
import { sums } from '../spool/world.ts'

const CONTENT = join(import.meta.dirname, '../../../../content')
const SCENARIOS = join(CONTENT, 'scenarios/benign')
const HOST = { id: 'host-1', name: 'orchard' }

const MAPPING = readFileSync(join(CONTENT, 'mappings/sigma-macos.yml'), 'utf8')

/** A sensor that has sensed all there is. */
function sensorOf(batches: readonly SensedBatch[]): Sensor {
  return {
    start: () => undefined,
    async *batches() {
      yield* batches
    },
    health: () => [],
    counts: () => ({}),
    restart: () => undefined,
    stop: () => Promise.resolve(),
  }
}

function batchOf(records: readonly RawRecord[], more: Partial<SensedBatch> = {}): SensedBatch {
  return {
    sensor: 'eslogger.test',
    records,
    sensed: records.length,
    ...{ filtered: {}, refused: {}, dropped: [], lostByType: {}, lost: 0, gaps: [] },
    ...more,
  }
}

async function recordsOf(count: number): Promise<readonly RawRecord[]> {
  const { scenarios } = await loadScenarios(SCENARIOS)
  const records: RawRecord[] = []
  for (const line of simulate({ background: scenarios, eventsMax: count, seed: 'spool' })) {
    const read = readLine(line, records.length)
    if (read.ok) records.push(read.record)
  }
  return records
}

async function makeWorld(context: TestContext, bytesMax: number) {
  const folder = await mkdtemp(join(tmpdir(), 'pomona-pipeline-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const spool = await Spool.open({
    ...{ fileSystem: systemFileSystem, folder, clock: systemClock, random: systemRandom },
    ...{ bytesMax, freeBytesMin: 0, bootId: 'boot', streamId: (run) => `stream-${run}` },
  })
  const normalizer = new Normalizer({
    ...{ tenantId: TENANT_DEFAULT, host: HOST, bootId: 'boot', sensor: spool.run },
  })
  const detection = new HostDetection(TENANT_DEFAULT)
  const run = async (batches: readonly SensedBatch[], isOff = false): Promise<Pipeline> => {
    const source = sourceOf<RawRecord>(sensorOf(batches), {
      normalize: ({ text, value }, { sequence }) => normalizer.normalize({ sequence, text, value }),
      typeOf: ({ value }) => eventName(value),
    })
    const pipeline = new Pipeline({
      ...{ sources: [source], spool, detection, clock: systemClock, flushBytes: 256 * 1024 },
      isOff: () => isOff,
      onDiskError: (error) => {
        throw error
      },
    })
    await pipeline.run()
    await spool.commit()
    return pipeline
  }
  return { spool, detection, run }
}

/** Delivers everything. @returns The events, in the order in which they left. */
async function drain(spool: Spool): Promise<readonly EcsEvent[]> {
  const events: EcsEvent[] = []
  for (;;) {
    const delivery = await spool.next({ itemsMax: 500, bytesMax: 4 * 1024 * 1024 })
    if (delivery === undefined) return events
    for (const text of delivery.events) events.push(JSON.parse(text))
    spool.acknowledge(delivery)
  }
}

function countBy<Value>(values: readonly Value[], key: (value: Value) => string) {
  const counts: Record<string, number> = {}
  for (const value of values) counts[key(value)] = (counts[key(value)] ?? 0) + 1
  return counts
}

function droppedByType(rows: readonly LedgerRow[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { type, count } of rows.flatMap(({ dropped }) => dropped)) {
    counts[type] = (counts[type] ?? 0) + count
  }
  return counts
}

test('pipeline: offline with a spool that is too small, stored + dropped = sensed, type by type', async (context) => {
  const records = await recordsOf(12_000)
  const { spool, run } = await makeWorld(context, 768 * 1024)
  const batches = Array.from({ length: Math.ceil(records.length / 100) }, (_, index) =>
    batchOf(records.slice(index * 100, (index + 1) * 100)),
  )
  const pipeline = await run(batches)
  equal(pipeline.counts().sent, records.length)
  const events = await drain(spool)
  const rows = await spool.ledgerRows()
  await spool.close()

  const sensed = countBy(records, ({ value }) => eventName(value))
  const stored = countBy(events, (event) => event.event?.action ?? '')
  const dropped = droppedByType(rows)
  const types = Object.keys(sensed).toSorted()
  deepEqual(
    types.map((type) => ({ type, count: (stored[type] ?? 0) + (dropped[type] ?? 0) })),
    types.map((type) => ({ type, count: sensed[type] })),
  )
  const total = sums(rows, 'eslogger.test')
  equal(total.sensed, records.length)
  equal(total.sent, events.length)
  ok(total.dropped > 1_000, 'the spool was too small')
  context.diagnostic(
    `sensed ${records.length} = stored ${events.length} + dropped ${total.dropped}; by class ` +
      JSON.stringify(
        countBy(
          rows.flatMap((row) => row.dropped.flatMap((drop) => Array(drop.count).fill(drop.class))),
          String,
        ),
      ),
  )
})

test('pipeline: no class loses anything while a lower one holds something, and the oldest goes first', async (context) => {
  const records = await recordsOf(12_000)
  const { spool, run } = await makeWorld(context, 512 * 1024)
  await run(
    Array.from({ length: 120 }, (_, index) =>
      batchOf(records.slice(index * 100, (index + 1) * 100)),
    ),
  )
  const events = await drain(spool)
  const rows = await spool.ledgerRows()
  await spool.close()
  const kept = countBy(events, priorityOf)
  const lost = countBy(
    rows.flatMap((row) =>
      row.dropped.flatMap((drop) => Array<string>(drop.count).fill(drop.class)),
    ),
    String,
  )
  const worst = PRIORITY_CLASSES.find((each) => (lost[each] ?? 0) > 0)
  ok(worst !== undefined, 'something was dropped')
  for (const lower of PRIORITY_CLASSES.slice(PRIORITY_CLASSES.indexOf(worst) + 1)) {
    equal(kept[lower] ?? 0, 0, `${worst} was dropped, so that no ${lower} is left`)
  }
  const sequences = events
    .filter((event) => priorityOf(event) === worst)
    .map((event) => event.event?.sequence ?? -1)
  const all = records.length
  ok(Math.max(...sequences) > all - 1_000, 'of a class the newest is kept')
})

test('pipeline: what a sensor left out, could not read, had no room for and never saw is told', async (context) => {
  const records = await recordsOf(20)
  const { spool, run } = await makeWorld(context, 4 * 1024 * 1024)
  const at = '2026-11-25T09:00:00.000Z'
  const pipeline = await run([
    batchOf(records, {
      sensed: records.length + 4 + 2 + 3,
      filtered: { unmodified: 4 },
      refused: { syntax: 2 },
      dropped: [{ reason: 'queue_full', type: 'close', count: 3, from: at, to: at }],
      lost: 7,
      gaps: [{ from: at, to: at, reason: 'sensor_restarted' }],
    }),
  ])
  const { received, sent, discarded } = pipeline.counts()
  deepEqual(
    { received, sent, discarded },
    {
      received: 29,
      sent: 20,
      discarded: { unmodified: 4, syntax: 2, queue_full: 3 },
    },
  )
  const events = await drain(spool)
  const [row] = await spool.ledgerRows()
  await spool.close()
  ok(row !== undefined)
  const { sensed, filtered, sent: delivered, lost, unobserved, dropped } = row
  deepEqual(
    { sensed, filtered, delivered, lost },
    {
      sensed: 29,
      filtered: { unmodified: 4 },
      delivered: events.length,
      lost: 7,
    },
  )
  equal(unobserved[0]?.reason, 'sensor_restarted')
  deepEqual(
    dropped.map(({ reason, type, count }) => `${reason} ${type} ${count}`),
    ['syntax unknown 2', 'queue_full close 3'],
  )
})

test('pipeline: records of a sensor that is switched off are left out and counted', async (context) => {
  const records = await recordsOf(10)
  const { spool, run } = await makeWorld(context, 4 * 1024 * 1024)
  await run([batchOf(records)], true)
  deepEqual(await drain(spool), [])
  const [row] = await spool.ledgerRows()
  await spool.close()
  deepEqual(row?.filtered, { sensor_off: 10 })
  equal(row.sensed, 10)
})

test('pipeline: an alert of the host travels with the events, under a sequence of its own', async (context) => {
  const records = await recordsOf(400)
  const { spool, detection, run } = await makeWorld(context, 4 * 1024 * 1024)
  const rule = (tags: string, id: string): string => `
title: Something runs
id: ${id}
status: test
level: low
tags: [${tags}]
logsource: {product: macos}
detection: {started: {event.action: exec}, condition: started}
`
  const content = loadBundle({
    'mappings/sigma-macos.yml': MAPPING,
    'rules/host.yml': rule('pomona.host', '11111111-1111-4111-8111-111111111111'),
    'rules/server.yml': rule('attack.execution', '22222222-2222-4222-8222-222222222222'),
  })
  detection.use(content)
  equal(detection.rules, 1, 'rules without the mark stay with the server')
  await run([batchOf(records)])
  const delivery = await spool.next({ itemsMax: 5_000, bytesMax: 64 * 1024 * 1024 })
  await spool.close()
  ok(delivery !== undefined && delivery.alerts.length > 0)
  equal(delivery.events.length, records.length, 'no event is passed over')
  const places = delivery.events.map((text) => (JSON.parse(text) as EcsEvent).event?.sequence ?? -1)
  deepEqual(
    places,
    places.toSorted((a, b) => a - b),
    'the server takes events in order only',
  )
  const sequences = delivery.alerts.map(
    (text) => (JSON.parse(text) as { sequence: number }).sequence,
  )
  ok(
    sequences.every((sequence) => sequence >= records.length),
    'after those of the batch',
  )
  const [alert] = delivery.alerts.map((text) => JSON.parse(text).alert)
  equal(alert.host.id, 'host-1')
  ok(delivery.events.some((text) => JSON.parse(text).event.id === alert.events[0]))
})
