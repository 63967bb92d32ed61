import { deepEqual, equal } from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { StreamMessage } from '@pomona/schema'
import { LiveStream, type StreamState } from '../../src/live/stream.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/**
 * A server on a loopback port that answers the n-th connection with the n-th answer, then the last.
 */
async function serve(t: TestContext, answers: readonly Answer[]): Promise<string> {
  let connections = 0
  const server = createServer((request, response) => {
    const answer = answers[Math.min(connections, answers.length - 1)]
    connections += 1
    answer?.(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/stream`
}

const host = {
  id: 'h',
  name: 'orchard',
  first_seen: '2026-11-22T16:00:00.000000000Z',
  last_seen: '2026-11-22T16:00:00.000000000Z',
  events: 1,
  gaps: 0,
  discarded: {},
  open_alerts: {},
}

function open(response: ServerResponse, text: string): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(text)
  return response
}

const event = (id: string, message: object) => `id: ${id}\ndata: ${JSON.stringify(message)}\n\n`

interface Heard {
  readonly messages: readonly StreamMessage[]
  readonly states: readonly StreamState[]
  readonly resets: number
}

/** Listens until `done` says so. */
function listen(t: TestContext, address: string, done: (heard: Heard) => boolean): Promise<Heard> {
  return new Promise((resolve) => {
    const heard = { messages: [] as StreamMessage[], states: [] as StreamState[], resets: 0 }
    const check = () => {
      if (done(heard)) resolve(heard)
    }
    const listener = {
      onMessage: (message: StreamMessage) => {
        heard.messages.push(message)
        check()
      },
      onState: (state: StreamState) => {
        heard.states.push(state)
        check()
      },
      onReset: () => {
        heard.resets += 1
        check()
      },
    }
    const stream = new LiveStream(address, listener, { offlineAfterMs: 20, random: () => 0 })
    t.after(() => stream.stop())
    stream.start()
  })
}

test('live: reads messages and asks for a fresh start on the first connection', async (t) => {
  const address = await serve(t, [
    (_request, response) => open(response, event('e-1', { kind: 'host', host })),
  ])
  const heard = await listen(t, address, ({ messages }) => messages.length === 1)
  deepEqual(heard.states, ['live'])
  equal(heard.resets, 1)
})

test('live: comes back with the last id, and says so when it was gone', async (t) => {
  let lastId: string | string[] | undefined
  const address = await serve(t, [
    (_request, response) => open(response, event('e-7', { kind: 'host', host })).end(),
    (request, response) => {
      lastId = request.headers['last-event-id']
      open(response, event('e-8', { kind: 'host', host }))
    },
  ])
  const heard = await listen(t, address, ({ messages }) => messages.length === 2)
  equal(lastId, 'e-7')
  deepEqual(heard.states, ['live', 'offline', 'live'])
  equal(heard.resets, 1, 'a resumed connection misses nothing')
})

test('live: passes on that messages were missed', async (t) => {
  const address = await serve(t, [
    (_request, response) => open(response, event('e-9', { kind: 'reset' })),
  ])
  equal((await listen(t, address, ({ resets }) => resets === 2)).messages.length, 0)
})

test('live: stops when the session is gone', async (t) => {
  const address = await serve(t, [(_request, response) => response.writeHead(401).end()])
  const heard = await listen(t, address, ({ states }) => states.length > 0)
  deepEqual(heard.states, ['refused'])
})

test('live: goes offline while the server refuses, and comes back', async (t) => {
  const refuse: Answer = (_request, response) => response.writeHead(503).end()
  const address = await serve(t, [
    refuse,
    refuse,
    (_request, response) => open(response, event('e-1', { kind: 'host', host })),
  ])
  const heard = await listen(t, address, ({ messages }) => messages.length === 1)
  deepEqual(heard.states, ['offline', 'live'])
})

test('live: a message of another shape is counted, the next one is read', async (t) => {
  const text = `data: {"kind":"host"}\n\ndata: {\n\n${event('e-1', { kind: 'host', host })}`
  const address = await serve(t, [(_request, response) => open(response, text)])
  const heard = await listen(t, address, ({ messages }) => messages.length === 1)
  equal(heard.messages[0]?.kind, 'host')
})
