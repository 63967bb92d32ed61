import { deepEqual, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { formatTime, type HostId, type HostRecord, type PipelineHealth } from '@pomona/schema'
import { openMemoryRecords, type StoredLetter } from '@pomona/store'
import { LetterWatch } from '../../src/fleet/letter-watch.ts'
import { MetricsRegistry } from '../../src/metrics/registry.ts'
import { enrolAgent } from '../support/agent.ts'
import { batchOf, execEvent, execs } from '../support/batch.ts'
import { FakeClock } from '../support/clock.ts'
import { signInFirst, startTestServer, until } from '../support/server.ts'

const HOUR_SECONDS = 3_600

function rigOf() {
  const clock = new FakeClock()
  const records = openMemoryRecords()
  const metrics = new MetricsRegistry()
  const changed: HostId[][] = []
  const watch = new LetterWatch({
    ...{ clock, records, metrics },
    onChange: (hostIds) => changed.push([...hostIds]),
  })
  const add = async (id: string, parts: Partial<StoredLetter> = {}): Promise<void> => {
    const letter = { id, stage: 'gateway', reason: 'unknown_field', detail: '', sample: '' }
    await records.letters.add([{ ...letter, time: formatTime(clock.nowNs()), ...parts }])
    await watch.look()
  }
  return { watch, records, metrics, clock, changed, add }
}

test('letter watch: letters are a problem of their host for a day, of the platform for an hour', async () => {
  const { watch, clock, changed, add } = rigOf()
  await watch.look()
  deepEqual([watch.notices(), watch.of('mac-1'), changed], [[], undefined, []])
  await add('1', { host_id: 'mac-1' })
  await add('2', { host_id: 'mac-1', reason: 'foreign_stream' })
  const last = formatTime(clock.nowNs())
  deepEqual(watch.of('mac-1'), { count: 2, last })
  deepEqual(watch.notices(), [
    'Records become dead letters, the last ones within the hour: foreign_stream 1, unknown_field 1.',
  ])
  deepEqual(changed, [['mac-1'], ['mac-1']])
  clock.advanceSeconds(HOUR_SECONDS + 1)
  await watch.look()
  deepEqual([watch.notices(), watch.of('mac-1')?.count], [[], 2])
  clock.advanceSeconds(23 * HOUR_SECONDS)
  await watch.look()
  deepEqual([watch.of('mac-1'), changed.length], [undefined, 3])
})

test('letter watch: what somebody settled is no problem any more, and stays counted', async () => {
  const { watch, records, metrics, add } = rigOf()
  await add('1', { host_id: 'mac-1' })
  await add('2', { host_id: 'mac-2', stage: 'engine', reason: 'event_poison' })
  await records.letters.settle(['1'], 'discarded')
  await watch.look()
  deepEqual([watch.of('mac-1'), watch.of('mac-2')?.count], [undefined, 1])
  match(watch.notices()[0] ?? '', /: event_poison 1\.$/)
  const text = metrics.text()
  ok(text.includes('pomona_dead_letters_total{stage="gateway",reason="unknown_field"} 1\n'))
  ok(text.includes('pomona_dead_letters_open{stage="gateway",reason="unknown_field"} 0\n'))
  ok(text.includes('pomona_dead_letters_open{stage="engine",reason="event_poison"} 1\n'))
})

test(
  'letter watch: a host whose events are set aside shows it, and so do health and metrics',
  { timeout: 60_000 },
  async (context) => {
    const { server, api } = await startTestServer(context)
    await signInFirst(server, api)
    const agent = await enrolAgent(server)
    const { hostId } = agent
    const events = [...execs(hostId, 2), { ...execEvent(hostId, 2), surprise: true }]
    await agent.call('/agent/v1/batches', { body: batchOf({ hostId, events }) })
    const shown = async () => (await api.get(`/api/v1/hosts/${hostId}`)) as HostRecord
    await until(async () => (await shown()).dead_letters?.count === 1)
    const { problems } = (await api.get('/api/v1/health/pipeline')) as PipelineHealth
    ok(problems.some((text) => text.includes('unknown_field 1')))
    const metrics = await (await api.call('GET', '/metrics')).text()
    match(metrics, /pomona_dead_letters_total\{stage="gateway",reason="unknown_field"\} 1\n/)
  },
)
