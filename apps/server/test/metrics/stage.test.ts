import { deepEqual, equal, match, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { MetricsRegistry } from '../../src/metrics/registry.ts'
import { Stage } from '../../src/metrics/stage.ts'

const stage = (reasonsMax = 2) =>
  new Stage({ name: 'test_events', description: 'Test', reasonsMax })

test('stage: what was taken is sent, discarded or held', () => {
  const books = stage()
  books.take(10)
  books.send(4)
  books.discard(3, { reason: 'bad' })
  books.discard(1, { reason: 'bad' })
  deepEqual(books.counts(), {
    stage: 'test_events',
    received: 10,
    sent: 4,
    held: 2,
    discarded: [{ reason: 'bad', intentional: false, count: 4 }],
  })
})

test('stage: cannot settle what it does not hold', () => {
  const books = stage()
  books.take(1)
  throws(() => books.send(2))
  throws(() => books.discard(2, { reason: 'bad' }))
})

test('stage: reasons beyond the limit are counted together', () => {
  const books = stage()
  books.take(3)
  for (const reason of ['a', 'b', 'c']) books.discard(1, { reason })
  deepEqual(
    books.counts().discarded.map(({ reason }) => reason),
    ['a', 'b', 'other'],
  )
})

test('stage: returns what will be read again', () => {
  const books = stage()
  books.take(5)
  books.send(2)
  books.returnHeld()
  const { received, sent, held } = books.counts()
  deepEqual({ received, sent, held }, { received: 2, sent: 2, held: 0 })
})

test('registry: prints Prometheus text with escaped labels', () => {
  const registry = new MetricsRegistry()
  const books = registry.stage(stage())
  books.take(2)
  books.discard(1, { reason: 'a "b"\\\n' })
  registry.counter('pomona_requests_total', 'Requests.').add(3, { route: '/x' })
  registry.gauge({
    name: 'pomona_size',
    description: 'Size.',
    read: () => [{ labels: {}, value: 7 }],
  })
  const text = registry.text()
  match(text, /^pomona_test_events_received_total 2$/m)
  match(text, /^pomona_test_events_held 1$/m)
  match(text, /discarded_total\{reason="a \\"b\\"\\\\\\n",intentional="false"\} 1$/m)
  match(text, /^pomona_requests_total\{route="\/x"\} 3$/m)
  match(text, /^# TYPE pomona_size gauge\npomona_size 7$/m)
})

test('registry: label combinations are bounded', () => {
  const registry = new MetricsRegistry()
  const counter = registry.counter('pomona_many_total', 'Many.')
  for (let index = 0; index < 1_000; index += 1) counter.add(1, { key: String(index) })
  const samples = counter.samples()
  equal(samples.length, 501)
  equal(samples.find(({ labels }) => labels['key'] === undefined)?.value, 500)
})
