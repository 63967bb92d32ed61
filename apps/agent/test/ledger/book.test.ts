import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import {
  LEDGER_DROPS_MAX,
  LEDGER_ROWS_MAX,
  LEDGER_START,
  LedgerRow,
  ledgerHash,
} from '@pomona/schema'
import { BookState, LedgerBook } from '../../src/ledger/book.ts'

const HOUR_MS = 3_600_000
const TIME = '2026-11-25T09:00:00.000Z'
const drop = (type: string, count = 1) =>
  ({ reason: 'spool_full', type, priority: 'bulk', count, fromMs: 5, toMs: 9 }) as const

test('ledger: rows are by sensor and hour, chained, and what was told is told once', () => {
  const book = new LedgerBook()
  book.at('b', HOUR_MS).sensed += 3
  book.at('a', HOUR_MS).sensed += 2
  book.at('a', 0).sent += 1
  const rows = book.draft(4)
  deepEqual(
    rows.map(({ sensor, hour, sensed, sent, epoch }) => ({ sensor, hour, sensed, sent, epoch })),
    [
      { sensor: 'a', hour: '1970-01-01T00:00:00.000Z', sensed: 0, sent: 1, epoch: 4 },
      { sensor: 'a', hour: '1970-01-01T01:00:00.000Z', sensed: 2, sent: 0, epoch: 4 },
      { sensor: 'b', hour: '1970-01-01T01:00:00.000Z', sensed: 3, sent: 0, epoch: 4 },
    ],
  )
  let previous = LEDGER_START
  for (const row of rows) {
    LedgerRow.parse(row)
    const { hash, ...content } = row
    equal(row.previous, previous)
    equal(hash, ledgerHash(content))
    previous = hash
  }
  book.take(rows)
  deepEqual(book.draft(4), [])
  book.at('a', 0).sent += 5
  const [next] = book.draft(4)
  equal(next?.sent, 5)
  equal(next.previous, previous)
  equal(next.index, 3)
})

test('ledger: rows stay until the server has them, and survive being written down', () => {
  const book = new LedgerBook()
  for (let hour = 0; hour < 4; hour++) book.at('a', hour * HOUR_MS).sensed += 1
  book.take(book.draft(1))
  book.at('a', 0).filter('policy', 2)
  book.at('a', 0).drop(drop('close', 7))
  book.at('a', 0).miss({ from: TIME, to: TIME, reason: 'agent_killed' })
  book.confirm(2)
  const again = LedgerBook.of(BookState.parse(JSON.parse(JSON.stringify(book.state()))))
  deepEqual(
    again.rows.map(({ index }) => index),
    [2, 3],
  )
  deepEqual(again.draft(1), book.draft(1))
  equal(again.end, 4)
})

test('ledger: more kinds of drops than a row may hold go into further rows', () => {
  const book = new LedgerBook()
  for (let index = 0; index < LEDGER_DROPS_MAX * 2 + 1; index++)
    book.at('a', 0).drop(drop(`t${index}`))
  const rows = book.draft(1)
  deepEqual(
    rows.map(({ dropped }) => dropped.length),
    [LEDGER_DROPS_MAX, LEDGER_DROPS_MAX, 1],
  )
})

test('ledger: however many names there are, nothing is counted away', () => {
  const book = new LedgerBook()
  for (let index = 0; index < 3_000; index++) {
    book.at('a', 0).drop(drop(`t${index}`))
    book.at('a', 0).filter(`r${index}`, 1)
  }
  const rows = book.draft(1)
  const dropped = rows.flatMap((row) => row.dropped).reduce((sum, { count }) => sum + count, 0)
  const filtered = rows
    .flatMap((row) => Object.values(row.filtered))
    .reduce((sum, one) => sum + one, 0)
  deepEqual({ dropped, filtered }, { dropped: 3_000, filtered: 3_000 })
  for (const row of rows) LedgerRow.parse(row)
})

test('ledger: without a server for months the sums stay exact and memory is bounded', () => {
  const book = new LedgerBook()
  for (let hour = 0; hour < 10_000; hour++) book.at('a', hour * HOUR_MS).sensed += 1
  ok(book.entries().length <= 4_096)
  let sensed = 0
  for (let turn = 0; turn < 100; turn++) {
    const rows = book.draft(1)
    if (rows.length === 0) break
    ok(rows.length <= LEDGER_ROWS_MAX)
    sensed += rows.reduce((sum, row) => sum + row.sensed, 0)
    book.take(rows)
    book.confirm(book.end)
  }
  equal(sensed, 10_000)
})
