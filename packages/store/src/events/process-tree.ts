import type { StoredProcess, TreeOptions } from './event-store.ts'
import { beginOf, PIDVERSION_UNKNOWN, storedProcess, type ProcessFacts } from './process-facts.ts'

/** What a tree is built from: one host's process table, by id and by parent. */
export interface ProcessLookup {
  /** The images with these ids that are known; any order. */
  byIds(ids: readonly string[]): Promise<readonly ProcessFacts[]>
  /** Shown children of these images, by begin, then id; at most `limit`. */
  childrenOf(ids: readonly string[], limit: number): Promise<readonly ProcessFacts[]>
  /** How many shown children these images have. */
  childCounts(ids: readonly string[]): Promise<ReadonlyMap<string, number>>
}

/** Levels of descendants that are followed; real trees have a dozen, a hostile one has no end. */
export const TREE_DEPTH_MAX = 64

interface Tree {
  readonly nodes: Map<string, ProcessFacts>
  truncated: boolean
}

/**
 * Ancestors of an image up to the root, its siblings, and its descendants level by level.
 * Stubs of fork are left out, except when one is what was asked for.
 *
 * @returns No nodes when the image is unknown. `truncated` when a bound left something out.
 */
export async function buildTree(
  table: ProcessLookup,
  focusId: string,
  options: TreeOptions,
): Promise<{ readonly nodes: readonly StoredProcess[]; readonly truncated: boolean }> {
  const [focus] = await table.byIds([focusId])
  if (focus === undefined || focus.pidversion === PIDVERSION_UNKNOWN) {
    return { nodes: [], truncated: false }
  }
  const tree: Tree = { nodes: new Map(), truncated: false }
  await addAncestors(table, tree, { focus, ancestorsMax: options.ancestorsMax })
  tree.nodes.set(focus.entityId, focus)
  await addSiblings(table, tree, { focus, siblingsMax: options.siblingsMax })
  await addDescendants(table, tree, { focus, descendantsMax: options.descendantsMax })
  const counts = await table.childCounts([...tree.nodes.keys()])
  const nodes = [...tree.nodes.values()].map((facts) =>
    storedProcess(facts, counts.get(facts.entityId) ?? 0),
  )
  return { nodes, truncated: tree.truncated }
}

async function addAncestors(
  table: ProcessLookup,
  tree: Tree,
  { focus, ancestorsMax }: { readonly focus: ProcessFacts; readonly ancestorsMax: number },
): Promise<void> {
  const found: ProcessFacts[] = []
  const seen = new Set([focus.entityId])
  let parentId = focus.parent?.value
  while (parentId !== undefined && !seen.has(parentId)) {
    if (found.length >= ancestorsMax) {
      tree.truncated = true
      break
    }
    seen.add(parentId)
    // oxlint-disable-next-line no-await-in-loop -- each step begins where the last one ended
    const [parent] = await table.byIds([parentId])
    if (parent === undefined || parent.pidversion === PIDVERSION_UNKNOWN) break
    found.push(parent)
    parentId = parent.parent?.value
  }
  for (const facts of found.toReversed()) tree.nodes.set(facts.entityId, facts)
}

// The nearest in time first: the image that forked into the focus, and what ran beside it.
async function addSiblings(
  table: ProcessLookup,
  tree: Tree,
  { focus, siblingsMax }: { readonly focus: ProcessFacts; readonly siblingsMax: number },
): Promise<void> {
  const parentId = focus.parent?.value
  if (parentId === undefined || siblingsMax <= 0) return
  const children = await table.childrenOf([parentId], SIBLINGS_READ_MAX)
  const siblings = children.filter(({ entityId }) => !tree.nodes.has(entityId))
  const at = siblings.findIndex((facts) => beginOf(facts) > beginOf(focus))
  const middle = at === -1 ? siblings.length : at
  const start = Math.max(0, Math.min(middle - (siblingsMax >> 1), siblings.length - siblingsMax))
  for (const facts of siblings.slice(start, start + siblingsMax)) {
    tree.nodes.set(facts.entityId, facts)
  }
  if (siblings.length > siblingsMax) tree.truncated = true
}

const SIBLINGS_READ_MAX = 10_000

async function addDescendants(
  table: ProcessLookup,
  tree: Tree,
  { focus, descendantsMax }: { readonly focus: ProcessFacts; readonly descendantsMax: number },
): Promise<void> {
  let level: readonly string[] = [focus.entityId]
  let room = descendantsMax
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= TREE_DEPTH_MAX) {
      tree.truncated = true
      return
    }
    // oxlint-disable-next-line no-await-in-loop -- each level is found through the one above
    const children = await table.childrenOf(level, room + 1)
    const fresh = children.filter(({ entityId }) => !tree.nodes.has(entityId))
    if (children.length > room) tree.truncated = true
    const kept = fresh.slice(0, room)
    for (const facts of kept) tree.nodes.set(facts.entityId, facts)
    room -= kept.length
    level = kept.map(({ entityId }) => entityId)
  }
}
