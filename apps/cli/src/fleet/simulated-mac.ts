import {
  type Clock,
  deriveId,
  type EventBatch,
  type HostDescription,
  parseTime,
  type Random,
  TENANT_DEFAULT,
  type TimeNs,
} from '@pomona/schema'

import { Normalizer } from '@pomona/normalize'
import { LossCounter, type RawRecord, readLine, type Scenario, simulate } from '@pomona/sensor'
import { type SequencedEvent, type Sleep, Uplink, type UplinkCounts } from './uplink.ts'

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
  readonly server: string
  readonly token: string
  readonly agentVersion: string
  readonly clock: Clock
  readonly random: Random
  readonly sleep: Sleep
  readonly signal: AbortSignal
}

/** What a Mac did: `sensed = uplink.events + discarded + held`. */
export interface SimulatedMacCounts {
  readonly sensed: number
  readonly discarded: Readonly<Record<string, number>>
  readonly held: number
  readonly uplink: UplinkCounts
}

/** Longest time between two deliveries while there is something to deliver. */
const FLUSH_INTERVAL_MS = 1_000
const BATCH_EVENTS = 500
/** Enough for years at any rate a Mac has; the simulator wants an end. */
const EVENTS_MAX = Number.MAX_SAFE_INTEGER

/**
 * A Mac whose agent is real but for its sensor: the simulator writes eslogger's lines as time
 * passes, and each line is read, normalised, batched and delivered as a recorded one would be.
 * While the server is away nothing is sensed beyond one batch, because the simulator waits; a real
 * sensor would not.
 */
export class SimulatedMac {
  readonly #options: SimulatedMacOptions
  readonly #normalizer: Normalizer
  readonly #uplink: Uplink
  readonly #loss = new LossCounter()
  readonly #lines: Iterator<string>
  readonly #discarded = new Map<string, number>()
  readonly #untold = { sensed: 0, discarded: new Map<string, number>() }
  #ahead: { readonly line: string; readonly atNs: TimeNs } | undefined
  #sequence = 0
  #sensed = 0
  #held = 0
  #gapsTold = 0
  #ended = false

  constructor(options: SimulatedMacOptions) {
    this.#options = options
    const { clock, seed, name } = options
    const startNs = clock.nowNs()
    const host: HostDescription = {
      id: deriveId('host', [seed, name]),
      name,
      os_version: options.osVersion,
      architecture: 'arm64',
      agent_version: options.agentVersion,
    }
    // Each start is a boot of its own: sequences begin at 0 and collide with nothing sent before.
    const bootId = deriveId('boot', [seed, name, String(startNs)])
    const context = { tenantId: TENANT_DEFAULT, host, bootId, sensor: 'eslogger-simulated' }
    this.#normalizer = new Normalizer(context, {
      users: new Map([['501', options.user]]),
    })
    this.#uplink = new Uplink({ ...options, host, bootId, streamId: this.#normalizer.streamId })
    this.#lines = this.#simulate(startNs)
  }

  /**
   * Lives until the signal is aborted or its stories have ended.
   *
   * @throws CliError ERR_CLI_FLEET_REFUSED when the server refuses it for good.
   */
  async run(): Promise<void> {
    const { signal, sleep } = this.#options
    while (!signal.aborted && !this.#ended) {
      const events = this.#collect()
      this.#held = events.length
      if (events.length > 0) await this.#uplink.deliver(events, this.#report())
      this.#held = 0
      if (events.length < BATCH_EVENTS && !this.#ended) await sleep(FLUSH_INTERVAL_MS, signal)
    }
  }

  counts(): SimulatedMacCounts {
    return {
      sensed: this.#sensed,
      discarded: Object.fromEntries(this.#discarded),
      held: this.#held,
      uplink: this.#uplink.counts(),
    }
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

  /** What has happened by now and was not collected yet, at most one batch. */
  #collect(): readonly SequencedEvent[] {
    const nowNs = this.#options.clock.nowNs()
    const events: SequencedEvent[] = []
    while (events.length < BATCH_EVENTS) {
      this.#ahead ??= this.#next()
      if (this.#ahead === undefined || this.#ahead.atNs > nowNs) break
      const { line } = this.#ahead
      this.#ahead = undefined
      const read = readLine(line, this.#sequence++)
      this.#sensed++
      this.#untold.sensed++
      if (read.ok) this.#normalize(read.record, events)
      else this.#discard(read.reason)
    }
    return events
  }

  #next(): { readonly line: string; readonly atNs: TimeNs } | undefined {
    const next = this.#lines.next()
    if (next.done === true) {
      this.#ended = true
      return undefined
    }
    const line = next.value
    // Our own simulator writes the time once, first in no string before it; without one it is now.
    const time = /"time":"([^"]+)"/.exec(line)?.[1] ?? ''
    return { line, atNs: parseTime(time) ?? 0n }
  }

  #normalize(record: RawRecord, events: SequencedEvent[]): void {
    this.#loss.observe(record.value)
    const normalized = this.#normalizer.normalize(record)
    if (normalized.ok) events.push({ sequence: record.sequence, event: normalized.event })
    else this.#discard(normalized.reason)
  }

  #discard(reason: string): void {
    for (const counts of [this.#discarded, this.#untold.discarded]) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1)
    }
  }

  /** What happened since the last delivery. */
  #report(): EventBatch['counts'] {
    const { missing } = this.#loss.counts()
    const counts = {
      sensed: this.#untold.sensed,
      discarded: Object.fromEntries(this.#untold.discarded),
      gaps: missing - this.#gapsTold,
    }
    this.#untold.sensed = 0
    this.#untold.discarded.clear()
    this.#gapsTold = missing
    return counts
  }
}
