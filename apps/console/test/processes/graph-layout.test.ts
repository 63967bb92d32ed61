import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { ProcessNode } from '@pomona/schema'
import { BOX, graphLayout } from '../../src/processes/graph-layout.ts'
import { buildTree } from '../../src/processes/tree.ts'

function images(count: number): ProcessNode[] {
  return Array.from({ length: count }, (_, index) => ({
    entity_id: `p${index}`,
    host_id: 'h',
    pid: index,
    pidversion: 1,
    children: 0,
    alerts: [],
    ...(index === 0 ? {} : { parent_entity_id: `p${Math.floor((index - 1) / 3)}` }),
  }))
}

test('graph: no two boxes overlap and all lie on the sheet', () => {
  const { boxes, width, height } = graphLayout(buildTree(images(40), 'p0'))
  equal(boxes.length, 40)
  for (const [index, one] of boxes.entries()) {
    ok(one.x >= 0 && one.x + BOX.width <= width)
    ok(one.y - BOX.height / 2 >= 0 && one.y + BOX.height / 2 <= height)
    for (const other of boxes.slice(index + 1)) {
      const apart =
        Math.abs(one.x - other.x) >= BOX.width || Math.abs(one.y - other.y) >= BOX.height
      ok(apart, `${one.node.process.entity_id} and ${other.node.process.entity_id}`)
    }
  }
})

test('graph: every child has one edge, roots have none', () => {
  const { edges } = graphLayout(buildTree(images(13), 'p0'))
  equal(edges.length, 12)
  equal(new Set(edges.map(({ to }) => to)).size, 12)
})

test('graph: several roots are drawn without edges between them', () => {
  const [one, two] = [images(1), images(5).slice(4)]
  const roots = buildTree([...one, ...two], 'p0')
  const { boxes, edges } = graphLayout(roots)
  equal(boxes.length, 2)
  equal(edges.length, 0)
})

test('graph: nothing makes an empty sheet', () => equal(graphLayout([]).boxes.length, 0))
