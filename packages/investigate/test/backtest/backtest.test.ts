import { deepEqual, equal, ok } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Detector } from '@pomona/detect'
import type { Rule } from '@pomona/rules'
import {
  type Clock,
  deriveId,
  type EcsEvent,
  type HostId,
  parseTime,
  TENANT_DEFAULT,
} from '@pomona/schema'
import {
  encodeEvents,
  openChdbEventStore,
  openMemoryEventStore,
  openMemoryLog,
} from '@pomona/store'
import { backtest, type History, logHistory, storeHistory } from '../../src/index.ts'
import { shippedRules, statefulRules } from '../shipped.ts'
import { simulatedEvents } from '../simulated.ts'

const BATCH = 500
const DELIVERY_NS = 2_000_000_000n
const HOSTS = ['mac-1', 'mac-2', 'mac-3']
const RULES = [...shippedRules(), ...statefulRules()]

/** Two readings of a clock are this far apart. */
function clockOf(stepNs: bigint): Clock {
  let nowNs = 0n
  const next = (): bigint => (nowNs += stepNs)
  return { nowNs: next, monotonicNs: next }
}

/**
 * What three Macs delivered: each what it saw in so many seconds, one after the other. Rules over
 * the whole fleet wait longer for a Mac than that.
 */
async function delivered(): Promise<readonly EcsEvent[]> {
  const streams = await Promise.all(
    HOSTS.map(async (host) => await simulatedEvents({ seed: 'backtest', eventsMax: 6_000, host })),
  )
  const slices = streams.flat().map((event) => {
    const atNs = parseTime(event['@timestamp'] ?? '') ?? 0n
    return { event, slice: Number(atNs / DELIVERY_NS) }
  })
  // By Mac within a slice; what a Mac saw stays in its order.
  return slices.toSorted((one, other) => one.slice - other.slice).map(({ event }) => event)
}

const EVENTS = await delivered()
const BATCHES = Array.from({ length: Math.ceil(EVENTS.length / BATCH) }, (_, index) =>
  EVENTS.slice(index * BATCH, (index + 1) * BATCH),
)

/** Ids of the alerts that came as the events came. */
function liveAlerts(rules: readonly Rule[] = RULES): readonly string[] {
  const detector = new Detector(rules)
  const alerts = EVENTS.flatMap((event) => detector.process(event))
  return [...alerts, ...detector.settle()].map(({ id }) => id)
}

async function pastAlerts(history: History, rules: readonly Rule[]): Promise<readonly string[]> {
  const ids: string[] = []
  await backtest({
    rules,
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

// What correlates Macs counts their matches in the order in which they came; only the log has it.
const HOST_RULES = RULES.filter(({ body }) => !('scope' in body) || body.scope === 'host')

const histories: readonly {
  readonly name: string
  readonly rules: readonly Rule[]
  readonly history: () => History
}[] = [
  {
    name: 'the event store in memory',
    rules: HOST_RULES,
    history: () => storeHistory(memory),
  },
  { name: 'the event store on chDB', rules: HOST_RULES, history: () => storeHistory(chdb) },
  {
    name: 'the event store on chDB in small pages',
    rules: HOST_RULES,
    history: () => storeHistory(chdb, { pageMax: 1_700 }),
  },
  { name: 'the log', rules: RULES, history: () => logHistory(log) },
]

for (const { name, rules, history } of histories) {
  test(`backtest: ${name} gives the alerts that came live, by their ids`, async (t) => {
    const live = liveAlerts(rules)
    ok(live.length > 100, `${live.length} alerts`)
    deepEqual((await pastAlerts(history(), rules)).toSorted(), live.toSorted())
    t.diagnostic(`${live.length} alerts of ${rules.length} rules`)
  })
}

test('backtest: every kind of rule over several events is among them', async () => {
  const { forecasts } = await backtest({
    rules: RULES,
    history: storeHistory(memory),
    clock: clockOf(1n),
  })
  for (const { id, name } of statefulRules()) {
    const alerts = forecasts.find(({ rule_id: ruleId }) => ruleId === id)?.alerts ?? 0
    equal(alerts > 0, name !== 'Downloads', name)
  }
})

test('backtest: forecasts what each rule costs', async () => {
  const live = liveAlerts()
  const result = await backtest({
    rules: RULES,
    history: storeHistory(memory),
    clock: clockOf(1n),
  })
  equal(result.ended, 'complete')
  equal(result.coverage.events, EVENTS.length)
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
  ok(few.coverage.events < EVENTS.length)
  const short = await backtest({
    ...options,
    clock: clockOf(4_000_000_000n),
    limits: { secondsMax: 10 },
  })
  equal(short.ended, 'seconds_max')
  const stopped = await backtest({ ...options, clock: clockOf(1n), signal: AbortSignal.abort() })
  equal(stopped.ended, 'stopped')
})
