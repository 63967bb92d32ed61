import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  ActivityEntry,
  AlertPage,
  type EcsEventDraft,
  IncidentDetail,
  IncidentPage,
  IncidentRecord,
  ProcessTree,
  StreamMessage,
} from '@pomona/schema'
import { z } from 'zod'
import { batchOf, execEvent } from '../support/batch.ts'
import { post } from '../support/post.ts'
import { signInFirst, startTestServer, until } from '../support/server.ts'

/** A process that another started. */
function child(
  sequence: number,
  options: { readonly name: string; readonly of: EcsEventDraft; readonly commandLine?: string },
): EcsEventDraft {
  const { of: parent, ...more } = options
  const event = execEvent('mac-1', sequence, more)
  const { entity_id, pid, name, executable } = parent.process ?? {}
  return {
    ...event,
    process: { ...event.process, parent: { entity_id, pid, name, executable } as object },
    macos: { ...event.macos, parent: { pidversion: parent.macos?.process?.pidversion } as object },
  }
}

/** A server with one incident of two alerts, and a third one alone. */
async function withIncidents(context: TestContext) {
  const running = await startTestServer(context)
  const { server, stores, api } = running
  await signInFirst(server, api)
  const job = execEvent('mac-1', 0, { name: 'job', commandLine: 'job' })
  const events = [
    job,
    child(1, { name: 'helper', of: job }),
    child(2, { name: 'one', of: job, commandLine: 'one evil' }),
    child(3, { name: 'two', of: job, commandLine: 'two evil' }),
    execEvent('mac-1', 4, { name: 'other', commandLine: 'other evil' }),
  ]
  equal((await post(server.address, batchOf({ events }))).status, 200)
  await until(async () => (await stores.records.alertCountsByRule()).size === 1)
  await until(async () => (await stores.events.size()).events === events.length)
  const page = IncidentPage.parse(await api.get('/api/v1/incidents?order=risk'))
  const pair = page.items.find(({ alert_count: count }) => count === 2)
  ok(pair)
  return { ...running, page, pair }
}

test('alerts become incidents that name their alerts and reasons', async (context) => {
  const { api, page, pair } = await withIncidents(context)
  equal(page.total, 2)
  equal(pair.status, 'new')
  match(pair.name, /^Evil command from job on mac-1$/)
  const detail = IncidentDetail.parse(await api.get(`/api/v1/incidents/${pair.id}`))
  deepEqual(
    detail.alerts.map(({ alert, join }) => [
      alert.processes[0]?.name,
      join.kind,
      alert.incident_id,
    ]),
    [
      ['one', 'first', pair.id],
      ['two', 'common_ancestor', pair.id],
    ],
  )
  match(detail.alerts[1]?.join.because ?? '', /^It goes back to job \(1000\)/)
  equal(detail.alerts_omitted, 0)
  equal(detail.activity[0]?.action, 'created')
  equal((await api.call('GET', '/api/v1/incidents/none')).status, 404)
})

test('the processes of an incident are those that lead to its alerts', async (context) => {
  const { api, pair } = await withIncidents(context)
  const path = `/api/v1/incidents/${pair.id}/processes`
  const tree = ProcessTree.parse(await api.get(path))
  equal(tree.focus, 'mac-1-0')
  const names = tree.nodes.map(({ name, alerts }) => `${name} ${alerts.length}`)
  deepEqual(
    names.toSorted((a, b) => (a < b ? -1 : 1)),
    ['job 0', 'one 1', 'two 1'],
  )
})

test('people decide about an incident, with its alerts where they say so', async (context) => {
  const { server, api, pair } = await withIncidents(context)
  const path = `/api/v1/incidents/${pair.id}`
  const stream = await api.call('GET', '/api/v1/stream')
  const reader = stream.body?.getReader()
  const update = { status: 'closed', verdict: 'true_positive', with_alerts: true }
  const changed = IncidentRecord.parse(await api.json('PATCH', path, { body: update }))
  deepEqual([changed.status, changed.verdict], ['closed', 'true_positive'])
  const alerts = AlertPage.parse(await api.get('/api/v1/alerts?status=closed'))
  equal(alerts.total, 2)

  const { items } = z
    .object({ items: z.array(ActivityEntry) })
    .parse(await api.json('POST', `${path}/notes`, { body: { text: ' Reinstalled. ' } }))
  deepEqual(items.at(-1)?.details, { text: 'Reinstalled.' })
  equal((await api.call('POST', `${path}/notes`, { body: { text: ' ' } })).status, 422)
  equal((await api.call('PATCH', '/api/v1/incidents/none', { body: update })).status, 404)

  const bulk = { ids: [pair.id, 'none'], update: { assignee: 'ada' } }
  const many = await api.json('POST', '/api/v1/incidents/bulk', { body: bulk })
  equal(z.object({ items: z.array(IncidentRecord) }).parse(many).items[0]?.assignee, 'ada')

  let text = ''
  while (!text.includes('"assignee":"ada"')) {
    const part = await reader?.read()
    if (part === undefined || part.done) break
    text += Buffer.from(part.value).toString()
  }
  await reader?.cancel()
  const messages = [...text.matchAll(/^data: (.+)$/gm)].map(([, data = '']) => {
    return StreamMessage.parse(JSON.parse(data))
  })
  deepEqual(
    messages.map(({ kind }) => kind),
    ['incident', 'alert_updated', 'alert_updated', 'incident', 'incident'],
  )
  ok(server)
})

test('what cannot be asked is refused with a reason', async (context) => {
  const { api } = await withIncidents(context)
  for (const query of ['order=worst', 'cursor=x', 'from=soon', 'limit=0']) {
    equal((await api.call('GET', `/api/v1/incidents?${query}`)).status, 422, query)
  }
})
