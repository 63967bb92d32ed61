import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { type AgentContact, openMemoryRecords } from '@pomona/store'
import type { HostId, TenantId } from '@pomona/schema'
import { TENANT_DEFAULT } from '@pomona/schema'
import type { RunningServer } from '../../src/index.ts'
import { Authority } from '../../src/pki/authority.ts'
import { memoryKeyFiles } from '../../src/pki/key-files.ts'
import { checkSigningRequest } from '../../src/pki/signing-request.ts'
import { systemRandom } from '../../src/clock.ts'
import {
  callAgentPort,
  type Credentials,
  enrolAgent,
  signingRequest,
  type TestAgent,
} from '../support/agent.ts'
import { batchOf, execs } from '../support/batch.ts'
import { bound } from '../support/bound.ts'
import { FakeClock } from '../support/clock.ts'
import { signInFirst, startTestServer, type TestServer } from '../support/server.ts'

const LIMIT = { timeout: 60_000 }
const BATCHES = '/agent/v1/batches'
const DAY_SECONDS = 86_400

async function refusalCount({ api }: TestServer, reason: string): Promise<number> {
  const metrics = await (await api.call('GET', '/metrics')).text()
  const line = new RegExp(`pomona_agent_refusals_total\\{reason="${reason}"\\} (\\d+)`)
  return Number(line.exec(metrics)?.[1] ?? 0)
}

async function contactOf(rig: TestServer, agent: TestAgent): Promise<AgentContact | undefined> {
  // Contacts are stored once a second.
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  return await rig.stores.records.agents.contact(TENANT_DEFAULT, agent.hostId as HostId)
}

test('agents’ port: a Mac enrols, sends events and renews', LIMIT, async (context) => {
  const { server, stores } = await startTestServer(context)
  const agent = await enrolAgent(server)
  const { hostId } = agent
  const certificate = new X509Certificate(agent.certificate)
  equal(certificate.subjectAltName, `URI:spiffe://pomona/default/host/${hostId}`)
  equal(certificate.subject, `CN=${hostId}`)
  const batch = batchOf({ hostId, events: execs(hostId, 3) })
  const taken = await agent.call(BATCHES, { body: batch })
  deepEqual(taken.body, { status: 'stored', offset: 0, accepted: 3, rejected: 0 })
  const { key, csr } = await signingRequest()
  const renewed = await agent.call('/agent/v1/renew', { body: { csr } })
  equal(renewed.status, 200)
  const { certificate: next, host_id: same } = renewed.body as {
    certificate: string
    host_id: string
  }
  equal(same, hostId)
  const later = batchOf({ hostId, first: 3, events: execs(hostId, 2, 3) })
  const again = await agent.call(BATCHES, { body: later, certificate: next, key })
  equal(again.status, 200)
  equal(await stores.log.end(), 2)
  equal((await stores.records.agents.certificates(TENANT_DEFAULT, {})).length, 2)
})

test('agents’ port: a Mac that enrols again keeps its id', LIMIT, async (context) => {
  const { server } = await startTestServer(context)
  const first = await enrolAgent(server)
  const again = await enrolAgent(server, first.hardwareUuid.toUpperCase())
  equal(again.hostId, first.hostId)
  ok(again.certificate !== first.certificate)
})

async function revokeAll({ server, api }: TestServer, { hostId }: TestAgent): Promise<void> {
  await signInFirst(server, api)
  await api.json('POST', `/api/v1/hosts/${hostId}/certificates/revoke`, { body: {} })
}

interface Other {
  readonly name: string
  readonly code: string
  readonly status: number
  credentials(rig: TestServer, clock: FakeClock): Promise<Credentials>
}

/** A certificate of another authority than the server's, for a host of this id. */
async function foreignCertificate(hostId: string): Promise<Credentials> {
  const { key, csr } = await signingRequest()
  const verdict = await checkSigningRequest(csr)
  if (!verdict.ok) throw new Error(verdict.reason)
  const clock = new FakeClock()
  const other = await Authority.open({ files: memoryKeyFiles(), clock, random: systemRandom })
  const names = { tenantId: 'default' as TenantId, hostId: hostId as HostId }
  return { key, certificate: (await other.issueHost(verdict.publicKey, names)).pem }
}

const others: readonly Other[] = [
  { name: 'none', code: 'certificate_missing', status: 401, credentials: async () => ({}) },
  {
    name: 'one of another authority',
    code: 'certificate_untrusted',
    status: 401,
    credentials: () => foreignCertificate('mac-1'),
  },
  {
    name: 'one that is over',
    code: 'certificate_expired',
    status: 401,
    credentials: async ({ server }, clock) => {
      const agent = await enrolAgent(server)
      clock.advanceSeconds(31 * DAY_SECONDS)
      return agent
    },
  },
  {
    name: 'one that begins tomorrow',
    code: 'certificate_not_yet_valid',
    status: 401,
    credentials: async ({ server }, clock) => {
      const agent = await enrolAgent(server)
      clock.jumpSeconds(-DAY_SECONDS)
      return agent
    },
  },
  {
    name: 'one that was revoked',
    code: 'certificate_revoked',
    status: 403,
    credentials: async (rig) => {
      const agent = await enrolAgent(rig.server)
      await revokeAll(rig, agent)
      return agent
    },
  },
  {
    name: 'that of a server',
    code: 'certificate_unfit',
    status: 401,
    credentials: async ({ stores }) => {
      const [certificate, key] = [
        await stores.keys?.read('listener.pem'),
        await stores.keys?.read('listener.key'),
      ]
      return { certificate: certificate ?? '', key: key ?? '' }
    },
  },
]
for (const { name, code, status, credentials } of others) {
  test(
    `agents’ port: a certificate, ${name}, is refused, counted and shown`,
    LIMIT,
    async (context) => {
      const clock = new FakeClock()
      const rig = await startTestServer(context, { clock, stores: { keys: memoryKeyFiles() } })
      const shown = await credentials(rig, clock)
      const body = batchOf({ hostId: 'mac-1', events: execs('mac-1', 1) })
      const answer = await callAgentPort(rig.server, BATCHES, { ...shown, body })
      equal(answer.status, status)
      equal((answer.body as { code: string }).code, code)
      equal(await refusalCount(rig, code), 1)
      equal(await rig.stores.log.end(), 0)
      const isOurs = 'hostId' in shown
      if (isOurs) equal((await contactOf(rig, shown as TestAgent))?.refusals[code]?.count, 1)
    },
  )
}

test(
  'agents’ port: a certificate is judged at each request of a connection',
  LIMIT,
  async (context) => {
    const rig = await startTestServer(context)
    const agent = await enrolAgent(rig.server)
    const { Agent } = await import('node:https')
    const keepAlive = new Agent({ keepAlive: true, maxSockets: 1 })
    context.after(() => keepAlive.destroy())
    const tls = { agent: keepAlive }
    const { hostId } = agent
    const first = await agent.call(BATCHES, {
      tls,
      body: batchOf({ hostId, events: execs(hostId, 1) }),
    })
    equal(first.status, 200)
    await revokeAll(rig, agent)
    const body = batchOf({ hostId, first: 1, events: execs(hostId, 1, 1) })
    equal((await agent.call(BATCHES, { tls, body })).status, 403)
  },
)

test(
  'agents’ port: a stolen batch and another host’s id are refused, counted and shown',
  LIMIT,
  async (context) => {
    const rig = await startTestServer(context)
    const victim = await enrolAgent(rig.server)
    const thief = await enrolAgent(rig.server)
    const batch = batchOf({ hostId: victim.hostId, events: execs(victim.hostId, 2) })
    const stolen = await thief.call(BATCHES, { body: batch })
    equal(stolen.status, 403)
    equal((stolen.body as { code: string }).code, 'foreign_host')
    equal(await rig.stores.log.end(), 0)
    equal(await refusalCount(rig, 'foreign_host'), 1)
    equal((await contactOf(rig, thief))?.refusals['foreign_host']?.count, 1)
    // In a batch under its own name, events of the other are set aside one by one.
    const mixed = batchOf({ hostId: thief.hostId, events: execs(victim.hostId, 2) })
    deepEqual((await thief.call(BATCHES, { body: mixed })).body, {
      status: 'stored',
      offset: 0,
      accepted: 0,
      rejected: 2,
    })
    equal((await victim.call(BATCHES, { body: batch })).status, 200)
  },
)

test(
  'agents’ port: a replayed batch changes nothing; another under its range is refused',
  LIMIT,
  async (context) => {
    const rig = await startTestServer(context)
    const agent = await enrolAgent(rig.server)
    const { hostId } = agent
    const batch = batchOf({ hostId, events: execs(hostId, 2) })
    equal((await agent.call(BATCHES, { body: batch })).status, 200)
    for (let round = 0; round < 3; round += 1) {
      const { body } = await agent.call(BATCHES, { body: batch })
      equal((body as { status: string }).status, 'duplicate')
    }
    const other = batchOf({
      hostId,
      events: [...execs(hostId, 1), ...execs(hostId, 1, 1)].toReversed(),
    })
    const refused = await agent.call(BATCHES, { body: other })
    equal((refused.body as { code: string }).code, 'batch_conflict')
    const logged = await rig.stores.log.read(0, { entriesMax: 10, bytesMax: 1e6 })
    const ofAgent = logged.filter(({ streamId }) => streamId === batch.stream_id)
    deepEqual(
      ofAgent.map(({ digest }) => digest),
      [batch.digest],
    )
    equal((await contactOf(rig, agent))?.suspicion?.reason, 'batch_conflict')
  },
)

test('agents’ port: less than TLS 1.3 is refused and counted', LIMIT, async (context) => {
  const { server, api } = await startTestServer(context)
  const old = { tls: { maxVersion: 'TLSv1.2' } } as const
  await rejects(callAgentPort(server, '/agent/v1/enrol', old), /protocol version/)
  const metrics = await (await api.call('GET', '/metrics')).text()
  match(metrics, /pomona_agent_tls_errors_total\{reason="version"\} 1\n/)
  ok(server.agentAddress.startsWith('https://localhost:'))
})

test('agents’ port: two machines with one certificate are seen', LIMIT, async (context) => {
  const clock = new FakeClock()
  const rig = await startTestServer(context, { clock })
  const agent = await enrolAgent(rig.server)
  const { hostId } = agent
  const sessions = ['6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0001', '6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0002']
  const say = async (index: number, epoch: number, first: number): Promise<void> => {
    const mark = { session_id: sessions[index] ?? '', epoch, sent_at: '2026-06-01T00:00:00Z' }
    const body = batchOf({ hostId, first, events: execs(hostId, 1, first), agent: mark })
    equal((await agent.call(BATCHES, { body })).status, 200)
    clock.advanceSeconds(11)
  }
  await say(0, 1, 0)
  await say(1, 2, 1)
  equal((await contactOf(rig, agent))?.suspicion, undefined)
  await say(0, 1, 2)
  const contact = await contactOf(rig, agent)
  equal(contact?.suspicion?.reason, 'session_returned')
  ok(contact?.clockSkewMs !== undefined)
  await signInFirst(rig.server, rig.api)
  const { problems } = (await rig.api.get('/api/v1/health/pipeline')) as { problems: string[] }
  ok(problems.some((text) => text.includes(hostId)))
})

/** One batch on a connection that may resume a session. */
async function resumable(
  server: RunningServer,
  { agent, first, session }: { agent: TestAgent; first: number; session?: Buffer | undefined },
): Promise<{ status: number; reused: boolean; session: Buffer }> {
  const { certificate: cert, key, hostId } = agent
  const port = Number(new URL(server.agentAddress).port)
  const given = session === undefined ? {} : { session }
  const socket = connect({
    port,
    servername: 'localhost',
    ca: server.authority,
    cert,
    key,
    ...given,
  })
  const ticket = once(socket, 'session')
  await once(socket, 'secureConnect')
  const body = JSON.stringify(batchOf({ hostId, first, events: execs(hostId, 1, first) }))
  const head = `POST ${BATCHES} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`
  socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  const [answer] = await once(socket, 'data')
  const [made] = session === undefined ? await ticket : [session]
  const reused = socket.isSessionReused()
  socket.destroy()
  return { status: Number(String(answer).slice(9, 12)), reused, session: made }
}

test(
  'agents’ port: sessions go on after a restart, with the certificate they began with',
  LIMIT,
  async (context) => {
    const keys = memoryKeyFiles()
    const records = openMemoryRecords()
    const stores = { keys, records: { ...bound(records), close: async () => undefined } }
    const one = await startTestServer(context, { stores })
    const agent = await enrolAgent(one.server)
    const begun = await resumable(one.server, { agent, first: 0 })
    deepEqual([begun.status, begun.reused], [200, false])
    await one.server.close()
    const two = await startTestServer(context, { stores })
    const { session } = begun
    const resumed = await resumable(two.server, { agent, first: 0, session })
    deepEqual([resumed.status, resumed.reused], [200, true])
    await signInFirst(two.server, two.api)
    await two.api.json('POST', `/api/v1/hosts/${agent.hostId}/certificates/revoke`, { body: {} })
    const refused = await resumable(two.server, { agent, first: 1, session })
    deepEqual([refused.status, refused.reused], [403, true])
  },
)

test(
  'agents’ port: too many connections of one address are closed before the handshake',
  LIMIT,
  async (context) => {
    const rig = await startTestServer(context, { config: { agent_connections_per_minute_max: 10 } })
    const { server, api } = rig
    const port = Number(new URL(server.agentAddress).port)
    for (let round = 0; round < 10; round += 1) {
      const { status } = await callAgentPort(server, '/agent/v1/nothing', { method: 'GET' })
      equal(status, 404)
    }
    const [error] = await once(
      connect({ port, ca: server.authority, servername: 'localhost' }),
      'error',
    )
    equal((error as { code?: string }).code, 'ECONNRESET')
    const metrics = await (await api.call('GET', '/metrics')).text()
    match(metrics, /pomona_agent_tls_errors_total\{reason="too_many_connections"\} 1\n/)
  },
)

test('agents’ port: silent connections do not keep others waiting', LIMIT, async (context) => {
  const { server } = await startTestServer(context)
  const agent = await enrolAgent(server)
  const port = Number(new URL(server.agentAddress).port)
  const silent = Array.from({ length: 400 }, () => createConnection({ port, host: '127.0.0.1' }))
  context.after(() => silent.forEach((socket) => socket.destroy()))
  await Promise.all(silent.map((socket) => once(socket, 'connect')))
  const { hostId } = agent
  const began = performance.now()
  for (let first = 0; first < 20; first += 1) {
    const body = batchOf({ hostId, first, events: execs(hostId, 1, first) })
    equal((await agent.call(BATCHES, { body })).status, 200)
  }
  const each = (performance.now() - began) / 20
  ok(each < 500, `${Math.round(each)} ms a request`)
})

test(
  'agents’ port: a refusal ends the connection, and unknown addresses say nothing',
  LIMIT,
  async (context) => {
    const rig = await startTestServer(context)
    const refused = await callAgentPort(rig.server, BATCHES, { body: {} })
    equal(refused.headers['connection'], 'close')
    const unknown = await callAgentPort(rig.server, '/agent/v1/%3Cscript%3E', { method: 'GET' })
    equal(unknown.status, 404)
    equal((unknown.body as { code: string }).code, 'not_found')
    ok(!JSON.stringify(unknown.body).includes('script'))
  },
)
