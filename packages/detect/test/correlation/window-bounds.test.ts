import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { CorrelationBody, CorrelationType } from '@pomona/rules'
import { type Completion, CorrelationWindow } from '../../src/correlation/window.ts'

const SPAN_MS = 60_000

function body(type: CorrelationType, figureMin: number): CorrelationBody {
  const inputs = [{ ruleId: 'rule', groupBy: [], values: [] }]
  const bounds = [{ comparison: 'gte', value: figureMin } as const]
  return { kind: 'correlation', type, groupBy: [], inputs, spanMs: SPAN_MS, bounds, scope: 'host' }
}

/** What the first window that is told of is, over matches with rising values. */
function first(of: CorrelationBody, matchesPerSpan: number): Completion<number> | undefined {
  const window = new CorrelationWindow<number>(of)
  for (let index = 0; index < matchesPerSpan; index += 1) {
    const timeMs = (index * SPAN_MS) / matchesPerSpan
    const offer = { partition: '', timeMs, input: 0, key: '', values: [index], evidence: index }
    const [told] = window.offer(offer)
    if (told !== undefined) return told
  }
  return undefined
}

test('correlation bounds: many matches become an estimate that says so', () => {
  const count = first(body('event_count', 4_000), 5_000)
  deepEqual([count?.approximate, count?.figure], [true, 4_000])
  const sum = first(body('value_sum', 4_950), 5_000)
  deepEqual([sum?.approximate, sum?.figure], [false, 4_950])
  const average = first(body('value_avg', 2_000), 5_000)
  deepEqual([average?.approximate, average?.figure], [true, 2_000])
  const median = first(body('value_median', 2_000), 5_000)
  ok(median?.approximate === true && Math.abs(median.figure / 2_000 - 1) < 0.03)
})

test('correlation bounds: estimates of a moving window are off by at most a slice', () => {
  const of = body('event_count', 0)
  const window = new CorrelationWindow<number>({ ...of, spanMs: 1_600 }, { exactMax: 10 })
  let worst = 0
  for (let timeMs = 0; timeMs < 20_000; timeMs += 1) {
    const found = window.offer({ partition: '', timeMs, input: 0, key: '', evidence: 0 })
    for (const { figure } of found)
      worst = Math.max(worst, Math.abs(figure - Math.min(timeMs + 1, 1_600)))
  }
  ok(worst <= 100, String(worst))
})

test('correlation bounds: distinct values beyond the bound are estimated within 10 %', () => {
  for (const distinct of [2_000, 20_000, 100_000]) {
    const of = body('value_count', distinct)
    const window = new CorrelationWindow<number>(of)
    let at = 0
    for (let index = 0; index < 2 * distinct && at === 0; index += 1) {
      const timeMs = (index * SPAN_MS) / (2 * distinct)
      const values = [`value ${index}`]
      const [told] = window.offer({ partition: '', timeMs, input: 0, key: '', values, evidence: 0 })
      if (told !== undefined) at = index
      equal(told?.approximate ?? true, true)
    }
    ok(Math.abs(at / distinct - 1) < 0.1, `${distinct} told at ${at}`)
    ok(window.bytes < 100_000, String(window.bytes))
  }
})

test('correlation bounds: keys are bounded in number and bytes, the quiet ones go first', () => {
  const of = body('event_count', 3)
  const window = new CorrelationWindow<number>(of, { groupsMax: 100 })
  for (let index = 0; index < 10_000; index += 1) {
    for (const key of ['kept', `key ${index}`]) {
      const timeMs = index === 0 && key === 'kept' ? 0 : 60_000 + index
      window.offer({ partition: '', timeMs, input: 0, key, evidence: index })
    }
  }
  deepEqual([window.groups, window.counts().evicted], [100, 9_901])
  const small = new CorrelationWindow<number>(of, { bytesMax: 10_000 })
  for (let index = 0; index < 1_000; index += 1) {
    small.offer({ partition: `mac ${index}`, timeMs: 0, input: 0, key: '', evidence: index })
  }
  ok(small.bytes <= 10_000 && small.groups > 10, `${small.groups} ${small.bytes}`)
  equal(small.counts().evicted, 1_000 - small.groups)
})

test('correlation bounds: what is over leaves as its own clock advances, nothing remains', () => {
  const window = new CorrelationWindow<number>(body('value_count', 9))
  for (const [partition, key] of [
    ['a', 'x'],
    ['a', 'y'],
    ['b', 'x'],
  ] as const) {
    window.offer({ partition, timeMs: 1_000, input: 0, key, values: ['v'], evidence: 0 })
  }
  window.advance('a', 1_000 + 2 * SPAN_MS - 1)
  equal(window.groups, 3)
  window.advance('a', 1_000 + 2 * SPAN_MS)
  equal(window.groups, 1)
  window.advance('nobody', 9e15)
  window.forget('b')
  deepEqual([window.groups, window.bytes], [0, 0])
  deepEqual(window.state().partitions, [])
})
