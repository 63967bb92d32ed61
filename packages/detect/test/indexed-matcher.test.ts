import { ok } from 'node:assert/strict'
import { test } from 'node:test'
import { randomEvent, randomFilter } from './collision.ts'
import { dice } from './dice.ts'
import { judge } from './judgement.ts'

const SEED = Number(process.env['POMONA_TEST_SEED'] ?? Date.now() % 1_000_000)
const ROUNDS = 40
const FILTERS = 250
const EVENTS = 60

for (const lookup of ['nested', 'literal'] as const) {
  for (const route of [false, true]) {
    test(`indexed: random filters on random events, ${lookup}, routed ${route}`, (t) => {
      let pairs = 0
      let matches = 0
      let evaluated = 0
      for (let round = 0; round < ROUNDS; round += 1) {
        const seed = SEED + round
        const next = dice(seed)
        const filters = Array.from({ length: FILTERS }, () => randomFilter(next))
        const events = Array.from({ length: EVENTS }, () => randomEvent(next))
        const judged = judge(filters, events, { lookup, route, label: `POMONA_TEST_SEED=${seed}` })
        pairs += judged.pairs
        matches += judged.matches
        evaluated += judged.evaluated
      }
      ok(matches > pairs / 100)
      t.diagnostic(
        `seed ${SEED}: ${pairs} pairs, ${evaluated} evaluated in full, ${matches} matches`,
      )
    })
  }
}
