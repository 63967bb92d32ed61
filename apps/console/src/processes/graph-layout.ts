import { hierarchy, type HierarchyPointNode, tree } from 'd3-hierarchy'
import type { TreeNode } from './tree.ts'

/**
 * A process with its place on the drawing; `x` and `y` are the middle of its left edge, in pixels.
 */
export interface GraphBox {
  readonly node: TreeNode
  readonly x: number
  readonly y: number
}

/** A curve from a parent's right edge to a child's left edge. */
export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly path: string
}

/** A drawing and its size in pixels. */
export interface GraphLayout {
  readonly boxes: readonly GraphBox[]
  readonly edges: readonly GraphEdge[]
  readonly width: number
  readonly height: number
}

/** Size of a process on the drawing, in pixels. */
export const BOX = { width: 212, height: 42 } as const
const GAP = { x: 46, y: 12 }
const MARGIN = 16

interface Forest {
  readonly node: TreeNode | undefined
  readonly children: readonly Forest[]
}

function forest(nodes: readonly TreeNode[]): readonly Forest[] {
  return nodes.map((node) => ({ node, children: forest(node.children) }))
}

function curve(from: HierarchyPointNode<Forest>, to: HierarchyPointNode<Forest>): string {
  const [x1, y1, x2, y2] = [from.y + BOX.width, from.x, to.y, to.x]
  const middle = (x1 + x2) / 2
  return `M${x1},${y1}C${middle},${y1} ${middle},${y2} ${x2},${y2}`
}

/**
 * Lays the processes out from left to right, oldest ancestor first, without overlaps.
 *
 * @see Reingold and Tilford, Tidier Drawings of Trees; the layout is d3-hierarchy's.
 */
export function graphLayout(roots: readonly TreeNode[]): GraphLayout {
  // Several roots hang on one that is not drawn.
  const top = hierarchy<Forest>({ node: undefined, children: forest(roots) }, ({ children }) => [
    ...children,
  ])
  const laid = tree<Forest>().nodeSize([BOX.height + GAP.y, BOX.width + GAP.x])(top)
  const drawn = laid.descendants().filter((point) => point.data.node !== undefined)
  const xs = drawn.map((point) => point.x)
  const [low, high] = [Math.min(0, ...xs), Math.max(0, ...xs)]
  for (const point of drawn) {
    point.x += MARGIN + BOX.height / 2 - low
    point.y += MARGIN - BOX.width - GAP.x
  }
  const boxes = drawn.flatMap((point) => {
    const { node } = point.data
    return node === undefined ? [] : [{ node, x: point.y, y: point.x }]
  })
  const edges = drawn.flatMap((point) => {
    const [from, to] = [point.parent?.data.node, point.data.node]
    if (point.parent === null || from === undefined || to === undefined) return []
    return [
      { from: from.process.entity_id, to: to.process.entity_id, path: curve(point.parent, point) },
    ]
  })
  return {
    boxes,
    edges,
    width: Math.max(0, ...boxes.map(({ x }) => x)) + BOX.width + MARGIN,
    height: high - low + BOX.height + 2 * MARGIN,
  }
}
