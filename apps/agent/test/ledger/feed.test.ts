import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { LedgerRow } from '@pomona/schema'
import { LedgerBook } from '../../src/ledger/book.ts'
import { LedgerFeed } from '../../src/ledger/feed.ts'
import { ManualClock } from '../spool/world.ts'

function makeFeed() {
  const book = new LedgerBook()
  const clock = new ManualClock()
  const source = {
    ledgerRows: (): Promise<readonly LedgerRow[]> => {
      if (book.rows.length === 0) book.take(book.draft(1))
      return Promise.resolve(book.rows)
    },
    confirmRows: (next: number) => book.confirm(next),
  }
  return { book, clock, feed: new LedgerFeed(source, clock) }
}

const indexes = (rows: readonly LedgerRow[]) => rows.map(({ index }) => index)

test('ledger feed: tells rows until they are confirmed', async () => {
  const { book, feed } = makeFeed()
  book.at('a', 0).sensed += 1
  book.at('b', 0).sensed += 1
  deepEqual(indexes(await feed.rows(0, 500)), [0, 1])
  deepEqual(indexes(await feed.rows(0, 1)), [0])
  feed.confirm(1)
  deepEqual(indexes(await feed.rows(1, 500)), [1])
})

test('ledger feed: every report changes the counts, and does not ask for another report', async () => {
  const { book, clock, feed } = makeFeed()
  book.at('a', 0).sensed += 1
  equal((await feed.rows(0, 500)).length, 1)
  feed.confirm(1)
  book.at('a', 0).sent += 1
  deepEqual(await feed.rows(1, 1), [])
  clock.ms += 10_000
  deepEqual(indexes(await feed.rows(1, 1)), [1])
})

test('ledger feed: the last report has everything', async () => {
  const { book, feed } = makeFeed()
  book.at('a', 0).sensed += 1
  await feed.rows(0, 500)
  feed.confirm(1)
  book.at('a', 0).sent += 1
  feed.hurry()
  deepEqual(indexes(await feed.rows(1, 500)), [1])
})

test('ledger feed: no more rows are told at once than one report can carry', async () => {
  // Only place and length of a row matter here.
  const rowOf = (index: number, length: number) =>
    ({ index, sensor: 'x'.repeat(length) }) as unknown as LedgerRow // As above.
  const rows = [0, 1, 2, 3].map((index) => rowOf(index, 400_000))
  const source = { ledgerRows: () => Promise.resolve(rows), confirmRows: () => undefined }
  const feed = new LedgerFeed(source, new ManualClock())
  deepEqual(indexes(await feed.rows(0, 500)), [0, 1])
  deepEqual(indexes(await feed.rows(2, 500)), [2, 3])
  const one = rowOf(9, 2_000_000)
  const huge = { ledgerRows: () => Promise.resolve([one]), confirmRows: () => undefined }
  deepEqual(indexes(await new LedgerFeed(huge, new ManualClock()).rows(9, 500)), [9])
})
