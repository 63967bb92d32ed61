import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { eqlRule, explained, eventAt } from './explained.ts'

const QUERY = `process where event.action == "exec" and process.name == "curl" and
  descendant of [process where event.action == "exec" and process.name == "Word"]`

interface Image {
  readonly id: string
  readonly name: string
  readonly parent?: string
}

function exec(second: number, { id, name, parent }: Image): object {
  return eventAt(second, {
    'event.action': 'exec',
    'event.category': ['process'],
    'process.entity_id': id,
    'process.name': name,
    'process.executable': `/bin/${name}`,
    ...(parent === undefined ? {} : { 'process.parent.entity_id': parent }),
  })
}

test('explain lineage: the chain of ancestors, and where the subject held', () => {
  const { lineage, fired } = explained(eqlRule(QUERY), [
    exec(1, { id: 'w', name: 'Word' }),
    exec(2, { id: 's', name: 'sh', parent: 'w' }),
    exec(3, { id: 'c', name: 'curl', parent: 's' }),
  ])
  equal(fired, 1)
  const [descent] = lineage?.[0]?.descents ?? []
  deepEqual(
    descent?.ancestors.map(({ entity_id: id, via, asked, held }) => [id, via, asked, held?.line]),
    [
      ['c', 'itself', false, undefined],
      ['s', 'parent', true, undefined],
      ['w', 'parent', true, 1],
    ],
  )
})

test('explain lineage: where the subject would have had to hold, and what was missing', () => {
  const { lineage, fired } = explained(eqlRule(QUERY), [
    exec(1, { id: 'e', name: 'Excel' }),
    exec(2, { id: 's', name: 'sh', parent: 'e' }),
    exec(3, { id: 'c', name: 'curl', parent: 's' }),
  ])
  equal(fired, 0)
  const [descent] = lineage?.[0]?.descents ?? []
  const last = descent?.ancestors.at(-1)
  equal(last?.executable, '/bin/Excel')
  equal(last.nearest?.failures[0]?.seen, 'Excel')
  deepEqual(last.nearest.failures[0]?.wanted, ['Word'])
})

test('explain lineage: a process whose ancestors no event told of, and a circle', () => {
  const { lineage } = explained(eqlRule(QUERY), [
    exec(1, { id: 'c', name: 'curl', parent: 'unknown' }),
    exec(2, { id: 'x', name: 'curl', parent: 'y' }),
    exec(3, { id: 'y', name: 'sh', parent: 'x' }),
  ])
  const ids = lineage?.[0]?.descents.map(({ ancestors }) => {
    return ancestors.map(({ entity_id: id }) => id)
  })
  deepEqual(ids, [
    ['c', 'unknown'],
    ['x', 'y'],
  ])
})
