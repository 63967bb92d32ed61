import type { ServerResponse } from 'node:http'
import { HttpProblem } from '../http/problem.ts'
import { sessionTokenOf } from '../http/cookie.ts'
import { ANSWERED } from '../http/registry.ts'
import type { Handlers } from './routes.ts'
import type { LiveMessage } from '../live/hub.ts'
import type { ApiParts } from './parts.ts'

const HEARTBEAT_MS = 15_000
/** Bytes a reader may be behind before it is let go; it comes back and resumes. */
const BEHIND_BYTES_MAX = 1024 * 1024
const RETRY_MS = 2_000

/**
 * Live messages as server-sent events. Every message has an id; a reader that was cut off gets what
 * it missed, or `reset` when that is no longer kept.
 *
 * @see HTML Living Standard, server-sent events.
 */
export function streamHandlers({ hub, sessions }: ApiParts): Pick<Handlers, 'stream'> {
  return {
    stream: async ({ request, reply }) => {
      const { raw } = reply
      const lastId = lastIdOf(request.headers['last-event-id'])
      const send = (message: LiveMessage): boolean => {
        if (raw.destroyed || raw.writableLength > BEHIND_BYTES_MAX) return false
        begin()
        raw.write(eventText(message))
        return true
      }
      // Headers are those every answer has; hijacking keeps fastify from writing its own.
      const begin = once(() => {
        reply.hijack()
        open(raw, reply.getHeaders())
      })
      const leave = hub.subscribe(send, { lastId, onDrop: () => raw.end() })
      if (leave === undefined) {
        throw new HttpProblem('overloaded', 'Too many live readers.', {
          retryAfterSeconds: 10,
        })
      }
      begin()
      const token = sessionTokenOf(request.headers.cookie) ?? ''
      const heartbeat = setInterval(() => {
        raw.write(': alive\n\n')
        void endWithSession()
      }, HEARTBEAT_MS)
      const endWithSession = async (): Promise<void> => {
        // Records that cannot be read now say nothing about the session: ask again next time.
        const lives = await sessions.lives(token).catch(() => true)
        if (!lives) raw.end()
      }
      const end = (): void => {
        clearInterval(heartbeat)
        leave()
      }
      raw.once('close', end)
      // It may have gone while its session was looked up; then nothing says so any more.
      if (raw.closed) end()
      return ANSWERED
    },
  }
}

function lastIdOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' ? header.slice(0, 100) : undefined
}

function open(raw: ServerResponse, headers: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') raw.setHeader(name, value)
  }
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
  })
  raw.write(`retry: ${RETRY_MS}\n\n`)
}

function eventText({ id, message }: LiveMessage): string {
  // JSON text has no line breaks, so one data line carries it.
  return `id: ${id}\ndata: ${JSON.stringify(message)}\n\n`
}

function once(work: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    work()
  }
}
