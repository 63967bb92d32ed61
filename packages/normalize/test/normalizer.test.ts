import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { RawRecord } from '@pomona/sensor'
import { type DropReason, Normalizer } from '../src/index.ts'
import {
  CONTEXT,
  eventOf,
  type Json,
  message,
  processOf,
  record,
  SHELL,
  Stream,
} from './records.ts'

const good = message('settime', {})

const drops: readonly (readonly [name: string, value: unknown, reason: DropReason])[] = [
  ['is no object', null, 'record_invalid'],
  ['is a list', [], 'record_invalid'],
  ['has no event', { ...good, event: undefined }, 'event_missing'],
  ['has an event without a key', { ...good, event: {} }, 'event_missing'],
  ['has an event with an empty key', { ...good, event: { '': {} } }, 'event_missing'],
  ['has two events', { ...good, event: { exec: {}, fork: {} } }, 'event_ambiguous'],
  ['has no time', { ...good, time: undefined }, 'time_invalid'],
  ['has a time in the 13th month', { ...good, time: '2026-13-01T00:00:00Z' }, 'time_invalid'],
  ['has a number for a time', { ...good, time: 1 }, 'time_invalid'],
  ['has no process', { ...good, process: null }, 'process_missing'],
  ['has a process without a token', { ...good, process: { ppid: 1 } }, 'process_missing'],
  [
    'has a token of seven',
    { ...good, process: { audit_token: [1, 2, 3, 4, 5, 6, 7] } },
    'process_missing',
  ],
]

for (const [name, value, reason] of drops) {
  test(`normalizer: a record that ${name} is dropped as ${reason} and counted`, () => {
    const normalizer = new Normalizer(CONTEXT)
    // What the sensor would not hand on is refused all the same.
    deepEqual(normalizer.normalize({ sequence: 0, text: '', value } as unknown as RawRecord), {
      ok: false,
      reason,
    })
    const { counts } = normalizer
    equal(counts.discarded[reason], 1)
    equal(counts.received, counts.sent + 1)
  })
}

test('normalizer: a type nobody has heard of becomes an event with its process', () => {
  const stream = new Stream()
  const event = stream.send(message('quantum_open', { target: SHELL }))
  equal(event.event?.action, 'quantum_open')
  equal(event.event?.kind, 'event')
  equal(event.process?.executable, '/bin/zsh')
  equal(stream.normalizer.counts.typesUnknown, 1)
})

test('normalizer: names that objects inherit are types nobody has heard of', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    const value = JSON.parse(JSON.stringify(good).replace('"settime"', JSON.stringify(name)))
    equal(eventOf(value).event?.action, name)
  }
})

test('normalizer: an event says where it comes from, and always the same id', () => {
  const first = new Normalizer(CONTEXT).normalize(record(good, 42))
  const second = new Normalizer(CONTEXT).normalize(record(good, 42))
  deepEqual(first, second)
  ok(first.ok)
  const { event } = first
  ok(event.event?.id?.endsWith('-42'))
  equal(event.event?.sequence, 42)
  equal(event.event?.module, 'endpoint_security')
  equal(event.event?.original, JSON.stringify(good))
  deepEqual(event.host?.os, { type: 'macos', family: 'darwin', name: 'macOS', version: '26.1' })
  equal(event.host?.boot?.id, 'boot-1')
  deepEqual(event.macos?.es, {
    version: 10,
    sequence: 3,
    global_sequence: 7,
    mach_time: '177600514200',
  })
})

test('normalizer: the record’s text is left out on request', () => {
  equal(eventOf(good).event?.original, undefined)
})

test('normalizer: what an Endpoint Security client denied has failed', () => {
  const denied = { action: { result: { result_type: 0, result: { auth: 1 } } } }
  equal(eventOf(message('unlink', {}, denied)).event?.outcome, 'failure')
  const flags = { action: { result: { result_type: 1, result: { flags: 1 } } } }
  equal(eventOf(message('open', {}, flags)).event?.outcome, undefined)
})

const times = [
  ['2026-03-02T08:30:00Z', '2026-03-02T08:30:00.000000000Z'],
  ['2026-03-02T08:30:00.5Z', '2026-03-02T08:30:00.500000000Z'],
  ['2026-03-02T10:30:00.123456789+02:00', '2026-03-02T08:30:00.123456789Z'],
]
for (const [time, wanted] of times) {
  test(`normalizer: the time ${time} is written with nine digits`, () => {
    equal(eventOf({ ...good, time })['@timestamp'], wanted)
  })
}

function execOf(args: unknown, env: unknown): Json {
  const target = processOf({ pid: 400, pidversion: 901, path: '/usr/bin/env' })
  return message('exec', { target, args, env })
}

test('normalizer: too many and too long arguments are cut, counted, and still numbered', () => {
  const stream = new Stream({ limits: { argsMax: 2, textLengthMax: 4, envMax: 1 } })
  const event = stream.send(execOf(['one', 'abcdef', 'three'], ['A=1', 'B=2']))
  deepEqual(event.process?.args, ['one', 'abcd'])
  equal(event.process?.args_count, 3)
  deepEqual(event.process?.env_vars, ['A=1'])
  ok(stream.normalizer.counts.textsTruncated >= 1)
  equal(stream.normalizer.counts.listsTruncated, 2)
})

test('normalizer: the length of all arguments together is bounded', () => {
  const stream = new Stream({ limits: { argsLengthMax: 10 } })
  const event = stream.send(execOf(['12345', '67890', 'abc'], []))
  deepEqual(event.process?.args, ['12345', '67890'])
})

test('normalizer: a cut never leaves half a character', () => {
  const stream = new Stream({ limits: { textLengthMax: 5 } })
  const event = stream.send(message('unlink', { target: { path: '/tmp😀' } }))
  ok(event.file?.path?.isWellFormed())
})

test('normalizer: numbers beyond 2^53 stay exact as text', () => {
  const stat = { st_ino: '18446744073709551615', st_mode: 0o100644, st_size: 1 }
  const event = eventOf(message('unlink', { target: { path: '/a', stat } }))
  equal(event.file?.inode, '18446744073709551615')
  const lossy = { ...stat, st_ino: 2 ** 64 }
  equal(eventOf(message('unlink', { target: { path: '/a', stat: lossy } })).file?.inode, undefined)
})

for (const [status, code, signal] of [
  [0, 0, undefined],
  [256, 1, undefined],
  [65_280, 255, undefined],
  [9, undefined, 9],
  [139, undefined, 11],
  [-1, undefined, undefined],
] as const) {
  test(`normalizer: exit status ${status} is code ${code} and signal ${signal}`, () => {
    const event = eventOf(message('exit', { stat: status }))
    deepEqual([event.process?.exit_code, event.macos?.process?.signal], [code, signal])
  })
}
