import {
  type Clock,
  formatTime,
  HOST_STATES,
  type HostId,
  type HostState,
  parseTime,
  TENANT_DEFAULT,
} from '@pomona/schema'
import type { AgentStanding, Records } from '@pomona/store'
import type { Logger } from 'pino'
import { messageOf } from '../errors.ts'
import type { MetricsRegistry } from '../metrics/registry.ts'
import { type Heard, hostState } from './host-state.ts'

/** What the watch works with. */
export interface HostWatchOptions {
  readonly records: Records
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  /** Told of hosts whose state has changed. Must not throw. */
  readonly onChange: (hostIds: readonly HostId[]) => void
}

interface Watched {
  heard: Heard
  state: HostState
}

const NS_PER_MS = 1_000_000n
const MS_PER_SECOND = 1_000
/** After a start of the server, which may have been down, hosts have so long to be heard. */
const GRACE_INTERVALS = 3
const CHANGES_PER_LOOK_MAX = 1_000

/**
 * Notices hosts that have fallen silent. An agent that was killed, or a Mac that was cut off,
 * cannot say so; what shows it is the report that did not come.
 */
export class HostWatch {
  readonly #options: HostWatchOptions
  readonly #hosts = new Map<HostId, Watched>()
  #openedMs = 0

  constructor(options: HostWatchOptions) {
    this.#options = options
    options.metrics.gauge({
      name: 'pomona_hosts',
      description: 'Hosts whose agents have reported, by state.',
      read: () => this.#samples(),
    })
  }

  /** Reads when each host was heard last. */
  async open(): Promise<void> {
    this.#openedMs = this.#nowMs()
    for (const agent of await this.#options.records.reports.agents(TENANT_DEFAULT)) {
      const heard = heardIn(agent)
      this.#hosts.set(agent.hostId, { heard, state: this.#judge(heard) })
    }
  }

  /** A report of a host was taken. */
  heard(agent: AgentStanding): void {
    const heard = heardIn(agent)
    const before = this.#hosts.get(agent.hostId)?.state
    const state = this.#judge(heard)
    this.#hosts.set(agent.hostId, { heard, state })
    if (before === 'silent' && state !== 'silent') this.#note(agent.hostId, 'heard_again', heard)
  }

  /** State of a host; `never` when it has not reported. */
  stateOf(hostId: HostId): HostState {
    const watched = this.#hosts.get(hostId)
    return watched === undefined ? 'never' : this.#judge(watched.heard)
  }

  /** Looks for hosts whose state has changed by the passing of time. */
  look(): void {
    const changed: HostId[] = []
    for (const [hostId, watched] of this.#hosts) {
      const state = this.#judge(watched.heard)
      if (state === watched.state) continue
      watched.state = state
      changed.push(hostId)
      if (state === 'silent') this.#note(hostId, 'silent', watched.heard)
      // What is left over is seen at the next look.
      if (changed.length >= CHANGES_PER_LOOK_MAX) break
    }
    if (changed.length > 0) this.#options.onChange(changed)
  }

  #judge(heard: Heard): HostState {
    const nowMs = this.#nowMs()
    const state = hostState(heard, nowMs)
    const graceMs = GRACE_INTERVALS * heard.intervalSeconds * MS_PER_SECOND
    return state === 'silent' && nowMs - this.#openedMs < graceMs ? 'late' : state
  }

  #note(hostId: HostId, action: 'silent' | 'heard_again', heard: Heard): void {
    const { clock, logger } = this.#options
    const last = formatTime(BigInt(heard.atMs) * NS_PER_MS)
    const line = {
      time: formatTime(clock.nowNs()),
      actor: 'server',
      action,
      details: action === 'silent' ? { last_report: last } : {},
    }
    if (action === 'silent') {
      logger.warn({ host: { id: hostId }, last_report: last }, 'A host has fallen silent.')
    } else logger.info({ host: { id: hostId } }, 'A host is heard again.')
    void this.#write(hostId, line)
  }

  async #write(hostId: HostId, line: Parameters<Records['reports']['note']>[2]): Promise<void> {
    const { records, logger } = this.#options
    try {
      const [newest] = await records.reports.history(TENANT_DEFAULT, hostId, 1)
      // The server was started anew, and the host is as silent as before.
      if (newest?.action === 'silent' && line.action === 'silent') return
      await records.reports.note(TENANT_DEFAULT, hostId, line)
    } catch (error) {
      logger.warn({ error: { message: messageOf(error) } }, 'A line of history was not stored.')
    }
  }

  #samples() {
    const counts = new Map<HostState, number>()
    for (const { heard } of this.#hosts.values()) {
      const state = this.#judge(heard)
      counts.set(state, (counts.get(state) ?? 0) + 1)
    }
    return HOST_STATES.filter((state) => state !== 'never').map((state) => ({
      labels: { state },
      value: counts.get(state) ?? 0,
    }))
  }

  #nowMs(): number {
    return Number(this.#options.clock.nowNs() / NS_PER_MS)
  }
}

function heardIn({ received, intervalSeconds, report }: AgentStanding): Heard {
  return {
    atMs: Number((parseTime(received) ?? 0n) / NS_PER_MS),
    intervalSeconds,
    stopping: report.stopping === true,
  }
}
