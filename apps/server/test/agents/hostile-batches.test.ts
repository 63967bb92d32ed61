import { deepEqual, equal, ok } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Agent } from 'node:https'
import { test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { BATCH_DEPTH_MAX, type PipelineHealth } from '@pomona/schema'
import { type AgentResponse, enrolAgent } from '../support/agent.ts'
import { batchOf, execEvent, streamOf } from '../support/batch.ts'
import { hostAlert } from '../support/host-alert.ts'
import { type SeededRandom, seededRandom } from '../support/random.ts'
import { type Client, signInFirst, startTestServer, until } from '../support/server.ts'

const LIMIT = { timeout: 3_600_000 }
/** The long form in tests/long takes more. */
const SEEDS = Number(process.env['POMONA_TEST_ROUNDS'] ?? 5_000)
const LANES = 8

/** What an endpoint may hold in any field: kept or set aside, never a fault. */
const VALUES: readonly (() => unknown)[] = [
  () => '\0',
  () => '\u202E\u2066gpj.exe\u0085',
  () => '\ud800 lone',
  () => '<img src=x onerror=alert(1)>=cmd|calc',
  () => 'x'.repeat(70_000),
  () => 2 ** 64,
  () => -0,
  () => 1e308,
  () => null,
  () => [],
  () => ({}),
  () => true,
  () => ({ __proto__: null, constructor: { prototype: { polluted: 1 } } }),
  () => Array.from({ length: 3_000 }, (_, index) => `-a${index}`),
  () => ['', '', [['x']]],
  () => Object.fromEntries(Array.from({ length: 300 }, (_, index) => [String(index), index])),
  () => nested(BATCH_DEPTH_MAX + 2),
  () => nested(BATCH_DEPTH_MAX - 8),
  () => '9999-99-99T99:99:99Z',
  () => '1601-01-01T00:00:00Z',
]

/** Texts that no object writes: put in place of a marker. */
const TEXTS: readonly string[] = [
  '{"__proto__":{"polluted":true}}',
  '{"a":1,"a":2}',
  '18446744073709551616',
  '1e999',
  '"\\ud800"',
  '[[[[[[[[[[',
  '{"constructor":{"prototype":{"polluted":true}}}',
  'NaN',
]

const FIELDS: readonly (readonly string[])[] = [
  ['@timestamp'],
  ['event', 'id'],
  ['event', 'action'],
  ['event', 'category'],
  ['event', 'original'],
  ['host', 'id'],
  ['host', 'name'],
  ['process', 'pid'],
  ['process', 'args'],
  ['process', 'command_line'],
  ['process', 'entity_id'],
  ['process', 'parent', 'entity_id'],
  ['macos', 'process', 'pidversion'],
  ['__proto__'],
  ['constructor', 'prototype'],
  ['shoe'],
  ['file', 'path'],
]

function nested(depth: number): unknown {
  let value: unknown = 'end'
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

function put(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path
  if (rest.length === 0) {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true })
    return
  }
  const inner = Object.getOwnPropertyDescriptor(target, name)?.value
  const next = typeof inner === 'object' && inner !== null ? { ...inner } : {}
  put(next, rest, value)
  Object.defineProperty(target, name, { value: next, enumerable: true, configurable: true })
}

const ALERT_FIELDS: readonly (readonly string[])[] = [
  ['id'],
  ['rule_id'],
  ['severity'],
  ['time'],
  ['tenant_id'],
  ['host', 'id'],
  ['processes'],
  ['events'],
  ['matches'],
  ['group_key'],
  ['shoe'],
]

/** Alerts that an engine on a host is said to have found; none in most deliveries. */
function hostileAlerts(hostId: string, count: number, random: SeededRandom): readonly unknown[] {
  if (random.below(4) > 0) return []
  return Array.from({ length: 1 + random.below(2) }, (_, index) => {
    const alert: Record<string, unknown> = { ...hostAlert(hostId) }
    for (let change = random.below(3); change > 0; change -= 1) {
      const value = VALUES[random.below(VALUES.length)]?.()
      put(alert, ALERT_FIELDS[random.below(ALERT_FIELDS.length)] ?? ['shoe'], value)
    }
    const sequence = count - 1 + index
    return random.below(20) === 0 ? VALUES[random.below(VALUES.length)]?.() : { sequence, alert }
  })
}

/** One hostile delivery: body, encoding, and how many records it announces when it can be read. */
function hostile(hostId: string, seed: number, random: SeededRandom) {
  const sensor = `hostile-${seed}`
  const count = 1 + random.below(4)
  const events = Array.from({ length: count }, (_, index) => {
    const event: Record<string, unknown> = { ...execEvent(hostId, index, { sensor }) }
    for (let change = random.below(3); change > 0; change -= 1) {
      const value = VALUES[random.below(VALUES.length)]?.()
      put(event, FIELDS[random.below(FIELDS.length)] ?? ['shoe'], value)
    }
    if (random.below(6) === 0) put(event, ['macos', 'raw'], 'MARKER')
    return random.below(40) === 0 ? VALUES[random.below(VALUES.length)]?.() : event
  })
  const batch = batchOf({ hostId, sensor, events, last: count + random.below(2) })
  let text = JSON.stringify(events).replace('"MARKER"', TEXTS[random.below(TEXTS.length)] ?? '0')
  if (random.below(8) === 0) text = text.replace('"process":', '"process":{},"process":')
  const alerts = hostileAlerts(hostId, count, random)
  const alertsText = alerts.length === 0 ? '' : JSON.stringify(alerts)
  const digest = createHash('sha256').update(text).update(alertsText).digest('hex')
  const envelope: Record<string, unknown> = {
    ...batch,
    digest,
    stream_id: streamOf(hostId, sensor),
  }
  if (random.below(10) === 0) {
    const keys = Object.keys(envelope)
    envelope[keys[random.below(keys.length)] ?? ''] = VALUES[random.below(VALUES.length)]?.()
  }
  delete envelope['events']
  const told = alertsText === '' ? '' : `,"alerts":${alertsText}`
  const body = Buffer.from(`${JSON.stringify(envelope).slice(0, -1)},"events":${text}${told}}`)
  for (let flips = random.below(12) === 0 ? 1 + random.below(4) : 0; flips > 0; flips -= 1) {
    body[random.below(body.length)] = random.below(256)
  }
  const cut = random.below(20) === 0 ? body.subarray(0, random.below(body.length)) : body
  const records = count + alerts.length
  if (random.below(3) > 0) return { body: cut, encoding: 'identity', records }
  const packed = zstdCompressSync(cut)
  if (random.below(10) === 0) packed[random.below(packed.length)] = random.below(256)
  return { body: packed, encoding: 'zstd', records }
}

const BOMBS: readonly {
  readonly name: string
  readonly body: () => Buffer
  readonly code: string
}[] = [
  {
    name: 'zeros that inflate without end',
    body: () => zstdCompressSync(Buffer.alloc(200 * 1024 * 1024)),
    code: 'body_too_large',
  },
  {
    name: 'a million levels',
    body: () => zstdCompressSync('['.repeat(1_000_000)),
    code: 'batch_too_complex',
  },
  {
    name: 'ten million small lists',
    body: () => zstdCompressSync(`[${'[],'.repeat(10_000_000)}[]]`),
    code: 'batch_too_complex',
  },
  {
    name: 'keys made to collide',
    body: () =>
      zstdCompressSync(
        `{${Array.from({ length: 1_000_000 }, (_, index) => `"${index * 65_536}":0`).join(',')}}`,
      ),
    code: 'batch_too_complex',
  },
]

type Send = (delivery: { body: Buffer; encoding: string }) => Promise<AgentResponse>

/** Sends every seed over several connections. Of what was stored, everything is accounted for. */
async function sendAll(hostId: string, send: Send) {
  const random = seededRandom('hostile-batches')
  const statuses = new Map<number, number>()
  const totals = { stored: 0, accepted: 0, rejected: 0 }
  let next = 0
  const lane = async (): Promise<void> => {
    for (let seed = next++; seed < SEEDS; seed = next++) {
      const delivery = hostile(hostId, seed, random)
      const { status, body } = await send(delivery)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status !== 200) continue
      // Every stream is sent once, so a receipt is one of a stored batch.
      const { accepted, rejected } = body as { accepted: number; rejected: number }
      equal(accepted + rejected, delivery.records, `seed ${seed}`)
      totals.stored += 1
      totals.accepted += accepted
      totals.rejected += rejected
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  const said = [...statuses].map(([status, count]) => `${status}: ${count}`).join(', ')
  process.stdout.write(`# answers ${said}; ${JSON.stringify(totals)}\n`)
  deepEqual(
    [...statuses.keys()].filter((status) => status >= 500),
    [],
  )
  return totals
}

/** Waits for engine and projector; then nothing is held, and what came is sent or discarded. */
async function settledStages(api: Client): Promise<PipelineHealth['stages']> {
  const health = async () => (await api.get('/api/v1/health/pipeline')) as PipelineHealth
  await until(async () => {
    const { lag } = await health()
    return lag.engine_offset === lag.log_end && lag.projector_offset === lag.log_end
  })
  const { stages } = await health()
  for (const { stage, received, sent, held, discarded } of stages) {
    const lost = discarded.reduce((sum, { count }) => sum + count, 0)
    deepEqual({ stage, held, received }, { stage, held: 0, received: sent + lost })
  }
  return stages
}

test('hostile batches: the server lives and its books are complete', LIMIT, async (context) => {
  const { server, api, stores } = await startTestServer(context, {
    config: { host_events_burst_max: 10_000_000, agent_requests_per_minute_max: 1_000_000 },
  })
  const agent = await enrolAgent(server)
  const { hostId } = agent
  const connections = new Agent({ keepAlive: true, maxSockets: LANES })
  context.after(() => connections.destroy())
  const send: Send = async ({ body, encoding }) =>
    await agent.call('/agent/v1/batches', {
      body,
      headers: { 'content-encoding': encoding },
      tls: { agent: connections },
    })
  const totals = await sendAll(hostId, send)
  ok(totals.accepted > 1_000 && totals.rejected > 1_000, 'both ways are taken often')
  for (const { name, body, code } of BOMBS) {
    const answer = await send({ body: body(), encoding: 'zstd' })
    equal((answer.body as { code: string }).code, code, name)
  }
  equal('polluted' in {}, false)
  // What is good still goes the whole way.
  const evil = batchOf({ hostId, events: [execEvent(hostId, 0, { commandLine: 'run evil' })] })
  const good = { body: Buffer.from(JSON.stringify(evil)), encoding: 'identity' }
  equal((await send(good)).status, 200)
  await signInFirst(server, api)
  const stages = await settledStages(api)
  const events = stages.find(({ stage }) => stage === 'gateway_events')
  equal(events?.sent, totals.accepted + 1)
  const batches = stages.find(({ stage }) => stage === 'gateway_batches')
  equal(batches?.received, SEEDS + BOMBS.length + 1)
  // Every record that was refused is a dead letter, or was counted as one.
  const letters = await stores.records.letters.counts()
  const gateway = letters.filter(({ stage }) => stage === 'gateway')
  equal(
    gateway.reduce((sum, { received }) => sum + received, 0),
    totals.rejected,
  )
  ok((await stores.records.alertCountsByRule()).size > 0, 'the engine still finds')
})
