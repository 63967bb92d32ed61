import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { SensedBatch, SourceFilter } from '@pomona/sensor'
import { Intake } from '../../src/eslogger/intake.ts'
import { LineWriter } from './lines.ts'

const AT_NS = 1_772_440_200_000_000_000n
const AT = '2026-03-02T08:30:00.000000000Z'

function open(options: Partial<ConstructorParameters<typeof Intake>[0]> = {}) {
  const intake = new Intake({ sensor: 'eslogger.files', ...options })
  intake.beginRun()
  const push = (text: string) => intake.push(Buffer.from(text), AT_NS)
  return { intake, push }
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)

function assertComplete(batch: SensedBatch): void {
  const dropped = batch.dropped.reduce((total, { count }) => total + count, 0)
  const { records, filtered, refused } = batch
  equal(batch.sensed, records.length + sum(filtered) + sum(refused) + dropped)
}

function assertConserved(intake: Intake): void {
  const { received, sent, discarded, held } = intake.counts()
  equal(received, sent + sum(discarded) + held)
}

test('intake: records come out in order, with their sequence and when they were read', () => {
  const { intake, push } = open()
  const writer = new LineWriter()
  push(writer.line('create') + writer.line('unlink'))
  const batch = intake.take()
  ok(batch !== undefined)
  assertComplete(batch)
  deepEqual(
    batch.records.map(({ sequence, created }) => [sequence, created]),
    [
      [0, AT],
      [1, AT],
    ],
  )
  equal(batch.lost, 0)
  equal(intake.take(), undefined)
  push(writer.line('create'))
  equal(intake.take()?.records[0]?.sequence, 2)
})

test('intake: numbers that are missing are lost, by type and in all, and told once', () => {
  const { intake, push } = open()
  const writer = new LineWriter()
  writer.lose('close', 3)
  push(writer.line('create'))
  writer.lose('create', 2)
  push(writer.line('create') + writer.line('close'))
  const batch = intake.take()
  equal(batch?.lost, 5)
  deepEqual(batch?.lostByType, { create: 2, close: 3 })
  push(writer.line('close'))
  equal(intake.take()?.lost, 0)
  deepEqual(intake.lost, { total: 5, byType: { create: 2, close: 3 } })
})

test('intake: another process numbers anew, and what it missed at its start is lost too', () => {
  const { intake, push } = open()
  const first = new LineWriter()
  for (let count = 0; count < 5; count += 1) push(first.line('create'))
  intake.endRun()
  intake.beginRun()
  const second = new LineWriter()
  second.lose('create', 4)
  push(second.line('create'))
  equal(intake.take()?.lost, 4)
})

test('intake: without room new lines are dropped and counted, and are not losses', () => {
  const writer = new LineWriter()
  const line = writer.line('create')
  const { intake, push } = open({ limits: { queueBytesMax: line.length * 2 } })
  push(line)
  for (const type of ['create', 'close', 'close', 'create']) push(writer.line(type))
  assertConserved(intake)
  equal(intake.counts().held, 2)
  const batch = intake.take()
  ok(batch !== undefined)
  assertComplete(batch)
  equal(batch.records.length, 2)
  deepEqual(batch.dropped, [
    {
      reason: 'queue_full',
      type: 'close',
      count: 2,
      from: '2026-03-02T08:30:02.000000000Z',
      to: '2026-03-02T08:30:03.000000000Z',
    },
    {
      reason: 'queue_full',
      type: 'create',
      count: 1,
      from: '2026-03-02T08:30:04.000000000Z',
      to: '2026-03-02T08:30:04.000000000Z',
    },
  ])
  equal(batch.lost, 0)
  push(writer.line('close'))
  equal(intake.take()?.records[0]?.sequence, 5)
  assertConserved(intake)
})

test('intake: a line longer than all of the room is kept when nothing else waits', () => {
  const { intake, push } = open({ limits: { queueBytesMax: 10 } })
  push(new LineWriter().line('create'))
  equal(intake.take()?.records.length, 1)
})

test('intake: the times of drops are times, whatever the line says', () => {
  const { intake, push } = open({ limits: { queueBytesMax: 10 } })
  const writer = new LineWriter()
  push(writer.line('create'))
  push(writer.line('create').replace(/"time":"[^"]*"/, '"time":"tomorrow"'))
  const [drop] = intake.take()?.dropped ?? []
  equal(drop?.from, AT)
})

test('intake: what cannot be read is refused by reason, and counted', () => {
  const { intake, push } = open({ limits: { lineBytesMax: 400 } })
  push('not json\n\n[]\n{"event":{}}\n')
  push(`${'x'.repeat(500)}\n`)
  push('{"event":{"exec"')
  intake.endRun()
  const batch = intake.take()
  ok(batch !== undefined)
  assertComplete(batch)
  deepEqual(batch.refused, {
    syntax: 1,
    blank: 1,
    not_object: 1,
    not_event: 1,
    too_long: 1,
    partial: 1,
  })
  assertConserved(intake)
})

const CLOSE_FILTER: SourceFilter = {
  ofLine: ({ type }) => (type === 'close' ? 'muted' : undefined),
  ofRecord: ({ event }) => ('unlink' in Object(event) ? 'own_process' : undefined),
}

test('intake: what a filter leaves out is counted by its reason, by the line or the record', () => {
  const { intake, push } = open({ filter: CLOSE_FILTER })
  const writer = new LineWriter()
  for (const type of ['close', 'create', 'unlink', 'close', 'create']) push(writer.line(type))
  const batch = intake.take()
  ok(batch !== undefined)
  assertComplete(batch)
  deepEqual(batch.filtered, { muted: 2, own_process: 1 })
  equal(batch.records.length, 2)
  equal(batch.lost, 0)
  assertConserved(intake)
})

test('intake: lines left out are news even when no record is', () => {
  const { intake, push } = open({ filter: CLOSE_FILTER })
  push(new LineWriter().line('close'))
  ok(intake.hasNews)
  equal(intake.take()?.sensed, 1)
  ok(!intake.hasNews)
})

test('intake: a line whose head is not plain is read all the same, in its place', () => {
  const { intake, push } = open()
  const writer = new LineWriter()
  push(writer.line('exec', { body: '{"args":["event","time"]}' }))
  push(writer.line('exec'))
  const batch = intake.take()
  equal(batch?.records.length, 2)
  equal(batch?.lost, 0)
})

test('intake: a batch holds no more bytes than its bound', () => {
  const { intake, push } = open({ limits: { batchBytesMax: 500 } })
  const writer = new LineWriter()
  for (let count = 0; count < 5; count += 1) push(writer.line('create'))
  const sizes = Array.from({ length: 4 }, () => intake.take()?.records.length)
  deepEqual(sizes, [2, 2, 1, undefined])
})

test('intake: a byte that is no UTF-8 hides nothing', () => {
  const { intake } = open()
  const line = new LineWriter().line('exec', { body: '{"args":["a#b"]}' })
  const bytes = Buffer.from(line)
  bytes[bytes.indexOf('#')] = 0xff
  intake.push(bytes, AT_NS)
  ok(intake.take()?.records[0]?.text.includes('a\u{fffd}b'))
})

test('intake: times in which nobody looked are bounded, and none is forgotten', () => {
  const { intake } = open()
  for (let hour = 10; hour < 60; hour += 1) {
    intake.noteGap({ from: `a${hour}`, to: `b${hour}`, reason: 'sensor_restarted' })
  }
  const gaps = intake.take()?.gaps ?? []
  equal(gaps.length, 16)
  equal(gaps.at(-1)?.to, 'b59')
})

test('intake: a batch holds no more records than its bound', () => {
  const { intake, push } = open({ limits: { batchRecordsMax: 3 } })
  const writer = new LineWriter()
  for (let count = 0; count < 5; count += 1) push(writer.line('create'))
  deepEqual([intake.take()?.records.length, intake.take()?.records.length], [3, 2])
})
