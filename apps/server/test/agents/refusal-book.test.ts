import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { RefusalBook } from '../../src/agents/refusal-book.ts'
import { FakeClock } from '../support/clock.ts'

test('refusal book: counts by reason and keeps who was the last', () => {
  const clock = new FakeClock()
  const book = new RefusalBook(clock)
  const { since } = book.view()
  book.note({ layer: 'request', reason: 'foreign_host', address: '192.0.2.1', hostId: 'mac-1' })
  clock.advanceSeconds(1)
  book.note({ layer: 'connection', reason: 'version', address: '::ffff:192.0.2.2' })
  clock.advanceSeconds(1)
  book.note({ layer: 'request', reason: 'foreign_host', address: '192.0.2.3', hostId: 'mac-2' })
  const { items } = book.view()
  deepEqual(
    items.map((item) => ({ ...item, first: '', last: '' })),
    [
      {
        ...{ layer: 'request', reason: 'foreign_host', count: 2 },
        ...{ address: '192.0.2.3', host_id: 'mac-2', first: '', last: '' },
      },
      {
        ...{ layer: 'connection', reason: 'version', count: 1 },
        ...{ address: '192.0.2.2', first: '', last: '' },
      },
    ],
  )
  equal(items[0]?.first, since)
})

test('refusal book: has an end; what is beyond is counted together', () => {
  const book = new RefusalBook(new FakeClock())
  for (let index = 0; index < 150; index += 1) book.note({ layer: 'request', reason: `r${index}` })
  const { items } = book.view()
  equal(items.length, 101)
  equal(items.find(({ reason }) => reason === 'other')?.count, 50)
})
