/** How much a server takes with everything on, and how soon it tells of what it finds. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock, systemRandom, systemSleep } from '@pomona/agent'
import { loadScenarios } from '@pomona/sensor'
import { IdentityMemory } from '../apps/agent/src/identity/identity.ts'
import type { Link } from '../apps/agent/src/uplink/link.ts'
import { Membership } from '../apps/agent/src/uplink/membership.ts'
import { hardwareUuidOf } from '../tests/platform/mac.ts'
import { ServerHome } from '../tests/platform/server-home.ts'
import { childrenOf } from '../tests/platform/server-process.ts'
import { ROOT } from '../tests/source-tree.ts'
import { type Parcel, TrafficMac } from './load-traffic.ts'
import { type Report, shown } from './measurement.ts'
import { costOf, type ProcessCost } from './process-cost.ts'

/** `POMONA_BENCH_SMALL=1` tries the bench out; its figures mean nothing. */
const IS_SMALL = process.env['POMONA_BENCH_SMALL'] !== undefined
const MACS = IS_SMALL ? 20 : 200
const RATES = IS_SMALL ? [200, 400] : [1_000, 2_000, 4_000, 6_000, 8_000, 10_000]
const STEP_SECONDS = IS_SMALL ? 10 : 30
const ALERT_MS_MAX = 2_000
/** Of one profile, roughly; how many people a Mac plays follows from it. */
const PERSON_RATE = 3.5
/** Enough for as long as all steps together last on a Mac's own clock. */
const ATTACKS_PER_MAC = 4
const ATTACKS_APART_NS = 500_000_000n
const TIMEOUT_MS = 60_000
const CALM_MS = 3_000
const SETTLE_MS_MAX = 300_000
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined }
const NEVER = new AbortController().signal

interface Sender {
  readonly mac: TrafficMac
  readonly membership: Membership
  /** What was sent, in order: where each delivery ends, and when it was due. */
  readonly sent: { readonly lastSequence: number; readonly dueMs: number }[]
}

interface Finding {
  readonly delayMs: number
  /** One event was enough: it did not have to wait until others were in order. */
  readonly single: boolean
}

interface Step {
  readonly rate: number
  readonly events: number
  readonly acknowledgedMs: readonly number[]
  readonly tookSeconds: number
  readonly drainSeconds: number
  readonly findings: readonly Finding[]
  readonly busy: Readonly<Record<'server' | 'projector' | 'load', number>>
  readonly memory: { readonly server: number; readonly projector: number }
}

async function sendersOf(server: ServerHome): Promise<readonly Sender[]> {
  const { scenarios } = await loadScenarios(join(ROOT, 'content/scenarios'))
  const benign = scenarios.filter(({ kind }) => kind === 'benign')
  const attacks = scenarios.filter(({ kind }) => kind === 'attack')
  const token = await server.tokenFor(MACS)
  const people = Math.max(1, Math.round((RATES.at(-1) ?? 0) / MACS / PERSON_RATE))
  const startNs = systemClock.nowNs()
  const senders: Sender[] = []
  for (let index = 0; index < MACS; index += 1) {
    const name = `load-${index}`
    // Two attacks a second somewhere, on another Mac each time.
    const turns = Array.from({ length: ATTACKS_PER_MAC }, (_, turn) => turn)
    const mac = new TrafficMac({
      name,
      startNs,
      background: Array.from({ length: people }, (_, person) => one(benign, index + person)),
      attacks: turns.map((turn) => one(attacks, index * 7 + turn)),
      offsetsNs: turns.map((turn) => BigInt(index + turn * MACS) * ATTACKS_APART_NS),
    })
    const membership = new Membership({
      ...{ server: server.agentAddress, token, host: { name }, log: QUIET },
      hardwareUuid: hardwareUuidOf(name),
      ...{ clock: systemClock, random: systemRandom, sleep: systemSleep },
      identity: new IdentityMemory(),
    })
    await membership.open(NEVER)
    senders.push({ mac, membership, sent: [] })
  }
  return senders
}

function one<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length]
  if (item === undefined) throw new Error('there is nothing to choose from')
  return item
}

async function deliver(link: Link, { body }: Parcel): Promise<void> {
  const headers = { 'content-type': 'application/json', 'content-encoding': 'zstd' }
  const request = { method: 'POST', path: '/agent/v1/batches', headers, body } as const
  const limits = { timeoutMs: TIMEOUT_MS, answerBytesMax: 64 * 1024 }
  const { status, body: answer } = await link.call({ ...request, ...limits, signal: NEVER })
  if (status !== 200) throw new Error(`a delivery was answered ${status}: ${String(answer)}`)
}

/**
 * Sends for so long at a rate. A delivery counts from when it was due, not from when a busy server
 * let it be sent.
 */
async function step(server: ServerHome, senders: readonly Sender[], rate: number): Promise<Step> {
  const each = Math.round(rate / senders.length)
  const parcels = senders.map(({ mac }) =>
    Array.from({ length: STEP_SECONDS }, () => mac.parcel(each)),
  )
  // Making them took the event loop's time; what connections had to say meanwhile comes first.
  await sleep(CALM_MS)
  const pids = pidsOf(server)
  const before = costs(pids)
  const own = process.cpuUsage()
  const watch = watchAlerts(server, senders)
  const acknowledgedMs: number[] = []
  const startMs = performance.now()
  await Promise.all(
    senders.map(async ({ membership, sent }, index) => {
      for (const [second, parcel] of (parcels[index] ?? []).entries()) {
        const dueMs = startMs + (second + index / senders.length) * 1_000
        await sleep(Math.max(0, dueMs - performance.now()))
        sent.push({ lastSequence: parcel.lastSequence, dueMs })
        await deliver(membership.standing.link, parcel)
        acknowledgedMs.push(performance.now() - dueMs)
      }
    }),
  )
  const tookSeconds = (performance.now() - startMs) / 1_000
  const after = costs(pids)
  const { user, system } = process.cpuUsage(own)
  await settled(server)
  const drainSeconds = (performance.now() - startMs) / 1_000 - tookSeconds
  return {
    ...{ rate, events: each * senders.length * STEP_SECONDS, acknowledgedMs },
    ...{ tookSeconds, drainSeconds, findings: await watch.end() },
    busy: {
      server: (after.server.cpuSeconds - before.server.cpuSeconds) / tookSeconds,
      projector: (after.projector.cpuSeconds - before.projector.cpuSeconds) / tookSeconds,
      load: (user + system) / 1e6 / tookSeconds,
    },
    memory: { server: after.server.memoryMiB, projector: after.projector.memoryMiB },
  }
}

interface Pids {
  readonly server: number
  readonly projector: number
}

function pidsOf(server: ServerHome): Pids {
  const pid = server.process.child.pid ?? 0
  return { server: pid, projector: childrenOf(pid)[0] ?? 0 }
}

function costs({ server, projector }: Pids): Readonly<Record<keyof Pids, ProcessCost>> {
  return { server: costOf(server), projector: costOf(projector) }
}

/** {@link ServerHome.settled} is for tests, which have less to wait for. */
async function settled(server: ServerHome): Promise<void> {
  const deadline = performance.now() + SETTLE_MS_MAX
  for (;;) {
    try {
      await server.settled()
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
  }
}

/** Listens as a console does, and says how long after its last event was due each alert came. */
function watchAlerts(server: ServerHome, senders: readonly Sender[]) {
  const byStream = new Map(senders.map(({ mac, sent }) => [mac.streamId, sent]))
  const stop = new AbortController()
  const findings: Finding[] = []
  const listen = async (): Promise<void> => {
    for await (const message of server.analyst.live(stop.signal)) {
      if (message.kind !== 'alert') continue
      const now = performance.now()
      const dueMs = message.alert.events.map((id) => {
        const cut = id.lastIndexOf('-')
        const sent = byStream.get(id.slice(0, cut)) ?? []
        const sequence = Number(id.slice(cut + 1))
        return sent.find(({ lastSequence }) => sequence <= lastSequence)?.dueMs
      })
      const known = dueMs.filter((due) => due !== undefined)
      if (known.length === 0) continue
      findings.push({ delayMs: now - Math.max(...known), single: dueMs.length === 1 })
    }
  }
  const listening = listen().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })
  return {
    end: async (): Promise<readonly Finding[]> => {
      // What waits until it is in order is told of a little later.
      await sleep(5_000)
      stop.abort()
      await listening
      return findings
    },
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function delaysOf({ findings }: Step, single: boolean): readonly number[] {
  return findings.filter((one) => one.single === single).map(({ delayMs }) => delayMs)
}

/** Everything arrives as fast as it is sent, and what one event gives away is told in time. */
function isSustained(of: Step): boolean {
  const isPrompt = quantile(delaysOf(of, true), 0.99) < ALERT_MS_MAX
  return isPrompt && of.tookSeconds < STEP_SECONDS * 1.05 + 1 && of.drainSeconds < STEP_SECONDS / 3
}

function row(of: Step): readonly string[] {
  const [single, several] = [delaysOf(of, true), delaysOf(of, false)]
  const percent = (share: number) => `${shown(share * 100)} %`
  const ms = (values: readonly number[]) =>
    `${shown(quantile(values, 0.5))} / ${shown(quantile(values, 0.99))} (${values.length})`
  return [
    ...[shown(of.rate), shown(of.events / of.tookSeconds), isSustained(of) ? 'yes' : 'no'],
    `${shown(quantile(of.acknowledgedMs, 0.5))} / ${shown(quantile(of.acknowledgedMs, 0.99))}`,
    ...[ms(single), several.length === 0 ? '–' : ms(several), shown(of.drainSeconds, 1)],
    ...[percent(of.busy.server), percent(of.busy.projector), percent(of.busy.load)],
    ...[shown(of.memory.server), shown(of.memory.projector)],
  ]
}

/** Bytes of the folders and files that a server keeps, by name. */
function kept(directory: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const [top = ''] = path.slice(directory.length + 1).split('/')
    // A database, its journal and its index of the journal are one thing.
    const name = top.replace(/-(?:wal|shm)$/, '')
    sums.set(name, (sums.get(name) ?? 0) + statSync(path).size)
  }
  return sums
}

/** Puts a server under load that rises until it is too much. */
export async function bench(): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-bench-load-'))
  const ends: (() => unknown)[] = []
  const context = { after: (end: () => unknown) => void ends.push(end) }
  try {
    const server = await ServerHome.open(context, join(folder, 'server'))
    const senders = await sendersOf(server)
    const steps: Step[] = []
    for (const rate of RATES) {
      const done = await step(server, senders, rate)
      process.stdout.write(`# ${row(done).join(' | ')}\n`)
      steps.push(done)
      if (!isSustained(done)) break
    }
    for (const { membership } of senders) membership.close()
    await server.stop()
    const events = steps.reduce((sum, one) => sum + one.events, 0)
    return report(steps, kept(server.directory), events)
  } finally {
    for (const end of ends) await end()
    rmSync(folder, { recursive: true, force: true })
  }
}

function report(
  steps: readonly Step[],
  sizes: ReadonlyMap<string, number>,
  events: number,
): Report {
  const best = steps.findLast(isSustained)
  const rest = [...sizes].toSorted(([, left], [, right]) => right - left)
  const total = rest.reduce((sum, [, bytes]) => sum + bytes, 0)
  const largest = rest.slice(0, 4).map(([name, bytes]) => `${name} ${shown(bytes / events)}`)
  return {
    title: 'Server under load',
    notes: [
      'A server process with everything on: log, engine with all rules of `content/rules`, incidents, projector with its ' +
        `event store, one console that is open. ${MACS} Macs deliver once a second each over TLS 1.3, ${STEP_SECONDS} seconds a ` +
        'row, one row after the other on the same server. Deliveries are made beforehand; the process that sends them shares ' +
        'the two cores with the server, its share is in the table.',
      'Times are from when a delivery was due, not from when it was sent, until its acknowledgement, and until a console is ' +
        'told of an alert by the last event in it (median / 99th percentile, number). Alerts of several events wait for ' +
        '`reorder_ms`, two seconds, so that events are in order; those of one event do not wait.',
      best === undefined
        ? `No rate was sustained with 99 of 100 alerts of one event within ${shown(ALERT_MS_MAX)} ms.`
        : `Sustained with 99 of 100 alerts of one event within ${shown(ALERT_MS_MAX)} ms: ${shown(best.rate)} events/s; ` +
          'acknowledgements kept up, and engine and projector had read everything within ' +
          `${shown(STEP_SECONDS / 3)} seconds of the end.`,
      `At rest after ${shown(events)} events: ${shown(total / events)} bytes an event in all (${largest.join(', ')}).`,
      'Synthetic: all benign profiles of `content/scenarios`, several people a Mac, and attacks now here and now there.',
    ],
    columns: [
      ...['events/s wanted', 'acknowledged events/s', 'sustained', 'acknowledged after, ms'],
      ...['alert of one event after, ms', 'of several, ms', 'all read after, s'],
      ...['server, of a core', 'projector', 'load'],
      ...['server, MiB', 'projector, MiB'],
    ],
    rows: steps.map(row),
  }
}
