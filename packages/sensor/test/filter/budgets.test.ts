import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { Budgets } from '../../src/filter/budgets.ts'

const at = (second: number): string =>
  new Date(Date.UTC(2026, 2, 2, 8, 30, second)).toISOString().replace('Z', '000000Z')

function passed(budgets: Budgets, second: number, count: number): number {
  let passed = 0
  for (let index = 0; index < count; index += 1) {
    if (budgets.take({ type: 'close', time: at(second) })) passed += 1
  }
  return passed
}

const CLOSE = { close: { perSecond: 10, burst: 25 } }

test('budgets: a burst passes, then so many a second', () => {
  const budgets = new Budgets(CLOSE)
  equal(passed(budgets, 0, 100), 25)
  equal(passed(budgets, 1, 100), 10)
  equal(passed(budgets, 3, 100), 20)
  equal(passed(budgets, 60, 100), 25)
})

test('budgets: types without one always pass', () => {
  const budgets = new Budgets(CLOSE)
  passed(budgets, 0, 100)
  equal(budgets.take({ type: 'exec', time: at(0) }), true)
})

test('budgets: a clock that goes back, or says nothing, gives nothing', () => {
  const budgets = new Budgets(CLOSE)
  equal(passed(budgets, 10, 100), 25)
  equal(passed(budgets, 5, 100), 0)
  equal(budgets.take({ type: 'close', time: 'tomorrow' }), false)
  equal(passed(budgets, 10, 100), 0)
  equal(passed(budgets, 11, 100), 10)
})
