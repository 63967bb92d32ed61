import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { AgentError } from '../../src/errors.ts'
import { Link, type LinkState } from '../../src/uplink/link.ts'
import { type Fate, ScriptedTransport } from '../support/scripted-transport.ts'
import { SeededRandom } from '../support/random.ts'
import { SimulatedTime } from '../support/simulated-time.ts'

function linked(fates: readonly Fate[]) {
  const time = new SimulatedTime()
  const transport = new ScriptedTransport(fates)
  const states: LinkState['name'][] = []
  const link = new Link({
    transport,
    clock: time,
    random: new SeededRandom(7),
    sleep: time.sleep,
    onState: ({ name }) => states.push(name),
  })
  return { time, transport, link, states }
}

function ask(path = '/x', signal = new AbortController().signal) {
  return { method: 'GET', path, timeoutMs: 1_000, answerBytesMax: 1_000, signal } as const
}

const passing: readonly { readonly name: string; readonly fate: Fate; readonly cause: string }[] = [
  { name: 'a connection that breaks', fate: 'ECONNRESET', cause: 'ECONNRESET' },
  { name: 'a busy server', fate: { status: 503 }, cause: '503' },
  { name: 'a server with a fault', fate: { status: 500 }, cause: '500' },
  {
    name: 'a server that says what is wrong',
    fate: { status: 503, body: { code: 'log_full', message: 'Full.' } },
    cause: 'log_full',
  },
  { name: 'a server that limits', fate: { status: 429 }, cause: '429' },
]
for (const { name, fate, cause } of passing) {
  test(`link: asks again after ${name}`, async () => {
    const { time, transport, link } = linked([fate])
    let answered: number | undefined
    void link.call(ask()).then(({ status }) => (answered = status))
    await time.run(() => answered !== undefined)
    equal(answered, 200)
    equal(transport.requests.length, 2)
    deepEqual(link.retries(), { [cause]: 1 })
  })
}

test('link: gives back what asking again would not change', async () => {
  for (const status of [200, 304, 400, 404, 409, 413, 422]) {
    const { link, transport } = linked([{ status }])
    equal((await link.call(ask())).status, status)
    equal(transport.requests.length, 1)
  }
})

test('link: waits at least as long as the server asks for', async () => {
  const { time, link } = linked([{ status: 429, retryAfterSeconds: 30 }])
  let done = false
  void link.call(ask()).then(() => (done = true))
  await time.run(() => done)
  ok(time.monotonicNs() >= 30_000_000_000n)
})

test('link: while the server is away one caller tries, and all go on when it is back', async () => {
  const refused = Array.from({ length: 8 }, () => 'ECONNREFUSED')
  const { time, transport, link, states } = linked(refused)
  let done = 0
  const callers = 20
  void link.call(ask('/first')).then(() => (done += 1))
  await time.run(() => link.state.name === 'offline')
  for (let count = 1; count < callers; count++) void link.call(ask()).then(() => (done += 1))
  await time.run(() => done === callers)
  equal(done, callers)
  equal(transport.requests.length, refused.length + callers)
  deepEqual(link.retries(), { ECONNREFUSED: refused.length })
  deepEqual(states, ['offline', 'online'])
})

test('link: connections that break together are one loss', async () => {
  const { time, transport, link } = linked(['ECONNRESET', 'ECONNRESET', 'ECONNRESET'])
  let done = 0
  for (let count = 0; count < 3; count++) void link.call(ask()).then(() => (done += 1))
  await time.run(() => done === 3)
  // One comes back first; the others follow it.
  equal(transport.requests.length, 6)
  ok(time.monotonicNs() < 2_000_000_000n, 'a first wait, not a third')
})

test('link: a request of before the outage that breaks after it is no new outage', async () => {
  const { time, transport, link, states } = linked(['ECONNRESET'])
  const late = Promise.withResolvers<void>()
  const send = transport.send.bind(transport)
  let isFirst = true
  transport.send = async (request) => {
    if (request.path !== '/late' || !isFirst) return await send(request)
    isFirst = false
    await late.promise
    throw new AgentError('ERR_UPLINK_NETWORK', 'late', { details: { cause: 'ECONNRESET' } })
  }
  let done = 0
  void link.call(ask('/late')).then(() => (done += 1))
  void link.call(ask('/broken')).then(() => (done += 1))
  await time.run(() => done === 1)
  late.resolve()
  await time.run(() => done === 2)
  deepEqual(states, ['offline', 'online'])
  deepEqual(link.retries(), { ECONNRESET: 2 })
})

test('link: an answer to somebody else ends the wait of the one who tries', async () => {
  const time = new SimulatedTime()
  const slow = Promise.withResolvers<void>()
  const transport = new ScriptedTransport(['ECONNRESET'])
  const send = transport.send.bind(transport)
  transport.send = async (request) => {
    if (request.path === '/slow') await slow.promise
    return await send(request)
  }
  const backoff = { firstMs: 3_600_000, maxMs: 3_600_000 }
  const link = new Link({
    ...{ transport, clock: time, sleep: time.sleep, backoff },
    random: new SeededRandom(1),
  })
  let done = 0
  void link.call(ask('/slow')).then(() => (done += 1))
  void link.call(ask('/broken')).then(() => (done += 1))
  await time.run(() => link.state.name === 'offline' && time.waiting === 1)
  slow.resolve()
  await time.run(() => done === 2, 1_000)
  equal(done, 2)
})

test('link: who tries and gives up leaves it to the others', async () => {
  const { time, link } = linked(['ECONNREFUSED'])
  const stop = new AbortController()
  const first = link.call(ask('/first', stop.signal))
  const gaveUp = rejects(first, { name: 'AbortError' })
  await time.run(() => time.waiting === 1)
  let done = false
  void link.call(ask('/second')).then(() => (done = true))
  stop.abort()
  await gaveUp
  await time.run(() => done)
  equal(done, true)
})

test('link: a server that does not know this agent is asked seldom, but for ever', async () => {
  const refusals = Array.from({ length: 20 }, () => ({
    status: 401,
    body: { code: 'certificate_revoked', message: 'Revoked.' },
  }))
  const { time, link, states } = linked(refusals)
  let done = false
  void link.call(ask()).then(() => (done = true))
  await time.run(() => done)
  ok(time.monotonicNs() > 120_000_000_000n, 'minutes for twenty attempts')
  deepEqual(states, ['refused', 'online'])
  deepEqual(link.retries(), { certificate_revoked: 20 })
})

test('link: a refusal is given back to whom it is the answer', async () => {
  const { link } = linked([{ status: 403 }])
  equal((await link.call(ask(), 'return')).status, 403)
})
