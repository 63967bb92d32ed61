import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ListMemory } from '../../src/shell/list-memory.ts'

test('list memory: knows nothing before a list was seen', () => {
  const memory = new ListMemory('/alerts')
  equal(memory.path, '/alerts')
  equal(memory.neighbour('a', 1), undefined)
  equal(memory.row(''), -1)
})

test('list memory: leads back and along', () => {
  const memory = new ListMemory('/alerts')
  memory.remember({ search: 'severity=high', ids: ['a', 'b', 'c'], current: 1 })
  equal(memory.path, '/alerts?severity=high')
  equal(memory.neighbour('b', 1), 'c')
  equal(memory.neighbour('b', -1), 'a')
  equal(memory.neighbour('c', 1), undefined)
  equal(memory.neighbour('a', -1), undefined)
  equal(memory.row('severity=high'), 1)
  equal(memory.row(''), -1)
})
