import { deepEqual, equal, notEqual, rejects } from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { enrol, pinnedAuthority, renew } from '../../src/identity/enrolment.ts'
import { IdentityMemory } from '../../src/identity/identity.ts'
import { Link } from '../../src/uplink/link.ts'
import { requestedKey, TestAuthority } from '../support/authority.ts'
import { LossyNetwork } from '../support/lossy-network.ts'
import { problem, ProtocolServer } from '../support/protocol-server.ts'
import { SeededRandom } from '../support/random.ts'
import { SimulatedTime } from '../support/simulated-time.ts'
import { startTlsServer } from '../support/tls-server.ts'

const STOP = new AbortController().signal
const HOST = { name: 'orchard-01' }
const TOKEN = 'a-token-that-is-long-enough'
const UUID = '0192f000-0000-4000-8000-000000000003'
const CALM = { loseRequest: 0, loseAnswer: 0, repeatRequest: 0, latencyMsMax: 0, repeatMsMax: 0 }

function desk() {
  const time = new SimulatedTime()
  const random = new SeededRandom(2)
  const server = new ProtocolServer(() => Number(time.nowNs() / 1_000_000n))
  const transport = new LossyNetwork({ server, time, random, weather: CALM })
  const link = new Link({ transport, clock: time, random, sleep: time.sleep })
  const store = new IdentityMemory()
  const ask = async <Value>(work: Promise<Value>): Promise<Value> => {
    const seen = { end: false }
    const end = work.finally(() => (seen.end = true))
    end.catch(() => undefined)
    while (!seen.end) {
      await time.run(() => seen.end)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    return await end
  }
  const options = { link, store, token: TOKEN, hardwareUuid: UUID, host: HOST }
  return { time, server, link, store, options, ask }
}

test('enrolment: a Mac becomes a host with a key of its own', async () => {
  const { server, store, options, ask, link } = desk()
  const identity = await ask(enrol(options, STOP))
  deepEqual(await store.load(), identity)
  deepEqual([identity.host_id, identity.tenant_id], ['host-1', 'default'])
  equal(identity.authority, server.authority.pem)
  const [request] = server.enrolments
  deepEqual([request?.token, request?.hardware_uuid, request?.host], [TOKEN, UUID, HOST])
  const key = createPublicKey(createPrivateKey(identity.key))
  equal(requestedKey(request?.csr ?? '').equals(key), true)
  notEqual(link.skew.skewNs(), undefined)
})

test('enrolment: when the answer is lost, the same key asks again', async () => {
  const { server, store, options, ask } = desk()
  const take = server.handle.bind(server)
  let lost = false
  server.handle = async (request) => {
    const reply = await take(request)
    if (lost) return reply
    lost = true
    return problem(503, 'unavailable')
  }
  await ask(enrol(options, STOP))
  equal(server.enrolments.length, 2)
  const [first, second] = server.enrolments.map(({ csr }) => requestedKey(csr))
  equal(first !== undefined && second?.equals(first), true)
  // Also when the agent was started again in between.
  const again = new IdentityMemory()
  const kept = (await store.load())?.key ?? ''
  await again.savePendingKey(kept)
  const identity = await ask(enrol({ ...options, store: again }, STOP))
  equal(identity.key, kept)
})

test('enrolment: a pending key that was damaged is replaced', async () => {
  const { store, options, ask } = desk()
  await store.savePendingKey('damaged')
  const identity = await ask(enrol(options, STOP))
  notEqual(identity.key, 'damaged')
})

test('enrolment: a refusal says why, and is not asked again', async () => {
  const { server, options, ask } = desk()
  server.script.push(() => problem(403, 'token_used_up'))
  await rejects(ask(enrol(options, STOP)), {
    code: 'ERR_ENROLMENT_REFUSED',
    details: { status: 403, code: 'token_used_up' },
  })
  equal(server.enrolments.length, 0)
})

test('enrolment: a certificate for another key is not taken', async () => {
  const { server, store, options, ask } = desk()
  const other = await ask(enrol({ ...options, store: new IdentityMemory() }, STOP))
  const take = server.handle.bind(server)
  server.handle = async (request) => {
    const reply = await take(request)
    return { ...reply, body: { ...reply.body, certificate: other.certificate } }
  }
  await rejects(ask(enrol(options, STOP)), { code: 'ERR_UPLINK_ANSWER' })
  equal(await store.load(), undefined)
})

test('renewal: replaces key and certificate together', async () => {
  const { store, options, ask } = desk()
  const before = await ask(enrol(options, STOP))
  const after = await ask(renew(options, STOP))
  notEqual(after.key, before.key)
  notEqual(after.certificate, before.certificate)
  equal(after.host_id, before.host_id)
  deepEqual(await store.load(), after)
})

test('renewal: one that is refused leaves what there was', async () => {
  const { server, store, options, ask } = desk()
  const before = await ask(enrol(options, STOP))
  server.script.push(() => problem(401, 'certificate_revoked'))
  await rejects(ask(renew(options, STOP)), { code: 'ERR_ENROLMENT_REFUSED' })
  deepEqual(await store.load(), before)
})

async function pin(context: TestContext, credentials?: { cert: string; key: string }) {
  const server = await startTlsServer(context, credentials === undefined ? {} : { credentials })
  return { server: server.url, fingerprint: server.protocol.authority.fingerprint, own: server }
}

test('authority: is the one whose hash the token names', async (context) => {
  const { own, ...named } = await pin(context)
  equal(await pinnedAuthority(named, STOP), own.protocol.authority.pem)
  deepEqual(own.clients, [], 'nothing was said before it was known')
})

test('authority: a server of another one is told apart', async (context) => {
  const { own: _, ...named } = await pin(context, new TestAuthority('another').server())
  await rejects(pinnedAuthority(named, STOP), { code: 'ERR_UPLINK_TRUST' })
})

test('authority: a server that is not there is another matter', async (context) => {
  const { own, ...named } = await pin(context)
  await own.stop()
  await rejects(pinnedAuthority(named, STOP), { code: 'ERR_UPLINK_NETWORK' })
})
