import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { z } from 'zod'
import { request } from '../../src/api/client.ts'
import { ConsoleError } from '../../src/errors.ts'

const Shape = z.strictObject({ a: z.int() })

/** Browsers resolve `/api` against the page; here the page is a server on a loopback port. */
async function serve(t: TestContext, answer: (response: ServerResponse) => void): Promise<void> {
  const server = createServer((_request, response) => answer(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const native = globalThis.fetch
  globalThis.fetch = (path, options) => {
    const address = typeof path === 'string' ? path : '/'
    return native(new URL(address, `http://127.0.0.1:${port}`), options)
  }
  t.after(() => {
    globalThis.fetch = native
    server.closeAllConnections()
    server.close()
  })
}

function json(status: number, value: unknown): (response: ServerResponse) => void {
  return (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

test('client: gives what the server says in the agreed shape', async (t) => {
  await serve(t, json(200, { a: 1 }))
  deepEqual(await request('/x', { schema: Shape }), { a: 1 })
})

const refusals = [
  {
    name: 'an answer of another shape',
    answer: json(200, { a: 'one' }),
    want: { code: 'ERR_CONSOLE_ANSWER' },
  },
  {
    name: 'an answer that is no JSON',
    answer: (response: ServerResponse) => response.end('<html>'),
    want: { code: 'ERR_CONSOLE_ANSWER' },
  },
  {
    name: 'an ended session',
    answer: json(401, { code: 'unauthenticated', message: 'Sign in.' }),
    want: { code: 'ERR_CONSOLE_SESSION', status: 401, problem: 'unauthenticated' },
  },
  {
    name: 'a refusal with a reason',
    answer: json(409, { code: 'conflict', message: 'Somebody was faster.' }),
    want: { code: 'ERR_CONSOLE_REFUSED', status: 409, message: 'Somebody was faster.' },
  },
  {
    name: 'a refusal without one',
    answer: (response: ServerResponse) => response.writeHead(502).end('bad gateway'),
    want: { code: 'ERR_CONSOLE_REFUSED', status: 502, problem: undefined },
  },
  {
    name: 'a redirect to elsewhere',
    answer: (response: ServerResponse) =>
      response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    want: { code: 'ERR_CONSOLE_OFFLINE' },
  },
]
for (const { name, answer, want } of refusals) {
  test(`client: tells of ${name}`, async (t) => {
    await serve(t, answer)
    await rejects(request('/x', { schema: Shape }), want)
  })
}

test('client: an empty answer is no answer where one is due', async (t) => {
  await serve(t, (response) => response.writeHead(204).end())
  equal(await request('/x', { schema: z.unknown() }), undefined)
  await rejects(request('/x', { schema: Shape }), { code: 'ERR_CONSOLE_ANSWER' })
})

test('client: says when nobody answers', async (t) => {
  await serve(t, (response) => response.destroy())
  await rejects(request('/x', { schema: Shape }), (error) => {
    ok(error instanceof ConsoleError)
    return error.code === 'ERR_CONSOLE_OFFLINE'
  })
})

test('client: a request that was called off is no failure of the server', async (t) => {
  await serve(t, () => undefined)
  const stop = new AbortController()
  const asked = request('/x', { schema: Shape, signal: stop.signal })
  stop.abort()
  await rejects(asked, { name: 'AbortError' })
})
