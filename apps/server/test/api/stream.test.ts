import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { StreamMessage } from '@pomona/schema'
import { batchOf, execEvent } from '../support/batch.ts'
import { post } from '../support/post.ts'
import { type Client, signInFirst, startTestServer } from '../support/server.ts'

interface Reader {
  readonly response: Response
  /** The next message that is not about a host, with its id; undefined at the end of the stream. */
  next(): Promise<{ readonly id: string; readonly message: StreamMessage } | undefined>
  close(): Promise<void>
}

async function read(api: Client, lastId?: string): Promise<Reader> {
  const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId }
  const response = await api.call('GET', '/api/v1/stream', { headers })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    response,
    next: async () => {
      for (;;) {
        const end = text.indexOf('\n\n')
        const block = text.slice(0, end)
        if (end >= 0) {
          text = text.slice(end + 2)
          const found = /^id: (.*)\ndata: (.*)$/.exec(block)
          if (found === null) continue
          const message = StreamMessage.parse(JSON.parse(found[2] ?? ''))
          // Hosts are announced by time; when depends on the machine. Incidents follow the alerts.
          if (message.kind !== 'host' && message.kind !== 'incident')
            return { id: found[1] ?? '', message }
          continue
        }
        const chunk = await reader?.read()
        if (chunk?.value === undefined) return undefined
        text += chunk.value
      }
    },
    close: async () => reader?.cancel(),
  }
}

function evil(sequence: number) {
  const event = execEvent('mac-1', sequence, { commandLine: 'sh evil' })
  return batchOf({ events: [event], first: sequence })
}

test(
  'stream: alerts arrive, and a reader that was cut off gets what it missed',
  { timeout: 20_000 },
  async (context) => {
    const { server, api } = await startTestServer(context)
    await signInFirst(server, api)
    const first = await read(api)
    match(first.response.headers.get('content-type') ?? '', /^text\/event-stream/)
    equal(first.response.headers.get('cache-control'), 'no-store')
    await post(server.address, evil(0))
    const seen = await first.next()
    equal(seen?.message.kind, 'alert')
    await first.close()

    await post(server.address, evil(1))
    const watcher = await read(api)
    await post(server.address, evil(2))
    equal((await watcher.next())?.message.kind, 'alert')
    const second = await read(api, seen?.id)
    const missed = [await second.next(), await second.next()]
    deepEqual(
      missed.map((one) => one?.message.kind === 'alert' && one.message.alert.events),
      [1, 2].map((sequence) => [execEvent('mac-1', sequence).event?.id]),
    )
    await second.close()
    const stale = await read(api, 'another-run-7')
    equal((await stale.next())?.message.kind, 'reset')
    await stale.close()
  },
)

test('stream: a change by one analyst reaches the others', { timeout: 20_000 }, async (context) => {
  const { server, api } = await startTestServer(context)
  await signInFirst(server, api)
  const reader = await read(api)
  await post(server.address, evil(0))
  const message = (await reader.next())?.message
  const id = message?.kind === 'alert' ? message.alert.id : ''
  await api.json('PATCH', `/api/v1/alerts/${id}`, { body: { status: 'in_progress' } })
  const update = (await reader.next())?.message
  equal(update?.kind === 'alert_updated' && update.alert.status, 'in_progress')
})

test('stream: readers are bounded', async (context) => {
  const { server, api } = await startTestServer(context, { config: { live_readers_max: 1 } })
  await signInFirst(server, api)
  await read(api)
  const refused = await api.call('GET', '/api/v1/stream')
  equal(refused.status, 503)
  equal(refused.headers.get('retry-after'), '10')
})

test('stream: ends when the server stops', { timeout: 20_000 }, async (context) => {
  const { server, api } = await startTestServer(context)
  await signInFirst(server, api)
  const reader = await read(api)
  await server.close()
  equal(await reader.next(), undefined)
})
