import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { RuleList, RulesReloaded } from '@pomona/schema'
import { ROUTES } from '../../src/api/routes.ts'
import { batchOf, execEvent, execs } from '../support/batch.ts'
import { post } from '../support/post.ts'
import { EVIL_RULE, signInFirst, startTestServer, until } from '../support/server.ts'

test('openapi: describes every route with its access', async (context) => {
  const { api } = await startTestServer(context)
  const document = (await api.get('/api/v1/openapi.json')) as {
    openapi: string
    paths: Record<string, Record<string, { security: unknown[]; responses: object }>>
  }
  equal(document.openapi, '3.1.0')
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const routes = Object.values(ROUTES).map(
    ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
  )
  deepEqual(described.toSorted(), routes.toSorted())
  const alerts = document.paths['/api/v1/alerts']?.['get']
  deepEqual(alerts?.security, [{ session: [] }])
  ok(!JSON.stringify(document).includes('"$schema"'))
})

test('rules: broken ones are listed with the reason and stop nothing', async (context) => {
  const { server, api, contentDirectory } = await startTestServer(context)
  await signInFirst(server, api)
  const broken = EVIL_RULE.replace('condition: selection', 'condition: selektion').replace(
    '0001',
    '0002',
  )
  writeFileSync(join(contentDirectory, 'rules', 'broken.yml'), broken)
  const reloaded = RulesReloaded.parse(await api.json('POST', '/api/v1/rules/reload'))
  deepEqual(reloaded, { loaded: 1, problems: 1 })
  const rules = RuleList.parse(await api.get('/api/v1/rules')).items
  const failed = rules.find(({ state }) => state === 'failed')
  match(failed?.reason ?? '', /selektion/)
  equal(failed?.path, 'rules/broken.yml')
})

test(
  'rules: a reload changes what is found, is audited, and a bad one changes nothing',
  { timeout: 20_000 },
  async (context) => {
    const { server, stores, api, contentDirectory } = await startTestServer(context)
    await signInFirst(server, api)
    const worse = EVIL_RULE.replace('contains: evil', 'contains: worse')
    writeFileSync(join(contentDirectory, 'rules', 'evil.yml'), worse)
    await api.json('POST', '/api/v1/rules/reload')
    const names = ['evil', 'worse']
    const events = names.map((name, index) => execEvent('mac-1', index, { commandLine: name }))
    await post(server.address, batchOf({ events }))
    await until(async () => (await stores.records.alertCountsByRule()).size === 1)
    const page = (await api.get('/api/v1/alerts')) as { items: { events: string[] }[] }
    deepEqual(
      page.items.map((alert) => alert.events),
      [[events[1]?.event?.id]],
    )
    const audited = (await stores.records.auditEntries(20)).filter(
      ({ action }) => action === 'rules_changed',
    )
    deepEqual(audited.map(({ actor }) => actor).toSorted(), ['ada', 'start'])
    rmSync(join(contentDirectory, 'mappings'), { recursive: true })
    await rejects(server.reloadRules('test'), { code: 'ERR_CONTENT_UNREADABLE' })
    equal(RuleList.parse(await api.get('/api/v1/rules')).items[0]?.state, 'loaded')
  },
)

test('metrics: the books of every stage close', { timeout: 20_000 }, async (context) => {
  const { server, stores, api } = await startTestServer(context)
  await post(server.address, batchOf({ events: execs('mac-1', 7) }))
  await until(async () => (await stores.events.size()).events === 7)
  const valueOf = (text: string, name: string) =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  const stages = ['gateway_batches', 'gateway_events', 'engine_events', 'projector_events']
  await until(async () => {
    const text = await (await api.call('GET', '/metrics')).text()
    return stages.every((stage) => {
      const received = valueOf(text, `pomona_${stage}_received_total`)
      const sent = valueOf(text, `pomona_${stage}_sent_total`)
      return received > 0 && received === sent && valueOf(text, `pomona_${stage}_held`) === 0
    })
  })
  const text = await (await api.call('GET', '/metrics')).text()
  ok(!text.includes('mac-1'), 'labels name no host')
})

test('metrics, health: ready until the server stops', async (context) => {
  const { server, api } = await startTestServer(context)
  deepEqual(await api.get('/readyz'), { status: 'ok' })
  deepEqual(await api.get('/healthz'), { status: 'ok' })
  await server.close()
  await rejects(api.call('GET', '/readyz'))
})
