import { deepEqual, ok } from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import {
  CORRELATION_TYPES,
  type CorrelationBody,
  type CorrelationBound,
  type CorrelationExpression,
  orderedWays,
} from '@pomona/rules'
import { CorrelationWindow } from '../../src/correlation/window.ts'
import { type Dice, dice } from '../dice.ts'
import { type NaiveMatch, NaiveWindow } from './naive.ts'

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000))
const ROUNDS = 400
const COMPARISONS: readonly CorrelationBound['comparison'][] = [
  'gte',
  'gte',
  'gt',
  'lt',
  'lte',
  'eq',
  'neq',
]

function pick<Value>(next: Dice, values: readonly Value[]): Value {
  const value = values[next(values.length)]
  if (value === undefined) throw new RangeError('nothing to pick from')
  return value
}

function expressionOf(next: Dice, inputs: number, depth: number): CorrelationExpression {
  const kind = depth === 0 ? 'rule' : pick(next, ['rule', 'and', 'or', 'not'] as const)
  if (kind === 'rule') return { kind, ruleId: `rule-${next(inputs)}` }
  if (kind === 'not') return { kind, operand: expressionOf(next, inputs, depth - 1) }
  const operands = Array.from({ length: 2 }, () => expressionOf(next, inputs, depth - 1))
  return { kind, operands }
}

function bodyOf(next: Dice): CorrelationBody {
  const type = pick(next, CORRELATION_TYPES)
  const isTemporal = type.startsWith('temporal')
  const inputsCount = isTemporal ? 1 + next(4) : 1 + next(2)
  const inputs = Array.from({ length: inputsCount }, (_, index) => {
    return { ruleId: `rule-${index}`, groupBy: [], values: [] }
  })
  const bounds = Array.from({ length: isTemporal ? next(2) : 1 + next(2) }, () => {
    return { comparison: pick(next, COMPARISONS), value: next(6) }
  })
  const expression = isTemporal && next(2) === 0 ? expressionOf(next, inputsCount, 3) : undefined
  const isOrderable =
    expression !== undefined &&
    orderedWays(expression)?.every(({ steps }) => steps.length > 0) === true
  const isExtended = expression !== undefined && (type === 'temporal' || isOrderable)
  return {
    kind: 'correlation',
    type,
    groupBy: [],
    inputs,
    spanMs: pick(next, [1, 10, 60]),
    bounds,
    scope: 'host',
    ...(isExtended ? { expression } : {}),
    ...(type === 'value_percentile' ? { percentile: next(101) } : {}),
  }
}

/** Matches in order of arrival, none more than `latenessMs` behind the newest. */
function streamOf(next: Dice, body: CorrelationBody, latenessMs: number): readonly NaiveMatch[] {
  let newestMs = 1_000
  return Array.from({ length: 20 + next(60) }, () => {
    const isLate = latenessMs > 0 && next(3) === 0
    if (!isLate)
      newestMs += pick(next, [0, 0, 1, 1, 2, 5, Math.floor(body.spanMs / 2), body.spanMs])
    const timeMs = isLate ? newestMs - next(latenessMs) : newestMs
    const input = next(body.inputs.length)
    const value = body.type === 'value_count' ? `v${next(6)}` : next(8) - 2
    return { timeMs, input, key: `k${next(2)}`, value }
  })
}

interface Run {
  readonly body: CorrelationBody
  readonly matches: readonly NaiveMatch[]
  readonly exactMax: number
  /** Throws whether the state is saved and restored, and the watermark told, after a match. */
  readonly next: Dice
}

function compare({ body, matches, exactMax, next }: Run, note: string): number {
  const judge = new NaiveWindow(body)
  const options = { exactMax }
  let window = new CorrelationWindow<number>(body, options)
  let completed = 0
  for (const [index, match] of matches.entries()) {
    const { timeMs, input, key, value } = match
    const wanted = judge.offer(match)
    const offer = { partition: 'mac', timeMs, input, key, values: [value], evidence: index }
    const found = window.offer(offer)
    const shown = found.map(({ key: of, timeMs: at, figure }) => ({ key: of, timeMs: at, figure }))
    deepEqual(shown, wanted, `${note}, match ${index}: ${JSON.stringify({ body, matches })}`)
    for (const { timeMs: endMs, approximate, evidence } of found) {
      ok(!approximate, note)
      const isInside = evidence.every(
        (one) => one.timeMs <= endMs && one.timeMs > endMs - body.spanMs,
      )
      ok(isInside && evidence.length > 0, note)
    }
    completed += found.length
    if (next(4) === 0) window.advance('mac', timeMs)
    if (next(8) === 0) {
      const state: unknown = JSON.parse(JSON.stringify(window.state()))
      deepEqual(state, window.state())
      const { groups, bytes } = window
      window = new CorrelationWindow<number>(body, options)
      // What it wrote itself a moment ago.
      window.restore(state)
      deepEqual([window.groups, window.bytes], [groups, bytes], note)
    }
  }
  return completed
}

test(`correlation: windows agree with the full list, saved and restored at any point, seed ${SEED}`, () => {
  const next = dice(SEED)
  const completedByType = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round += 1) {
    const body = bodyOf(next)
    const matches = streamOf(next, body, body.spanMs)
    const completed = compare({ body, matches, exactMax: 1_024, next }, `round ${round}`)
    completedByType.set(body.type, (completedByType.get(body.type) ?? 0) + completed)
  }
  for (const type of CORRELATION_TYPES) ok((completedByType.get(type) ?? 0) > 0, type)
})

test(`correlation: in order, temporal types and few values stay exact under any storm, seed ${SEED}`, () => {
  const next = dice(SEED + 1)
  for (let round = 0; round < ROUNDS; round += 1) {
    const body = bodyOf(next)
    if (!body.type.startsWith('temporal') && body.type !== 'value_count') continue
    const matches = streamOf(next, body, 0)
    compare({ body, matches, exactMax: 7, next }, `round ${round}`)
  }
})

test(`correlation: out of order tells of the same keys as in order, seed ${SEED}`, () => {
  const next = dice(SEED + 2)
  for (let round = 0; round < ROUNDS; round += 1) {
    const body = bodyOf(next)
    // What is true of fewer matches can be true before the late ones come.
    const isMonotone =
      body.expression === undefined &&
      body.type !== 'value_avg' &&
      !/percentile|median|sum/.test(body.type) &&
      body.bounds.every(({ comparison }) => comparison.startsWith('gt'))
    if (!isMonotone) continue
    const matches = streamOf(next, body, body.spanMs)
    const sorted = matches.toSorted((one, other) => one.timeMs - other.timeMs)
    const ends = [matches, sorted].map((stream) => {
      const window = new CorrelationWindow<number>(body)
      return stream.flatMap(({ timeMs, input, key, value }, index) =>
        window.offer({ partition: 'mac', timeMs, input, key, values: [value], evidence: index }),
      )
    })
    const [late = [], ordered = []] = ends
    for (const { key, timeMs } of ordered) {
      const isTold = late.some((one) => {
        return one.key === key && Math.abs(one.timeMs - timeMs) < body.spanMs
      })
      ok(isTold, `round ${round}: ${JSON.stringify({ body, matches })}`)
    }
  }
})
