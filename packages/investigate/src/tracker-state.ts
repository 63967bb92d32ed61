import { IncidentError } from './errors.ts'
import type { EventFact } from './event-facts.ts'
import type { HostMemory } from './host-memory.ts'
import type { MarkPlace } from './marks.ts'
import { parentOf, type ProcessNode } from './node.ts'
import type { FiredRule, OpenIncident } from './open-incident.ts'
import type { Tally } from './tracker.ts'

const VERSION = 1

/** A tracker's memory as plain data. Processes and incidents are named by their position. */
export interface TrackerState {
  readonly version: typeof VERSION
  readonly counts: Tally
  readonly hosts: readonly HostState[]
}

type NodeState = Omit<
  ProcessNode,
  'parent' | 'incident' | 'references' | 'filesWritten' | 'forgotten'
> & {
  readonly parent?: number
  readonly incident?: number
}

type IncidentState = Omit<
  OpenIncident,
  'rules' | 'techniques' | 'tactics' | 'users' | 'members'
> & {
  readonly rules: readonly (readonly [string, FiredRule])[]
  readonly techniques: readonly string[]
  readonly tactics: readonly string[]
  readonly users: readonly string[]
}

interface HostState {
  readonly key: string
  readonly nowMs: number
  readonly nodes: readonly NodeState[]
  readonly ended: readonly number[]
  readonly files: readonly { path: string; writer: number; atMs: number; from?: string }[]
  readonly items: readonly { path: string; registrar: number; atMs: number; executable?: string }[]
  readonly marks: readonly { key: string; incident: number; atMs: number; session?: string }[]
  readonly facts: readonly (readonly [string, EventFact])[]
  readonly incidents: readonly IncidentState[]
}

/** Writes what is remembered of every host, in order. */
export function writeHosts(hosts: ReadonlyMap<string, HostMemory>): HostState[] {
  return [...hosts].map(([key, memory]) => writeHost(key, memory))
}

function writeHost(key: string, memory: HostMemory): HostState {
  const { graph, files, items, marks, facts, nowMs } = memory
  const incidents = [...memory.incidents]
  const incidentAt = new Map(incidents.map((incident, index) => [incident, index]))
  const nodes = [...graph.nodes()]
  const nodeAt = new Map(nodes.map((node, index) => [node, index]))
  const at = (node: ProcessNode): number => nodeAt.get(node) ?? -1
  return {
    key,
    nowMs,
    nodes: nodes.map((node) => writeNode(node, { at, incidentAt })),
    ended: [...graph.ended()].map(at),
    files: [...files.entries()].map(([path, { writer, atMs, from }]) => {
      return { path, writer: at(writer), atMs, ...(from !== undefined && { from }) }
    }),
    items: [...items.entries()].map(({ path, registrar, atMs, executable }) => {
      return {
        ...{ path, registrar: at(registrar), atMs },
        ...(executable !== undefined && { executable }),
      }
    }),
    marks: [...marks.entries()].map(([mark, { incident, atMs, session }]) => {
      const index = incidentAt.get(incident) ?? -1
      return { key: mark, incident: index, atMs, ...(session !== undefined && { session }) }
    }),
    facts: [...facts.entries()],
    incidents: incidents.map((incident) => ({
      ...withoutMembers(incident),
      rules: [...incident.rules],
      techniques: [...incident.techniques],
      tactics: [...incident.tactics],
      users: [...incident.users],
    })),
  }
}

function withoutMembers({
  members: _members,
  ...rest
}: OpenIncident): Omit<OpenIncident, 'members'> {
  return rest
}

interface Places {
  readonly at: (node: ProcessNode) => number
  readonly incidentAt: ReadonlyMap<OpenIncident, number>
}

function writeNode(node: ProcessNode, { at, incidentAt }: Places): NodeState {
  const parent = parentOf(node)
  const incident = node.incident === undefined ? undefined : incidentAt.get(node.incident)
  const { images, pid, program, user, startMs, endMs, resident, label, childKinds } = node
  const { lastRead, alerted } = node
  return {
    ...{ images: [...images], pid, program, user, startMs, endMs, resident, label },
    ...{ childKinds: [...childKinds], lastRead, alerted },
    ...(parent !== undefined && { parent: at(parent) }),
    ...(incident !== undefined && { incident }),
  }
}

/**
 * Reads what {@link writeHosts} wrote.
 *
 * @param memoryOf Makes the memory of one of so many hosts.
 * @throws IncidentError ERR_INCIDENT_STATE.
 */
export function readHosts(
  state: unknown,
  memoryOf: (hosts: number) => HostMemory,
): { readonly counts: Partial<Tally>; readonly hosts: ReadonlyMap<string, HostMemory> } {
  if (!isState(state)) {
    throw new IncidentError(
      'ERR_INCIDENT_STATE',
      'The saved state of incidents is of another version or damaged; alerts from now on open ' +
        'new incidents, unless the log is evaluated from its start.',
    )
  }
  const hosts = state.hosts.map(
    (host) => [host.key, readHost(host, memoryOf(state.hosts.length))] as const,
  )
  return { counts: state.counts, hosts: new Map(hosts) }
}

function isState(state: unknown): state is TrackerState {
  if (typeof state !== 'object' || state === null) return false
  const isWhole = 'version' in state && 'counts' in state && 'hosts' in state
  return isWhole && state.version === VERSION && Array.isArray(state.hosts)
}

function readHost(state: HostState, memory: HostMemory): HostMemory {
  memory.nowMs = state.nowMs
  const incidents = state.incidents.map((incident): OpenIncident => ({
    ...incident,
    rules: new Map(incident.rules),
    techniques: new Set(incident.techniques),
    tactics: new Set(incident.tactics),
    users: new Set(incident.users),
    members: new Set(),
  }))
  for (const incident of incidents) memory.incidents.add(incident)
  const nodes = readNodes(state.nodes, incidents)
  for (const node of nodes) memory.graph.restore(node)
  memory.graph.restoreEnded(state.ended.flatMap((index) => nodes[index] ?? []))
  for (const { path, writer, atMs, from } of state.files) {
    const node = nodes[writer]
    if (node === undefined) continue
    node.references += 1
    node.filesWritten += 1
    memory.files.restore(path, { writer: node, atMs, from })
  }
  for (const { path, registrar, atMs, executable } of state.items) {
    const node = nodes[registrar]
    if (node === undefined) continue
    node.references += 1
    memory.items.restore({ path, registrar: node, atMs, executable })
  }
  for (const { key, incident, atMs, session } of state.marks) {
    const open = incidents[incident]
    if (open === undefined) continue
    const place: MarkPlace = { incident: open, atMs, session }
    memory.marks.restore(key, place)
  }
  for (const [eventId, fact] of state.facts) memory.facts.restore(eventId, fact)
  return memory
}

function readNodes(
  states: readonly NodeState[],
  incidents: readonly OpenIncident[],
): ProcessNode[] {
  const nodes: ProcessNode[] = []
  for (const { parent: parentAt, incident: incidentAt, ...rest } of states) {
    const parent = parentAt === undefined ? undefined : nodes[parentAt]
    const incident = incidentAt === undefined ? undefined : incidents[incidentAt]
    const node: ProcessNode = {
      ...rest,
      ...{ user: rest.user, label: rest.label, lastRead: rest.lastRead },
      ...{ parent, incident, references: 0, filesWritten: 0, forgotten: false },
    }
    if (parent !== undefined) parent.references += 1
    incident?.members.add(node)
    nodes.push(node)
  }
  return nodes
}
