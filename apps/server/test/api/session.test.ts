import { equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { ApiProblem, SessionInfo } from '@pomona/schema'
import { FakeClock } from '../support/clock.ts'
import {
  Client,
  PASSWORD,
  signInFirst,
  startTestServer,
  type TestServer,
} from '../support/server.ts'

async function rigOf(context: Parameters<typeof startTestServer>[0]) {
  const clock = new FakeClock()
  const config = {
    session_idle_seconds: 3_600,
    session_absolute_seconds: 7_200,
    first_run_seconds: 600,
  }
  return { clock, ...(await startTestServer(context, { clock, config })) }
}

function firstRunToken({ server }: Pick<TestServer, 'server'>): string {
  return server.firstRunLink?.split('#token=')[1] ?? ''
}

async function codeOf(response: Response): Promise<string> {
  return ApiProblem.parse(await response.json()).code
}

test('first run: the link makes one user, once', async (context) => {
  const rig = await rigOf(context)
  match(rig.server.firstRunLink ?? '', /^http:\/\/127\.0\.0\.1:\d+\/first-run#token=[\w-]{43}$/)
  const body = { token: firstRunToken(rig), name: 'ada', password: PASSWORD }
  const clients = Array.from({ length: 4 }, () => new Client(rig.server.address))
  const answers = await Promise.all(
    clients.map((client, index) =>
      client.call('POST', '/api/v1/first-run', { body: { ...body, name: `ada${index}` } }),
    ),
  )
  equal(answers.filter(({ status }) => status === 201).length, 1)
  equal((await rig.stores.records.users()).length, 1)
  const again = await rig.api.call('POST', '/api/v1/first-run', { body })
  equal(again.status, 403)
  equal(await codeOf(again), 'first_run_refused')
})

test('first run: the token is stored as a hash only, and dies with time', async (context) => {
  const rig = await rigOf(context)
  const token = firstRunToken(rig)
  const stored = await rig.stores.records.setting('first_run_token_hash')
  match(stored ?? '', /^[0-9a-f]{64}$/)
  ok(stored !== token)
  rig.clock.advanceSeconds(600)
  const body = { token, name: 'ada', password: PASSWORD }
  equal((await rig.api.call('POST', '/api/v1/first-run', { body })).status, 403)
})

test('first run: a short password is refused and does not use the link', async (context) => {
  const rig = await rigOf(context)
  const short = { token: firstRunToken(rig), name: 'ada', password: 'short' }
  equal((await rig.api.call('POST', '/api/v1/first-run', { body: short })).status, 422)
  await signInFirst(rig.server, rig.api)
  equal(SessionInfo.parse(await rig.api.get('/api/v1/session')).user.role, 'admin')
})

test('session: the cookie is bound to host, https and this site', async (context) => {
  const rig = await rigOf(context)
  const body = { token: firstRunToken(rig), name: 'ada', password: PASSWORD }
  const response = await rig.api.call('POST', '/api/v1/first-run', { body })
  const cookie = response.headers.get('set-cookie') ?? ''
  match(cookie, /^__Host-pomona=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/)
  const token = cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf(';'))
  const now = '2026-01-01T00:00:00.000000000Z'
  equal(await rig.stores.records.session(token, now), undefined, 'the token itself is not stored')
})

test('session: signing out ends it on the server', async (context) => {
  const rig = await rigOf(context)
  await signInFirst(rig.server, rig.api)
  const stolen = new Client(rig.server.address)
  stolen.cookie = rig.api.cookie
  equal((await stolen.call('GET', '/api/v1/session')).status, 200)
  equal((await rig.api.call('DELETE', '/api/v1/session')).status, 204)
  equal((await stolen.call('GET', '/api/v1/session')).status, 401)
})

test('session: ends when unused, lives while used, ends for good in the end', async (context) => {
  const rig = await rigOf(context)
  await signInFirst(rig.server, rig.api)
  const status = async () => (await rig.api.call('GET', '/api/v1/session')).status
  rig.clock.advanceSeconds(3_500)
  equal(await status(), 200)
  rig.clock.advanceSeconds(3_500)
  equal(await status(), 200, 'its end was moved')
  rig.clock.advanceSeconds(201)
  equal(await status(), 401, 'older than allowed')
  await rig.api.json('POST', '/api/v1/session', { body: { name: 'ada', password: PASSWORD } })
  rig.clock.advanceSeconds(3_600)
  equal(await status(), 401, 'unused for too long')
})

test('sign-in: refuses alike whether the name or the password is wrong', async (context) => {
  const rig = await rigOf(context)
  await signInFirst(rig.server, rig.api)
  for (const name of ['ada', 'nobody']) {
    const body = { name, password: 'wrong password' }
    const response = await rig.api.call('POST', '/api/v1/session', { body })
    equal(response.status, 401)
    equal(await codeOf(response), 'sign_in_refused')
  }
})

test('sign-in: failures lock a name for a while, also for the right password', async (context) => {
  const rig = await rigOf(context)
  await signInFirst(rig.server, rig.api)
  const client = new Client(rig.server.address)
  const attempt = (password: string) =>
    client.call('POST', '/api/v1/session', { body: { name: 'ada', password } })
  const burst = await Promise.all(Array.from({ length: 8 }, () => attempt('wrong password')))
  equal(burst.filter(({ status }) => status === 401).length, 5)
  equal(burst.filter(({ status }) => status === 429).length, 3)
  const locked = await attempt(PASSWORD)
  equal(locked.status, 429)
  ok(Number(locked.headers.get('retry-after')) > 0)
  rig.clock.advanceSeconds(181)
  equal((await attempt(PASSWORD)).status, 200)
})

test('sign-in: names and hashes never come back', async (context) => {
  const rig = await rigOf(context)
  await signInFirst(rig.server, rig.api)
  const text = JSON.stringify(await rig.api.get('/api/v1/session'))
  ok(!text.includes('argon2') && !text.includes('password'))
  const [user] = await rig.stores.records.users()
  match(user?.passwordHash ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})
