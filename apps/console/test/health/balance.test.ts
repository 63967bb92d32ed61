import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { balance, share } from '../../src/health/balance.ts'

const stage = (received: number, sent: number) => ({
  stage: 's',
  received,
  sent,
  held: 2,
  discarded: [
    { reason: 'duplicate', intentional: true, count: 3 },
    { reason: 'full', intentional: false, count: 1 },
  ],
})

const cases = [
  {
    name: 'all is accounted for',
    stage: stage(10, 4),
    want: { discarded: 4, lost: 1, difference: 0 },
  },
  { name: 'one has vanished', stage: stage(11, 4), want: { discarded: 4, lost: 1, difference: 1 } },
  {
    name: 'one is there twice',
    stage: stage(10, 5),
    want: { discarded: 4, lost: 1, difference: -1 },
  },
]
for (const { name, stage: counts, want } of cases) {
  test(`balance: says when ${name}`, () => deepEqual(balance(counts), want))
}

test('share: stays between nothing and all', () => {
  equal(share(1, { of: 4 }), 0.25)
  equal(share(5, { of: 4 }), 1)
  equal(share(1, { of: 0 }), 0)
})
