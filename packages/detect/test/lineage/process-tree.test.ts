import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { LineageRelation } from '@pomona/rules'
import { ProcessTree } from '../../src/lineage/process-tree.ts'
import { Timers } from '../../src/time/timers.ts'
import { dice } from '../dice.ts'

const RELATIONS = ['event', 'child', 'descendant'] as const

function relationsOf(tree: ProcessTree, entityId: string, subject = 0): readonly LineageRelation[] {
  return RELATIONS.filter((relation) => tree.holds({ scope: 'mac', entityId }, relation, subject))
}

test('lineage: what forks and what execs after the event descend from it, siblings do not', () => {
  const tree = new ProcessTree(['office'])
  tree.start('mac', { entityId: 'before', parentId: 'word' }, 1)
  tree.mark({ scope: 'mac', entityId: 'word' }, 0)
  tree.start('mac', { entityId: 'fork', parentId: 'word' }, 2)
  tree.start('mac', { entityId: 'shell', parentId: 'word', previousId: 'fork' }, 3)
  tree.start('mac', { entityId: 'shell-fork', parentId: 'shell' }, 4)
  tree.start('mac', { entityId: 'curl', parentId: 'shell', previousId: 'shell-fork' }, 5)
  deepEqual(relationsOf(tree, 'before'), [])
  deepEqual(relationsOf(tree, 'word'), ['event'])
  deepEqual(relationsOf(tree, 'fork'), ['child', 'descendant'])
  deepEqual(relationsOf(tree, 'shell'), ['child', 'descendant'])
  deepEqual(relationsOf(tree, 'curl'), ['descendant'])
})

test('lineage: an image put in place by exec comes from the image before', () => {
  const tree = new ProcessTree(['shell'])
  tree.mark({ scope: 'mac', entityId: 'zsh' }, 0)
  tree.start('mac', { entityId: 'python', parentId: 'login', previousId: 'zsh' }, 1)
  tree.start('mac', { entityId: 'node', parentId: 'login', previousId: 'python' }, 2)
  deepEqual(relationsOf(tree, 'python'), ['child', 'descendant'])
  deepEqual(relationsOf(tree, 'node'), ['descendant'])
})

test('lineage: an exec whose fork was lost still knows its parent', () => {
  const tree = new ProcessTree(['office'])
  tree.mark({ scope: 'mac', entityId: 'word' }, 0)
  tree.start('mac', { entityId: 'sh', parentId: 'word', previousId: 'never seen' }, 1)
  deepEqual(relationsOf(tree, 'sh'), ['child', 'descendant'])
})

test('lineage: what ended is forgotten after the grace, what came from it is not', () => {
  const timers = new Timers()
  const tree = new ProcessTree(['office'], { graceMs: 1_000, timers })
  tree.mark({ scope: 'mac', entityId: 'word' }, 0)
  tree.start('mac', { entityId: 'sh', parentId: 'word' }, 10)
  tree.exit({ scope: 'mac', entityId: 'word' }, 20)
  timers.advance('mac', 1_020)
  deepEqual(relationsOf(tree, 'word'), ['event'])
  timers.advance('mac', 1_021)
  deepEqual(relationsOf(tree, 'word'), [])
  deepEqual(relationsOf(tree, 'sh'), ['child', 'descendant'])
  deepEqual(tree.counts(), { nodes: 1, pruned: 1, evicted: 0 })
})

test('lineage: scopes have trees of their own, and processes without a bit none', () => {
  const tree = new ProcessTree(['office'])
  tree.mark({ scope: 'other', entityId: 'word' }, 0)
  tree.start('mac', { entityId: 'sh', parentId: 'word' }, 1)
  equal(tree.counts().nodes, 1)
  deepEqual(relationsOf(tree, 'sh'), [])
})

test('lineage: limits hold, and count what they cost', () => {
  const tree = new ProcessTree(['x'], { scopeNodesMax: 2, nodesMax: 3 })
  for (const entityId of ['a', 'b', 'c']) tree.mark({ scope: 'loud', entityId }, 0)
  for (const entityId of ['d', 'e']) tree.mark({ scope: 'calm', entityId }, 0)
  deepEqual(tree.counts(), { nodes: 3, pruned: 0, evicted: 2 })
  ok(tree.holds({ scope: 'loud', entityId: 'c' }, 'event', 0))
  ok(tree.holds({ scope: 'calm', entityId: 'd' }, 'event', 0))
})

test('lineage: bits keep their meaning when subjects come, go and change places', () => {
  const many = Array.from({ length: 70 }, (_, index) => `s${index}`)
  const tree = new ProcessTree(many)
  for (const [index] of many.entries()) {
    if (index % 3 === 0) tree.mark({ scope: 'mac', entityId: 'a' }, index)
  }
  tree.start('mac', { entityId: 'b', parentId: 'a' }, 1)
  const fewer = ['new', ...many.filter((_, index) => index % 2 === 0).toReversed()]
  const after = new ProcessTree(fewer)
  after.restore(JSON.parse(JSON.stringify(tree.state())))
  for (const [index, subject] of fewer.entries()) {
    const isSet = subject !== 'new' && Number(subject.slice(1)) % 3 === 0
    deepEqual(relationsOf(after, 'a', index), isSet ? ['event'] : [], subject)
    deepEqual(relationsOf(after, 'b', index), isSet ? ['child', 'descendant'] : [], subject)
  }
})

interface Remembered {
  readonly own: Set<number>
  readonly inherited: ReadonlySet<number>
}

for (const seed of [8, 123_456]) {
  test(`lineage: agrees with sets handed down one by one, seed ${seed}`, () => {
    const next = dice(seed)
    const subjects = Array.from({ length: 65 }, (_, index) => `s${index}`)
    const tree = new ProcessTree(subjects)
    const naive: Remembered[] = [{ own: new Set(), inherited: new Set() }]
    let descendants = 0
    for (let step = 0; step < 3_000; step += 1) {
      const origin = next(naive.length)
      const { own, inherited } = naive[origin] ?? { own: new Set(), inherited: new Set() }
      if (next(3) === 0) {
        const subject = next(subjects.length)
        own.add(subject)
        tree.mark({ scope: 'mac', entityId: `${origin}` }, subject)
        continue
      }
      naive.push({ own: new Set(), inherited: new Set([...own, ...inherited]) })
      const id = { entityId: `${naive.length - 1}` }
      const from = next(2) === 0 ? { parentId: `${origin}` } : { previousId: `${origin}` }
      tree.start('mac', { ...id, ...from }, step)
    }
    for (const [index, { own, inherited }] of naive.entries()) {
      for (const [subject] of subjects.entries()) {
        const place = { scope: 'mac', entityId: `${index}` }
        equal(tree.holds(place, 'event', subject), own.has(subject))
        equal(tree.holds(place, 'descendant', subject), inherited.has(subject))
        descendants += inherited.has(subject) ? 1 : 0
      }
    }
    ok(descendants > 1_000)
  })
}
