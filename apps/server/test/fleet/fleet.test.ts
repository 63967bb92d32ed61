import { deepEqual, equal, ok } from 'node:assert/strict'
import { createPublicKey, randomUUID, verify } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import {
  type AgentReport,
  ApiProblem,
  Bundle,
  BundleManifest,
  Command,
  CommandList,
  CommandPage,
  CommandRecord,
  HostAgentDetail,
  HostCompleteness,
  HostRecord,
  LEDGER_START,
  ledgerHash,
  type LedgerRow,
  ReportAnswer,
  Rollout,
  type SignedText,
} from '@pomona/schema'
import { enrolAgent, type TestAgent } from '../support/agent.ts'
import { FakeClock } from '../support/clock.ts'
import {
  type Client,
  signInFirst,
  startTestServer,
  type TestServer,
  until,
} from '../support/server.ts'

interface Rig extends TestServer {
  readonly agent: TestAgent
}

async function rigOf(context: TestContext, clock?: FakeClock): Promise<Rig> {
  const rig = await startTestServer(context, clock === undefined ? {} : { clock })
  await signInFirst(rig.server, rig.api)
  return { ...rig, agent: await enrolAgent(rig.server) }
}

const SESSION = randomUUID()

function report(agent: TestAgent, parts: Partial<AgentReport> = {}): AgentReport {
  return {
    session_id: SESSION,
    epoch: 1,
    boot_id: 'boot-1',
    sent_at: new Date().toISOString(),
    host: { id: agent.hostId, name: 'Ada’s Mac', agent_version: '1.2.3', os_version: '26.1' },
    usage: {
      started: '2026-11-22T09:00:00Z',
      cpu_percent: 1.5,
      memory_bytes: 60_000_000,
      spool_bytes: 10,
      spool_events: 2,
      alerts: 0,
    },
    sensors: [],
    permissions: [],
    bundle: { state: 'none' },
    ledger: [],
    ...parts,
  }
}

function row(before: LedgerRow | undefined, parts: Partial<LedgerRow> = {}): LedgerRow {
  const made = {
    index: (before?.index ?? -1) + 1,
    previous: before?.hash ?? LEDGER_START,
    epoch: 1,
    sensor: 'eslogger',
    hour: `${new Date().toISOString().slice(0, 13)}:00:00Z`,
    sensed: 10,
    filtered: { muted: 2 },
    dropped: [],
    sent: 5,
    lost: 0,
    unobserved: [],
    ...parts,
  }
  return { ...made, hash: ledgerHash(made) }
}

async function send(agent: TestAgent, parts: Partial<AgentReport> = {}): Promise<ReportAnswer> {
  const { status, body } = await agent.call('/agent/v1/reports', { body: report(agent, parts) })
  equal(status, 200, JSON.stringify(body))
  return ReportAnswer.parse(body)
}

function isSigned(agent: TestAgent, { payload, signature, key_id: keyId }: SignedText): boolean {
  const known = agent.answer.signing_keys.find(({ key_id: id }) => id === keyId)
  const der = Buffer.from(known?.public_key ?? '', 'base64')
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  return verify(null, Buffer.from(payload), key, Buffer.from(signature, 'base64'))
}

async function hostOf(api: Client, agent: TestAgent): Promise<HostRecord> {
  return HostRecord.parse(await api.get(`/api/v1/hosts/${agent.hostId}`))
}

test('fleet: a report shows health, completeness and clock of its host', async (context) => {
  const { api, agent, stores } = await rigOf(context)
  const first = row(undefined)
  const answer = await send(agent, {
    sent_at: new Date(Date.now() + 90_000).toISOString(),
    ledger: [first, row(first, { sent: 0, lost: 3 })],
    sensors: [
      {
        sensor: 'eslogger',
        state: 'failed',
        since: '2026-11-22T09:00:00Z',
        problem: {
          code: 'full_disk_access',
          message: 'Full Disk Access is missing.',
          remedy: 'Install the profile.',
          profile: 'pomona-pppc.mobileconfig',
        },
        restarts: 3,
        lost: 3,
        lost_by_type: { open: 3 },
      },
    ],
    permissions: [{ name: 'full_disk_access', granted: false, needed_by: ['eslogger'] }],
    posture: {
      ...{ taken: '2026-11-22T09:59:00Z', cut: 0 },
      looks: { sip: { ok: true, facts: [{ name: 'sip.status', value: 'enabled', source: 'x' }] } },
    },
  })
  equal(answer.ledger_next, 2)
  equal(answer.ledger_problem, undefined)
  const host = await hostOf(api, agent)
  deepEqual([host.name, host.agent_version, host.os_version], ['Ada’s Mac', '1.2.3', '26.1'])
  equal(host.agent?.state, 'online')
  ok(Math.abs((host.agent?.skew_ms ?? 0) - 90_000) < 5_000)
  deepEqual(host.agent?.sensors, [
    { sensor: 'eslogger', state: 'failed', problem: 'full_disk_access' },
  ])
  deepEqual(host.agent?.permissions_missing, ['full_disk_access'])
  deepEqual(host.agent?.last_day, {
    ...{ sensed: 20, filtered: 4, dropped: 0, sent: 5, lost: 3, unobserved_ms: 0 },
  })
  ok((host.contact?.certificate_end ?? '') > new Date().toISOString())
  deepEqual(await api.get('/api/v1/hosts'), { items: [host] })

  const detail = HostAgentDetail.parse(await api.get(`/api/v1/hosts/${agent.hostId}/agent`))
  equal(detail.report?.posture?.looks['sip']?.ok, true)
  equal(detail.report?.sensors[0]?.problem?.profile, 'pomona-pppc.mobileconfig')
  deepEqual(detail.report?.ledger, { next: 2, refused: {} })
  deepEqual(
    detail.history.map(({ action }) => action),
    ['permission_missing', 'sensor_changed', 'started'],
  )
  const path = `/api/v1/hosts/${agent.hostId}/completeness`
  const whole = HostCompleteness.parse(await api.get(path))
  deepEqual(whole.hours[0]?.filtered_by, { muted: 4 })
  deepEqual(whole.streams, [{ epoch: 1, sent: 5 }])
  equal((await stores.records.reports.verify('default' as never, agent.hostId as never)).ok, true)
  deepEqual(await api.get(`/api/v1/hosts/${agent.hostId}/ledger/verify`), {
    ...{ ok: true, rows: 2, head: row(first, { sent: 0, lost: 3 }).hash },
  })
  equal((await api.call('GET', '/api/v1/hosts/nobody/completeness')).status, 404)
})

test('fleet: the log’s count stands beside that of the ledger', async (context) => {
  const { api, agent, stores } = await rigOf(context)
  await send(agent, { ledger: [row(undefined)] })
  await stores.log.append({
    ...{ tenantId: 'default', hostId: agent.hostId, streamId: 's' },
    ...{ firstSequence: 0, lastSequence: 5, digest: 'd', ingested: '', eventsCount: 4 },
    ...{ delivered: 6, epoch: 1, payload: new Uint8Array(1) },
  } as Parameters<typeof stores.log.append>[0]) // Ids of a test.
  const path = `/api/v1/hosts/${agent.hostId}/completeness`
  const whole = HostCompleteness.parse(await api.get(path))
  deepEqual(
    [whole.streams, whole.stored, whole.total.sent],
    [[{ epoch: 1, sent: 5, stored: 6 }], 6, 5],
  )
})

test('fleet: a ledger that does not fit is told, counted and shown', async (context) => {
  const { server, api, agent } = await rigOf(context)
  const first = row(undefined)
  await send(agent, { ledger: [first] })
  const forged = { ...row(first), sent: 7 }
  const answer = await send(agent, { ledger: [forged] })
  deepEqual([answer.ledger_next, answer.ledger_problem], [1, 'altered'])
  equal((await hostOf(api, agent)).agent?.ledger_problem, 'altered')
  const metrics = await (await fetch(`${server.address}/metrics`)).text()
  ok(/agent_ledger_rows_discarded_total\{reason="altered",intentional="false"\} 1/.test(metrics))
  ok(/pomona_hosts\{state="online"\} 1/.test(metrics))
})

test('fleet: a report speaks for its own host only, and for one only', async (context) => {
  const { server, api, agent } = await rigOf(context)
  const foreign = report(agent, { host: { id: 'mac-2', name: 'Other' } })
  const refused = await agent.call('/agent/v1/reports', { body: foreign })
  deepEqual([refused.status, ApiProblem.parse(refused.body).code], [403, 'foreign_host'])
  const wrong = { ...report(agent), surprise: 1 }
  equal((await agent.call('/agent/v1/reports', { body: wrong })).status, 422)
  await send(agent)
  const other = await enrolAgent(server)
  equal((await hostOf(api, other)).agent, undefined)
  const sessions = [randomUUID(), SESSION, randomUUID()]
  for (const session_id of sessions) await send(agent, { session_id, epoch: 2 })
  const { contact } = await hostOf(api, agent)
  deepEqual([contact?.suspicion?.recent, contact?.refusals['foreign_host']?.count], [true, 1])
})

test('fleet: silence is noticed, an announced end is not silence', async (context) => {
  const clock = new FakeClock()
  const { api, agent, server, stores } = await rigOf(context, clock)
  await send(agent)
  clock.advanceSeconds(60)
  equal((await hostOf(api, agent)).agent?.state, 'online')
  clock.advanceSeconds(60)
  equal((await hostOf(api, agent)).agent?.state, 'late')
  clock.advanceSeconds(70)
  equal((await hostOf(api, agent)).agent?.state, 'silent')
  const metrics = await (await fetch(`${server.address}/metrics`)).text()
  ok(/pomona_hosts\{state="silent"\} 1/.test(metrics))
  await send(agent, { stopping: true })
  clock.advanceSeconds(3_600)
  equal((await hostOf(api, agent)).agent?.state, 'offline')
  equal((await stores.records.reports.agents('default' as never)).length, 1)
})

test('fleet: a command is signed, handed out, and ends as its agent says', async (context) => {
  const { api, agent } = await rigOf(context)
  await send(agent)
  const waiting = agent.call('/agent/v1/commands?wait_seconds=30', { method: 'GET' })
  const path = `/api/v1/hosts/${agent.hostId}/commands`
  const body = { action: 'restart_sensor', parameters: { sensor: 'eslogger' } }
  const issued = CommandRecord.parse(await api.json('POST', path, { body }))
  const { commands } = CommandList.parse((await waiting).body)
  const [signed] = commands
  ok(signed !== undefined && isSigned(agent, signed))
  const command = Command.parse(JSON.parse(signed.payload))
  deepEqual(
    [command.id, command.counter, command.host_id, command.issued_by],
    [issued.id, 1, agent.hostId, 'ada'],
  )
  const at = new Date().toISOString()
  const statePath = `/agent/v1/commands/${issued.id}/state`
  for (const state of ['accepted', 'done', 'done'] as const) {
    const result = state === 'done' ? { result: { took_ms: 4 } } : {}
    const { status, body: answer } = await agent.call(statePath, { body: { state, at, ...result } })
    deepEqual([status, answer], [200, { state }])
  }
  const { items } = CommandPage.parse(await api.get(path))
  deepEqual(
    items[0]?.history.map(({ state }) => state),
    ['queued', 'sent', 'accepted', 'done'],
  )
  const shown = CommandRecord.parse(await api.get(`/api/v1/commands/${issued.id}`))
  deepEqual(shown.result, { took_ms: 4 })
  const late = await api.call('POST', `/api/v1/commands/${issued.id}/cancel`)
  equal(late.status, 409)
})

test('fleet: commands of others are nobody’s, wrong ones are refused', async (context) => {
  const { api, agent, server } = await rigOf(context)
  await send(agent)
  const path = `/api/v1/hosts/${agent.hostId}/commands`
  const wrong = [
    { action: 'restart_sensor' },
    { action: 'ping', parameters: { sensor: 'x' } },
    { action: 'set_log_level', parameters: { level: 'loud' } },
    { action: 'set_log_level', parameters: { level: 'debug', more: 'x' } },
    { action: 'erase_disk' },
  ]
  for (const body of wrong) equal((await api.call('POST', path, { body })).status, 422)
  equal(
    (await api.call('POST', '/api/v1/hosts/nobody/commands', { body: { action: 'ping' } })).status,
    404,
  )
  const issued = CommandRecord.parse(await api.json('POST', path, { body: { action: 'ping' } }))
  const other = await enrolAgent(server)
  const at = new Date().toISOString()
  const statePath = `/agent/v1/commands/${issued.id}/state`
  equal((await other.call(statePath, { body: { state: 'done', at } })).status, 404)
  const cancelled = await api.json('POST', `/api/v1/commands/${issued.id}/cancel`)
  equal(CommandRecord.parse(cancelled).state, 'cancelled')
  const list = await agent.call('/agent/v1/commands', { method: 'GET' })
  deepEqual(CommandList.parse(list.body).commands, [])
})

test('fleet: a host that asks twice is answered at its newest question', async (context) => {
  const { agent } = await rigOf(context)
  const first = agent.call('/agent/v1/commands?wait_seconds=30', { method: 'GET' })
  // The first has to be waiting; the server says nothing of it, but its metrics do.
  await until(async () => {
    const text = await (await fetch(`${agent.server.address}/metrics`)).text()
    return /pomona_command_waiters 1/.test(text)
  })
  const second = agent.call('/agent/v1/commands?wait_seconds=1', { method: 'GET' })
  deepEqual(CommandList.parse((await first).body).commands, [])
  deepEqual(CommandList.parse((await second).body).commands, [])
})

test('fleet: hosts get the signed bundle, and 304 when they run it', async (context) => {
  const { agent, api } = await rigOf(context)
  const { bundle: wanted } = await send(agent)
  ok(wanted !== undefined)
  const { status, body } = await agent.call('/agent/v1/bundle', { method: 'GET' })
  equal(status, 200)
  const bundle = Bundle.parse(body)
  ok(isSigned(agent, bundle.manifest))
  const manifest = BundleManifest.parse(JSON.parse(bundle.manifest.payload))
  deepEqual(
    manifest.files.map(({ path }) => path),
    Object.keys(bundle.files),
  )
  const again = await agent.call(`/agent/v1/bundle?current=${wanted}`, { method: 'GET' })
  equal(again.status, 304)
  await send(agent, { bundle: { state: 'applied', applied: wanted, offered: wanted } })
  const { bundles } = Rollout.parse(await api.get('/api/v1/rollout'))
  deepEqual(
    bundles.map(({ id, state, counts }) => [id, state, counts.applied]),
    [[wanted, 'complete', 1]],
  )
})
