import { deepEqual, equal, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Detector } from '@pomona/detect'
import { type Clock, deriveId, type EcsEvent, type HostId, TENANT_DEFAULT } from '@pomona/schema'
import {
  encodeEvents,
  openChdbEventStore,
  openMemoryEventStore,
  openMemoryLog,
} from '@pomona/store'
import { backtest, type History, logHistory, storeHistory } from '../../src/index.ts'
import { shippedRules } from '../shipped.ts'
import { simulatedEvents } from '../simulated.ts'

const BATCH = 500
const HOSTS = ['mac-1', 'mac-2', 'mac-3']
const RULES = shippedRules()

/** Two readings of a clock are this far apart. */
function clockOf(stepNs: bigint): Clock {
  let nowNs = 0n
  const next = (): bigint => (nowNs += stepNs)
  return { nowNs: next, monotonicNs: next }
}

/** What three Macs delivered, batch by batch in turn. */
async function deliveries(): Promise<readonly (readonly EcsEvent[])[]> {
  const streams = await Promise.all(
    HOSTS.map(async (host) => await simulatedEvents({ seed: 'backtest', eventsMax: 6_000, host })),
  )
  const batches: (readonly EcsEvent[])[] = []
  const longest = Math.max(...streams.map(({ length }) => length))
  for (let from = 0; from < longest; from += BATCH) {
    for (const stream of streams) {
      const batch = stream.slice(from, from + BATCH)
      if (batch.length > 0) batches.push(batch)
    }
  }
  return batches
}

const BATCHES = await deliveries()

/** Ids of the alerts that came as the events came. */
function liveAlerts(): readonly string[] {
  const detector = new Detector(RULES)
  return BATCHES.flat()
    .flatMap((event) => detector.process(event))
    .map(({ id }) => id)
}

async function pastAlerts(history: History): Promise<readonly string[]> {
  const ids: string[] = []
  await backtest({
    rules: RULES,
    history,
    clock: clockOf(1n),
    onAlert: ({ id }) => ids.push(id),
  })
  return ids
}

const directory = mkdtempSync(join(tmpdir(), 'pomona-backtest-'))
const chdb = await openChdbEventStore({ directory, memoryBytesMax: 1024 * 1024 * 1024 })
const memory = openMemoryEventStore()
const log = openMemoryLog()
for (const [index, events] of BATCHES.entries()) {
  for (const store of [chdb, memory]) await store.insert({ token: `batch ${index}`, events })
  await log.append({
    tenantId: TENANT_DEFAULT,
    hostId: (events[0]?.host?.id ?? '') as HostId,
    streamId: deriveId('stream', [String(index)]) as never,
    firstSequence: 0,
    lastSequence: events.length - 1,
    digest: String(index),
    ingested: '2026-11-22T09:00:00.000000000Z',
    eventsCount: events.length,
    payload: encodeEvents(events),
  })
}
after(async () => {
  await chdb.close()
  rmSync(directory, { recursive: true, force: true })
})

const histories: readonly (readonly [name: string, history: () => History])[] = [
  ['the event store in memory', () => storeHistory(memory)],
  ['the event store on chDB', () => storeHistory(chdb)],
  ['the event store on chDB in small pages', () => storeHistory(chdb, { pageMax: 1_700 })],
  ['the log', () => logHistory(log)],
]

for (const [name, history] of histories) {
  test(`backtest: ${name} gives the alerts that came live, by their ids`, async (t) => {
    const live = liveAlerts()
    ok(live.length > 100, `${live.length} alerts`)
    deepEqual((await pastAlerts(history())).toSorted(), live.toSorted())
    t.diagnostic(`${live.length} alerts`)
  })
}

test('backtest: forecasts what each rule costs', async () => {
  const live = liveAlerts()
  const result = await backtest({
    rules: RULES,
    history: storeHistory(memory),
    clock: clockOf(1n),
  })
  equal(result.ended, 'complete')
  equal(result.coverage.events, BATCHES.flat().length)
  equal(result.coverage.hosts, HOSTS.length)
  ok(result.candidates > 0 && result.candidates <= result.coverage.events)
  equal(result.forecasts.length, RULES.length)
  const alerts = result.forecasts.reduce((sum, forecast) => sum + forecast.alerts, 0)
  equal(alerts, live.length)
  for (const forecast of result.forecasts) {
    ok(forecast.matches >= forecast.alerts)
    ok(forecast.per_host_day.p50 <= forecast.per_host_day.p95)
    ok(forecast.per_host_day.p95 <= forecast.per_host_day.max)
    ok(forecast.hosts <= HOSTS.length)
    equal(forecast.hosts === 0, forecast.alerts === 0)
    for (const { share } of forecast.causes) ok(share > 0 && share <= 1)
  }
})

test('backtest: only the hosts and the time that are asked for', async () => {
  const one = await backtest({
    rules: RULES,
    history: storeHistory(memory),
    range: { hostIds: ['mac-2' as HostId] },
    clock: clockOf(1n),
  })
  equal(one.coverage.hosts, 1)
  equal(Math.max(...one.forecasts.map(({ hosts }) => hosts)), 1)
  const none = await backtest({
    rules: RULES,
    history: storeHistory(chdb),
    range: { to: '2000-01-01T00:00:00.000000000Z' },
    clock: clockOf(1n),
  })
  deepEqual(none.coverage, { events: 0, hosts: 0, hostDays: 0 })
  equal(none.candidates, 0)
})

test('backtest: a bound that is reached ends it and is named', async () => {
  const options = { rules: RULES, history: storeHistory(memory, { pageMax: 100 }) }
  const few = await backtest({ ...options, clock: clockOf(1n), limits: { eventsMax: 250 } })
  equal(few.ended, 'events_max')
  equal(few.candidates, 250)
  ok(few.coverage.events < BATCHES.flat().length)
  const short = await backtest({
    ...options,
    clock: clockOf(4_000_000_000n),
    limits: { secondsMax: 10 },
  })
  equal(short.ended, 'seconds_max')
  const stopped = await backtest({ ...options, clock: clockOf(1n), signal: AbortSignal.abort() })
  equal(stopped.ended, 'stopped')
})
