import type { Alert, EcsEvent, JoinKind } from '@pomona/schema'
import type { HostMemory } from './host-memory.ts'
import { isServant, roleOf } from './hub.ts'
import type { IncidentLimits } from './limits.ts'
import { type Mark, marksOf } from './marks.ts'
import { parentOf, type ProcessNode } from './node.ts'
import type { OpenIncident } from './open-incident.ts'
import { bundlePath } from './origin.ts'
import { reach, type Reached, type Subjects } from './reach.ts'

/** What ties an alert to an incident. */
export interface IncidentTie {
  readonly incident: OpenIncident
  readonly kind: JoinKind
  readonly node: ProcessNode | undefined
  readonly value: string | undefined
}

/** Where an alert stands: what it goes back to, and the incidents that has to do with. */
export interface Placement {
  readonly actor: ProcessNode | undefined
  readonly reached: readonly Reached[]
  readonly marks: readonly Mark[]
  readonly session: string | undefined
  readonly source: string | undefined
  /** The strongest tie first. */
  readonly ties: readonly IncidentTie[]
}

/** An alert to place. `event` is its last event, when that is at hand. */
export interface Placing {
  readonly alert: Alert
  readonly event: EcsEvent | undefined
  readonly atMs: number
}

// The strongest first.
const STRENGTH: readonly JoinKind[] = [
  'same_process',
  'descendant',
  'launch_item',
  'file_run',
  'pipeline',
  'common_ancestor',
  'responsible',
  'acted_on',
  'file_named',
  'file_used',
  'address',
  'domain_and_session',
]
const SESSION_DEPTH_MAX = 64

/** Finds what an alert goes back to and which open incidents that ties it to. */
export function place(memory: HostMemory, placing: Placing, limits: IncidentLimits): Placement {
  const { alert, atMs } = placing
  const subjects = subjectsOf(memory, placing)
  const reached = reach(subjects, memory, { nowMs: atMs, limits })
  const [actor] = subjects.actors
  const session = actor === undefined ? undefined : sessionOf(actor, atMs, limits)
  const facts = memory.facts.of(alert.events)
  const marks = marksOf(alert, facts)
  const ties = [
    ...processTies(reached, atMs, limits),
    ...markTies(memory, { marks, session, atMs }, limits),
    ...programTies(memory, { marks, reached }),
  ]
  const strongestFirst = ties.toSorted((a, b) => strength(a) - strength(b))
  const isPlaced = actor !== undefined && roleOf(actor, atMs, limits) === 'actor'
  return {
    actor: isPlaced ? actor : undefined,
    ...{ reached, marks, session, ties: strongestFirst },
    source: facts.find(({ source }) => source !== undefined)?.source,
  }
}

function strength({ kind }: IncidentTie): number {
  return STRENGTH.indexOf(kind)
}

// The event says who acted and who was acted on. An alert of several events only names them all:
// the first is the actor, and of the others an application at its user's service is taken for
// somebody it was done to, unless it is accused itself.
function subjectsOf(memory: HostMemory, { alert, event, atMs }: Placing): Subjects {
  const { graph } = memory
  if (event !== undefined && alert.events.length === 1) {
    const actor = graph.actor(event, atMs)
    const target = graph.named(event.macos?.target?.process, atMs)
    return {
      actors: actor === undefined ? [] : [actor],
      responsible: graph.named(event.macos?.responsible, atMs),
      targets: target === undefined ? [] : [target],
      path: event.file?.path,
    }
  }
  const [first, ...others] = alert.processes.flatMap((part) => graph.named(part, atMs) ?? [])
  const isActing = (node: ProcessNode): boolean =>
    alert.events.length > 1 && (node.alerted || !isServant(node))
  return {
    actors: [...(first === undefined ? [] : [first]), ...others.filter(isActing)],
    responsible: undefined,
    targets: others.filter((node) => !isActing(node)),
    path: undefined,
  }
}

function sessionOf(actor: ProcessNode, nowMs: number, limits: IncidentLimits): string | undefined {
  let node: ProcessNode | undefined = actor
  for (let depth = 0; depth < SESSION_DEPTH_MAX && node !== undefined; depth += 1) {
    const role = roleOf(node, nowMs, limits)
    if (role === 'shell') return node.images[0]
    if (role === 'launcher') return undefined
    node = parentOf(node)
  }
  return undefined
}

function processTies(
  reached: readonly Reached[],
  atMs: number,
  limits: IncidentLimits,
): IncidentTie[] {
  return reached.flatMap(({ node, kind: reachedAs, value }) => {
    const { incident } = node
    if (incident === undefined) return []
    const kind = reachedAs === 'common_ancestor' && node.alerted ? 'descendant' : reachedAs
    const isFar = Math.abs(atMs - incident.lastMs) > limits.ancestorSpanMs
    return kind === 'common_ancestor' && isFar ? [] : [{ incident, kind, node, value }]
  })
}

function markTies(
  memory: HostMemory,
  at: { readonly marks: readonly Mark[]; readonly session: string | undefined; atMs: number },
  limits: IncidentLimits,
): IncidentTie[] {
  return at.marks.flatMap((mark) => {
    const place_ = memory.marks.find(mark)
    if (place_ === undefined) return []
    const ageMs = Math.abs(at.atMs - place_.atMs)
    const isSession = at.session !== undefined && at.session === place_.session
    const isTied =
      mark.kind === 'domain_and_session'
        ? isSession && ageMs <= limits.weakSpanMs
        : mark.kind === 'file_named' || ageMs <= limits.markSpanMs
    return isTied ? [{ incident: place_.incident, ...mark, node: undefined }] : []
  })
}

// The program an event names is one that runs in an incident, or the other way round.
function programTies(
  memory: HostMemory,
  { marks, reached }: Pick<Placement, 'marks' | 'reached'>,
): IncidentTie[] {
  const ties: IncidentTie[] = []
  for (const { kind, value } of marks) {
    if (kind !== 'file_named') continue
    for (const incident of memory.incidents) {
      const runs = earliest([...incident.members].filter((node) => programOf(node) === value))
      if (runs !== undefined) ties.push({ incident, kind, node: runs, value })
    }
  }
  for (const { node, belongs } of reached) {
    const value = belongs ? programOf(node) : undefined
    const named = value === undefined ? undefined : memory.marks.find({ kind: 'file_named', value })
    if (named !== undefined)
      ties.push({ incident: named.incident, kind: 'file_named', node, value })
  }
  return ties
}

// The order of members is not part of the saved state.
function earliest(nodes: readonly ProcessNode[]): ProcessNode | undefined {
  return nodes.toSorted((a, b) => a.startMs - b.startMs || a.pid - b.pid)[0]
}

function programOf({ program }: ProcessNode): string | undefined {
  const { executable, platform } = program
  if (executable === undefined || platform) return undefined
  return bundlePath(executable) ?? executable
}
