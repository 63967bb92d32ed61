import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { compareKeys } from '../../src/query/event-order.ts'
import { Sampler } from '../../src/query/sample.ts'
import { dice } from '../dice.ts'

test('sample: an event that fits two places leaves the one that only it can fill', () => {
  const sampler = new Sampler(3)
  // Place 0 takes 1 first, and gives it up for the others.
  for (const [event, place] of [
    [1, 0],
    [2, 0],
    [3, 0],
    [1, 1],
    [2, 1],
    [1, 2],
  ] as const) {
    sampler.offer(event, place, ['k'])
  }
  deepEqual(sampler.samples(compareKeys), [[3, 2, 1]])
})

test('sample: as many as there can be are found, as trying all shows', () => {
  const seed = 271_828
  const next = dice(seed)
  for (let round = 0; round < 500; round += 1) {
    const places = 2 + next(3)
    const fits = Array.from({ length: places }, () =>
      Array.from({ length: 5 }, (_, event) => event).filter(() => next(3) === 0),
    )
    const sampler = new Sampler(places)
    for (const [place, events] of fits.entries()) {
      for (const event of events) sampler.offer(event, place, [])
    }
    const possible = (place: number, taken: readonly number[]): boolean => {
      if (place === places) return true
      return (fits[place] ?? []).some(
        (event) => !taken.includes(event) && possible(place + 1, [...taken, event]),
      )
    }
    const [chosen] = sampler.samples(compareKeys)
    const shown = `seed ${seed}, round ${round}`
    deepEqual(chosen !== undefined, possible(0, []), shown)
    if (chosen === undefined) continue
    deepEqual(new Set(chosen).size, places, shown)
    for (const [place, event] of chosen.entries()) ok(fits[place]?.includes(event), shown)
  }
})
