import { type ProcessNode, type Severity, severityRank } from '@pomona/schema'

/** A process image with its place in the tree drawn. */
export interface TreeNode {
  readonly process: ProcessNode
  /**
   * Images of the same pid that this one replaced and that tell nothing themselves, oldest first.
   */
  readonly replaced: readonly ProcessNode[]
  readonly children: readonly TreeNode[]
  /** Children the store knows of that are not drawn. */
  readonly hidden: number
}

/** The worst severity of what fired on a process; `undefined` when nothing did. */
export function worstSeverity(process: ProcessNode): Severity | undefined {
  return process.alerts
    .map(({ severity }) => severity)
    .toSorted((a, b) => severityRank(b) - severityRank(a))[0]
}

/** One visible line of the outline. */
export interface TreeRow {
  readonly node: TreeNode
  readonly id: string
  readonly parentId: string | undefined
  /** 0 for a root. */
  readonly depth: number
  /** For each level above: whether a later sibling continues the connector there. */
  readonly rails: readonly boolean[]
  readonly last: boolean
  readonly expanded: boolean
  /** From 1, with the number of siblings: what screen readers announce. */
  readonly position: number
  readonly siblings: number
}

interface Draft {
  readonly process: ProcessNode
  readonly replaced: ProcessNode[]
  readonly children: Draft[]
}

function byStart(a: Draft, b: Draft): number {
  const [one, other] = [a.process.start ?? '', b.process.start ?? '']
  if (one !== other) return one < other ? -1 : 1
  return a.process.pid - b.process.pid || a.process.pidversion - b.process.pidversion
}

/**
 * Between fork and exec a process is a nameless copy of its parent. Such an image is folded into
 * the one that replaced it, unless something hangs on it: an alert, a child, the focus.
 */
function foldable(process: ProcessNode, focus: string): boolean {
  return process.entity_id !== focus && process.alerts.length === 0 && process.children === 0
}

interface Family {
  readonly byId: ReadonlyMap<string, ProcessNode>
  readonly parentOf: ReadonlyMap<string, string>
}

function familyOf(nodes: readonly ProcessNode[]): Family {
  const byId = new Map(nodes.map((node) => [node.entity_id, node]))
  const parentOf = new Map<string, string>()
  for (const { entity_id: id, parent_entity_id: parent } of byId.values()) {
    if (parent === undefined || parent === id || !byId.has(parent)) continue
    if (!leadsTo(parentOf, { from: parent, to: id })) parentOf.set(id, parent)
  }
  return { byId, parentOf }
}

/** Hostile or broken data may close a circle; the edge that would close it is left out. */
function leadsTo(
  parentOf: ReadonlyMap<string, string>,
  { from, to }: { readonly from: string; readonly to: string },
): boolean {
  let at: string | undefined = from
  while (at !== undefined) {
    if (at === to) return true
    at = parentOf.get(at)
  }
  return false
}

/** Moves every image that only led to the next one into that one. */
function fold({ byId }: Family, focus: string): Map<string, Draft> {
  const parents = new Set([...byId.values()].map((node) => node.parent_entity_id))
  const successor = new Map<string, string>()
  for (const node of byId.values()) {
    const before = node.previous_entity_id
    if (before === undefined || before === node.entity_id || successor.has(before)) continue
    const previous = byId.get(before)
    if (previous === undefined || parents.has(before) || !foldable(previous, focus)) continue
    if (!leadsTo(successor, { from: node.entity_id, to: before })) {
      successor.set(before, node.entity_id)
    }
  }
  const drafts = new Map<string, Draft>()
  for (const [id, process] of byId) {
    if (!successor.has(id)) drafts.set(id, { process, replaced: [], children: [] })
  }
  for (const id of successor.keys()) {
    let end = id
    while (successor.has(end)) end = successor.get(end) ?? end
    const process = byId.get(id)
    if (process !== undefined) drafts.get(end)?.replaced.push(process)
  }
  return drafts
}

function finish(draft: Draft): TreeNode {
  const children = draft.children.toSorted(byStart).map(finish)
  const folded = children.reduce((sum, child) => sum + child.replaced.length, 0)
  return {
    process: draft.process,
    replaced: draft.replaced.toSorted((a, b) => a.pidversion - b.pidversion),
    children,
    hidden: Math.max(0, draft.process.children - children.length - folded),
  }
}

/**
 * Builds the tree to draw from the images the server sent, in any order, with gaps.
 *
 * @returns The roots, oldest first: one when the ancestry is complete. Every image is in the tree
 *          exactly once, either as a node or folded into the image that replaced it.
 * @throws  Never; unknown parents make roots, circles are cut.
 */
export function buildTree(nodes: readonly ProcessNode[], focus: string): readonly TreeNode[] {
  const family = familyOf(nodes)
  const drafts = fold(family, focus)
  const roots: Draft[] = []
  for (const [id, draft] of drafts) {
    const parent = family.parentOf.get(id)
    const above = parent === undefined ? undefined : drafts.get(parent)
    if (above === undefined) roots.push(draft)
    else above.children.push(draft)
  }
  return roots.toSorted(byStart).map(finish)
}

/**
 * Lays the tree out as lines, children of collapsed nodes left out.
 *
 * @param collapsed Entity ids whose children are hidden.
 */
export function treeRows(
  roots: readonly TreeNode[],
  collapsed: ReadonlySet<string>,
): readonly TreeRow[] {
  const rows: TreeRow[] = []
  const visit = (nodes: readonly TreeNode[], above: TreeRow | undefined) => {
    nodes.forEach((node, index) => {
      const last = index === nodes.length - 1
      const id = node.process.entity_id
      const row: TreeRow = {
        node,
        id,
        parentId: above?.id,
        depth: above === undefined ? 0 : above.depth + 1,
        rails: above === undefined ? [] : [...above.rails, !above.last],
        last,
        expanded: !collapsed.has(id),
        position: index + 1,
        siblings: nodes.length,
      }
      rows.push(row)
      if (row.expanded) visit(node.children, row)
    })
  }
  visit(roots, undefined)
  return rows
}

/** Entity ids from a root down to the node, both included; empty when it is not in the tree. */
export function pathTo(roots: readonly TreeNode[], id: string): readonly string[] {
  for (const root of roots) {
    const own = root.process.entity_id
    if (own === id || root.replaced.some((process) => process.entity_id === id)) return [own]
    const below = pathTo(root.children, id)
    if (below.length > 0) return [own, ...below]
  }
  return []
}

/** What a key does to the walk over the outline; `undefined` means the key is not ours. */
export type TreeStep =
  | { readonly kind: 'focus'; readonly id: string }
  | { readonly kind: 'expand' | 'collapse'; readonly id: string }

function focusStep(rows: readonly TreeRow[], index: number): TreeStep | undefined {
  const row = rows[index]
  return row === undefined ? undefined : { kind: 'focus', id: row.id }
}

/**
 * The tree view keyboard pattern: arrows walk, right opens then enters, left closes then leaves.
 *
 * @see WAI-ARIA Authoring Practices, tree view.
 */
export function treeStep(
  rows: readonly TreeRow[],
  { id, key }: { readonly id: string; readonly key: string },
): TreeStep | undefined {
  const index = rows.findIndex((row) => row.id === id)
  const row = rows[index]
  if (row === undefined) return focusStep(rows, 0)
  const branch = row.node.children.length > 0
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return focusStep(rows, Math.min(index + 1, rows.length - 1))
    case 'ArrowUp':
    case 'k':
      return focusStep(rows, Math.max(index - 1, 0))
    case 'Home':
      return focusStep(rows, 0)
    case 'End':
      return focusStep(rows, rows.length - 1)
    case 'ArrowRight':
      if (!branch) return undefined
      return row.expanded ? focusStep(rows, index + 1) : { kind: 'expand', id }
    case 'ArrowLeft':
      if (branch && row.expanded) return { kind: 'collapse', id }
      return row.parentId === undefined ? undefined : { kind: 'focus', id: row.parentId }
    default:
      return undefined
  }
}
