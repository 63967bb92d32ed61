/** What a server costs that thousands of agents are connected to, of which little comes. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock, systemRandom, systemSleep } from '@pomona/agent'
import { type Fleet, runFleet } from '../apps/cli/src/fleet/fleet.ts'
import { idleProfile } from '../tests/platform/idle-mac.ts'
import { ServerHome } from '../tests/platform/server-home.ts'
import { childrenOf } from '../tests/platform/server-process.ts'
import { until } from '../tests/platform/until.ts'
import { type Report, shown } from './measurement.ts'
import { costOf } from './process-cost.ts'

/** `POMONA_BENCH_SMALL=1` tries the bench out; its figures mean nothing. */
const IS_SMALL = process.env['POMONA_BENCH_SMALL'] !== undefined
const FLEETS = IS_SMALL ? [20, 50] : [1_000, 5_000]
const SETTLE_MS = IS_SMALL ? 5_000 : 60_000
const MEASURE_SECONDS = IS_SMALL ? 10 : 120
const STARTS_PER_SECOND = 50
const REPORT_SECONDS = 60
const PATIENCE_MS = 1_800_000

interface Lag {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Lines as loop-lag.ts writes them, one a second. */
function lagsOf(path: string): readonly Lag[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  return lines.map((line) => {
    const [p50 = 0, p99 = 0, max = 0] = line.split(' ').map(Number)
    return { p50, p99, max }
  })
}

/** The value of a gauge without labels. */
function gauge(metrics: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1])
}

async function connected(agents: number): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-bench-connected-'))
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const context = { after: (end: () => unknown) => void ends.unshift(end) }
  try {
    const lagPath = join(folder, 'lag')
    const commandsFolder = join(folder, 'commands')
    mkdirSync(commandsFolder)
    const server = await ServerHome.open(context, join(folder, 'server'), {
      nodeOptions: ['--import', join(import.meta.dirname, 'loop-lag.ts')],
      environment: { POMONA_BENCH_LOOP_LAG: lagPath },
    })
    const stop = new AbortController()
    const fleet = runFleet({
      ...{ agents, rate: 0.01, seed: 'connected', profiles: [idleProfile()], attacks: [] },
      ...{ clock: systemClock, random: systemRandom, sleep: systemSleep, signal: stop.signal },
      ...{ server: server.agentAddress, token: await server.tokenFor(agents), commandsFolder },
      ...{ agentVersion: '0.0.0-bench', rampSeconds: agents / STARTS_PER_SECOND },
      reportSeconds: REPORT_SECONDS,
    })
    context.after(async () => {
      stop.abort()
      await fleet.done
    })
    fleet.done.catch(() => undefined)
    const startMs = performance.now()
    const isEnrolled = (): boolean => fleet.counts().enrolled === agents
    await until('every agent is enrolled', isEnrolled, PATIENCE_MS)
    const enrolSeconds = (performance.now() - startMs) / 1_000
    await sleep(SETTLE_MS)
    return await measured({ server, fleet, lagPath, agents, enrolSeconds })
  } finally {
    for (const end of ends) await end()
  }
}

interface Running {
  readonly server: ServerHome
  readonly fleet: Fleet
  readonly lagPath: string
  readonly agents: number
  readonly enrolSeconds: number
}

async function measured(running: Running): Promise<readonly string[]> {
  const { server, fleet, lagPath, agents, enrolSeconds } = running
  const pid = server.process.child.pid ?? 0
  const skipped = lagsOf(lagPath).length
  const [before, counted] = [costOf(pid), fleet.counts()]
  const startMs = performance.now()
  await sleep(MEASURE_SECONDS * 1_000)
  const seconds = (performance.now() - startMs) / 1_000
  const [after, counts] = [costOf(pid), fleet.counts()]
  const lags = lagsOf(lagPath).slice(skipped)
  const highest = (of: (lag: Lag) => number) => Math.max(...lags.map(of))
  const sorted = lags.map(({ p99 }) => p99).toSorted((left, right) => left - right)
  const [projector = 0] = childrenOf(pid)
  const metrics = await server.analyst.text('/metrics')
  return [
    ...[shown(agents), shown(enrolSeconds), shown(gauge(metrics, 'pomona_agent_connections'))],
    ...[shown((counts.stored - counted.stored) / seconds)],
    ...[shown((counts.reports - counted.reports) / seconds)],
    `${shown(((after.cpuSeconds - before.cpuSeconds) / seconds) * 100, 1)} %`,
    `${shown(after.memoryMiB)} (${shown(after.memoryPeakMiB)})`,
    shown(costOf(projector).memoryMiB),
    `${shown(sorted[Math.floor(sorted.length / 2)] ?? 0, 1)} / ${shown(
      highest((lag) => lag.p99),
      1,
    )}`,
    shown(
      highest(({ max }) => max),
      1,
    ),
  ]
}

/** Connects fleets, each to a server of its own, and looks at the server. */
export async function bench(): Promise<Report> {
  const rows: (readonly string[])[] = []
  for (const agents of FLEETS) rows.push(await connected(agents))
  return {
    title: 'Connected agents',
    notes: [
      'A server process with everything on, and `pomona sim fleet`’s Macs in another process of the same machine: the ' +
        'agents’ own uplink with mutual TLS 1.3, each waits for commands all the time, reports every ' +
        `${REPORT_SECONDS} seconds and has about one process every forty seconds to tell of. Enrolled over as long as ` +
        `${STARTS_PER_SECOND} a second take, then ${shown(SETTLE_MS / 1_000)} seconds to settle, then measured over ` +
        `${MEASURE_SECONDS} seconds.`,
      'How late the event loop is, in the server itself, second by second: the 99th percentile of the median second and of ' +
        'the worst second, and the single longest delay.',
    ],
    columns: [
      ...['agents', 'enrolled after, s', 'connections', 'events/s', 'reports/s'],
      ...['server, of a core', 'server, MiB (peak)', 'projector, MiB'],
      ...['loop late, p99, ms', 'longest, ms'],
    ],
    rows,
  }
}
