import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { ProcessNode } from '@pomona/schema'
import {
  buildTree,
  pathTo,
  type TreeNode,
  treeRows,
  treeStep,
  worstSeverity,
} from '../../src/processes/tree.ts'
import { seededRandom } from '../random.ts'

function image(id: string, more: Partial<ProcessNode> = {}): ProcessNode {
  return {
    entity_id: id,
    host_id: 'h',
    pid: 100,
    pidversion: 1,
    children: 0,
    alerts: [],
    ...more,
  }
}

/** The tree as nested text: `root(child child(grandchild))`, folded images in brackets. */
function shape(nodes: readonly TreeNode[]): string {
  return nodes
    .map(({ process, replaced, children }) => {
      const folded = replaced.map((one) => one.entity_id).join(',')
      const below = shape(children)
      return `${process.entity_id}${folded === '' ? '' : `[${folded}]`}${below === '' ? '' : `(${below})`}`
    })
    .join(' ')
}

const alert = { id: 'a', severity: 'high', rule_name: 'r' } as const

const cases = [
  {
    name: 'hangs children on parents, oldest first',
    nodes: [
      image('b', { parent_entity_id: 'a', start: '2026-01-01T00:00:02Z' }),
      image('c', { parent_entity_id: 'a', start: '2026-01-01T00:00:01Z' }),
      image('a', { children: 2 }),
    ],
    want: 'a(c b)',
  },
  {
    name: 'makes a root of an image whose parent is unknown',
    nodes: [image('x', { parent_entity_id: 'gone' }), image('y')],
    want: 'x y',
  },
  {
    name: 'folds the copy that fork made into what exec made of it',
    nodes: [
      image('sh', { children: 2 }),
      image('copy', { parent_entity_id: 'sh', pid: 101, pidversion: 2 }),
      image('curl', {
        parent_entity_id: 'sh',
        previous_entity_id: 'copy',
        pid: 101,
        pidversion: 3,
      }),
    ],
    want: 'sh(curl[copy])',
  },
  {
    name: 'folds a chain of execs',
    nodes: [
      image('1', { pidversion: 1 }),
      image('2', { pidversion: 2, previous_entity_id: '1' }),
      image('3', { pidversion: 3, previous_entity_id: '2' }),
    ],
    want: '3[1,2]',
  },
  {
    name: 'does not fold an image that something fired on',
    nodes: [image('1', { alerts: [alert] }), image('2', { previous_entity_id: '1' })],
    want: '1 2',
  },
  {
    name: 'does not fold the focus',
    nodes: [image('focus'), image('2', { previous_entity_id: 'focus' })],
    want: 'focus 2',
  },
  {
    name: 'does not fold an image with children',
    nodes: [
      image('1', { children: 1 }),
      image('2', { previous_entity_id: '1', pid: 7 }),
      image('kid', { parent_entity_id: '1', pid: 200 }),
    ],
    want: '2 1(kid)',
  },
  {
    name: 'cuts a circle of parents',
    nodes: [image('a', { parent_entity_id: 'b' }), image('b', { parent_entity_id: 'a' })],
    want: 'b(a)',
  },
  {
    name: 'cuts a circle of execs',
    nodes: [image('a', { previous_entity_id: 'b' }), image('b', { previous_entity_id: 'a' })],
    want: 'a[b]',
  },
  { name: 'cuts a parent of itself', nodes: [image('a', { parent_entity_id: 'a' })], want: 'a' },
  { name: 'draws nothing from nothing', nodes: [], want: '' },
]
for (const { name, nodes, want } of cases) {
  test(`tree: ${name}`, () => equal(shape(buildTree(nodes, 'focus')), want))
}

test('tree: tells of children that are not drawn', () => {
  const [root] = buildTree(
    [image('a', { children: 5 }), image('b', { parent_entity_id: 'a' })],
    'a',
  )
  equal(root?.hidden, 4)
})

test('tree: every image is in the tree exactly once, whatever the edges', () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9))
  const random = seededRandom(seed)
  const count = (nodes: readonly TreeNode[]): number =>
    nodes.reduce((sum, node) => sum + 1 + node.replaced.length + count(node.children), 0)
  for (let round = 0; round < 400; round += 1) {
    const size = Math.floor(random() * 12)
    const any = () => (random() < 0.7 ? { id: `p${Math.floor(random() * (size + 1))}` } : undefined)
    const nodes = Array.from({ length: size }, (_, index) => {
      const [parent, previous] = [any(), any()]
      return image(`p${index}`, {
        pid: index,
        children: random() < 0.3 ? 1 : 0,
        ...(parent === undefined ? {} : { parent_entity_id: parent.id }),
        ...(previous === undefined ? {} : { previous_entity_id: previous.id }),
      })
    })
    equal(count(buildTree(nodes, 'p0')), size, `seed ${seed}, round ${round}`)
  }
})

const family = buildTree(
  [
    image('a', { children: 2 }),
    image('b', { parent_entity_id: 'a', children: 1, start: '2026-01-01T00:00:01Z' }),
    image('c', { parent_entity_id: 'b', start: '2026-01-01T00:00:02Z' }),
    image('d', { parent_entity_id: 'a', start: '2026-01-01T00:00:03Z' }),
  ],
  'c',
)

test('rows: stand in reading order with their place among siblings', () => {
  const rows = treeRows(family, new Set())
  deepEqual(
    rows.map(({ id, depth, last, position, siblings }) => ({
      id,
      depth,
      last,
      position,
      siblings,
    })),
    [
      { id: 'a', depth: 0, last: true, position: 1, siblings: 1 },
      { id: 'b', depth: 1, last: false, position: 1, siblings: 2 },
      { id: 'c', depth: 2, last: true, position: 1, siblings: 1 },
      { id: 'd', depth: 1, last: true, position: 2, siblings: 2 },
    ],
  )
  deepEqual(rows[2]?.rails, [false, true])
})

test('rows: a collapsed branch hides what is below it', () =>
  deepEqual(
    treeRows(family, new Set(['b'])).map(({ id }) => id),
    ['a', 'b', 'd'],
  ))

test('path: leads from the root to the image', () => {
  deepEqual(pathTo(family, 'c'), ['a', 'b', 'c'])
  deepEqual(pathTo(family, 'zz'), [])
})

const steps = [
  { name: 'down to the next line', id: 'b', key: 'ArrowDown', want: { kind: 'focus', id: 'c' } },
  { name: 'not below the last line', id: 'd', key: 'ArrowDown', want: { kind: 'focus', id: 'd' } },
  { name: 'up to the line above', id: 'd', key: 'ArrowUp', want: { kind: 'focus', id: 'c' } },
  {
    name: 'right into an open branch',
    id: 'b',
    key: 'ArrowRight',
    want: { kind: 'focus', id: 'c' },
  },
  { name: 'nowhere right of a leaf', id: 'c', key: 'ArrowRight', want: undefined },
  { name: 'left out of a leaf', id: 'c', key: 'ArrowLeft', want: { kind: 'focus', id: 'b' } },
  {
    name: 'left to close a branch',
    id: 'b',
    key: 'ArrowLeft',
    want: { kind: 'collapse', id: 'b' },
  },
  { name: 'to the last line', id: 'a', key: 'End', want: { kind: 'focus', id: 'd' } },
  { name: 'to the first line', id: 'd', key: 'Home', want: { kind: 'focus', id: 'a' } },
  {
    name: 'back into the tree when lost',
    id: 'zz',
    key: 'ArrowDown',
    want: { kind: 'focus', id: 'a' },
  },
  { name: 'nowhere on another key', id: 'a', key: 'q', want: undefined },
]
for (const { name, id, key, want } of steps) {
  test(`walk: goes ${name}`, () =>
    deepEqual(treeStep(treeRows(family, new Set()), { id, key }), want))
}

test('walk: right opens a closed branch', () =>
  deepEqual(treeStep(treeRows(family, new Set(['b'])), { id: 'b', key: 'ArrowRight' }), {
    kind: 'expand',
    id: 'b',
  }))

test('tree: the worst of what fired colours the line', () => {
  equal(worstSeverity(image('a')), undefined)
  const fired = [
    { ...alert, severity: 'low' } as const,
    { ...alert, severity: 'critical' } as const,
  ]
  equal(worstSeverity(image('a', { alerts: fired })), 'critical')
  ok(fired[0]?.severity === 'low')
})
