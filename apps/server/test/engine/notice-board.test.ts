import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { NoticeBoard } from '../../src/engine/notice-board.ts'
import { Counter } from '../../src/metrics/registry.ts'
import { FakeClock } from '../support/clock.ts'

test('notices: are logged, counted by kind, and shown for ten minutes', () => {
  const clock = new FakeClock()
  const lines: string[] = []
  const counter = new Counter({ name: 'n', description: 'd' })
  const board = new NoticeBoard({
    clock,
    logger: pino({ level: 'warn' }, { write: (line: string) => lines.push(line) }),
    counter,
    nameOf: (ruleId) => (ruleId === 'r1' ? 'Files written' : undefined),
  })
  board.add([
    { kind: 'rule_flooded', ruleId: 'r1', count: 3 },
    { kind: 'events_hurried', count: 2 },
  ])
  board.add([{ kind: 'rule_flooded', ruleId: 'r1', count: 4 }])
  deepEqual(board.current(), [
    'Events were evaluated before they were in order: 2.',
    'Rule Files written had more to tell of a host than it may in an hour: 4.',
  ])
  deepEqual(
    counter.samples().map(({ labels, value }) => [labels['kind'], value]),
    [
      ['rule_flooded', 7],
      ['events_hurried', 2],
    ],
  )
  equal(lines.length, 3)
  ok(lines[0]?.includes('"rule_id":"r1"'))
  clock.advanceSeconds(601)
  deepEqual(board.current(), [])
})

test('notices: as many are shown as people read', () => {
  const board = new NoticeBoard({
    clock: new FakeClock(),
    logger: pino({ level: 'silent' }),
    counter: new Counter({ name: 'n', description: 'd' }),
    nameOf: () => undefined,
  })
  board.add(
    Array.from({ length: 50 }, (_, rule) => {
      return { kind: 'rule_errored', ruleId: `r${rule}`, count: 1 }
    }),
  )
  equal(board.current().length, 20)
  ok(board.current().at(-1)?.startsWith('Rule r49 '))
})
