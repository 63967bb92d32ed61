import {
  type Clock,
  formatTime,
  type HostAgent,
  type HostAgentDetail,
  type HostContact,
  type HostId,
  type HostRecord,
  type LedgerStanding,
  type LedgerSums,
  parseTime,
  TENANT_DEFAULT,
  type TenantId,
} from '@pomona/schema'
import type { AgentContact, AgentStanding, Records } from '@pomona/store'
import type { HostWatch } from './host-watch.ts'
import type { LetterWatch } from './letter-watch.ts'
import type { Rollout } from './rollout.ts'

/** What the views are put together from. */
export interface HostViewsOptions {
  readonly records: Records
  readonly clock: Clock
  readonly watch: HostWatch
  readonly rollout: Rollout
  readonly letters: LetterWatch
  readonly contactOf: (tenantId: TenantId, hostId: HostId) => AgentContact | undefined
}

const NS_PER_HOUR = 3_600_000_000_000n
const HOURS = 24n
const HISTORY_MAX = 100
const NO_SUMS: LedgerSums = {
  ...{ sensed: 0, filtered: 0, dropped: 0, sent: 0, lost: 0, unobserved_ms: 0 },
}

/** Hosts as people see them: the record, what its agent reports, what the port knows of it. */
export class HostViews {
  readonly #options: HostViewsOptions

  constructor(options: HostViewsOptions) {
    this.#options = options
  }

  async all(): Promise<readonly HostRecord[]> {
    const { records } = this.#options
    const [hosts, agents, sums] = await Promise.all([
      records.hosts(TENANT_DEFAULT),
      records.reports.agents(TENANT_DEFAULT),
      records.reports.sums(TENANT_DEFAULT, this.#dayAgo()),
    ])
    const byId = new Map(agents.map((agent) => [agent.hostId, agent]))
    return hosts.map((host) => {
      const hostId = host.id as HostId // Read from the records.
      return this.#view(host, { agent: byId.get(hostId), day: sums.get(hostId) })
    })
  }

  async one(hostId: HostId): Promise<HostRecord | undefined> {
    const { records } = this.#options
    const host = await records.host(TENANT_DEFAULT, hostId)
    if (host === undefined) return undefined
    const agent = await records.reports.agent(TENANT_DEFAULT, hostId)
    return this.#view(host, { agent, day: agent && (await this.#lastDay(hostId)) })
  }

  async detail(hostId: HostId): Promise<HostAgentDetail> {
    const { records } = this.#options
    const [agent, history] = await Promise.all([
      records.reports.agent(TENANT_DEFAULT, hostId),
      records.reports.history(TENANT_DEFAULT, hostId, HISTORY_MAX),
    ])
    return {
      ...(agent !== undefined && { report: reportOf(agent) }),
      history: [...history],
    }
  }

  async #lastDay(hostId: HostId): Promise<LedgerSums> {
    const span = { from: this.#dayAgo(), limit: 10_000 }
    const hours = await this.#options.records.reports.hours(TENANT_DEFAULT, hostId, span)
    return hours.reduce(
      (sum, hour) => ({
        sensed: sum.sensed + hour.sensed,
        filtered: sum.filtered + hour.filtered,
        dropped: sum.dropped + hour.dropped,
        sent: sum.sent + hour.sent,
        lost: sum.lost + hour.lost,
        unobserved_ms: sum.unobserved_ms + hour.unobserved_ms,
      }),
      NO_SUMS,
    )
  }

  #view(
    host: HostRecord,
    { agent, day }: { agent: AgentStanding | undefined; day: LedgerSums | undefined },
  ): HostRecord {
    const { contactOf, clock, letters } = this.#options
    const dead = letters.of(host.id)
    const contact = contactOf(TENANT_DEFAULT, host.id as HostId) // Read from the records.
    return {
      ...host,
      ...(agent !== undefined && { agent: this.#agent(agent, day ?? NO_SUMS) }),
      ...(contact !== undefined && { contact: contactView(contact, clock.nowNs()) }),
      ...(dead !== undefined && { dead_letters: dead }),
    }
  }

  #agent(agent: AgentStanding, day: LedgerSums): HostAgent {
    const { watch, rollout } = this.#options
    const { report, ledger, hostId } = agent
    const { usage } = report
    const wanted = rollout.bundleFor(hostId, report.bundle.applied)
    return {
      state: watch.stateOf(hostId),
      last_report: agent.received,
      interval_seconds: agent.intervalSeconds,
      skew_ms: agent.skewMs,
      started: usage.started,
      epoch: report.epoch,
      sensors: report.sensors.map(({ sensor, state, problem }) => ({
        ...{ sensor, state },
        ...(problem !== undefined && { problem: problem.code }),
      })),
      permissions_missing: report.permissions
        .filter(({ granted }) => !granted)
        .map(({ name }) => name),
      bundle: report.bundle,
      ...(wanted !== undefined && { bundle_wanted: wanted }),
      spool_events: usage.spool_events,
      ...(usage.spool_oldest !== undefined && { spool_oldest: usage.spool_oldest }),
      cpu_percent: usage.cpu_percent,
      memory_bytes: usage.memory_bytes,
      crashes: agent.crashes,
      ...(ledger.problem !== undefined && { ledger_problem: ledger.problem.kind }),
      last_day: day,
    }
  }

  #dayAgo(): string {
    return `${formatTime(this.#options.clock.nowNs() - HOURS * NS_PER_HOUR).slice(0, 13)}:00:00Z`
  }
}

function reportOf({ report, ledger }: AgentStanding): HostAgentDetail['report'] {
  const { boot_id, usage, sensors, permissions, posture } = report
  return {
    ...{ boot_id, usage, sensors, permissions, ledger: ledgerOf(ledger) },
    ...(posture !== undefined && { posture }),
  }
}

function ledgerOf({ next, problem, refused }: AgentStanding['ledger']): LedgerStanding {
  const shown = { next, refused: { ...refused } }
  if (problem === undefined) return shown
  const { kind, index, since } = problem
  return { ...shown, problem: kind, problem_index: index, problem_since: since }
}

function contactView(contact: AgentContact, nowNs: bigint): HostContact {
  const { enrolled, lastContact, address, certificateEnd, clockSkewMs, suspicion } = contact
  return {
    ...(enrolled !== undefined && { enrolled }),
    ...(lastContact !== undefined && { last_contact: lastContact }),
    ...(address !== undefined && { address }),
    ...(certificateEnd !== undefined && { certificate_end: certificateEnd }),
    ...(clockSkewMs !== undefined && { skew_ms: clockSkewMs }),
    refusals: { ...contact.refusals },
    ...(suspicion !== undefined && {
      suspicion: {
        ...suspicion,
        recent: nowNs - (parseTime(suspicion.last) ?? 0n) < NS_PER_HOUR,
      },
    }),
  }
}
