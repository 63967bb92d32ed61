import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { Budget } from '../../src/bytes/budget.ts'

const spending = [
  { limit: 'bytesMax', spend: (budget: Budget, count: number) => budget.spendBytes(count) },
  { limit: 'itemsMax', spend: (budget: Budget, count: number) => budget.spendItems(count) },
  { limit: 'stepsMax', spend: (budget: Budget, count: number) => budget.spendSteps(count) },
]
for (const { limit, spend } of spending) {
  test(`budget: ${limit} may be reached and not passed`, () => {
    const budget = new Budget({ [limit]: 10 })
    spend(budget, 4)
    spend(budget, 6)
    throws(() => spend(budget, 1), {
      code: 'ERR_ANALYSIS_LIMIT',
      details: { limit, max: 10 },
    })
  })
}

test('budget: depth is bounded, and given back on the way out', () => {
  const budget = new Budget({ depthMax: 2 })
  equal(
    budget.nested(() => budget.nested(() => 'inside')),
    'inside',
  )
  throws(() => budget.nested(() => budget.nested(() => budget.nested(() => 'too deep'))), {
    code: 'ERR_ANALYSIS_LIMIT',
  })
  equal(
    budget.nested(() => budget.nested(() => 'again')),
    'again',
  )
})

test('budget: says what was spent', () => {
  const budget = new Budget({ bytesMax: 100 })
  budget.spendBytes(30)
  budget.spendItems()
  budget.nested(() => budget.spendSteps(7))
  deepEqual(budget.spent, { bytes: 30, items: 1, steps: 7, depth: 1 })
  equal(budget.bytesLeft, 70)
})
