import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertPage, AlertRecord, IncidentPage } from '@pomona/schema'
import { enrolAgent } from '../support/agent.ts'
import { batchOf, execEvent, execs } from '../support/batch.ts'
import { hostAlert } from '../support/host-alert.ts'
import { signInFirst, startTestServer, until } from '../support/server.ts'

const LIMIT = { timeout: 60_000 }
const BATCHES = '/agent/v1/batches'

test(
  'host alerts: are stored, joined to incidents, and one with the server’s own',
  LIMIT,
  async (context) => {
    const { server, api, stores } = await startTestServer(context)
    await signInFirst(server, api)
    const agent = await enrolAgent(server)
    const { hostId } = agent
    const alerts = async (): Promise<readonly AlertRecord[]> => {
      return ((await api.get('/api/v1/alerts')) as AlertPage).items
    }
    const alone = hostAlert(hostId)
    const first = batchOf({ hostId, events: [], alerts: [{ sequence: 0, alert: alone }] })
    const taken = await agent.call(BATCHES, { body: first })
    deepEqual(taken.body, { status: 'stored', offset: 0, accepted: 1, rejected: 0 })
    await until(async () => (await alerts()).length === 1)
    const [stored] = await alerts()
    deepEqual(stored?.found_by, ['host'])
    equal(stored?.id, alone.id)
    equal(stored?.incident_id !== undefined, true)
    // Found by the server; then the host tells of the same one, with another severity.
    const evil = execEvent(hostId, 1, { commandLine: 'run evil' })
    await agent.call(BATCHES, { body: batchOf({ hostId, first: 1, events: [evil] }) })
    await until(async () => (await alerts()).length === 2)
    const found = (await alerts()).find(({ id }) => id !== alone.id)
    if (found === undefined) throw new Error('no alert')
    const { status: _, created: __, updated: ___, incident_id: ____, ...same } = found
    const lie = { ...same, severity: 'informational' as const, rule_name: 'nothing' }
    const second = batchOf({
      hostId,
      first: 2,
      last: 3,
      events: execs(hostId, 1, 2),
      alerts: [{ sequence: 3, alert: lie }],
    })
    await agent.call(BATCHES, { body: second })
    await until(async () => (await alerts()).some(({ found_by: by }) => by?.length === 2))
    equal((await alerts()).length, 2)
    const both = (await alerts()).find(({ id }) => id === found.id)
    deepEqual([both?.severity, both?.rule_name], [found.severity, found.rule_name])
    const { items } = (await api.get('/api/v1/incidents')) as IncidentPage
    equal(
      items.reduce((sum, { alert_count: count }) => sum + count, 0),
      2,
    )
    // A repeat of the delivery changes nothing.
    await agent.call(BATCHES, { body: second })
    equal(await stores.log.end(), 3)
  },
)

test('host alerts: the digest covers them', LIMIT, async (context) => {
  const { server } = await startTestServer(context)
  const agent = await enrolAgent(server)
  const { hostId } = agent
  const batch = batchOf({ hostId, events: [], alerts: [{ sequence: 0, alert: hostAlert(hostId) }] })
  const other = [{ sequence: 0, alert: hostAlert(hostId, { severity: 'low' }) }]
  const changed = await agent.call(BATCHES, { body: { ...batch, alerts: other } })
  equal((changed.body as { code: string }).code, 'batch_digest_mismatch')
  const empty = await agent.call(BATCHES, { body: batchOf({ hostId, events: [] }) })
  equal((empty.body as { code: string }).code, 'batch_invalid')
})
