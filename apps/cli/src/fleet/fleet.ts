import { type Clock, parseTime, type Random } from '@pomona/schema'
import { type Scenario, simulate } from '@pomona/sensor'
import { CliError } from '../errors.ts'
import { type PlannedAttack, SimulatedMac } from './simulated-mac.ts'
import type { Sleep } from './uplink.ts'

/** A fleet of simulated Macs that speaks the agents' protocol with a real server. */
export interface FleetOptions {
  /** Macs, from 1 to {@link AGENTS_MAX}. */
  readonly agents: number
  /** Events a second and Mac to aim at; one person's profile is the least there is. */
  readonly rate: number
  readonly server: string
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
  readonly clock: Clock
  readonly random: Random
  readonly sleep: Sleep
  /** Ends the fleet. */
  readonly signal: AbortSignal
}

/** What a fleet did: `sensed = stored + discarded + held`. */
export interface FleetCounts {
  readonly agents: number
  readonly sensed: number
  /** On the server's stable storage, by its own word. */
  readonly stored: number
  readonly discarded: number
  /** Sensed but not acknowledged when the fleet ended. */
  readonly held: number
  readonly batches: number
  readonly duplicates: number
  readonly rejected: number
  readonly wireBytes: number
  readonly retries: Readonly<Record<string, number>>
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
  const signal = AbortSignal.any([options.signal, stop.signal])
  const plans = planAttacks(options)
  const copies = new Map(options.profiles.map((one) => [one.id, copiesFor(one, options.rate)]))
  const macs = Array.from({ length: options.agents }, (_, index) => {
    const profile = options.profiles[index % options.profiles.length]
    const times = profile === undefined ? 0 : (copies.get(profile.id) ?? 1)
    return new SimulatedMac({
      ...options,
      signal,
      name: `orchard-${String(index + 1).padStart(2, '0')}`,
      user: USERS[index % USERS.length] ?? USERS[0],
      osVersion: options.osVersion ?? OS_VERSION_DEFAULT,
      seed: options.seed ?? SEED_DEFAULT,
      background: profile === undefined ? [] : Array.from({ length: times }, () => profile),
      attacks: plans[index] ?? [],
    })
  })
  const done = Promise.all(macs.map((mac) => runUntilAborted(mac, signal))).then(
    () => undefined,
    (error: unknown) => {
      stop.abort()
      throw error
    },
  )
  return { done, counts: () => total(macs) }
}

async function runUntilAborted(mac: SimulatedMac, signal: AbortSignal): Promise<void> {
  try {
    await mac.run()
  } catch (error) {
    // Being told to stop is how a fleet ends; what waited then fails with one or the other
    // AbortError.
    if (!signal.aborted || error instanceof CliError) throw error
  }
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

function total(macs: readonly SimulatedMac[]): FleetCounts {
  const sums = { sensed: 0, stored: 0, discarded: 0, held: 0, batches: 0, duplicates: 0 }
  const more = { rejected: 0, wireBytes: 0 }
  const retries = new Map<string, number>()
  for (const mac of macs) {
    const { sensed, discarded, held, uplink } = mac.counts()
    sums.sensed += sensed
    sums.stored += uplink.events
    sums.discarded += Object.values(discarded).reduce((sum, count) => sum + count, 0)
    sums.held += held
    sums.batches += uplink.batches
    sums.duplicates += uplink.duplicates
    more.rejected += uplink.rejected
    more.wireBytes += uplink.wireBytes
    for (const [cause, count] of Object.entries(uplink.retries)) {
      retries.set(cause, (retries.get(cause) ?? 0) + count)
    }
  }
  return { agents: macs.length, ...sums, ...more, retries: Object.fromEntries(retries) }
}
