import { once } from 'node:events'
import { AgentError, type Sleep, type UplinkCounts } from '@pomona/agent'
import { type Clock, parseTime, type Random } from '@pomona/schema'
import { type Scenario, simulate } from '@pomona/sensor'
import { CliError } from '../errors.ts'
import { DeliveryTimes } from './delivery-times.ts'
import { draw, type FleetFaults } from './faults.ts'
import { type PlannedAttack, SimulatedMac } from './simulated-mac.ts'

/** A fleet of simulated Macs that speaks the agents' protocol with a real server. */
export interface FleetOptions {
  /** Macs, from 1 to {@link AGENTS_MAX}. */
  readonly agents: number
  /** Events a second and Mac to aim at; one person's profile is the least there is. */
  readonly rate: number
  /** Address of the server's port for agents, such as `https://localhost:8444`. */
  readonly server: string
  /** An enrolment token for as many Macs. */
  readonly token: string
  /** Benign profiles; the Macs take turns in choosing one. At least one. */
  readonly profiles: readonly Scenario[]
  /** Attacks; they hit one Mac after the other. */
  readonly attacks: readonly Scenario[]
  /** When the first attack begins. Default 10. */
  readonly attackFirstSeconds?: number
  /** Time between the beginnings of two attacks. Default 60. */
  readonly attackEverySeconds?: number
  /** How many attacks to begin; default: each of `attacks` once. */
  readonly attacksCount?: number
  readonly seed?: string
  readonly osVersion?: string
  readonly agentVersion: string
  readonly faults?: FleetFaults
  /** Time over which the Macs are switched on. Default: fifty a second. */
  readonly rampSeconds?: number
  /** Folder of spools, one each; without one they are kept in memory. */
  readonly spoolFolder?: string
  /**
   * Folder of journals of commands, one each: Macs then wait for commands all the time, as agents
   * do. Without one they take none.
   */
  readonly commandsFolder?: string
  /** Events a spool in memory holds. Default 20,000. */
  readonly spoolItemsMax?: number
  /** Bytes a spool on disk holds. Default 64 MiB. */
  readonly spoolBytesMax?: number
  /** How long what is held has to be delivered when the fleet ends. Default 10. */
  readonly drainSecondsMax?: number
  /** Time between two reports of a Mac. Default 60. */
  readonly reportSeconds?: number
  readonly clock: Clock
  readonly random: Random
  readonly sleep: Sleep
  /** Ends the fleet: nothing more is sensed, and what is held has a while to be delivered. */
  readonly signal: AbortSignal
}

/** What a fleet did: `sensed = stored + filtered + dropped + held`. */
export interface FleetCounts {
  readonly agents: number
  /** Macs that have enrolled. */
  readonly enrolled: number
  readonly sensed: number
  /** On the server's stable storage, by its own word. */
  readonly stored: number
  /** Left out on purpose. */
  readonly filtered: number
  /** Given up: no room in the spool, or refused for good. */
  readonly dropped: number
  /** Sensed and not acknowledged when it was asked. */
  readonly held: number
  readonly batches: number
  readonly duplicates: number
  /** Set aside by the server as dead letters; part of `stored`. */
  readonly dead_letters: number
  readonly reports: number
  readonly restarts: number
  /** Bytes of the batches before and after compression. */
  readonly bytes: number
  readonly wire_bytes: number
  readonly handshakes: number
  readonly resumed: number
  readonly retries: Readonly<Record<string, number>>
  /** From when an event was sensed until it was acknowledged; milliseconds. */
  readonly delivery_ms: {
    readonly p50: number | undefined
    readonly p95: number | undefined
    readonly p99: number | undefined
  }
}

/** A fleet that runs. */
export interface Fleet {
  /** Resolves when every Mac has stopped; rejects when the server refuses one for good. */
  readonly done: Promise<void>
  counts(): FleetCounts
}

/** Most Macs of one fleet. */
export const AGENTS_MAX = 10_000

const SEED_DEFAULT = 'orchard'
const OS_VERSION_DEFAULT = '26.1'
const ATTACK_FIRST_SECONDS = 10
const ATTACK_EVERY_SECONDS = 60
const ATTACKS_MAX = 1_000
const NS_PER_S = 1_000_000_000n
const CALIBRATION_EVENTS = 2_000
const COPIES_MAX = 1_000
const SPOOL_ITEMS_MAX = 20_000
const SPOOL_BYTES_MAX = 64 * 1024 * 1024
const REPORT_SECONDS = 60
const STARTS_PER_SECOND = 50
const DRAIN_SECONDS_MAX = 10
const DRAIN_STEP_MS = 200
const MS_PER_S = 1_000
const USERS = [
  'maya',
  'jonas',
  'li',
  'amara',
  'tomas',
  'yuki',
  'ines',
  'noor',
  'wei',
  'elin',
] as const

/**
 * Starts a fleet. Events happen now: a Mac's events are delivered about a second after their time.
 *
 * @throws Never; failures reject `done`.
 */
export function runFleet(options: FleetOptions): Fleet {
  // One Mac that is refused for good ends the others too: they have the same token.
  const stop = new AbortController()
  const { signal } = stop
  const plans = planAttacks(options)
  const copies = new Map(options.profiles.map((one) => [one.id, copiesFor(one, options.rate)]))
  const times = new DeliveryTimes()
  const macs = Array.from({ length: options.agents }, (_, index) => {
    const profile = options.profiles[index % options.profiles.length]
    const people = profile === undefined ? 0 : (copies.get(profile.id) ?? 1)
    return new SimulatedMac({
      ...options,
      ...{ signal, rest: options.signal, times, faults: options.faults ?? {} },
      name: `orchard-${String(index + 1).padStart(2, '0')}`,
      user: USERS[index % USERS.length] ?? USERS[0],
      osVersion: options.osVersion ?? OS_VERSION_DEFAULT,
      seed: options.seed ?? SEED_DEFAULT,
      background: profile === undefined ? [] : Array.from({ length: people }, () => profile),
      attacks: plans[index] ?? [],
      spoolItemsMax: options.spoolItemsMax ?? SPOOL_ITEMS_MAX,
      spoolBytesMax: options.spoolBytesMax ?? SPOOL_BYTES_MAX,
      reportSeconds: options.reportSeconds ?? REPORT_SECONDS,
    })
  })
  const rampMs = (options.rampSeconds ?? options.agents / STARTS_PER_SECOND) * MS_PER_S
  const begin = async (mac: SimulatedMac): Promise<void> => {
    try {
      await options.sleep(rampMs * draw(options.random), signal)
      await mac.run()
    } catch (error) {
      // Being told to stop is how a fleet ends.
      if (!signal.aborted) throw refusal(error)
    }
  }
  const lives = Promise.all(macs.map((mac) => begin(mac)))
  const done = Promise.race([lives, drained(options, macs)]).then(
    async () => {
      stop.abort()
      await lives
    },
    (error: unknown) => {
      stop.abort()
      throw error
    },
  )
  return { done, counts: () => total(macs, times) }
}

/** Resolves when the fleet is to end and has delivered what it held, or had long enough for it. */
async function drained(
  options: Pick<FleetOptions, 'signal' | 'sleep' | 'drainSecondsMax'>,
  macs: readonly SimulatedMac[],
): Promise<void> {
  const { signal, sleep, drainSecondsMax = DRAIN_SECONDS_MAX } = options
  const waitMsMax = drainSecondsMax * MS_PER_S
  if (!signal.aborted) await once(signal, 'abort')
  const never = new AbortController().signal
  for (let waitedMs = 0; waitedMs < waitMsMax; waitedMs += DRAIN_STEP_MS) {
    if (macs.every((mac) => mac.counts().held === 0)) return
    await sleep(DRAIN_STEP_MS, never)
  }
}

/** The error of a person who has the wrong token or address. */
function refusal(error: unknown): unknown {
  if (!(error instanceof AgentError) || error.code !== 'ERR_ENROLMENT_REFUSED') return error
  return new CliError('ERR_CLI_FLEET_REFUSED', error.message, {
    cause: error,
    details: error.details,
  })
}

/** Spreads the attacks over time and over the Macs. */
function planAttacks(options: FleetOptions): readonly (readonly PlannedAttack[])[] {
  const { agents, attacks } = options
  const first = options.attackFirstSeconds ?? ATTACK_FIRST_SECONDS
  const every = options.attackEverySeconds ?? ATTACK_EVERY_SECONDS
  const wanted = attacks.length === 0 ? 0 : (options.attacksCount ?? attacks.length)
  const plans: PlannedAttack[][] = Array.from({ length: agents }, () => [])
  for (let index = 0; index < Math.min(wanted, ATTACKS_MAX); index++) {
    const scenario = attacks[index % attacks.length]
    const afterNs = BigInt(Math.round((first + every * index) * 1_000)) * (NS_PER_S / 1_000n)
    if (scenario !== undefined) plans[index % agents]?.push({ scenario, afterNs })
  }
  return plans
}

/**
 * How many people with this profile make about this rate. A profile has its own pace, which is
 * measured by playing it for a while; speeding it up instead would put events nearer together than
 * on any Mac.
 */
function copiesFor(profile: Scenario, rate: number): number {
  const times: bigint[] = []
  for (const line of simulate({ background: [profile], eventsMax: CALIBRATION_EVENTS })) {
    const atNs = parseTime(/"time":"([^"]+)"/.exec(line)?.[1] ?? '')
    if (atNs !== undefined) times.push(atNs)
  }
  const spanNs = (times.at(-1) ?? 0n) - (times[0] ?? 0n)
  if (spanNs <= 0n) return 1
  const natural = times.length / (Number(spanNs) / Number(NS_PER_S))
  return Math.min(COPIES_MAX, Math.max(1, Math.round(rate / natural)))
}

function total(macs: readonly SimulatedMac[], times: DeliveryTimes): FleetCounts {
  const sums = { sensed: 0, stored: 0, filtered: 0, dropped: 0, held: 0 }
  const wire = { batches: 0, duplicates: 0, dead_letters: 0, reports: 0, bytes: 0, wire_bytes: 0 }
  const more = { enrolled: 0, restarts: 0, handshakes: 0, resumed: 0 }
  const retries = new Map<string, number>()
  for (const mac of macs) {
    const { sensed, filtered, dropped, held, uplinks, transport, restarts } = mac.counts()
    sums.sensed += sensed
    sums.filtered += filtered
    sums.dropped += dropped
    sums.held += held
    more.enrolled += uplinks.length > 0 ? 1 : 0
    more.restarts += restarts
    more.handshakes += transport.handshakes
    more.resumed += transport.resumed
    for (const uplink of uplinks) {
      sums.stored += uplink.shipped.delivered
      addWire(wire, uplink)
      for (const [cause, count] of Object.entries(uplink.retries)) {
        retries.set(cause, (retries.get(cause) ?? 0) + count)
      }
    }
  }
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => times.quantileMs(share))
  return {
    agents: macs.length,
    ...sums,
    ...wire,
    ...more,
    retries: Object.fromEntries(retries),
    delivery_ms: { p50, p95, p99 },
  }
}

type Wire = Record<
  'batches' | 'duplicates' | 'dead_letters' | 'reports' | 'bytes' | 'wire_bytes',
  number
>

function addWire(wire: Wire, { shipped, reports }: UplinkCounts): void {
  wire.batches += shipped.batches
  wire.duplicates += shipped.duplicates
  wire.dead_letters += shipped.deadLetters
  wire.reports += reports
  wire.bytes += shipped.bytes
  wire.wire_bytes += shipped.wireBytes
}
