import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { Obstacle } from '../../src/index.ts'
import { eqlRule, explained, eventAt } from './explained.ts'

const QUERY = `sequence by process.entity_id with maxspan=10s
  [process where event.action == "exec" and process.name == "a"]
  [file where event.action == "create" and file.path : "/tmp/*"]
  [file where event.action == "unlink"]
until [process where event.action == "exit"]`

const told =
  (action: string, category: string) =>
  (second: number, id = 'p1', path = '/tmp/x'): object =>
    eventAt(second, {
      'event.action': action,
      'event.category': [category],
      'process.entity_id': id,
      'process.name': 'a',
      'file.path': path,
    })
const exec = told('exec', 'process')
const create = told('create', 'file')
const unlink = told('unlink', 'file')
const exit = told('exit', 'process')

const cases: readonly {
  name: string
  events: readonly object[]
  reached: number
  lines: readonly number[]
  obstacle: Obstacle
}[] = [
  {
    name: 'nothing in the way of one that is complete',
    events: [exec(1), create(2), unlink(3)],
    reached: 3,
    lines: [1, 2, 3],
    obstacle: { kind: 'none' },
  },
  {
    name: 'a step that came too late, and by how much',
    events: [exec(1), create(2), unlink(13.4)],
    reached: 2,
    lines: [1, 2, 3],
    obstacle: { kind: 'too_late', step: 2, place: { line: 3 }, byMs: 2_400 },
  },
  {
    name: 'the start nearest to the late step',
    events: [exec(1), exec(5), create(6), unlink(16)],
    reached: 2,
    lines: [2, 3, 4],
    obstacle: { kind: 'too_late', step: 2, place: { line: 4 }, byMs: 1_000 },
  },
  {
    name: 'a step that no event held for',
    events: [exec(1), create(2, 'p1', '/var/x'), unlink(3)],
    reached: 1,
    lines: [1],
    obstacle: { kind: 'no_match', step: 1 },
  },
  {
    name: 'a step that came for another key',
    events: [exec(1), create(2, 'p2'), unlink(3)],
    reached: 1,
    lines: [1],
    obstacle: {
      kind: 'other_key',
      step: 1,
      keys: [[{ written: 'process.entity_id', value: 'p2' }]],
    },
  },
  {
    name: 'a step that came before the one it follows',
    events: [create(1), exec(3)],
    reached: 1,
    lines: [2],
    obstacle: { kind: 'too_early', step: 1, place: { line: 1 }, byMs: 2_000 },
  },
  {
    name: 'the end of the process between',
    events: [exec(1), create(2), exit(2.5), unlink(3)],
    reached: 3,
    lines: [1, 2, 4],
    obstacle: { kind: 'until', place: { line: 3 } },
  },
  {
    name: 'of several keys the one that got furthest',
    events: [exec(1, 'p2'), exec(2), create(3), exec(4, 'p3')],
    reached: 2,
    lines: [2, 3],
    obstacle: { kind: 'no_match', step: 2 },
  },
]

for (const { name, events, reached, lines, obstacle } of cases) {
  test(`explain a sequence: ${name}`, () => {
    const { sequence, fired } = explained(eqlRule(QUERY), events)
    deepEqual(sequence?.attempt?.obstacle, obstacle)
    equal(sequence.attempt.reached, reached)
    equal(sequence.attempt.needed, 3)
    deepEqual(
      sequence.attempt.events.map(({ place }) => place.line),
      lines,
    )
    equal(sequence.spanMs, 10_000)
    equal(fired, obstacle.kind === 'none' ? 1 : 0)
  })
}

test('explain a sequence: a step that did not come tells the nearest event', () => {
  const { sequence } = explained(eqlRule(QUERY), [exec(1), create(2, 'p1', '/var/x')])
  const [, step] = sequence?.steps ?? []
  equal(step?.matches, 0)
  const [failure] = step.nearest[0]?.failures ?? []
  equal(failure?.field, 'file.path')
  equal(failure.seen, '/var/x')
})

test('explain a sequence: no event at all', () => {
  const { sequence, fired } = explained(eqlRule(QUERY), [])
  equal(fired, 0)
  equal(sequence?.attempt, undefined)
})

const MISSING = `sequence by process.entity_id with maxspan=10s
  [process where event.action == "exec"]
  ![file where event.action == "create"]
  [file where event.action == "unlink"]`

test('explain a sequence: an event that must not come, and came', () => {
  const { sequence, fired } = explained(eqlRule(MISSING), [exec(1), create(2), unlink(3)])
  equal(fired, 0)
  deepEqual(sequence?.attempt?.obstacle, { kind: 'forbidden', step: 1, place: { line: 2 } })
})

test('explain a sequence: an event that lacks the key joins with nothing', () => {
  const nameless = eventAt(1, {
    'event.action': 'exec',
    'event.category': ['process'],
    'process.name': 'a',
  })
  const { sequence } = explained(eqlRule(QUERY), [nameless])
  equal(sequence?.steps[0]?.keyless, 1)
  equal(sequence.attempt, undefined)
})
