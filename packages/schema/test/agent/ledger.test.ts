import { equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { LEDGER_START, ledgerHash, LedgerRow } from '../../src/index.ts'

const ROW: Omit<LedgerRow, 'hash'> = {
  index: 0,
  previous: LEDGER_START,
  epoch: 3,
  sensor: 'eslogger-file',
  hour: '2026-11-25T09:00:00Z',
  sensed: 10,
  filtered: { path: 2, budget: 1 },
  dropped: [
    {
      reason: 'spool_full',
      type: 'create',
      class: 'bulk',
      count: 3,
      from: '2026-11-25T09:10:00.000000001Z',
      to: '2026-11-25T09:11:00Z',
    },
  ],
  sent: 4,
  lost: 0,
  unobserved: [{ from: '2026-11-25T09:10:00Z', to: '2026-11-25T09:11:00Z', reason: 'agent_ended' }],
}

test('ledger: the hash does not depend on the order in which keys were written', () => {
  const { index, previous, ...rest } = ROW
  const turned = { ...rest, filtered: { budget: 1, path: 2 }, previous, index }
  equal(ledgerHash(turned), ledgerHash(ROW))
})

const [drop] = ROW.dropped
const [span] = ROW.unobserved
const changes: Record<string, Partial<LedgerRow>> = {
  index: { index: 1 },
  previous: { previous: 'f'.repeat(64) },
  epoch: { epoch: 4 },
  sensor: { sensor: 'eslogger' },
  hour: { hour: '2026-11-25T10:00:00Z' },
  sensed: { sensed: 11 },
  'a reason': { filtered: { path: 3, budget: 1 } },
  'a drop': { dropped: drop === undefined ? [] : [{ ...drop, count: 4 }] },
  sent: { sent: 5 },
  lost: { lost: 1 },
  'a span': { unobserved: span === undefined ? [] : [{ ...span, reason: 'sensor_silent' }] },
}
for (const [name, change] of Object.entries(changes)) {
  test(`ledger: another ${name} is another hash`, () => {
    notEqual(ledgerHash({ ...ROW, ...change }), ledgerHash(ROW))
  })
}

test('ledger: a row that is hashed fits its schema', () => {
  equal(LedgerRow.safeParse({ ...ROW, hash: ledgerHash(ROW) }).success, true)
})
