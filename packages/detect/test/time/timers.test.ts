import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { Timer, Timers } from '../../src/time/timers.ts'
import { dice } from '../dice.ts'

class Bell extends Timer {
  readonly #ring: (bell: Bell, nowMs: number) => void

  constructor(ring: (bell: Bell, nowMs: number) => void) {
    super()
    this.#ring = ring
  }

  override fire(nowMs: number): void {
    this.#ring(this, nowMs)
  }
}

test('timers: one fires when the time has passed it, not when it is reached', () => {
  const timers = new Timers()
  const rung: number[] = []
  timers.schedule('mac', new Bell(({ dueMs }) => rung.push(dueMs)), 1_000)
  timers.advance('mac', 1_000)
  deepEqual(rung, [])
  timers.advance('other', 9_000)
  deepEqual(rung, [])
  timers.advance('mac', 1_000.5)
  deepEqual(rung, [1_000])
  equal(timers.size, 0)
})

test('timers: at the end all fire, in every scope, and what they set', () => {
  const timers = new Timers()
  const rung: number[] = []
  const chain = new Bell((self) => {
    rung.push(self.dueMs)
    if (rung.length < 3) timers.schedule('other', self, self.dueMs + 1e9)
  })
  timers.schedule('mac', chain, 5)
  timers.schedule('third', new Bell(({ dueMs }) => rung.push(dueMs)), 7)
  timers.end()
  deepEqual(
    rung.toSorted((a, b) => a - b),
    [5, 7, 1e9 + 5],
  )
  equal(timers.size, 0)
})

test('timers: what is set into the past by one that fires fires in the same turn', () => {
  const timers = new Timers()
  const rung: number[] = []
  const bell = new Bell((self) => {
    rung.push(self.dueMs)
    if (rung.length < 3) timers.schedule('mac', self, self.dueMs + 1)
  })
  timers.schedule('mac', bell, 5)
  timers.advance('mac', 10_000)
  deepEqual(rung, [5, 6, 7])
  equal(timers.size, 0)
})

for (const seed of [4, 1_999]) {
  test(`timers: each fires once, in time and in order, seed ${seed}`, () => {
    const next = dice(seed)
    const timers = new Timers()
    const due = new Map<Bell, number>()
    let fired: number[] = []
    const ring = (bell: Bell): void => {
      fired.push(due.get(bell) ?? Number.NaN)
      due.delete(bell)
    }
    // Spans of seconds to hours, gaps of nothing to hours: all turns of the wheel.
    for (let round = 0, nowMs = 1_700_000_000_000; round < 3_000; round += 1) {
      const bell = new Bell(ring)
      const dueMs = nowMs - 500 + next([2_000, 100_000, 10_000_000][next(3)] ?? 1)
      due.set(bell, dueMs)
      timers.schedule('mac', bell, dueMs)
      const [some] = due.keys()
      if (some !== undefined && next(4) === 0) {
        timers.cancel('mac', some)
        due.delete(some)
      }
      nowMs += next(50) === 0 ? next(20_000_000) : next(3_000)
      const want = [...due.values()].filter((each) => each < nowMs).toSorted((a, b) => a - b)
      fired = []
      timers.advance('mac', nowMs)
      deepEqual(fired, want)
      equal(timers.size, due.size)
    }
    fired = []
    const left = due.size
    timers.advance('mac', Number.POSITIVE_INFINITY)
    deepEqual([fired.length, timers.size], [left, 0])
  })
}
