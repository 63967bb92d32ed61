import {
  type Alert,
  type EcsEvent,
  type IncidentChange,
  type IncidentJoin,
  severityRank,
  TENANT_DEFAULT,
} from '@pomona/schema'
import { because } from './because.ts'
import { HostMemory, timeMs } from './host-memory.ts'
import { type HostShare, hostShare, INCIDENT_LIMITS, type IncidentLimits } from './limits.ts'
import type { ProcessNode } from './node.ts'
import {
  absorb,
  addAlert,
  addMember,
  described,
  openIncident,
  type OpenIncident,
} from './open-incident.ts'
import { type IncidentTie, place, type Placement, type Placing } from './placement.ts'
import { readHosts, type TrackerState, writeHosts } from './tracker-state.ts'

/** What went through a tracker; `alerts = opened + joined`, `opened = open + merged + closed`. */
export interface TrackerCounts {
  readonly alerts: number
  readonly opened: number
  readonly joined: number
  /** Incidents that turned out to be part of another. */
  readonly merged: number
  readonly closed: number
  /** Of those closed: pushed out by others, not ended by quiet. */
  readonly incidentsEvicted: number
  readonly open: number
  readonly hosts: number
  readonly hostsEvicted: number
  readonly processes: number
  readonly processesEvicted: number
  readonly files: number
  readonly filesEvicted: number
  /** Files of a process that had written too many others. */
  readonly filesRefused: number
  readonly launchItemsEvicted: number
  readonly marksEvicted: number
  readonly factsEvicted: number
}

interface Pending {
  readonly incident: OpenIncident
  readonly joins: IncidentJoin[]
  readonly merged: string[]
}

/**
 * Joins alerts into incidents while events and alerts stream by.
 *
 * It knows no time but the events' and remembers only what a later alert may go back to, so the
 * same events and alerts in the same order give the same incidents with the same ids, whenever
 * the state was saved and taken up again in between.
 */
export class IncidentTracker {
  readonly #limits: IncidentLimits
  /** One object for all hosts: what changes here changes for each. */
  readonly #share: HostShare
  /** By tenant and host, the host heard of last at the end. */
  readonly #hosts = new Map<string, HostMemory>()
  readonly #pending = new Map<string, Pending>()
  #lastKey = ''
  #counts: Tally = { ...NOTHING }

  constructor(limits: Partial<IncidentLimits> = {}) {
    this.#limits = { ...INCIDENT_LIMITS, ...limits }
    this.#share = hostShare(1, this.#limits)
  }

  /**
   * Takes the next event and the alerts that came with it.
   *
   * Every alert becomes part of exactly one incident, if only of one of its own.
   */
  observe(event: EcsEvent, alerts: readonly Alert[], tenantId: string = TENANT_DEFAULT): void {
    const hostId: unknown = event.host?.id
    if (typeof hostId === 'string') this.#host(tenantId, hostId).note(event)
    for (const alert of alerts) {
      this.add(alert, alert.events.at(-1) === event.event?.id ? event : undefined)
    }
  }

  /** Takes an alert that came later than its events. */
  add(alert: Alert, event?: EcsEvent): void {
    const memory = this.#host(alert.tenant_id, alert.host.id)
    const atMs = timeMs({ '@timestamp': alert.time }) ?? memory.nowMs
    memory.nowMs = Math.max(memory.nowMs, atMs)
    this.#closeQuiet(memory)
    const placing = { alert, event, atMs }
    const placement = place(memory, placing, this.#limits)
    const { actor, reached, source, marks, session } = placement
    const incident = this.#incidentOf(memory, placing, placement)
    if (actor !== undefined) actor.alerted = true
    for (const { node, belongs } of reached) if (belongs) addMember(incident, node)
    for (const mark of marks) memory.marks.set(mark, { incident, atMs, session })
    addAlert(incident, alert, { atMs, source, actor, namesMax: this.#limits.namesMax })
    this.#counts.alerts += 1
    if (memory.incidents.size > this.#limits.incidentsMax) this.#evictLeast(memory, incident)
  }

  /** What is new since the last call, incidents in the order in which they changed first. */
  takeChanges(): readonly IncidentChange[] {
    const changes = [...this.#pending.values()].map(({ incident, joins, merged }) => {
      return { incident: described(incident), joins, merged }
    })
    this.#pending.clear()
    return changes
  }

  counts(): TrackerCounts {
    const sums = { ...this.#counts, ...HELD_NOTHING, hosts: this.#hosts.size }
    for (const { graph, files, items, marks, facts, incidents } of this.#hosts.values()) {
      sums.open += incidents.size
      sums.processes += graph.counts.held
      sums.processesEvicted += graph.counts.evicted
      sums.files += files.counts.held
      sums.filesEvicted += files.counts.evicted
      sums.filesRefused += files.counts.refused
      sums.launchItemsEvicted += items.counts.evicted
      sums.marksEvicted += marks.counts.evicted
      sums.factsEvicted += facts.counts.evicted
    }
    return sums
  }

  /** Everything remembered, as plain data. Changes have to be taken before. */
  state(): TrackerState {
    if (this.#pending.size > 0)
      throw new Error('Changes of incidents were not taken before saving.')
    return { version: 1, counts: { ...this.#counts }, hosts: writeHosts(this.#hosts) }
  }

  /**
   * Takes up what {@link state} gave.
   *
   * @throws IncidentError ERR_INCIDENT_STATE when another version wrote it; nothing has changed.
   */
  restore(state: unknown): void {
    const { counts, hosts } = readHosts(state, (of) => {
      Object.assign(this.#share, hostShare(of, this.#limits))
      return new HostMemory(this.#limits, this.#share)
    })
    this.#counts = { ...NOTHING, ...counts }
    this.#hosts.clear()
    this.#pending.clear()
    for (const [key, memory] of hosts) this.#hosts.set(key, memory)
    this.#lastKey = [...this.#hosts.keys()].at(-1) ?? ''
  }

  #host(tenantId: string, hostId: string): HostMemory {
    const key = `${tenantId}\n${hostId}`
    const known = this.#hosts.get(key)
    if (known !== undefined && key === this.#lastKey) return known
    const memory = known ?? new HostMemory(this.#limits, this.#share)
    this.#hosts.delete(key)
    this.#hosts.set(key, memory)
    this.#lastKey = key
    if (known !== undefined) return memory
    if (this.#hosts.size > this.#limits.hostsMax) this.#forgetHost()
    this.#divide()
    return memory
  }

  // All hosts are trimmed when the share becomes smaller, which is when their number has doubled.
  #divide(): void {
    const before = this.#share.processesMax + this.#share.filesMax
    Object.assign(this.#share, hostShare(this.#hosts.size, this.#limits))
    if (this.#share.processesMax + this.#share.filesMax >= before) return
    for (const memory of this.#hosts.values()) memory.trim()
  }

  #forgetHost(): void {
    const [oldest] = this.#hosts
    if (oldest === undefined) return
    const [key, memory] = oldest
    this.#counts.hostsEvicted += 1
    this.#counts.closed += memory.incidents.size
    this.#counts.incidentsEvicted += memory.incidents.size
    this.#hosts.delete(key)
  }

  #incidentOf(memory: HostMemory, placing: Placing, { ties }: Placement): OpenIncident {
    const { alert, atMs } = placing
    const [strongest] = ties
    if (strongest === undefined) {
      const opened = openIncident(alert, atMs)
      memory.incidents.add(opened)
      this.#counts.opened += 1
      this.#note(opened, { alert_id: alert.id, ...reasonOf({ kind: 'first' }) })
      return opened
    }
    const [first = strongest.incident, ...others] = inOrder(ties)
    for (const other of others) this.#merge(memory, first, other)
    this.#counts.joined += 1
    const merged = others.map(({ id }) => id)
    this.#note(first, {
      alert_id: alert.id,
      ...reasonOf(strongest),
      ...(merged.length > 0 && { merged }),
    })
    return first
  }

  #note(incident: OpenIncident, join: IncidentJoin): void {
    const pending = this.#pending.get(incident.id) ?? { incident, joins: [], merged: [] }
    pending.joins.push(join)
    this.#pending.set(incident.id, pending)
  }

  #merge(memory: HostMemory, into: OpenIncident, from: OpenIncident): void {
    absorb({ into, from }, this.#limits.namesMax)
    memory.marks.move(from, into)
    memory.incidents.delete(from)
    this.#counts.merged += 1
    const lost = this.#pending.get(from.id)
    const kept = this.#pending.get(into.id) ?? { incident: into, joins: [], merged: [] }
    kept.joins.push(...(lost?.joins ?? []))
    kept.merged.push(...(lost?.merged ?? []), from.id)
    this.#pending.delete(from.id)
    this.#pending.set(into.id, kept)
  }

  #closeQuiet(memory: HostMemory): void {
    const before = memory.nowMs - this.#limits.idleMs
    for (const incident of memory.incidents) {
      if (incident.lastMs < before) this.#close(memory, incident)
    }
  }

  // What matters least goes first, of that the one that was quiet for longest.
  #evictLeast(memory: HostMemory, spared: OpenIncident): void {
    const [least] = [...memory.incidents]
      .filter((incident) => incident !== spared)
      .toSorted(
        (a, b) =>
          severityRank(a.highest) - severityRank(b.highest) ||
          a.lastMs - b.lastMs ||
          compare(a.id, b.id),
      )
    if (least === undefined) return
    this.#close(memory, least)
    this.#counts.incidentsEvicted += 1
  }

  #close(memory: HostMemory, incident: OpenIncident): void {
    memory.incidents.delete(incident)
    memory.marks.move(incident, undefined)
    for (const node of incident.members) memory.graph.leave(node)
    incident.members.clear()
    this.#counts.closed += 1
  }
}

/** The part of the counts that is no sum over hosts. */
export type Tally = {
  -readonly [
    Key in
      | 'alerts'
      | 'opened'
      | 'joined'
      | 'merged'
      | 'closed'
      | 'incidentsEvicted'
      | 'hostsEvicted'
  ]: TrackerCounts[Key]
}

const NOTHING: Tally = {
  alerts: 0,
  opened: 0,
  joined: 0,
  merged: 0,
  closed: 0,
  incidentsEvicted: 0,
  hostsEvicted: 0,
}

const HELD_NOTHING = {
  open: 0,
  hosts: 0,
  processes: 0,
  processesEvicted: 0,
  files: 0,
  filesEvicted: 0,
  filesRefused: 0,
  launchItemsEvicted: 0,
  marksEvicted: 0,
  factsEvicted: 0,
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

// The incident that began first takes the others in, however the alert is tied to them.
function inOrder(ties: readonly IncidentTie[]): OpenIncident[] {
  const incidents = [...new Set(ties.map(({ incident }) => incident))]
  return incidents.toSorted((a, b) => a.firstMs - b.firstMs || compare(a.id, b.id))
}

function reasonOf(
  tie: Pick<IncidentTie, 'kind'> & Partial<IncidentTie>,
): Omit<IncidentJoin, 'alert_id'> {
  const { kind, node, value } = tie
  const sentence = because({ kind, process: node && readable(node), value })
  return {
    kind,
    because: sentence,
    ...(node !== undefined && { process: processOf(node) }),
    ...(value !== undefined && { value }),
  }
}

function processOf(node: ProcessNode): NonNullable<IncidentJoin['process']> {
  const { name } = node.program
  const entityId = node.images.at(-1) ?? ''
  return { entity_id: entityId, pid: node.pid, ...(name !== undefined && { name }) }
}

function readable({ program, pid }: ProcessNode): string {
  return `${program.name ?? 'a process'} (${pid})`
}
