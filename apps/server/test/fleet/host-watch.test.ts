import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { formatTime, type HostId, TENANT_DEFAULT } from '@pomona/schema'
import { openMemoryRecords, type Records } from '@pomona/store'
import { pino } from 'pino'
import { HostWatch } from '../../src/fleet/host-watch.ts'
import { MetricsRegistry } from '../../src/metrics/registry.ts'
import { FakeClock } from '../support/clock.ts'
import { standing } from '../support/standing.ts'
import { until } from '../support/server.ts'

const HOST = 'mac-1' as HostId

async function watchOf(records: Records, clock: FakeClock) {
  const told: HostId[][] = []
  const watch = new HostWatch({
    ...{ records, clock, logger: pino({ level: 'silent' }), metrics: new MetricsRegistry() },
    onChange: (hostIds) => told.push([...hostIds]),
  })
  await watch.open()
  return { watch, told }
}

async function actions(records: Records): Promise<readonly string[]> {
  const lines = await records.reports.history(TENANT_DEFAULT, HOST, 10)
  return lines.map(({ action }) => action)
}

test('host watch: a host that falls silent is told once, and when it is heard again', async () => {
  const [records, clock] = [openMemoryRecords(), new FakeClock()]
  const { watch, told } = await watchOf(records, clock)
  equal(watch.stateOf(HOST), 'never')
  watch.heard(standing({ received: formatTime(clock.nowNs()) }))
  clock.advanceSeconds(100)
  watch.look()
  equal(watch.stateOf(HOST), 'late')
  clock.advanceSeconds(100)
  for (let look = 0; look < 3; look++) watch.look()
  deepEqual(told, [[HOST], [HOST]])
  await until(async () => (await actions(records)).length === 1)
  watch.heard(standing({ received: formatTime(clock.nowNs()) }))
  await until(async () => (await actions(records)).length === 2)
  deepEqual(await actions(records), ['heard_again', 'silent'])
})

test('host watch: a server that was down gives hosts time, and tells nothing twice', async () => {
  const [records, clock] = [openMemoryRecords(), new FakeClock()]
  const report = standing({ received: formatTime(clock.nowNs()) })
  await records.reports.take([{ ...report, report: { ...report.report, ledger: [] } }])
  const time = formatTime(clock.nowNs())
  const silent = { time, actor: 'server', action: 'silent', details: {} }
  await records.reports.note(TENANT_DEFAULT, HOST, silent)
  clock.advanceSeconds(3_600)
  const { watch } = await watchOf(records, clock)
  equal(watch.stateOf(HOST), 'late')
  clock.advanceSeconds(200)
  watch.look()
  equal(watch.stateOf(HOST), 'silent')
  await new Promise((resolve) => setImmediate(resolve))
  deepEqual(await actions(records), ['silent', 'started'])
})
