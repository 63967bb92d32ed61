import { deepEqual, equal, ok } from 'node:assert/strict'
import { createPublicKey, randomUUID, X509Certificate } from 'node:crypto'
import { Agent } from 'node:https'
import { test } from 'node:test'
import type { EnrolmentAnswer, EnrolmentTokenList, EnrolmentTokenMade } from '@pomona/schema'
import { TENANT_DEFAULT } from '@pomona/schema'
import { callAgentPort, enrolAgent, enrolmentBody, signingRequest } from '../support/agent.ts'
import { batchOf, execs } from '../support/batch.ts'
import { FakeClock } from '../support/clock.ts'
import { signInFirst, startTestServer, type TestServer } from '../support/server.ts'

const LIMIT = { timeout: 120_000 }
const ENROL = '/agent/v1/enrol'
const WISH = { label: 'test', usesMax: 1, lifetimeSeconds: 600, actor: 'test' } as const

async function tryToken({ server }: TestServer, token: string, csr?: string) {
  const request = csr ?? (await signingRequest()).csr
  const { status, body } = await callAgentPort(server, ENROL, {
    body: enrolmentBody({ token, csr: request }),
  })
  // Success has no code.
  return { status, code: (body as { code?: string }).code }
}

test(
  'enrolment: a token lets in as many Macs as it may, until it is over',
  LIMIT,
  async (context) => {
    const clock = new FakeClock()
    const rig = await startTestServer(context, { clock })
    const { server, stores } = rig
    const token = await server.makeEnrolmentToken({ ...WISH, usesMax: 2 })
    equal((await tryToken(rig, token)).status, 200)
    equal((await tryToken(rig, token)).status, 200)
    deepEqual(await tryToken(rig, token), { status: 401, code: 'token_used_up' })
    deepEqual(await tryToken(rig, `${token}x`), { status: 401, code: 'token_unknown' })
    const late = await server.makeEnrolmentToken(WISH)
    clock.advanceSeconds(600)
    deepEqual(await tryToken(rig, late), { status: 401, code: 'token_expired' })
    const entries = await stores.records.auditEntries(20)
    const enrolled = entries.filter(({ action }) => action === 'host_enrolled')
    equal(enrolled.length, 2)
    equal(enrolled[0]?.actor, 'token test')
    const stored = JSON.stringify(await stores.records.agents.tokens(TENANT_DEFAULT))
    ok(!stored.includes(token.split('.')[0] ?? token), 'only a hash is kept')
  },
)

test(
  'enrolment: an answer that was lost can be asked for again with the same key',
  LIMIT,
  async (context) => {
    const { server, stores } = await startTestServer(context)
    const token = await server.makeEnrolmentToken(WISH)
    const { csr } = await signingRequest()
    const body = enrolmentBody({ token, csr, hardwareUuid: randomUUID() })
    const first = await callAgentPort(server, ENROL, { body })
    const second = await callAgentPort(server, ENROL, { body })
    deepEqual([first.status, second.status], [200, 200])
    equal((await stores.records.agents.tokens(TENANT_DEFAULT))[0]?.uses, 1)
    const other = enrolmentBody({ token, csr })
    equal((await callAgentPort(server, ENROL, { body: other })).status, 401, 'of another Mac')
  },
)

test('enrolment: nothing of a signing request is taken but its key', LIMIT, async (context) => {
  const { server } = await startTestServer(context)
  const token = await server.makeEnrolmentToken(WISH)
  const { key, csr } = await signingRequest(undefined, 'CN=victim,O=Evil')
  const { body } = await callAgentPort(server, ENROL, { body: enrolmentBody({ token, csr }) })
  const answer = body as EnrolmentAnswer
  const certificate = new X509Certificate(answer.certificate)
  equal(certificate.subject, `CN=${answer.host_id}`)
  ok(certificate.publicKey.equals(createPublicKey(key)))
  deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2'])
  equal(certificate.ca, false)
  const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000
  ok(days > 29.9 && days <= 30)
  equal(answer.signing_keys.length, 1)
})

test(
  'enrolment: signing requests that are none are refused, and use nothing up',
  LIMIT,
  async (context) => {
    const rig = await startTestServer(context)
    const token = await rig.server.makeEnrolmentToken(WISH)
    const good = (await signingRequest()).csr
    const p384 = await signingRequest({ name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' })
    const der = Buffer.from(good.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64')
    der[der.length - 3] = (der[der.length - 3] ?? 0) ^ 1
    const block = (bytes: Buffer, name = 'CERTIFICATE REQUEST'): string =>
      `-----BEGIN ${name}-----\n${bytes.toString('base64')}\n-----END ${name}-----\n`
    const refused = { status: 422, code: 'signing_request_refused' }
    deepEqual(await tryToken(rig, token, p384.csr), refused, 'another curve')
    deepEqual(await tryToken(rig, token, block(der)), refused, 'a wrong signature')
    deepEqual(await tryToken(rig, token, block(Buffer.alloc(9_000, 0x30))), refused, 'too large')
    deepEqual(await tryToken(rig, token, `${good}\n${good}`), refused, 'two of them')
    deepEqual(await tryToken(rig, token, block(Buffer.alloc(3_000, 0x30))), refused, 'nested')
    const large = 'x'.repeat(40_000)
    deepEqual(await tryToken(rig, token, large), { status: 422, code: 'invalid_request' })
    deepEqual(await tryToken(rig, token, large + large), { status: 413, code: 'body_too_large' })
    equal((await tryToken(rig, token, good)).status, 200)
  },
)

test(
  'enrolment: a leaked token makes a bounded number of hosts, revoked at once',
  LIMIT,
  async (context) => {
    const rig = await startTestServer(context)
    const { server, api, stores } = rig
    await signInFirst(server, api)
    const made = (await api.json('POST', '/api/v1/enrolment-tokens', {
      body: { label: 'leaked', uses_max: 20 },
    })) as EnrolmentTokenMade
    const answers: number[] = []
    const { csr, key } = await signingRequest()
    let certificate = ''
    for (let round = 0; round < 60; round += 1) {
      const body = enrolmentBody({ token: made.token, csr })
      const answer = await callAgentPort(server, ENROL, { body })
      answers.push(answer.status)
      if (answer.status === 200) ({ certificate } = answer.body as EnrolmentAnswer)
    }
    const count = (status: number): number => answers.filter((one) => one === status).length
    equal(count(200), 20)
    equal(count(401), 10, 'then the address has to wait')
    equal(count(429), 30)
    const path = `/api/v1/enrolment-tokens/${made.record.id}`
    const uses = (await api.get(`${path}/enrolments`)) as { items: unknown[] }
    equal(uses.items.length, 20)
    const { serials } = (await api.json('POST', `${path}/revoke`, {
      body: { with_certificates: true },
    })) as { serials: string[] }
    equal(serials.length, 20)
    const { items } = (await api.get('/api/v1/enrolment-tokens')) as EnrolmentTokenList
    const record = items.find(({ id }) => id === made.record.id)
    deepEqual([record?.uses, record?.revoked_by], [20, 'ada'])
    const denied = await callAgentPort(server, '/agent/v1/renew', {
      certificate,
      key,
      body: { csr },
    })
    deepEqual([denied.status, (denied.body as { code: string }).code], [403, 'certificate_revoked'])
    equal((await stores.records.verifyAudit()).ok, true)
  },
)

test('enrolment: floods of bad tokens do not slow good requests', LIMIT, async (context) => {
  const rig = await startTestServer(context)
  const { server } = rig
  const agent = await enrolAgent(server)
  const { hostId } = agent
  const good = new Agent({ keepAlive: true, maxSockets: 1 })
  const bad = new Agent({ keepAlive: true, maxSockets: 32 })
  context.after(() => {
    good.destroy()
    bad.destroy()
  })
  const { csr } = await signingRequest()
  let next = 0
  const rounds = async (): Promise<number> => {
    const times: number[] = []
    for (let round = 0; round < 60; round += 1) {
      const body = batchOf({ hostId, first: next, events: execs(hostId, 1, next) })
      next += 1
      const began = performance.now()
      equal((await agent.call('/agent/v1/batches', { body, tls: { agent: good } })).status, 200)
      times.push(performance.now() - began)
    }
    return times.toSorted((a, b) => a - b)[57] ?? 0
  }
  await rounds()
  const calm = await rounds()
  const flooding = new AbortController()
  let refused = 0
  const flood = Array.from({ length: 32 }, async () => {
    while (!flooding.signal.aborted) {
      const body = enrolmentBody({ token: randomUUID(), csr })
      const { status } = await callAgentPort(server, ENROL, { body, tls: { agent: bad } })
      equal([401, 429].includes(status), true)
      refused += 1
    }
  })
  const busy = await rounds()
  flooding.abort()
  await Promise.all(flood)
  ok(refused > 200, `${refused} were refused`)
  // Client, flood and server share two cores here; what is ruled out is that one waits for many.
  ok(busy < 500, `95 % of good requests within ${Math.round(busy)} ms, ${Math.round(calm)} before`)
})
