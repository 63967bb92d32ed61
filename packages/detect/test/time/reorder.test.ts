import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Reorder, type ReorderOptions } from '../../src/time/reorder.ts'
import { dice } from '../dice.ts'

const OPTIONS: ReorderOptions = {
  latenessMs: 10,
  scopeHeldMax: 100,
  heldMax: 1_000,
  scopesMax: 100,
  idleMs: 50,
}

/** A buffer, and what came out of it as text: items, and `scope@watermark`. */
function buffer(options: Partial<ReorderOptions> = {}) {
  const out: string[] = []
  const reorder = new Reorder<string>(
    { ...OPTIONS, ...options },
    {
      release: (_, { item }) => out.push(item),
      advance: ({ scope, watermarkMs }) => out.push(`${scope}@${watermarkMs}`),
    },
  )
  const take = (scope: string, timeMs: number, item?: string): boolean =>
    reorder.take(reorder.clockOf(scope, 'tenant'), timeMs, item)
  const taken = (): readonly string[] => out.splice(0)
  return { reorder, take, taken }
}

test('reorder: an event waits until one comes that is newer by the lateness', () => {
  const { take, taken } = buffer()
  take('a', 100, 'second')
  take('a', 98, 'first')
  take('a', 98, 'first, later')
  deepEqual(taken(), ['a@90'])
  take('a', 109.5)
  deepEqual(taken(), ['first', 'first, later', 'a@99.5'])
  take('a', 110)
  deepEqual(taken(), ['second', 'a@100'])
})

test('reorder: a late event is let through at once, and counted', () => {
  const { reorder, take, taken } = buffer()
  take('a', 100, 'held')
  equal(take('a', 90, 'on the edge'), false)
  equal(take('a', 89.9, 'late'), true)
  deepEqual(taken(), ['a@90', 'on the edge', 'late'])
  equal(reorder.counts().late, 1)
})

test('reorder: scopes go by their own clocks, and a silent one holds up nobody', () => {
  const { take, taken } = buffer()
  take('slow', 100, 'of slow')
  take('fast', 500, 'of fast')
  deepEqual(taken(), ['slow@90', 'fast@490', 'of slow', 'slow@100'])
  take('slow', 101, 'slow again')
  deepEqual(taken(), [])
  take('fast', 510)
  deepEqual(taken(), ['of fast', 'fast@500'])
  take('fast', 560)
  deepEqual(taken(), ['fast@550', 'slow again', 'slow@101'])
})

test('reorder: settling releases everything, and what comes before is late', () => {
  const { reorder, take, taken } = buffer()
  take('a', 100, 'one')
  take('b', 50, 'two')
  taken()
  reorder.settle()
  deepEqual(taken(), ['one', 'a@100', 'two', 'b@50'])
  equal(take('a', 99), true)
  reorder.settle()
  deepEqual(taken(), [])
  equal(reorder.heldCount, 0)
})

test('reorder: limits hurry the oldest on, of the scope and of all', () => {
  const { reorder, take, taken } = buffer({ scopeHeldMax: 2, heldMax: 3 })
  for (const [index, item] of ['p', 'q', 'r'].entries()) take('a', 100 + index, item)
  deepEqual(taken(), ['a@90', 'a@91', 'p', 'a@100'])
  take('b', 100, 's')
  take('b', 101, 't')
  deepEqual(taken(), ['b@90', 'q', 'a@101', 'b@91'])
  deepEqual([reorder.heldCount, reorder.counts().hurried], [3, 2])
})

test('reorder: a scope too many makes the one longest silent go', () => {
  const { reorder, take, taken } = buffer({ scopesMax: 2 })
  take('a', 1, 'of a')
  take('b', 2)
  take('a', 100_000)
  taken()
  take('c', 3)
  take('b', 0)
  deepEqual(taken(), ['b@2', 'c@-7', 'a@100000', 'b@-10'])
  equal(reorder.counts().scopesForgotten, 2)
})

test('reorder: a clock that was set back is believed after a while', () => {
  const { reorder, take, taken } = buffer()
  take('a', 1e9, 'future')
  for (let index = 0; index < 1_000; index += 1) take('a', index)
  taken()
  take('a', 2_000, 'now')
  deepEqual(taken(), ['future', 'a@1000000000', 'a@1990'])
  take('a', 2_010)
  deepEqual(taken(), ['now', 'a@2000'])
  deepEqual([reorder.counts().clocksReset, reorder.counts().late], [1, 1_001])
})

for (const seed of [2, 52_000]) {
  test(`reorder: what is shuffled within the lateness comes in order, seed ${seed}`, () => {
    const next = dice(seed)
    const sent = Array.from({ length: 3_000 }, (_, index) => {
      const timeMs = index * 3
      return { timeMs, arrivalMs: timeMs + next(10), scope: `s${next(5)}` }
    })
    let { reorder, take, taken } = buffer({ idleMs: 1_000_000 })
    const came: string[] = []
    for (const { timeMs, scope } of sent.toSorted((a, b) => a.arrivalMs - b.arrivalMs)) {
      equal(take(scope, timeMs, `${scope}:${timeMs}`), false)
      came.push(...taken())
      if (next(100) > 0) continue
      const state = JSON.stringify(reorder.state())
      ;({ reorder, take, taken } = buffer({ idleMs: 1_000_000 }))
      reorder.restore(JSON.parse(state))
      equal(JSON.stringify(reorder.state()), state)
    }
    reorder.settle()
    came.push(...taken())
    const items = came.filter((each) => !each.includes('@'))
    equal(items.length, sent.length)
    for (const scope of ['s0', 's1', 's2', 's3', 's4']) {
      const own = items.filter((each) => each.startsWith(`${scope}:`))
      const want = sent.filter((each) => each.scope === scope)
      deepEqual(
        own,
        want.map(({ timeMs }) => `${scope}:${timeMs}`),
      )
    }
    ok(reorder.counts().late === 0 && reorder.heldCount === 0)
  })
}
