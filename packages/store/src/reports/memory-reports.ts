import {
  type ActivityEntry,
  type HostId,
  type LedgerHour,
  type LedgerRow,
  type LedgerSums,
  type LedgerVerdict,
  type TenantId,
} from '@pomona/schema'
import { ChainCheck } from './chain-check.ts'
import { addSums, addToHour, hourOf, NO_SUMS } from './ledger-sums.ts'
import { mergeReport } from './merge.ts'
import {
  type AgentStanding,
  HISTORY_LINES_MAX,
  type LedgerSpan,
  type ReceivedReport,
  type ReportRecords,
  type TakenReport,
} from './reports.ts'

interface KeptRow {
  readonly installation: number
  readonly row: LedgerRow
  readonly received: string
}

interface Host {
  agent: AgentStanding | undefined
  rows: KeptRow[]
  history: ActivityEntry[]
  readonly hours: Map<string, LedgerHour>
  readonly sent: Map<number, number>
}

/** Reports in memory, naive on purpose. */
export class MemoryReports implements ReportRecords {
  readonly #hosts = new Map<string, Host>()
  readonly #assertOpen: () => void

  constructor(assertOpen: () => void) {
    this.#assertOpen = assertOpen
  }

  async take(reports: readonly ReceivedReport[]): Promise<readonly TakenReport[]> {
    this.#assertOpen()
    return reports.map((report) => this.#takeOne(structuredClone(report)))
  }

  #takeOne(received: ReceivedReport): TakenReport {
    const host = this.#host(received.tenantId, received.hostId)
    const { agent, rows, problem, wanted, history } = mergeReport(
      host.agent,
      received,
      (index) => currentRows(host).find((row) => row.index === index)?.hash,
    )
    host.agent = agent
    const { installation } = agent.ledger
    for (const row of rows) {
      host.rows.push({ installation, row, received: received.received })
      const key = JSON.stringify([hourOf(row), row.sensor])
      host.hours.set(key, addToHour(host.hours.get(key), row))
      host.sent.set(row.epoch, (host.sent.get(row.epoch) ?? 0) + row.sent)
    }
    host.history = [...host.history, ...history].slice(-HISTORY_LINES_MAX)
    return { agent, rows: rows.length, wanted, history, ...(problem !== undefined && { problem }) }
  }

  async agent(tenantId: TenantId, hostId: HostId): Promise<AgentStanding | undefined> {
    this.#assertOpen()
    return this.#hosts.get(keyOf(tenantId, hostId))?.agent
  }

  async agents(tenantId: TenantId): Promise<readonly AgentStanding[]> {
    this.#assertOpen()
    return [...this.#hosts.values()]
      .flatMap(({ agent }) => (agent?.tenantId === tenantId ? [agent] : []))
      .toSorted((a, b) => (a.hostId < b.hostId ? -1 : 1))
  }

  async note(tenantId: TenantId, hostId: HostId, line: ActivityEntry): Promise<void> {
    this.#assertOpen()
    const host = this.#host(tenantId, hostId)
    host.history = [...host.history, structuredClone(line)].slice(-HISTORY_LINES_MAX)
  }

  async history(
    tenantId: TenantId,
    hostId: HostId,
    limit: number,
  ): Promise<readonly ActivityEntry[]> {
    this.#assertOpen()
    const lines = this.#hosts.get(keyOf(tenantId, hostId))?.history ?? []
    return lines.toReversed().slice(0, limit)
  }

  async hours(
    tenantId: TenantId,
    hostId: HostId,
    { from = '', to, limit }: LedgerSpan,
  ): Promise<readonly LedgerHour[]> {
    this.#assertOpen()
    const hours = [...(this.#hosts.get(keyOf(tenantId, hostId))?.hours.values() ?? [])]
    return hours
      .filter(({ hour }) => hour >= from && (to === undefined || hour < to))
      .toSorted((a, b) => (a.hour + a.sensor < b.hour + b.sensor ? -1 : 1))
      .slice(-limit)
  }

  async sums(tenantId: TenantId, from: string): Promise<ReadonlyMap<HostId, LedgerSums>> {
    this.#assertOpen()
    const sums = new Map<HostId, LedgerSums>()
    for (const { agent, hours } of this.#hosts.values()) {
      if (agent?.tenantId !== tenantId) continue
      const wanted = [...hours.values()].filter(({ hour }) => hour >= from)
      if (wanted.length > 0) sums.set(agent.hostId, wanted.reduce<LedgerSums>(addSums, NO_SUMS))
    }
    return sums
  }

  async sentByEpoch(tenantId: TenantId, hostId: HostId): Promise<ReadonlyMap<number, number>> {
    this.#assertOpen()
    return new Map(this.#hosts.get(keyOf(tenantId, hostId))?.sent)
  }

  async rows(
    tenantId: TenantId,
    hostId: HostId,
    { index, limit }: { readonly index: number; readonly limit: number },
  ): Promise<readonly LedgerRow[]> {
    this.#assertOpen()
    const host = this.#hosts.get(keyOf(tenantId, hostId))
    const rows = host === undefined ? [] : currentRows(host)
    return rows.filter((row) => row.index >= index).slice(0, limit)
  }

  async verify(tenantId: TenantId, hostId: HostId): Promise<LedgerVerdict> {
    const check = new ChainCheck()
    const page = { index: 0, limit: Number.MAX_SAFE_INTEGER }
    for (const row of await this.rows(tenantId, hostId, page)) check.add(row)
    return check.verdict((await this.agent(tenantId, hostId))?.ledger)
  }

  async forget(before: { readonly rows: string; readonly hours: string }): Promise<number> {
    this.#assertOpen()
    let forgotten = 0
    for (const host of this.#hosts.values()) {
      const kept = host.rows.filter(({ received }) => received >= before.rows)
      forgotten += host.rows.length - kept.length
      host.rows = kept
      for (const [key, { hour }] of host.hours) {
        if (hour >= before.hours) continue
        host.hours.delete(key)
        forgotten++
      }
    }
    return forgotten
  }

  #host(tenantId: TenantId, hostId: HostId): Host {
    const key = keyOf(tenantId, hostId)
    const known = this.#hosts.get(key)
    if (known !== undefined) return known
    const host: Host = {
      agent: undefined,
      rows: [],
      history: [],
      hours: new Map(),
      sent: new Map(),
    }
    this.#hosts.set(key, host)
    return host
  }
}

function currentRows({ agent, rows }: Host): readonly LedgerRow[] {
  return rows
    .filter(({ installation }) => installation === agent?.ledger.installation)
    .map(({ row }) => row)
}

function keyOf(tenantId: TenantId, hostId: HostId): string {
  return JSON.stringify([tenantId, hostId])
}
