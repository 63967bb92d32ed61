import { equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { KEEP_EVERYTHING } from '@pomona/sensor'
import { Budget } from '../../src/health/budget.ts'
import type { UsageSample } from '../../src/health/usage.ts'
import { throttled } from '../../src/health/throttle-filter.ts'

const MEBIBYTE = 1024 * 1024
const LIMITS = { cpuPercentMax: 20, memoryBytesMax: 100 * MEBIBYTE }

function spend(budget: Budget, sample: Partial<UsageSample>, times: number): void {
  const whole = { cpuPercent: 1, memoryBytes: MEBIBYTE, ...sample }
  for (let time = 0; time < times; time++) budget.take(whole)
}

const stories = [
  { name: 'what is within bounds changes nothing', spent: [[20, 20]], want: 0 },
  {
    name: 'a short burst changes nothing',
    spent: [
      [300, 2],
      [10, 1],
      [300, 2],
    ],
    want: 0,
  },
  { name: 'half a minute beyond throttles', spent: [[21, 3]], want: 1 },
  { name: 'a minute beyond throttles all', spent: [[21, 6]], want: 2 },
  { name: 'more than all is not left out', spent: [[21, 60]], want: 2 },
  {
    name: 'just below the bound is not enough to come back',
    spent: [
      [21, 3],
      [19, 50],
    ],
    want: 1,
  },
  {
    name: 'a minute well below brings back a step',
    spent: [
      [21, 6],
      [5, 6],
    ],
    want: 1,
  },
  {
    name: 'two minutes bring back everything',
    spent: [
      [21, 6],
      [5, 12],
    ],
    want: 0,
  },
] as const
for (const { name, spent, want } of stories) {
  test(`budget: ${name}`, () => {
    const budget = new Budget(LIMITS)
    for (const [cpuPercent, times] of spent) spend(budget, { cpuPercent }, times)
    equal(budget.throttle, want)
    equal(budget.problem() === undefined, want === 0)
  })
}

test('budget: too much memory counts as too much time does', () => {
  const budget = new Budget(LIMITS)
  spend(budget, { memoryBytes: 101 * MEBIBYTE }, 3)
  equal(budget.throttle, 1)
  match(budget.problem()?.message ?? '', /leaves out three of four/)
})

const line = (path: string): string => `{"event":{"close":{"target":{"path":"${path}"}}}}`
const glance = (type: string) => ({ type, time: '', number: 0, globalNumber: 0 })

test('throttle: leaves out ordinary file events by share, and nothing else', () => {
  const kept = (throttle: 0 | 1 | 2, type: string, path: string): number => {
    const filter = throttled(KEEP_EVERYTHING, { throttle })
    let count = 0
    for (let index = 0; index < 100; index++) {
      if (filter.ofLine(glance(type), line(path)) === undefined) count += 1
    }
    return count
  }
  equal(kept(0, 'close', '/Users/maya/a'), 100)
  equal(kept(1, 'close', '/Users/maya/a'), 25)
  equal(kept(2, 'close', '/Users/maya/a'), 0)
  equal(kept(2, 'close', '/Library/LaunchDaemons/a.plist'), 100)
  equal(kept(2, 'close', '\\/Library\\/LaunchDaemons\\/a.plist'), 100)
  equal(kept(2, 'exec', '/Users/maya/a'), 100)
})

test('throttle: what the policy leaves out goes by its own reason', () => {
  const policy = { ofLine: () => 'muted', ofRecord: () => 'muted' }
  const filter = throttled(policy, { throttle: 2 })
  equal(filter.ofLine(glance('close'), line('/a')), 'muted')
  equal(filter.ofRecord({}), 'muted')
})
