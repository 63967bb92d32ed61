import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { DeadLetterPage } from '@pomona/schema'
import { enrolAgent } from '../support/agent.ts'
import { batchOf, execEvent } from '../support/batch.ts'
import { signInFirst, startTestServer } from '../support/server.ts'

test(
  'dead letters: are found, tried again and discarded by the API',
  { timeout: 60_000 },
  async (context) => {
    const { server, api } = await startTestServer(context)
    await signInFirst(server, api)
    const agent = await enrolAgent(server)
    const { hostId } = agent
    const events = [
      { ...execEvent(hostId, 0), shoe: 1 },
      { ...execEvent(hostId, 1), host: { id: 'mac-2' } },
    ]
    await agent.call('/agent/v1/batches', { body: batchOf({ hostId, events }) })
    const list = async (query = ''): Promise<DeadLetterPage> =>
      DeadLetterPage.parse(await api.get(`/api/v1/dead-letters${query}`))
    const all = await list()
    equal(all.total, 2)
    deepEqual(all.facets.reason.map(({ value }) => value).toSorted(), [
      'foreign_host',
      'unknown_field',
    ])
    const { items } = await list(`?reason=unknown_field&host=${hostId}&q=SHOE`)
    equal(items.length, 1)
    equal(items[0]?.replayable, true)
    const ids = [items[0]?.id ?? '']
    const replayed = await api.json('POST', '/api/v1/dead-letters/replay', { body: { ids } })
    deepEqual(replayed, {
      replayed: 0,
      refused: [{ id: ids[0], reason: 'unknown_field', detail: 'shoe' }],
    })
    const discarded = await api.json('POST', '/api/v1/dead-letters/discard', { body: { ids } })
    deepEqual(discarded, { discarded: 1 })
    const rest = await list()
    equal(rest.total, 1)
    deepEqual(
      rest.counts.find(({ reason }) => reason === 'unknown_field'),
      {
        stage: 'gateway',
        reason: 'unknown_field',
        ...{ received: 1, dropped: 0, replayed: 0, discarded: 1 },
      },
    )
    equal((await api.call('GET', '/api/v1/dead-letters?cursor=x')).status, 422)
  },
)
