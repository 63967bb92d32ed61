import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  neighbour,
  queuePath,
  rememberedRow,
  rememberQueue,
} from '../../src/alerts/queue-memory.ts'

test('queue memory: knows nothing before a queue was seen', () => {
  equal(queuePath(), '/alerts')
  equal(neighbour('a', 1), undefined)
})

test('queue memory: leads back and along', () => {
  rememberQueue({ search: 'severity=high', ids: ['a', 'b', 'c'], current: 1 })
  equal(queuePath(), '/alerts?severity=high')
  equal(neighbour('b', 1), 'c')
  equal(neighbour('b', -1), 'a')
  equal(neighbour('c', 1), undefined)
  equal(neighbour('a', -1), undefined)
  equal(rememberedRow('severity=high'), 1)
  equal(rememberedRow(''), -1)
})
