import { deepEqual, equal, ok } from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import {
  ApiProblem,
  BATCH_EVENTS_MAX,
  BatchOverlap,
  PipelineHealth,
  type StageCounts,
} from '@pomona/schema'
import { type Log, openMemoryLog, StoreError } from '@pomona/store'
import { enrolAgent } from '../support/agent.ts'
import { bound } from '../support/bound.ts'
import { batchOf, execEvent, execs, streamOf } from '../support/batch.ts'
import { post } from '../support/post.ts'
import { signInFirst, startTestServer, type TestServer } from '../support/server.ts'

async function stages({ server, api }: TestServer): Promise<Record<string, StageCounts>> {
  if (api.cookie === undefined) await signInFirst(server, api)
  const health = (await api.get('/api/v1/health/pipeline')) as { stages: StageCounts[] }
  return Object.fromEntries(health.stages.map((stage) => [stage.stage, stage]))
}

/** The books of the gateway must close: nothing is held when nothing is under way. */
function closed(stage: StageCounts | undefined): Readonly<Record<string, number>> {
  ok(stage)
  const discarded = stage.discarded.reduce((sum, { count }) => sum + count, 0)
  equal(stage.held, 0)
  equal(stage.received, stage.sent + discarded)
  return Object.fromEntries(stage.discarded.map(({ reason, count }) => [reason, count]))
}

const good = batchOf({ events: execs('mac-1', 2) })
const text = JSON.stringify(good)
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
const bytes = (...values: number[]) => new Uint8Array(values)

interface Refusal {
  readonly name: string
  readonly body: Parameters<typeof post>[1]
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  readonly code: string
}

const plain = { 'content-encoding': 'identity' }
const refusals: readonly Refusal[] = [
  {
    name: 'another media type',
    body: good,
    headers: { 'content-type': 'text/plain' },
    status: 415,
    code: 'unsupported_media_type',
  },
  {
    name: 'another encoding',
    body: text,
    headers: { 'content-encoding': 'gzip' },
    status: 415,
    code: 'unsupported_encoding',
  },
  {
    name: 'bytes that are not zstd',
    body: bytes(1, 2, 3),
    headers: { 'content-encoding': 'zstd' },
    status: 422,
    code: 'batch_unreadable',
  },
  {
    name: 'half a zstd frame',
    body: zstdCompressSync(text).subarray(0, 40),
    headers: { 'content-encoding': 'zstd' },
    status: 422,
    code: 'batch_unreadable',
  },
  { name: 'text that is not JSON', body: text.slice(0, -1), status: 422, code: 'batch_unreadable' },
  {
    name: 'bytes that are not UTF-8',
    body: bytes(0x22, 0xff, 0x22),
    headers: plain,
    status: 422,
    code: 'batch_unreadable',
  },
  {
    name: 'a body over the wire limit',
    body: 'x'.repeat(8 * 1024 * 1024 + 1),
    headers: plain,
    status: 413,
    code: 'body_too_large',
  },
  {
    name: 'a zstd bomb',
    body: zstdCompressSync(Buffer.alloc(64 * 1024 * 1024, 'a')),
    headers: { 'content-encoding': 'zstd' },
    status: 413,
    code: 'body_too_large',
  },
  { name: 'a depth bomb', body: nested(1_000_000), status: 422, code: 'batch_too_complex' },
  {
    name: 'a bomb of small arrays',
    body: `[${'[],'.repeat(2_000_000)}[]]`,
    status: 422,
    code: 'batch_too_complex',
  },
  {
    name: 'a bomb of keys',
    body: `{${'"a":1,'.repeat(2_000_000)}"b":1}`,
    status: 422,
    code: 'batch_too_complex',
  },
  {
    name: 'events written twice',
    body: text.replace('{', '{"events":[],'),
    status: 422,
    code: 'batch_too_complex',
  },
  {
    name: 'an unknown key',
    body: text.replace('{', '{"x":1,'),
    status: 422,
    code: 'batch_invalid',
  },
  { name: 'no events', body: batchOf({ events: [] }), status: 422, code: 'batch_invalid' },
  {
    name: 'more events than allowed',
    body: batchOf({ events: Array.from({ length: BATCH_EVENTS_MAX + 1 }, () => 1) }),
    status: 422,
    code: 'batch_invalid',
  },
  {
    name: 'a range that runs backwards',
    body: { ...good, first_sequence: 9 },
    status: 422,
    code: 'batch_invalid',
  },
  {
    name: 'a digest of something else',
    body: { ...good, digest: '0'.repeat(64) },
    status: 422,
    code: 'batch_digest_mismatch',
  },
]
test(
  'gateway: refuses, counts each refusal, and stays well',
  { timeout: 60_000 },
  async (context) => {
    const rig = await startTestServer(context)
    const want: Record<string, number> = {}
    for (const { name, body, headers, status, code } of refusals) {
      await context.test(name, async () => {
        const response = await post(rig.server.address, body, headers)
        equal(response.status, status)
        equal(ApiProblem.parse(await response.json()).code, code)
      })
      want[code] = (want[code] ?? 0) + 1
    }
    equal((await post(rig.server.address, good)).status, 200)
    const { gateway_batches: batches, gateway_events: events } = await stages(rig)
    deepEqual(closed(batches), want)
    equal(batches?.received, refusals.length + 1)
    equal(batches?.sent, 1)
    equal(events?.sent, 2)
  },
)

test('gateway: tells a repeat, an overlap and a lie apart', async (context) => {
  const rig = await startTestServer(context)
  const { address } = rig.server
  const first = batchOf({ events: execs('mac-1', 10) })
  equal((await post(address, first)).status, 200)
  const repeat = await post(address, first)
  deepEqual(await repeat.json(), { status: 'duplicate', offset: 0, accepted: 10, rejected: 0 })
  const overlap = await post(address, batchOf({ events: execs('mac-1', 10, 5), first: 5 }))
  equal(overlap.status, 409)
  equal(BatchOverlap.parse(await overlap.json()).last_sequence, 9)
  const others = Array.from({ length: 10 }, (_, index) => execEvent('mac-1', index, { name: 'x' }))
  const conflict = await post(address, batchOf({ events: others }))
  equal(conflict.status, 409)
  equal(ApiProblem.parse(await conflict.json()).code, 'batch_conflict')
  const { gateway_batches: batches, gateway_events: events } = await stages(rig)
  deepEqual(closed(batches), { duplicate: 1, batch_overlap: 1, batch_conflict: 1 })
  deepEqual(closed(events), { duplicate: 10, batch_overlap: 10, batch_conflict: 10 })
  const [agents, ...rest] = await rig.stores.log.read(0, { entriesMax: 10, bytesMax: 1e6 })
  equal(agents?.digest, first.digest)
  // The lie raises an alarm, which is an entry of the server's own.
  ok(rest.every(({ streamId }) => streamId !== first.stream_id))
})

test('gateway: sets bad events aside with a reason and stores the others', async (context) => {
  const rig = await startTestServer(context)
  const foreign = { ...execEvent('mac-1', 1), host: { id: 'mac-2' } }
  const stolen = execEvent('mac-2', 2)
  const polluted = '{"__proto__":{"admin":true}}'
  const events = [execEvent('mac-1', 0), foreign, stolen, 'PLACE', execEvent('mac-1', 4)]
  const eventsText = JSON.stringify(events).replace('"PLACE"', polluted)
  const parsed: unknown[] = JSON.parse(eventsText)
  const response = await post(rig.server.address, batchOf({ events: parsed }))
  deepEqual(await response.json(), { status: 'stored', offset: 0, accepted: 2, rejected: 3 })
  const books = closed((await stages(rig))['gateway_events'])
  deepEqual(books, { foreign_host: 2, unknown_field: 1 })
  const letters = await rig.stores.records.letters.newest(10)
  deepEqual(letters.map(({ reason }) => reason).toSorted(), [
    'foreign_host',
    'foreign_host',
    'unknown_field',
  ])
  equal(await rig.stores.records.host('default' as never, 'mac-2' as never), undefined)
})

test('gateway: says how long to wait when the log is full', async (context) => {
  const rig = await startTestServer(context, { stores: { log: openMemoryLog({ entriesMax: 1 }) } })
  equal((await post(rig.server.address, good)).status, 200)
  const more = batchOf({ events: execs('mac-1', 2, 2), first: 2 })
  const response = await post(rig.server.address, more)
  equal(response.status, 503)
  ok(Number(response.headers.get('retry-after')) > 0)
  equal(ApiProblem.parse(await response.json()).code, 'log_full')
  const { gateway_events: events } = await stages(rig)
  deepEqual(closed(events), { log_full: 2 })
})

test('gateway: a log that must be opened anew makes the server say so', async (context) => {
  const log: Log = {
    ...bound(openMemoryLog()),
    append: async () => {
      throw new StoreError('ERR_LOG_IO', 'the disk failed')
    },
  }
  const rig = await startTestServer(context, { stores: { log } })
  await signInFirst(rig.server, rig.api)
  const response = await post(rig.server.address, good)
  equal(response.status, 503)
  equal(ApiProblem.parse(await response.json()).code, 'unavailable')
  equal((await rig.server.failure).message, 'the disk failed')
  equal((await rig.api.call('GET', '/readyz')).status, 503)
  const health = PipelineHealth.parse(await rig.api.get('/api/v1/health/pipeline'))
  deepEqual([health.status, health.problems], ['down', ['Log: the disk failed']])
  const { gateway_events: events } = await stages(rig)
  deepEqual(closed(events), { store_failed: 2 })
})

test('gateway: one loud host waits while another is served', async (context) => {
  const config = { host_events_burst_max: 20, host_events_per_second_max: 1 }
  const { server } = await startTestServer(context, { config })
  const send = (hostId: string, first: number) =>
    post(server.address, batchOf({ hostId, events: execs(hostId, 15, first), first }))
  equal((await send('loud', 0)).status, 200)
  const refused = await send('loud', 15)
  equal(refused.status, 429)
  equal(refused.headers.get('retry-after'), '10')
  equal((await send('quiet', 0)).status, 200)
})

test('gateway: takes no more bytes at once than it may', async (context: TestContext) => {
  const rig = await startTestServer(context, { config: { inflight_bytes_max: 40 * 1024 * 1024 } })
  // Each inflates to 16 MiB of text that is refused in the end; together they do not fit.
  const body = zstdCompressSync(`"${'a'.repeat(16 * 1024 * 1024)}"`)
  const headers = { 'content-encoding': 'zstd' }
  const responses = await Promise.all(
    Array.from({ length: 8 }, () => post(rig.server.address, body, headers)),
  )
  const statuses = responses.map(({ status }) => status)
  ok(statuses.includes(503), statuses.join())
  equal((await post(rig.server.address, good)).status, 200, 'what was held was given back')
  closed((await stages(rig))['gateway_batches'])
})

test('gateway: a stream keeps its own count of losses on the host', async (context) => {
  const rig = await startTestServer(context)
  const counts = { sensed: 12, discarded: { spool_full: 3 }, gaps: 7 }
  equal((await post(rig.server.address, { ...good, counts })).status, 200)
  const { stream_id: stream } = good
  equal(stream, streamOf('mac-1'))
  await signInFirst(rig.server, rig.api)
  const host = (await rig.api.get('/api/v1/hosts/mac-1')) as Record<string, unknown>
  deepEqual([host['gaps'], host['discarded'], host['events']], [7, { spool_full: 3 }, 2])
})

test(
  'gateway: a host cannot write into another’s stream, nor take the place of what it will send',
  { timeout: 60_000 },
  async (context) => {
    const rig = await startTestServer(context)
    const victim = await enrolAgent(rig.server)
    const thief = await enrolAgent(rig.server)
    const theirs = batchOf({ hostId: victim.hostId, events: execs(victim.hostId, 2) })
    const own = { host: { id: thief.hostId, name: 'thief' } }
    const asOwn = execs(victim.hostId, 2).map((event) => ({ ...event, host: own.host }))
    // Everything as the victim will send it, only that the host says to be itself.
    const forged = { ...batchOf({ hostId: victim.hostId, events: asOwn }), ...own }
    for (const body of [forged, { ...forged, run: 'another' }, { ...forged, boot_id: 'other' }]) {
      const answer = await thief.call('/agent/v1/batches', { body })
      equal(answer.status, 422)
      equal((answer.body as { code: string }).code, 'foreign_stream')
    }
    equal(await rig.stores.log.end(), 0)
    const metrics = await (await rig.api.call('GET', '/metrics')).text()
    ok(metrics.includes('pomona_agent_refusals_total{reason="foreign_stream"} 3\n'))
    deepEqual(closed((await stages(rig))['gateway_batches']), { foreign_stream: 3 })
    deepEqual((await victim.call('/agent/v1/batches', { body: theirs })).body, {
      ...{ status: 'stored', offset: 0, accepted: 2, rejected: 0 },
    })
  },
)
