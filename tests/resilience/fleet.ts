/** Fleets whose network, server or clocks are bad: the agents' own uplink and the real server. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock, systemRandom, systemSleep } from '@pomona/agent'
import { type HostContact, HostList } from '@pomona/schema'
import { loadScenarios, type Scenario } from '@pomona/sensor'
import { type Fleet, type FleetCounts, runFleet } from '../../apps/cli/src/fleet/fleet.ts'
import { ChaosProxy, FAIR } from '../platform/chaos-proxy.ts'
import { doubled, listed, printTable } from '../platform/conservation.ts'
import { temporaryFolder } from '../platform/folder.ts'
import { harvest } from '../platform/harvest.ts'
import { idleProfile } from '../platform/idle-mac.ts'
import { ServerHome } from '../platform/server-home.ts'
import { until } from '../platform/until.ts'
import { ROOT } from '../source-tree.ts'
import { dice } from './hostile-rules.ts'

/** A fleet of so many Macs. */
export interface FleetRun {
  readonly seed: number
  readonly agents: number
}

interface Started {
  readonly fleet: Fleet
  readonly stop: AbortController
}

interface Wish extends FleetRun {
  readonly server: ServerHome
  /** Another port than the server's own. */
  readonly port?: number
  readonly profiles: readonly Scenario[]
  readonly skewSeconds?: number
  readonly rampSeconds?: number
}

const MS_PER_DAY = 86_400_000
/** A fleet comes back within minutes, on a busy machine, too. */
const PATIENCE_MS = 600_000
const LOOK_MS = 500

async function people(): Promise<readonly Scenario[]> {
  const { scenarios } = await loadScenarios(join(ROOT, 'content/scenarios/benign'))
  return scenarios
}

async function startFleet(wish: Wish, context: TestContext): Promise<Started> {
  const { server, seed, agents, profiles, port = server.agentPort, skewSeconds } = wish
  const stop = new AbortController()
  const fleet = runFleet({
    // The least there is: each plays its profile once.
    ...{ agents, rate: 0.01, seed: String(seed), profiles, attacks: [] },
    ...{ clock: systemClock, random: systemRandom, sleep: systemSleep, signal: stop.signal },
    server: `https://localhost:${port}`,
    token: await server.tokenFor(agents),
    agentVersion: '0.0.0-test',
    // An agent that a bad network turned away often waits up to a minute before it tries again.
    drainSecondsMax: PATIENCE_MS / 1_000,
    rampSeconds: wish.rampSeconds ?? 2,
    reportSeconds: Math.max(5, agents / 100),
    faults: skewSeconds === undefined ? {} : { skewSeconds },
  })
  fleet.done.catch(() => undefined)
  context.after(() => stop.abort())
  return { fleet, stop }
}

interface Settled {
  readonly counts: FleetCounts
  readonly entries: Readonly<Record<string, number | string>>
}

/** Ends a fleet and checks its books against those of the server. */
async function settle({ fleet, stop }: Started, server: ServerHome): Promise<Settled> {
  stop.abort()
  await fleet.done
  const counts = fleet.counts()
  await server.settled()
  await server.stop()
  const { logged, stored, letters } = await harvest(server.directory)
  equal(counts.sensed, counts.stored + counts.filtered + counts.dropped + counts.held)
  deepEqual([counts.dropped, counts.held, counts.dead_letters], [0, 0, 0])
  ok(counts.stored > 0, 'something happened')
  equal(logged.length, counts.stored)
  equal(stored.length, counts.stored)
  deepEqual(doubled(stored.map(({ id }) => id)), [])
  const entries = {
    agents: counts.enrolled,
    sensed: counts.sensed,
    filtered: counts.filtered,
    dropped: counts.dropped,
    stored: counts.stored,
    held: counts.held,
    'dead letters': listed(letters),
    'in the log': logged.length,
    'in the event store': stored.length,
    'repeated batches': `${counts.duplicates} of ${counts.batches}`,
    retries: listed(Object.entries(counts.retries)),
    handshakes: `${counts.handshakes}, ${counts.resumed} resumed`,
  }
  return { counts, entries }
}

async function online({ fleet }: Started, agents: number): Promise<void> {
  const isOnline = (): boolean => {
    const { enrolled, batches } = fleet.counts()
    return enrolled === agents && batches >= agents
  }
  await until('every agent is enrolled and delivers', isOnline, PATIENCE_MS).catch(
    (error: unknown) => {
      throw new Error(JSON.stringify(fleet.counts()), { cause: error })
    },
  )
}

/** The network flaps and loses for so long, then is fair again. */
export async function survivesFlaps(
  run: FleetRun & { readonly badSeconds: number },
  context: TestContext,
): Promise<void> {
  const { seed, agents, badSeconds } = run
  const next = dice(seed)
  const server = await ServerHome.open(context, join(temporaryFolder(context), 'server'))
  const proxy = await ChaosProxy.open(server.agentPort, next)
  context.after(() => proxy.close())
  const wish = { ...run, server, port: proxy.port, profiles: await people() }
  const started = await startFleet(wish, context)
  await online(started, agents)
  proxy.weather = { breaksPerMille: 50, delayMsMax: 100 }
  const endMs = performance.now() + badSeconds * 1_000
  while (performance.now() < endMs) {
    await sleep(next(3_000))
    await proxy.cut(next(4_000))
  }
  proxy.weather = FAIR
  const healedMs = performance.now()
  const { counts, entries } = await settle(started, server)
  const { connections, refused, broken, cuts, bytesToServer } = proxy.counts
  printTable(context, `flapping and lossy network for ${badSeconds} s, seed ${seed}`, {
    ...entries,
    network: `cut ${cuts} times, ${refused} connections refused, ${broken} of ${connections} broken`,
    'bytes to the server': `${bytesToServer}, of batches ${counts.wire_bytes}`,
    'delivered and read after': `${Math.round(performance.now() - healedMs)} ms`,
  })
  ok(broken > 0 && cuts > 0, 'the network was bad')
  // An agent tries again about every second at most, however often the network fails it.
  const triesMax = agents * (badSeconds + 10)
  ok(connections + refused <= triesMax, `${connections + refused} connections`)
}

/** The server is killed under a fleet and everybody comes back at once. */
export async function survivesStorm(run: FleetRun, context: TestContext): Promise<void> {
  const { seed, agents } = run
  const server = await ServerHome.open(context, join(temporaryFolder(context), 'server'))
  const wish = { ...run, server, profiles: [idleProfile()], rampSeconds: agents / 50 }
  const started = await startFleet(wish, context)
  await online(started, agents)
  const before = started.fleet.counts()
  await server.kill()
  await sleep(3_000)
  const sinceMs = Date.now()
  await server.start()
  const upMs = Date.now()
  let heard: readonly number[] = []
  const isComplete = async (): Promise<boolean> => {
    await sleep(LOOK_MS)
    heard = (await contacts(server)).map(lastHeard).filter((atMs) => atMs > sinceMs)
    return heard.length === agents
  }
  await until('every host was heard again', isComplete, PATIENCE_MS).catch((error: unknown) => {
    const said = JSON.stringify(started.fleet.counts())
    throw new Error(`${heard.length} were heard: ${said}`, { cause: error })
  })
  const backMs = Date.now() - upMs
  const after = started.fleet.counts()
  const { entries } = await settle(started, server)
  const handshakes = after.handshakes - before.handshakes
  const refused = causes(after) - causes(before)
  printTable(context, `reconnect storm, seed ${seed}`, {
    ...entries,
    'all heard again after': `${backMs} ms`,
    'handshakes of the storm': `${handshakes}, ${after.resumed - before.resumed} resumed`,
    'failed attempts of the storm': refused,
  })
  // Two connections each, one for what it delivers and one for what it reports.
  ok(handshakes <= agents * 2 * 2, `${handshakes} handshakes: nobody hammers at the door`)
  // What was under way breaks, then waits double: so many attempts are a quarter of an hour's.
  ok(refused <= agents * 12, `${refused} failed attempts`)
  ok(after.resumed > before.resumed, 'sessions outlive the server')
}

function causes({ retries }: FleetCounts): number {
  return Object.values(retries).reduce((sum, count) => sum + count, 0)
}

async function contacts(server: ServerHome): Promise<readonly (HostContact | undefined)[]> {
  const { items } = HostList.parse(await server.analyst.get('/api/v1/hosts'))
  return items.map(({ contact }) => contact)
}

function lastHeard(contact: HostContact | undefined): number {
  return Date.parse(contact?.last_contact ?? '1970-01-01T00:00:00Z')
}

/** Clocks are wrong by up to so many days, either way. */
export async function survivesSkew(
  run: FleetRun & { readonly days: number; readonly seconds: number },
  context: TestContext,
): Promise<void> {
  const { seed, agents, days } = run
  const server = await ServerHome.open(context, join(temporaryFolder(context), 'server'))
  const wish = { ...run, server, skewSeconds: days * 86_400, profiles: await people() }
  const started = await startFleet(wish, context)
  await online(started, agents)
  await sleep(run.seconds * 1_000)
  const skews = (await contacts(server)).map((contact) => (contact?.skew_ms ?? 0) / MS_PER_DAY)
  const { entries } = await settle(started, server)
  printTable(context, `clocks wrong by up to ${days} days, seed ${seed}`, {
    ...entries,
    'skews shown': skews.map((skew) => `${Math.round(skew)} d`).join(', '),
  })
  equal(skews.length, agents)
  // A draw of nearly nothing would be a chance of one in ten thousand.
  const shown = skews.filter((skew) => Math.abs(skew) > 0.001)
  equal(shown.length, agents, 'each host shows that its clock is wrong')
  ok(Math.max(...skews.map(Math.abs)) > days / 4, 'some by much')
}
