import { deepEqual, equal, notEqual } from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { IdentityMemory } from '../../src/identity/identity.ts'
import { systemClock, systemRandom, systemSleep } from '../../src/machine.ts'
import { enrolled, Membership, type MembershipOptions } from '../../src/uplink/membership.ts'
import { problem } from '../support/protocol-server.ts'
import { startTlsServer, type TlsServer } from '../support/tls-server.ts'

const MS_PER_DAY = 86_400_000
const NEVER = new AbortController().signal

async function place(context: TestContext): Promise<{
  readonly server: TlsServer
  readonly options: MembershipOptions
  readonly said: string[]
}> {
  const server = await startTlsServer(context)
  const said: string[] = []
  const note = (_fields: object, message: string): void => void said.push(message)
  const options = {
    ...{ server: server.url, hardwareUuid: '0192f000-0000-4000-8000-000000000003' },
    token: `a-token-that-is-long-enough.${server.protocol.authority.fingerprint}`,
    ...{ host: { name: 'orchard-01' }, identity: new IdentityMemory() },
    ...{ clock: systemClock, random: systemRandom, sleep: systemSleep },
    log: { info: note, warn: note, error: note },
    backoff: { firstMs: 10, maxMs: 50 },
  }
  return { server, options, said }
}

/** Keeps a membership until its identity is another one. */
async function keptUntilNew(membership: Membership): Promise<void> {
  const stop = new AbortController()
  const before = membership.standing.identity
  const keeping = membership.keep(stop.signal).catch(() => undefined)
  while (membership.standing.identity === before) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  stop.abort()
  await keeping
}

test('membership: a Mac enrols once', async (context) => {
  const { server, options } = await place(context)
  const first = await enrolled(options, NEVER)
  deepEqual(await enrolled(options, NEVER), first)
  equal(server.protocol.enrolments.length, 1)
})

test('membership: a certificate past half of its life is renewed, on the same link', async (context) => {
  const { server, options, said } = await place(context)
  server.protocol.nowMs = () => Date.now() - 20 * MS_PER_DAY
  const membership = new Membership(options)
  context.after(() => membership.close())
  const { identity, link } = await membership.open(NEVER)
  server.protocol.nowMs = Date.now
  await keptUntilNew(membership)
  notEqual(membership.standing.identity.certificate, identity.certificate)
  equal(membership.standing.link, link)
  equal(server.protocol.enrolments.length, 1)
  deepEqual(said.at(-1), 'The certificate of this Mac was renewed.')
})

test('membership: one that was away too long enrols anew with its token', async (context) => {
  const { server, options, said } = await place(context)
  server.protocol.nowMs = () => Date.now() - 40 * MS_PER_DAY
  const membership = new Membership(options)
  context.after(() => membership.close())
  const { identity } = await membership.open(NEVER)
  server.protocol.nowMs = Date.now
  server.protocol.script.push(() => problem(401, 'certificate_expired'))
  await keptUntilNew(membership)
  notEqual(membership.standing.identity.certificate, identity.certificate)
  equal(server.protocol.enrolments.length, 2)
  deepEqual(said.at(-1), 'This Mac is enrolled.')
})

test('membership: a server that is not there yet is looked for until it is', async (context) => {
  const { server, options } = await place(context)
  const { port } = new URL(server.url)
  await server.stop()
  const enrolling = enrolled(options, NEVER)
  await new Promise((resolve) => setTimeout(resolve, 30))
  await startTlsServer(context, { protocol: server.protocol, port: Number(port) })
  equal((await enrolling).host_id, 'host-1')
})
