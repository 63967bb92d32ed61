import type { Alert, HostId, Incident, ProcessEntityId } from '@pomona/schema'
import type { StoredProcess } from '@pomona/store'
import { codeOf } from '../errors.ts'
import type { EventQueries } from '../projector/ipc.ts'

/** What a chain is made from. */
export interface ChainSubject {
  readonly incident: Incident
  /** Alerts of the incident, the first of them at least. */
  readonly alerts: readonly Alert[]
}

/** The processes of an incident: those alerts speak of, and everything between them and the top. */
export interface Chain {
  readonly focus: string
  readonly nodes: readonly StoredProcess[]
  readonly truncated: boolean
}

/** Trees asked for beside that of the root: one for each branch launchd has started anew. */
const BRANCHES_MAX = 24
const ROOT_TREE = { ancestorsMax: 16, descendantsMax: 800, siblingsMax: 0 } as const
const BRANCH = { ancestorsMax: 32, descendantsMax: 0, siblingsMax: 0 } as const

/**
 * Finds the processes that lead to an incident's alerts: the tree under its root, and the line of
 * ancestors of whatever is not in there, without what no alert goes back to.
 *
 * @returns What the event store knows; nothing while it cannot be asked.
 */
export async function chainOf(
  events: Pick<EventQueries, 'processTree'>,
  { incident, alerts }: ChainSubject,
): Promise<Chain> {
  const wanted = new Set(alerts.flatMap(({ processes }) => processes[0]?.entity_id ?? []))
  const root = incident.root?.entity_id
  if (root !== undefined) wanted.add(root)
  const focus = root ?? [...wanted][0] ?? ''
  const nodes = new Map<string, StoredProcess>()
  let truncated = false
  let branches = 0
  for (const entityId of [focus, ...wanted]) {
    if (nodes.has(entityId)) continue
    if (branches > BRANCHES_MAX) {
      truncated = true
      break
    }
    const options = branches === 0 ? ROOT_TREE : BRANCH
    branches += 1
    // oxlint-disable-next-line no-await-in-loop -- what one tree holds need not be asked for again
    const tree = await treeOf(events, { hostId: incident.host.id, entityId }, options)
    truncated ||= tree.truncated && branches === 1
    for (const node of tree.nodes) nodes.set(node.entity_id, node)
  }
  return { focus, nodes: leadingTo(nodes, wanted), truncated }
}

async function treeOf(
  events: Pick<EventQueries, 'processTree'>,
  { hostId, entityId }: { readonly hostId: string; readonly entityId: string },
  options: typeof ROOT_TREE | typeof BRANCH,
): ReturnType<EventQueries['processTree']> {
  try {
    // Ids of the incident's own alerts.
    return await events.processTree(hostId as HostId, entityId as ProcessEntityId, options)
  } catch (error) {
    if (codeOf(error) !== 'ERR_EVENTS_UNAVAILABLE') throw error
    return { nodes: [], truncated: true }
  }
}

function leadingTo(
  nodes: ReadonlyMap<string, StoredProcess>,
  wanted: ReadonlySet<string>,
): readonly StoredProcess[] {
  const kept = new Set<string>()
  for (const entityId of wanted) {
    let node = nodes.get(entityId)
    // The top is often a process of which only the id is known: it tells nothing.
    while (node !== undefined && isKnown(node) && !kept.has(node.entity_id)) {
      kept.add(node.entity_id)
      const parent: string | undefined = node.parent_entity_id
      node = parent === undefined ? undefined : nodes.get(parent)
    }
  }
  return [...nodes.values()].filter(({ entity_id: id }) => kept.has(id))
}

function isKnown({ name, executable }: StoredProcess): boolean {
  return name !== undefined || executable !== undefined
}
