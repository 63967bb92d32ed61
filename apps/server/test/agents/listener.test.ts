import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { callAgentPort, enrolAgent } from '../support/agent.ts'
import { batchOf, execs } from '../support/batch.ts'
import { startTestServer } from '../support/server.ts'

const LIMIT = { timeout: 60_000 }

test('agents’ port: a Mac enrols, sends events and renews', LIMIT, async (context) => {
  const { server, stores } = await startTestServer(context)
  const agent = await enrolAgent(server)
  const { hostId } = agent
  const certificate = new X509Certificate(agent.certificate)
  equal(certificate.subjectAltName, `URI:spiffe://pomona/default/host/${hostId}`)
  equal(certificate.subject, `CN=${hostId}`)
  const batch = batchOf({ hostId, events: execs(hostId, 3) })
  const taken = await agent.call('/agent/v1/batches', { body: batch })
  deepEqual(taken.body, { status: 'stored', offset: 0, accepted: 3, rejected: 0 })
  equal(await stores.log.end(), 1)
})

test('agents’ port: less than TLS 1.3 is refused and counted', LIMIT, async (context) => {
  const { server, api } = await startTestServer(context)
  const old = { tls: { maxVersion: 'TLSv1.2' } } as const
  await rejects(callAgentPort(server, '/agent/v1/enrol', old), /protocol version/)
  const metrics = await (await api.call('GET', '/metrics')).text()
  match(metrics, /pomona_agent_tls_errors_total\{reason="version"\} 1\n/)
  ok(server.agentAddress.startsWith('https://localhost:'))
})
