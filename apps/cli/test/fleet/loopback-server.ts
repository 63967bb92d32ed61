import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { EventBatch } from '@pomona/schema'

/** What the server answers. */
export interface Reply {
  readonly status: number
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
}

const STORED: Reply = {
  status: 200,
  body: { status: 'stored', offset: 0, accepted: 1, rejected: 0 },
}

/** A server on a loopback port that answers with each reply in turn and keeps what it was sent. */
export async function serve(context: TestContext, replies: readonly (Reply | 'hang-up')[]) {
  const batches: EventBatch[] = []
  const authorizations: (string | undefined)[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    // A request without encoding yields buffers.
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = zstdDecompressSync(Buffer.concat(chunks)).toString()
    batches.push(EventBatch.parse(JSON.parse(text)))
    authorizations.push(request.headers.authorization)
    const reply = replies[batches.length - 1] ?? STORED
    if (reply === 'hang-up') {
      request.socket.destroy()
      return
    }
    const body = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {})
    response.writeHead(reply.status, reply.headers).end(body)
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, batches, authorizations }
}
