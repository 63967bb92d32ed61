import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import {
  API_PROBLEM_CODES,
  ApiProblem,
  AlertDetail,
  AlertPage,
  AlertRecord,
  EventDocument,
  EventPage,
  HostList,
  HostRecord,
  PipelineHealth,
  RuleDetail,
  RuleList,
  SessionInfo,
} from '@pomona/schema'
import { openMemoryRecords, type Records } from '@pomona/store'
import { batchOf, execEvent, execs } from './support/batch.ts'
import { bound } from './support/bound.ts'
import { entryOf } from './support/log.ts'
import { post } from './support/post.ts'
import { signInFirst, startTestServer, until } from './support/server.ts'

test('a posted event becomes an alert with its evidence, rule and history', async (context) => {
  const { server, stores, api } = await startTestServer(context)
  await signInFirst(server, api)
  const evil = execEvent('mac-1', 2, { name: 'sh', commandLine: 'sh -c evil' })
  const receipt = await post(server.address, batchOf({ events: [...execs('mac-1', 2), evil] }))
  equal(receipt.status, 200)
  deepEqual(await receipt.json(), { status: 'stored', offset: 0, accepted: 3, rejected: 0 })
  await until(async () => (await stores.events.size()).events === 3)
  await until(async () => (await stores.records.alertCountsByRule()).size === 1)

  const page = AlertPage.parse(await api.get('/api/v1/alerts'))
  equal(page.total, 1)
  const [alert] = page.items
  ok(alert)
  equal(alert.severity, 'high')
  deepEqual(alert.events, [evil.event?.id])

  const detail = AlertDetail.parse(await api.get(`/api/v1/alerts/${alert.id}`))
  equal(detail.rule?.name, 'Evil command')
  match(detail.rule?.source ?? '', /CommandLine\|contains/)
  equal(detail.evidence.length, 1)
  deepEqual(detail.evidence_missing, [])
  const [evidence] = detail.evidence
  match(JSON.stringify(evidence), /"ingested":"/)

  const update = { status: 'closed', verdict: 'true_positive', assignee: 'ada' }
  const path = `/api/v1/alerts/${alert.id}`
  const changed = AlertRecord.parse(await api.json('PATCH', path, { body: update }))
  equal(changed.status, 'closed')
  const after = AlertDetail.parse(await api.get(path))
  ok(after.activity.some((entry) => entry.actor === 'ada'))
})

test('events of another host under the same id are no evidence', async (context) => {
  const { server, stores, api } = await startTestServer(context)
  await signInFirst(server, api)
  const evil = execEvent('mac-1', 0, { commandLine: 'sh evil' })
  // The other host takes the stream of the first for its own: refused today, in logs of before.
  const forged = { ...execEvent('mac-1', 0, { commandLine: 'sh good' }), host: { id: 'mac-2' } }
  const foreign = { ...batchOf({ events: [forged] }), host: { id: 'mac-2', name: 'mac-2' } }
  equal((await post(server.address, foreign)).status, 422)
  const entry = entryOf('mac-2', { count: 1, events: [forged] })
  await stores.log.append(entry)
  equal((await post(server.address, batchOf({ events: [evil] }))).status, 200)
  await until(async () => (await stores.events.size()).events === 2)
  await until(async () => (await stores.records.alertCountsByRule()).size === 1)
  const [alert] = AlertPage.parse(await api.get('/api/v1/alerts')).items
  const { evidence } = AlertDetail.parse(await api.get(`/api/v1/alerts/${alert?.id}`))
  deepEqual(
    evidence.map((event) => event['host']),
    [evil.host],
  )
})

test('a server that cannot begin does not go on listening', async (context) => {
  const records: Records = {
    ...bound(openMemoryRecords()),
    checkpoint: () => Promise.reject(new Error('disk gone')),
  }
  const before = listeners()
  await rejects(startTestServer(context, { stores: { records } }), { message: 'disk gone' })
  await new Promise((resolve) => setImmediate(resolve))
  equal(listeners(), before)
})

function listeners(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length
}

test('every read answers in the form its schema says', async (context) => {
  const { server, stores, api } = await startTestServer(context)
  await signInFirst(server, api)
  await post(server.address, batchOf({ events: execs('mac-1', 3) }))
  await until(async () => (await stores.events.size()).events === 3)
  equal(HostList.parse(await api.get('/api/v1/hosts')).items[0]?.events, 3)
  equal(HostRecord.parse(await api.get('/api/v1/hosts/mac-1')).name, 'mac-1')
  equal(EventPage.parse(await api.get('/api/v1/hosts/mac-1/timeline?limit=2')).items.length, 2)
  const rules = RuleList.parse(await api.get('/api/v1/rules'))
  equal(rules.items[0]?.state, 'loaded')
  RuleDetail.parse(await api.get(`/api/v1/rules/${rules.items[0]?.id}`))
  const id = execEvent('mac-1', 1).event?.id ?? ''
  EventDocument.parse(await api.get(`/api/v1/events/${id}`))
  SessionInfo.parse(await api.get('/api/v1/session'))
  await until(async () => {
    const health = PipelineHealth.parse(await api.get('/api/v1/health/pipeline'))
    return health.lag.engine_offset === 1 && health.lag.projector_offset === 1
  })
})

const odd = [
  { name: 'a time that is none', path: '/api/v1/alerts?from=yesterday', status: 422 },
  { name: 'a cursor that is none', path: '/api/v1/alerts?cursor=%00', status: 422 },
  { name: 'a limit that is too high', path: '/api/v1/alerts?limit=201', status: 422 },
  { name: 'a word that is no severity', path: '/api/v1/alerts?severity=bad', status: 422 },
  { name: 'an unknown alert', path: '/api/v1/alerts/none', status: 404 },
  { name: 'an unknown host', path: '/api/v1/hosts/none', status: 404 },
  { name: 'an unknown event', path: '/api/v1/events/none', status: 404 },
  { name: 'an unknown process', path: '/api/v1/processes/none/none/tree', status: 404 },
  { name: 'an unknown rule', path: '/api/v1/rules/none', status: 404 },
  { name: 'an id that is too long', path: `/api/v1/alerts/${'x'.repeat(256)}`, status: 404 },
]
test('what cannot be read is refused in the form of every refusal', async (context) => {
  const { server, api } = await startTestServer(context)
  await signInFirst(server, api)
  for (const { name, path, status } of odd) {
    await context.test(name, async () => {
      const response = await api.call('GET', path)
      equal(response.status, status)
      const { code } = ApiProblem.parse(await response.json())
      ok(API_PROBLEM_CODES.some((known) => known === code))
    })
  }
})

test('what is not HTTP is answered and hung up on', async (context) => {
  const { server } = await startTestServer(context)
  const { port } = new URL(server.address)
  const socket = connect(Number(port), '127.0.0.1')
  socket.end('NONSENSE\r\n\r\n')
  let said = ''
  for await (const chunk of socket) said += String(chunk)
  match(said, /^HTTP\/1\.1 400 /)
  ApiProblem.parse(JSON.parse(said.slice(said.indexOf('\r\n\r\n'))))
})
