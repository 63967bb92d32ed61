import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { StreamId } from '@pomona/schema'
import { type SequencedEvent, Uplink } from '../../src/fleet/uplink.ts'
import { serve } from './loopback-server.ts'

function uplink(
  server: string,
  signal = new AbortController().signal,
  waits: number[] = [],
): Uplink {
  return new Uplink({
    server,
    token: 'secret',
    host: { id: 'host-1', name: 'mac-1' },
    bootId: 'boot-1',
    streamId: 'stream-1' as StreamId, // Any text; the brand only marks what it stands for.
    random: { bytes: (lengthBytes) => new Uint8Array(lengthBytes).fill(128) },
    sleep: (waitMs) => {
      waits.push(waitMs)
      return Promise.resolve()
    },
    signal,
  })
}

function events(...sequences: number[]): readonly SequencedEvent[] {
  return sequences.map((sequence) => ({
    sequence,
    event: {
      '@timestamp': '2026-01-01T00:00:00.000000000Z',
      event: { id: `stream-1-${sequence}` },
    },
  }))
}

test('uplink: sends range, digest, counts and token', async (context) => {
  const { url, batches, authorizations } = await serve(context, [])
  const counts = { sensed: 3, discarded: { syntax: 1 }, gaps: 2 }
  const link = uplink(url)
  await link.deliver(events(4, 5, 7), counts)
  const [batch] = batches
  equal(batch?.first_sequence, 4)
  equal(batch?.last_sequence, 7)
  deepEqual(batch?.counts, counts)
  const digest = createHash('sha256').update(JSON.stringify(batch?.events)).digest('hex')
  equal(batch?.digest, digest)
  deepEqual(authorizations, ['Bearer secret'])
  equal(link.counts().events, 3)
})

const repeated = [
  { name: 'a busy server', replies: [{ status: 503, body: {} }], retries: { '503': 1 } },
  {
    name: 'a server that asks for patience',
    replies: [{ status: 429, headers: { 'retry-after': '0' } }],
    retries: { '429': 1 },
  },
  { name: 'a connection that breaks', replies: ['hang-up' as const], retries: { network: 1 } },
  {
    name: 'an error page that is no JSON',
    replies: [{ status: 502, body: '<html>' }],
    retries: { '502': 1 },
  },
]
for (const { name, replies, retries } of repeated) {
  test(`uplink: sends the same delivery again after ${name}`, async (context) => {
    const { url, batches } = await serve(context, replies)
    const link = uplink(url)
    await link.deliver(events(0, 1), undefined)
    equal(batches.length, 2)
    deepEqual(batches[1], batches[0])
    deepEqual(link.counts().retries, retries)
    equal(link.counts().events, 2)
  })
}

test('uplink: waits longer each time, up to a limit, by a share of its own', async (context) => {
  const busy = Array.from({ length: 12 }, () => ({ status: 503 }))
  const { url } = await serve(context, busy)
  const waits: number[] = []
  await uplink(url, new AbortController().signal, waits).deliver(events(0), undefined)
  equal(waits.length, busy.length)
  deepEqual(
    waits,
    waits.toSorted((left, right) => left - right),
  )
  // Random bytes of 128 stand for a jitter of half: at most half of the longest pause.
  ok((waits.at(-1) ?? Infinity) <= 15_100)
})

test('uplink: waits as long as the server asks for, and its share on top', async (context) => {
  const { url } = await serve(context, [{ status: 429, headers: { 'retry-after': '7' } }])
  const waits: number[] = []
  await uplink(url, new AbortController().signal, waits).deliver(events(0), undefined)
  ok((waits[0] ?? 0) > 7_000)
})

test('uplink: a delivery the server has already counts as stored', async (context) => {
  const { url } = await serve(context, [
    { status: 200, body: { status: 'duplicate', rejected: 0 } },
  ])
  const link = uplink(url)
  await link.deliver(events(0), undefined)
  equal(link.counts().duplicates, 1)
})

test('uplink: sends what is missing when part of the range is stored', async (context) => {
  const { url, batches } = await serve(context, [{ status: 409, body: { last_sequence: 5 } }])
  await uplink(url).deliver(events(4, 5, 6, 9), undefined)
  deepEqual(
    [batches[1]?.first_sequence, batches[1]?.last_sequence, batches[1]?.events.length],
    [6, 9, 2],
  )
})

const refused = [
  {
    name: 'a wrong token',
    reply: { status: 401, body: { code: 'x', message: 'No.' } },
    message: /No\./,
  },
  {
    name: 'a conflict',
    reply: { status: 409, body: { code: 'batch_conflict' } },
    message: /HTTP 409/,
  },
  { name: 'a batch that is not understood', reply: { status: 422, body: {} }, message: /HTTP 422/ },
]
for (const { name, reply, message } of refused) {
  test(`uplink: gives up on ${name}`, async (context) => {
    const { url, batches } = await serve(context, [reply])
    await rejects(uplink(url).deliver(events(0), undefined), {
      code: 'ERR_CLI_FLEET_REFUSED',
      message,
    })
    equal(batches.length, 1)
  })
}

test('uplink: stops waiting when it is told to', async (context) => {
  const stop = new AbortController()
  const { url } = await serve(context, [])
  stop.abort()
  await rejects(uplink(url, stop.signal).deliver(events(0), undefined), { name: 'AbortError' })
})
