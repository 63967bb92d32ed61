import { join } from 'node:path'
import {
  commandExecutors,
  enrolled,
  HttpsTransport,
  IdentityMemory,
  type MembershipOptions,
  type ReportBody,
  type Sleep,
  Uplink,
  type UplinkCounts,
} from '@pomona/agent'
import { Normalizer } from '@pomona/normalize'
import {
  type BootId,
  type Clock,
  deriveId,
  formatTime,
  type HostDescription,
  type HostId,
  parseTime,
  type Random,
  streamId,
  type TenantId,
  type TimeNs,
} from '@pomona/schema'
import { LossCounter, readLine, type Scenario, simulate } from '@pomona/sensor'
import type { DeliveryTimes } from './delivery-times.ts'
import { aboutMs, CuttableNetwork, disturb, draw, type FleetFaults, skewedClock } from './faults.ts'
import { MacDiskSpool, MacMemorySpool, type MacSpool } from './mac-spool.ts'

/** An attack and when it begins after the Mac is switched on. */
export interface PlannedAttack {
  readonly scenario: Scenario
  readonly afterNs: bigint
}

/** One Mac of a fleet. */
export interface SimulatedMacOptions {
  readonly name: string
  readonly user: string
  readonly osVersion: string
  readonly seed: string
  /** What its people do all day; each entry goes on for ever beside the others. */
  readonly background: readonly Scenario[]
  readonly attacks: readonly PlannedAttack[]
  /** Address of the server's port for agents. */
  readonly server: string
  /** By which it enrols. */
  readonly token: string
  readonly agentVersion: string
  readonly faults: FleetFaults
  /** Folder of its spool; without one it is kept in memory. */
  readonly spoolFolder?: string
  /** Folder of its journal of commands; without one it takes none. */
  readonly commandsFolder?: string
  readonly spoolItemsMax: number
  readonly spoolBytesMax: number
  readonly reportSeconds: number
  readonly times: DeliveryTimes
  readonly clock: Clock
  readonly random: Random
  readonly sleep: Sleep
  /** Ends its sensing; what it holds is still delivered. */
  readonly rest: AbortSignal
  /** Ends the Mac. */
  readonly signal: AbortSignal
}

/** What a Mac did: `sensed = delivered + filtered + dropped + held`. */
export interface SimulatedMacCounts {
  readonly sensed: number
  readonly filtered: number
  readonly dropped: number
  readonly held: number
  /** Counts of all lives of its agent. */
  readonly uplinks: readonly UplinkCounts[]
  readonly transport: UplinkCounts['transport']
  readonly restarts: number
}

/** Time between looking at what has happened. */
const SENSE_INTERVAL_MS = 1_000
const EVENTS_AT_ONCE = 5_000
const SESSION_BYTES = 16
const NS_PER_MS = 1_000_000n
const MS_PER_S = 1_000
/** Enough for years at any rate a Mac has; the simulator wants an end. */
const EVENTS_MAX = Number.MAX_SAFE_INTEGER
/** There is no machine behind it, so that most of what is asked of it cannot be had. */
const EXECUTORS = commandExecutors({
  collectPosture: () => Promise.resolve({}),
  restartSensor: () => Promise.resolve(false),
  setLogLevel: () => undefined,
})
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined }

/**
 * A Mac whose agent is real but for its sensors: the simulator writes eslogger's lines as time
 * passes, each is read and normalised as a recorded one would be, and the agents' own uplink
 * enrols, delivers and reports. It senses whether or not the server can be reached.
 */
export class SimulatedMac {
  readonly #options: SimulatedMacOptions
  readonly #clock: Clock
  readonly #network: CuttableNetwork
  readonly #loss = new LossCounter()
  readonly #uplinks: Uplink[] = []
  readonly #membership: MembershipOptions
  #lines: Iterator<string> | undefined
  #spool: MacSpool | undefined
  #ahead: { readonly line: string; readonly atNs: TimeNs } | undefined
  #sensed = 0
  #filtered = 0

  constructor(options: SimulatedMacOptions) {
    this.#options = options
    const { clock, random, sleep, server, token, name, faults } = options
    const { skewSeconds } = faults
    this.#clock = skewSeconds === undefined ? clock : skewedClock(clock, random, skewSeconds)
    this.#network = new CuttableNetwork(
      (identity) => new HttpsTransport({ server, identity, connectionsMax: 2 }),
    )
    this.#membership = {
      ...{ server, token, random, sleep, clock: this.#clock, log: QUIET },
      hardwareUuid: uuidOf(deriveId('hardware', [options.seed, name])),
      host: {
        name,
        os_version: options.osVersion,
        architecture: 'arm64',
        agent_version: options.agentVersion,
      },
      identity: new IdentityMemory(),
      connect: this.#network.connect,
    }
  }

  /**
   * Lives until the signal is aborted.
   *
   * @throws AgentError ERR_ENROLMENT_REFUSED when the server does not let it in; the signal's
   *   reason.
   */
  async run(): Promise<void> {
    const { signal, random, sleep, faults } = this.#options
    const { host_id: hostId, tenant_id: tenantId } = await enrolled(this.#membership, signal)
    const bootNs = this.#clock.nowNs()
    const bootId = deriveId('boot', [hostId, String(bootNs)])
    const spool = await this.#openSpool({ hostId, tenantId, bootId })
    this.#spool = spool
    this.#lines = this.#simulate(bootNs)
    const live = async (): Promise<void> => {
      while (!signal.aborted) {
        // What the server said, and what was derived from it.
        const context = { tenantId: tenantId as TenantId, bootId: bootId as BootId }
        const host = { id: hostId, ...this.#membership.host }
        const normalizer = new Normalizer(
          { ...context, host, sensor: spool.run },
          { users: new Map([['501', this.#options.user]]) },
        )
        await this.#liveOnce({ normalizer, spool, bootId })
        if (!signal.aborted) await spool.restart()
      }
    }
    try {
      await Promise.all([live(), disturb(this.#network, { ...faults, random, sleep }, signal)])
    } finally {
      await spool.close()
    }
  }

  counts(): SimulatedMacCounts {
    const uplinks = this.#uplinks.map((uplink) => uplink.counts())
    const delivered = uplinks.reduce((sum, { shipped }) => sum + shipped.delivered, 0)
    const { dropped, held } = this.#spool?.counts(delivered) ?? { dropped: 0, held: 0 }
    return {
      sensed: this.#sensed,
      filtered: this.#filtered,
      ...{ dropped, held, uplinks },
      transport: this.#network.counts(),
      restarts: Math.max(0, this.#uplinks.length - 1),
    }
  }

  async #openSpool(who: {
    readonly hostId: string
    readonly tenantId: string
    readonly bootId: string
  }): Promise<MacSpool> {
    const { random, times, name, spoolFolder, spoolItemsMax, spoolBytesMax } = this.#options
    const options = {
      ...{ clock: this.#clock, random, times, bootId: who.bootId },
      ...{ itemsMax: spoolItemsMax, bytesMax: spoolBytesMax },
      streamId: (run: string) =>
        streamId({
          tenantId: who.tenantId as TenantId, // What the server said, checked as an identifier.
          hostId: who.hostId as HostId, // As above.
          bootId: who.bootId as BootId, // As above.
          sensor: run,
        }),
    }
    if (spoolFolder === undefined) return new MacMemorySpool(options)
    return await MacDiskSpool.open({ ...options, folder: join(spoolFolder, name) })
  }

  /** One start of the agent, until it is started again or everything ends. */
  async #liveOnce(parts: {
    readonly normalizer: Normalizer
    readonly spool: MacSpool
    readonly bootId: string
  }): Promise<void> {
    const { signal, random, sleep, faults, reportSeconds, commandsFolder, name } = this.#options
    const { normalizer, spool, bootId } = parts
    const end = new AbortController()
    const lifeSignal = AbortSignal.any([signal, end.signal])
    const startedNs = this.#clock.nowNs()
    const uplink = new Uplink({
      ...this.#membership,
      sessionId: uuidOf(Buffer.from(random.bytes(SESSION_BYTES)).toString('hex')),
      epoch: spool.epoch,
      spool: spool.reader,
      ledger: spool.ledger,
      body: (host) => Promise.resolve(this.#report({ host, spool, bootId, startedNs })),
      reportIntervalMs: () => reportSeconds * MS_PER_S * (0.9 + 0.2 * draw(random)),
      ...(commandsFolder !== undefined && {
        commands: { journalPath: join(commandsFolder, name), executors: EXECUTORS },
      }),
    })
    this.#uplinks.push(uplink)
    const ended = async (work: Promise<void>): Promise<void> => {
      try {
        await work
      } catch (error) {
        if (!lifeSignal.aborted) throw error
      } finally {
        end.abort()
      }
    }
    const { restartSeconds } = faults
    await Promise.all([
      ended(uplink.run(lifeSignal)),
      ended(this.#senseAlways(normalizer, spool, lifeSignal)),
      ...(restartSeconds === undefined
        ? []
        : [ended(sleep(aboutMs(random, restartSeconds), lifeSignal))]),
    ])
  }

  async #senseAlways(normalizer: Normalizer, spool: MacSpool, signal: AbortSignal): Promise<void> {
    const { sleep, random, rest } = this.#options
    // Macs of one process look at different times, so that it never does everything at once.
    await sleep(draw(random) * SENSE_INTERVAL_MS, signal)
    for (;;) {
      const isMore = !rest.aborted && this.#sense(normalizer, spool)
      await spool.commit()
      if (!isMore) await sleep(SENSE_INTERVAL_MS, signal)
      signal.throwIfAborted()
    }
  }

  /** Keeps what has happened by now. @returns Whether there is more of it. */
  #sense(normalizer: Normalizer, spool: MacSpool): boolean {
    const nowNs = this.#clock.nowNs()
    for (let count = 0; count < EVENTS_AT_ONCE; count++) {
      this.#ahead ??= this.#next()
      if (this.#ahead === undefined || this.#ahead.atNs > nowNs) return false
      const { line, atNs } = this.#ahead
      this.#ahead = undefined
      this.#sensed += 1
      const sequence = spool.sense()
      const read = readLine(line, sequence)
      if (read.ok) this.#loss.observe(read.record.value)
      const result = read.ok ? normalizer.normalize(read.record) : read
      if (result.ok) {
        const type = result.event.event?.action ?? 'unknown'
        const text = JSON.stringify(result.event)
        spool.keep(sequence, { type, timeMs: Number(atNs / NS_PER_MS), text })
      } else {
        this.#filtered += 1
        spool.filter(result.reason)
      }
    }
    return true
  }

  #next(): { readonly line: string; readonly atNs: TimeNs } | undefined {
    const next = this.#lines?.next()
    if (next === undefined || next.done === true) return undefined
    const line = next.value
    // Our own simulator writes the time once, first in no string before it; without one it is now.
    const time = /"time":"([^"]+)"/.exec(line)?.[1] ?? ''
    return { line, atNs: parseTime(time) ?? 0n }
  }

  #simulate(startNs: TimeNs): Iterator<string> {
    const { name, user, osVersion, seed, background, attacks } = this.#options
    const lines = simulate({
      host: { name, osVersion, users: [{ name: user, uid: 501 }] },
      seed: `${seed}/${name}`,
      startNs,
      background,
      scenarios: attacks.map(({ scenario }) => scenario),
      offsetsNs: attacks.map(({ afterNs }) => afterNs),
      eventsMax: EVENTS_MAX,
    })
    return lines[Symbol.iterator]()
  }

  /** A Mac that is simulated has no processor and no memory of its own to report. */
  #report(of: {
    readonly host: HostDescription
    readonly spool: MacSpool
    readonly bootId: string
    readonly startedNs: TimeNs
  }): ReportBody {
    const { host, spool, bootId, startedNs } = of
    const { missing } = this.#loss.counts()
    const since = formatTime(startedNs)
    const lost = { lost: missing, lost_by_type: {} }
    return {
      ...{ host, boot_id: bootId, epoch: spool.epoch, permissions: [] },
      usage: {
        ...{ started: since, cpu_percent: 0, memory_bytes: 0, spool_bytes: 0, alerts: 0 },
        spool_events: this.counts().held,
      },
      sensors: [{ sensor: 'eslogger', state: 'running', since, restarts: 0, ...lost }],
    }
  }
}

/** A UUID of the form that Macs and sessions have, from 32 hex digits. */
function uuidOf(hex: string): string {
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ]
  return [...parts, hex.slice(20, 32)].join('-')
}
