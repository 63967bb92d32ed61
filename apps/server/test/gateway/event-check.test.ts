import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { checkEvents } from '../../src/gateway/event-check.ts'
import { batchOf, execEvent, execs, streamOf } from '../support/batch.ts'

const INGESTED = '2026-11-22T10:00:00.000000000Z'
const OPTIONS = { ingested: INGESTED, lettersMax: 5 }

const good = execEvent('mac-1', 1)
const withId = (id: string) => ({ ...good, event: { ...good.event, id } })
const { '@timestamp': _time, ...timeless } = good

const refusals: readonly { name: string; event: unknown; want: string }[] = [
  { name: 'a list', event: [1], want: 'not_an_object' },
  { name: 'null', event: null, want: 'not_an_object' },
  { name: 'a field nobody knows', event: { ...good, surprise: 1 }, want: 'unknown_field' },
  { name: '__proto__', event: JSON.parse('{"__proto__":{"polluted":1}}'), want: 'unknown_field' },
  { name: 'constructor', event: { ...good, constructor: { x: 1 } }, want: 'unknown_field' },
  { name: 'text for a number', event: { ...good, process: { pid: '1' } }, want: 'wrong_type' },
  { name: 'no time', event: timeless, want: 'missing_field' },
  { name: 'no host', event: { ...good, host: { name: 'x' } }, want: 'missing_field' },
  { name: 'another host', event: { ...good, host: { id: 'mac-2' } }, want: 'foreign_host' },
  { name: 'another stream', event: withId(`${streamOf('mac-2')}-1`), want: 'foreign_stream' },
  {
    name: 'a stream it begins with',
    event: withId(`${streamOf('mac-1')}0-1`),
    want: 'foreign_stream',
  },
  {
    name: 'the voice of the server',
    event: { ...good, event: { ...good.event, provider: 'pomona-server' } },
    want: 'foreign_provider',
  },
  { name: 'no number', event: withId(`${streamOf('mac-1')}-01`), want: 'foreign_stream' },
  { name: 'a negative one', event: withId(`${streamOf('mac-1')}--1`), want: 'foreign_stream' },
  { name: 'before the range', event: execEvent('mac-1', 0), want: 'sequence_outside_range' },
  { name: 'after the range', event: execEvent('mac-1', 10), want: 'sequence_outside_range' },
  {
    name: 'more text than allowed',
    event: execEvent('mac-1', 1, { commandLine: 'x'.repeat(1024 * 1024) }),
    want: 'too_large',
  },
]
for (const { name, event, want } of refusals) {
  test(`event check: sets aside ${name} and keeps its neighbours`, () => {
    const events = [event, execEvent('mac-1', 5)]
    const checked = checkEvents(batchOf({ events, first: 1, last: 9 }), OPTIONS)
    equal(checked.accepted.length, 1)
    deepEqual([...checked.refused], [[want, 1]])
    equal(checked.letters[0]?.reason, want)
    equal(checked.letters[0]?.host_id, 'mac-1')
    ok((checked.letters[0]?.sample.length ?? 0) <= 4_096)
    equal((Object.prototype as { polluted?: unknown }).polluted, undefined)
  })
}

test('event check: sequences rise inside a batch', () => {
  const events = [execEvent('mac-1', 3), execEvent('mac-1', 3), execEvent('mac-1', 2)]
  const checked = checkEvents(batchOf({ events, first: 0, last: 9 }), OPTIONS)
  deepEqual([...checked.refused], [['sequence_repeated', 2]])
})

test('event check: stamps what it accepts and changes nothing else', () => {
  const checked = checkEvents(batchOf({ events: [good], first: 1 }), OPTIONS)
  const want = { ...good, event: { ...good.event, ingested: INGESTED } }
  deepEqual(
    checked.accepted.map((text) => JSON.parse(text)),
    [want],
  )
  equal(checked.newest, good['@timestamp'])
})

test('event check: keeps a bounded number of letters and counts all', () => {
  const events = execs('mac-2', 50)
  const checked = checkEvents(batchOf({ events }), OPTIONS)
  equal(checked.letters.length, 5)
  equal(checked.refused.get('foreign_host'), 50)
  const again = checkEvents(batchOf({ events }), OPTIONS)
  deepEqual(
    again.letters.map(({ id }) => id),
    checked.letters.map(({ id }) => id),
  )
})
