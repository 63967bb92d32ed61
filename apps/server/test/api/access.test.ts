import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { ApiProblem, formatTime } from '@pomona/schema'
import { pino } from 'pino'
import { ROUTES } from '../../src/api/routes.ts'
import { createApp } from '../../src/http/app.ts'
import { hashToken } from '../../src/digest.ts'
import { covers, ROLES, type RouteDefinition } from '../../src/http/route.ts'
import { MetricsRegistry } from '../../src/metrics/registry.ts'
import { Client, startTestServer } from '../support/server.ts'

const table = Object.entries<RouteDefinition>(ROUTES)

test('access: a route that does not declare it does not register', () => {
  const app = createApp({
    logger: pino({ level: 'silent' }),
    requests: new MetricsRegistry().counter('x', 'x'),
    tls: undefined,
    connectionsMax: 10,
    bodyBytesMax: 10,
  })
  throws(() => app.get('/open', async () => ''), { code: 'ERR_ROUTE_UNDECLARED' })
})

test('access: only what must be is public', () => {
  const open = table.filter(([, { access }]) => access.kind === 'public').map(([name]) => name)
  deepEqual(open, [
    'sessionOpen',
    'sessionClose',
    'firstRun',
    'openapi',
    'healthy',
    'ready',
    'metrics',
  ])
})

test('access: a role covers itself and those below, an unknown one nothing', () => {
  for (const [rank, role] of ROLES.entries()) {
    deepEqual(
      ROLES.filter((needed) => covers(role, needed)),
      ROLES.slice(0, rank + 1),
    )
  }
  ok(!ROLES.some((needed) => covers('root', needed)))
})

const address = (route: RouteDefinition) => route.path.replaceAll(/:\w+/g, 'x')

test('access: the whole table, for strangers, foreign pages and every role', async (context) => {
  const { server, stores } = await startTestServer(context)
  const { records } = stores
  const clients = await Promise.all(
    ROLES.map(async (role) => {
      await records.addUser({ id: role, name: role, role, passwordHash: '' })
      const token = role.padEnd(43, '0')
      const expires = formatTime(4_000_000_000_000_000_000n)
      const created = formatTime(BigInt(Date.now()) * 1_000_000n)
      await records.addSession({
        tokenHash: await hashToken(token),
        userId: role,
        created,
        expires,
      })
      const client = new Client(server.address)
      client.cookie = `__Host-pomona=${token}`
      return { role, client }
    }),
  )
  const stranger = new Client(server.address)
  for (const [name, route] of table) {
    if (name === 'stream' || name === 'sessionClose') continue
    const { method, access } = route
    const body = method === 'POST' || method === 'PATCH' ? {} : undefined
    const call = (client: Client, headers: Readonly<Record<string, string>> = {}) =>
      client.call(method, address(route), { body, headers })
    const { status } = await call(stranger)
    if (access.kind === 'public') ok(status !== 401 && status < 500, `${name} ${status}`)
    else equal(status, 401, name)
    if (method !== 'GET') {
      for (const headers of [
        { origin: 'https://evil.example' },
        { 'sec-fetch-site': 'cross-site' },
      ]) {
        const refused = await call(clients[4]?.client ?? stranger, headers)
        equal(refused.status, 403, name)
        equal(ApiProblem.parse(await refused.json()).code, 'origin_refused')
      }
    }
    if (access.kind !== 'session') continue
    for (const { role, client } of clients) {
      const allowed = covers(role, access.role)
      const answer = await call(client)
      equal(answer.status === 403, !allowed, `${name} as ${role}: ${answer.status}`)
      ok(answer.status !== 401 && answer.status < 500, `${name} as ${role}: ${answer.status}`)
    }
  }
})

test('access: a refusal never echoes what was sent', async (context) => {
  const { api } = await startTestServer(context)
  const path = '/api/v1/%3Cscript%3Ealert(1)%3C/script%3E'
  const response = await api.call('GET', path)
  equal(response.status, 404)
  const text = await response.text()
  ok(!text.includes('script'))
  equal(ApiProblem.parse(JSON.parse(text)).code, 'not_found')
  equal((await api.call('GET', '/api/v1/alerts/%ZZ')).status, 404)
})

test('access: requests of one address are bounded', async (context) => {
  const config = { api_requests_per_minute_max: 10 }
  const { api } = await startTestServer(context, { config })
  const statuses = await Promise.all(
    Array.from({ length: 14 }, async () => (await api.call('GET', '/healthz')).status),
  )
  equal(statuses.filter((status) => status === 200).length, 10)
  equal(statuses.filter((status) => status === 429).length, 4)
})
