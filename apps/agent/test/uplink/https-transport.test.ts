import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { makeKey, signingRequest } from '../../src/identity/signing-request.ts'
import { HttpsTransport } from '../../src/uplink/https-transport.ts'
import type { TransportIdentity, UplinkRequest } from '../../src/uplink/transport.ts'
import { TestAuthority } from '../support/authority.ts'
import { startTlsServer, type TlsServer } from '../support/tls-server.ts'

const SIGNAL = new AbortController().signal

function ask(overrides: Partial<UplinkRequest> = {}): UplinkRequest {
  return {
    method: 'GET',
    path: '/agent/v1/commands?wait_seconds=0',
    timeoutMs: 5_000,
    answerBytesMax: 64 * 1024,
    signal: SIGNAL,
    ...overrides,
  }
}

async function identityOf({ protocol }: TlsServer, id = 'host-1'): Promise<TransportIdentity> {
  const key = await makeKey()
  const span = { fromMs: Date.now() - 60_000, toMs: Date.now() + 3_600_000 }
  const csr = signingRequest(createPrivateKey(key))
  const certificate = protocol.authority.host(csr, { id, ...span })
  return { authority: protocol.authority.pem, client: { key, certificate } }
}

function transport(
  context: TestContext,
  server: TlsServer,
  identity: TransportIdentity,
): HttpsTransport {
  const made = new HttpsTransport({ server: server.url, identity })
  context.after(() => made.close())
  return made
}

test('transport: shows its certificate and gives the answer', async (context) => {
  const server = await startTlsServer(context)
  const made = transport(context, server, await identityOf(server))
  const answer = await made.send(ask())
  equal(answer.status, 200)
  deepEqual(JSON.parse(answer.body.toString()).commands, [])
  deepEqual(server.clients, ['URI:spiffe://pomona/default/host/host-1'])
})

test('transport: many requests share one connection', async (context) => {
  const server = await startTlsServer(context)
  const made = transport(context, server, await identityOf(server))
  for (let count = 0; count < 5; count++) await made.send(ask())
  equal(server.connections(), 1)
  equal(made.counts().handshakes, 1)
  equal(made.counts().requests, 5)
})

test('transport: a connection that broke is resumed, not made from nothing', async (context) => {
  const server = await startTlsServer(context)
  const made = transport(context, server, await identityOf(server))
  await made.send(ask())
  server.hangUpNext()
  await rejects(made.send(ask()), { code: 'ERR_UPLINK_NETWORK' })
  await made.send(ask())
  equal(made.counts().handshakes, 2)
  equal(made.counts().resumed, 1)
})

test('transport: a session is resumed when the server was away for a while', async (context) => {
  const server = await startTlsServer(context)
  const made = transport(context, server, await identityOf(server))
  await made.send(ask())
  await server.stop()
  for (let tries = 0; tries < 3; tries++) {
    await rejects(made.send(ask()), { code: 'ERR_UPLINK_NETWORK' })
  }
  const { protocol, url } = server
  await startTlsServer(context, { protocol, port: Number(new URL(url).port) })
  await made.send(ask())
  equal(made.counts().handshakes, 2)
  equal(made.counts().resumed, 1)
})

test('transport: from the next connection on it is who it is told to be', async (context) => {
  const server = await startTlsServer(context)
  const made = transport(context, server, await identityOf(server))
  await made.send(ask())
  made.present(await identityOf(server, 'host-2'))
  await made.send(ask())
  deepEqual(server.clients, [
    'URI:spiffe://pomona/default/host/host-1',
    'URI:spiffe://pomona/default/host/host-2',
  ])
})

test('transport: a request under way when the identity changes is answered', async (context) => {
  const server = await startTlsServer(context)
  const held = Promise.withResolvers<void>()
  const handle = server.protocol.handle.bind(server.protocol)
  server.protocol.handle = async (request) => {
    await held.promise
    return await handle(request)
  }
  const made = transport(context, server, await identityOf(server))
  const asked = made.send(ask())
  while (server.clients.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  made.present(await identityOf(server, 'host-2'))
  held.resolve()
  equal((await asked).status, 200)
})

const untrusted = [
  {
    name: 'a server of another authority',
    options: () => ({ credentials: new TestAuthority('another').server() }),
  },
  {
    name: 'a server that speaks TLS 1.2 only',
    options: () => ({ tlsVersionMax: 'TLSv1.2' as const }),
  },
] as const
for (const { name, options } of untrusted) {
  test(`transport: has nothing to do with ${name}`, async (context) => {
    const server = await startTlsServer(context, options())
    const made = transport(context, server, await identityOf(server))
    await rejects(made.send(ask()), { code: 'ERR_UPLINK_TRUST' })
    deepEqual(server.clients, [])
  })
}

test('transport: says so when nobody listens', async (context) => {
  const server = await startTlsServer(context)
  const identity = await identityOf(server)
  await server.stop()
  const made = transport(context, server, identity)
  await rejects(made.send(ask()), {
    code: 'ERR_UPLINK_NETWORK',
    details: { cause: 'ECONNREFUSED' },
  })
})

test('transport: does not wait for ever', async (context) => {
  const server = await startTlsServer(context)
  server.protocol.handle = () => new Promise(() => undefined)
  const made = transport(context, server, await identityOf(server))
  await rejects(made.send(ask({ timeoutMs: 50 })), {
    code: 'ERR_UPLINK_NETWORK',
    details: { cause: 'timeout' },
  })
})

test('transport: an answer beyond its limit is not read', async (context) => {
  const server = await startTlsServer(context)
  const made = transport(context, server, await identityOf(server))
  server.sayNext(Buffer.alloc(70_000, 'x'))
  await rejects(made.send(ask()), { code: 'ERR_UPLINK_ANSWER' })
  equal((await made.send(ask())).status, 200)
})

test('transport: ends at once when it is told to', async (context) => {
  const server = await startTlsServer(context)
  server.protocol.handle = () => new Promise(() => undefined)
  const made = transport(context, server, await identityOf(server))
  const stop = new AbortController()
  const asked = made.send(ask({ signal: stop.signal }))
  const refused = rejects(asked, { name: 'AbortError' })
  stop.abort()
  await refused
})

test('transport: reads when to come again', async (context) => {
  const server = await startTlsServer(context)
  const made = transport(context, server, await identityOf(server))
  for (const [header, want] of [
    ['7', 7],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    ['-1', undefined],
  ] as const) {
    server.sayNext({ status: 503, headers: { 'retry-after': header } })
    equal((await made.send(ask())).retryAfterSeconds, want)
  }
})

test('transport: counts what went over the wire', async (context) => {
  const server = await startTlsServer(context)
  const made = transport(context, server, await identityOf(server))
  await made.send(ask())
  const once = made.counts()
  ok(once.bytesSent > 50 && once.bytesReceived > 50, JSON.stringify(once))
  server.hangUpNext()
  await rejects(made.send(ask()))
  await made.send(ask())
  const twice = made.counts()
  ok(twice.bytesSent > once.bytesSent * 2, 'what a closed connection moved is remembered')
  ok(twice.bytesReceived > once.bytesReceived)
})
