import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { EventBatch } from '@pomona/schema'
import { parseScenario, type Scenario } from '@pomona/sensor'
import { type FleetOptions, runFleet } from '../../src/fleet/fleet.ts'
import { serve } from './loopback-server.ts'

const NS_PER_MS = 1_000_000n
const START_NS = 1_780_000_000_000_000_000n

function scenario(id: string, kind: 'attack' | 'benign'): Scenario {
  const text = `
id: ${id}
name: ${id}
kind: ${kind}
description: Lists a folder.
references: [https://example.org/report]
${kind === 'attack' ? 'techniques: [T1083]\ntactics: [discovery]' : ''}
steps:
  - run: {args: [/bin/ls, ${id}]}
  - wait: 1s
  - run: {args: [/bin/date, ${id}]}
`
  const read = parseScenario(text, { path: `${id}.yml` })
  if (!read.ok) throw new Error(read.problems.map(({ message }) => message).join('\n'))
  return read.scenario
}

/** A fleet whose clock only moves while its Macs sleep, and that stops after some time of it. */
function options(server: string, overrides: Partial<FleetOptions> = {}): FleetOptions {
  const stop = new AbortController()
  let nowNs = START_NS
  return {
    agents: 2,
    rate: 1,
    server,
    token: 'secret',
    profiles: [scenario('office', 'benign')],
    attacks: [],
    agentVersion: '0.0.0',
    clock: { nowNs: () => nowNs, monotonicNs: () => nowNs },
    random: { bytes: (lengthBytes) => new Uint8Array(lengthBytes) },
    sleep: (waitMs) => {
      nowNs += BigInt(Math.ceil(waitMs)) * NS_PER_MS
      if (nowNs - START_NS > 200_000n * NS_PER_MS) stop.abort()
      return Promise.resolve()
    },
    signal: stop.signal,
    ...overrides,
  }
}

function byStream(batches: readonly EventBatch[]): ReadonlyMap<string, readonly EventBatch[]> {
  return Map.groupBy(batches, (batch) => batch.stream_id)
}

test('fleet: what was sensed is stored, discarded or held', async (context) => {
  const { url, batches } = await serve(context, [])
  const fleet = runFleet(options(url))
  await fleet.done
  const { agents, sensed, stored, discarded, held } = fleet.counts()
  equal(agents, 2)
  ok(stored > 0)
  equal(sensed, stored + discarded + held)
  equal(stored, batches.flatMap(({ events }) => events).length)
})

test('fleet: each stream is delivered in order without holes, and each host is its own', async (context) => {
  const { url, batches } = await serve(context, [])
  await runFleet(options(url)).done
  const streams = byStream(batches)
  equal(streams.size, 2)
  equal(new Set(batches.map(({ host }) => host.id)).size, 2)
  for (const deliveries of streams.values()) {
    let next = 0
    for (const { first_sequence: first, last_sequence: last, events } of deliveries) {
      equal(first, next)
      equal(last - first + 1, events.length)
      next = last + 1
    }
  }
})

test('fleet: a server that fails now and then gets every event once', async (context) => {
  const replies = [{ status: 503 }, 'hang-up' as const, { status: 500 }]
  const { url, batches } = await serve(context, replies)
  const fleet = runFleet(options(url, { agents: 1 }))
  await fleet.done
  deepEqual(fleet.counts().retries, { '500': 1, '503': 1, network: 1 })
  const taken = batches.slice(replies.length).flatMap(({ events }) => events)
  equal(taken.length, fleet.counts().stored)
  equal(new Set(taken.map((event) => JSON.stringify(event['event']))).size, taken.length)
})

test('fleet: an attack begins when it is planned, on one Mac', async (context) => {
  const { url, batches } = await serve(context, [])
  const attacks = [scenario('listing-attack', 'attack')]
  await runFleet(options(url, { attacks, attackFirstSeconds: 20 })).done
  const hit = batches.filter((batch) => JSON.stringify(batch).includes('listing-attack'))
  equal(new Set(hit.map(({ host }) => host.id)).size, 1)
  const [first] = hit.flatMap(({ events }) =>
    events.filter((event) => JSON.stringify(event).includes('listing-attack')),
  )
  const seconds =
    Date.parse(String(first?.['@timestamp'])) / 1_000 - Number(START_NS / NS_PER_MS) / 1_000
  ok(seconds >= 20 && seconds < 22, `began after ${seconds} s`)
})

test('fleet: a refusal for good ends the whole fleet', async (context) => {
  const { url } = await serve(context, [{ status: 401, body: { message: 'Wrong token.' } }])
  await rejects(runFleet(options(url)).done, { code: 'ERR_CLI_FLEET_REFUSED' })
})
