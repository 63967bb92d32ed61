import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { systemClock, systemRandom, systemSleep } from '@pomona/agent'
import { fieldValue } from '@pomona/schema'
import { parseScenario, type Scenario } from '@pomona/sensor'
import { type RunningServer, ServerConfig, startServer } from '@pomona/server'
import { type Log, openMemoryEventStore, openMemoryLog, openMemoryRecords } from '@pomona/store'
import { type Fleet, type FleetOptions, runFleet } from '../../src/fleet/fleet.ts'

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

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'pomona-fleet-'))
  context.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

interface Place {
  readonly server: RunningServer
  readonly log: Log
}

/** A real server that keeps its log in memory. */
async function serve(context: TestContext): Promise<Place> {
  const log = openMemoryLog()
  const stores = { log, records: openMemoryRecords(), events: openMemoryEventStore() }
  const ports = { listen_port: 0, agent_listen_port: 0 }
  const config = { ...ports, data_directory: folder(context), log_level: 'silent' }
  const server = await startServer(ServerConfig.parse(config), { stores })
  context.after(() => server.close())
  return { server, log }
}

async function fleet(
  { server }: Place,
  overrides: Partial<FleetOptions> & { readonly seconds?: number } = {},
): Promise<Fleet> {
  const { agents = 3, seconds = 3 } = overrides
  const token = await server.makeEnrolmentToken({
    ...{ label: 'fleet', usesMax: agents, lifetimeSeconds: 600, actor: 'test' },
  })
  return runFleet({
    ...{ agents, rate: 5, server: server.agentAddress, token },
    profiles: [scenario('office', 'benign')],
    ...{ attacks: [], agentVersion: '0.0.0', rampSeconds: 0 },
    ...{ clock: systemClock, random: systemRandom, sleep: systemSleep },
    signal: AbortSignal.timeout(seconds * 1_000),
    ...overrides,
  })
}

interface Stored {
  readonly host: string
  readonly id: string
  readonly text: string
}

async function stored({ log }: Place): Promise<readonly Stored[]> {
  const entries = await log.read(0, { entriesMax: 100_000, bytesMax: Number.MAX_SAFE_INTEGER })
  return entries.flatMap(({ hostId, payload }) => {
    const events: unknown = JSON.parse(zstdDecompressSync(payload).toString())
    if (!Array.isArray(events)) throw new Error('the log holds something else')
    return events.map((event: unknown) => ({
      host: String(hostId),
      id: String(fieldValue(event, ['event', 'id'])),
      text: JSON.stringify(event),
    }))
  })
}

/** That the books are right, and that the server has exactly what the fleet says it has. */
async function check(place: Place, { counts }: Fleet): Promise<readonly Stored[]> {
  const { sensed, filtered, dropped, held, ...done } = counts()
  ok(done.stored > 0)
  equal(sensed, done.stored + filtered + dropped + held)
  const kept = await stored(place)
  equal(new Set(kept.map(({ id }) => id)).size, kept.length, 'no event stands there twice')
  return kept
}

test('fleet: every Mac enrols as a host of its own; what is sensed is stored', async (context) => {
  const place = await serve(context)
  const attacks = [scenario('listing-attack', 'attack')]
  const running = await fleet(place, { rate: 30, attacks, attackFirstSeconds: 1, seconds: 4 })
  await running.done
  const kept = await check(place, running)
  const { enrolled, dropped, held, dead_letters: letters, reports, ...counts } = running.counts()
  deepEqual({ enrolled, dropped, held, letters }, { enrolled: 3, dropped: 0, held: 0, letters: 0 })
  equal(kept.length, counts.stored)
  equal(new Set(kept.map(({ host }) => host)).size, 3)
  ok(reports >= 3, `${reports} reports`)
  const hit = kept.filter(({ text }) => text.includes('listing-attack'))
  equal(new Set(hit.map(({ host }) => host)).size, 1, 'an attack hits one Mac')
  ok((counts.delivery_ms.p50 ?? Infinity) < 5_000)
  ok(counts.wire_bytes < counts.bytes)
})

test('fleet: loses and doubles nothing, whatever goes wrong', async (context) => {
  const place = await serve(context)
  // Clocks that are off by up to a year, too.
  const faults = { flapSeconds: 2, restartSeconds: 2, skewSeconds: 31_536_000 }
  const running = await fleet(place, { faults, rate: 20, seconds: 6 })
  await running.done
  const kept = await check(place, running)
  const { stored: said, held, dropped, restarts, retries } = running.counts()
  equal(dropped, 0)
  ok(restarts > 0)
  ok((retries['cut'] ?? 0) > 0, JSON.stringify(retries))
  // What was on its way when everything ended may be there without the fleet knowing.
  ok(kept.length >= said && kept.length <= said + held, `${kept.length}, ${said} + ${held}`)
})

test('fleet: a spool that is too small drops, and every drop is counted', async (context) => {
  const place = await serve(context)
  const faults = { offlineSeconds: 2 }
  const running = await fleet(place, { faults, spoolItemsMax: 3, rate: 60, seconds: 4 })
  await running.done
  await check(place, running)
  ok(running.counts().dropped > 0)
})

test('fleet: spools on disk survive their agents', async (context) => {
  const place = await serve(context)
  const options = { spoolFolder: folder(context), faults: { restartSeconds: 1 }, seconds: 4 }
  const running = await fleet(place, options)
  await running.done
  const kept = await check(place, running)
  const { stored: said, restarts } = running.counts()
  ok(restarts > 0)
  ok(kept.length >= said)
})

test('fleet: a token for fewer Macs ends the whole fleet', async (context) => {
  const place = await serve(context)
  const token = await place.server.makeEnrolmentToken({
    ...{ label: 'one', usesMax: 1, lifetimeSeconds: 600, actor: 'test' },
  })
  const running = await fleet(place, { agents: 2, token, seconds: 30 })
  await rejects(running.done, { code: 'ERR_CLI_FLEET_REFUSED' })
})

test('fleet: a token of another server is not for this one', async (context) => {
  const place = await serve(context)
  const running = await fleet(place, { token: 'no-token', seconds: 30 })
  await rejects(running.done, { code: 'ERR_CLI_FLEET_REFUSED' })
})
