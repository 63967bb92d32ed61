import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { JsonLogger } from '../../src/log/logger.ts'
import { ManualClock } from '../spool/world.ts'

function makeLog() {
  const lines: string[] = []
  const clock = new ManualClock()
  return { lines, log: new JsonLogger({ level: 'info', clock, write: (line) => lines.push(line) }) }
}

test('log: a line is JSON with time, level, who and what', () => {
  const { lines, log } = makeLog()
  log.child('uplink').warn({ lane: 'reports' }, 'It failed.')
  equal(lines.length, 1)
  ok(lines[0]?.endsWith('}\n'))
  deepEqual(JSON.parse(lines[0] ?? ''), {
    '@timestamp': '2026-11-25T08:59:50.000000000Z',
    'log.level': 'warn',
    'log.logger': 'uplink',
    message: 'It failed.',
    lane: 'reports',
  })
})

test('log: the level can be changed, for children as well', () => {
  const { lines, log } = makeLog()
  const child = log.child('a')
  child.debug({}, 'no')
  log.level = 'debug'
  child.debug({}, 'yes')
  log.level = 'error'
  child.warn({}, 'no')
  child.error({}, 'yes')
  deepEqual(
    lines.map((line) => JSON.parse(line).message),
    ['yes', 'yes'],
  )
})

test('log: what is too long for a line is left out, its sentence is not', () => {
  const { lines, log } = makeLog()
  log.info({ text: 'x'.repeat(100_000) }, 'Long.')
  ok((lines[0]?.length ?? 0) < 8_192)
  equal(JSON.parse(lines[0] ?? '').message, 'Long.')
})
