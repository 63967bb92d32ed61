import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { Automaton } from '../../src/indexed/automaton.ts'
import { Hits } from '../../src/indexed/hits.ts'
import { InsideIndex } from '../../src/indexed/inside-index.ts'
import { InsideSearches } from '../../src/indexed/inside-search.ts'
import { dice } from '../dice.ts'

const SEED = Number(process.env['POMONA_TEST_SEED'] ?? Date.now() % 1_000_000)
const LETTERS = ['a', 'b', 'ab', 'ba', 'é', '😀', '\uD83D', '\uDE00', '\uFFFD', ' ', '\\']

function found(search: { search(text: string, hits: Hits): void }, text: string, size: number) {
  const hits = new Hits(size)
  search.search(text, hits)
  return [...hits.ids.subarray(0, hits.count)].toSorted((left, right) => left - right)
}

test(`inside search: automaton and grams find what stands in a text, seed ${SEED}`, () => {
  const next = dice(SEED)
  const word = (lengthMax: number): string =>
    Array.from({ length: next(lengthMax) }, () => LETTERS[next(LETTERS.length)]).join('')
  for (let round = 0; round < 400; round += 1) {
    const texts = [...new Set(Array.from({ length: 1 + next(60) }, () => `${word(6)}a`))]
    const needles = texts.map((text, id) => ({ text, id }))
    const [automaton, grams] = [new Automaton(needles), new InsideIndex(needles)]
    for (let turn = 0; turn < 10; turn += 1) {
      const text = word(40)
      const wanted = needles.filter((needle) => text.includes(needle.text)).map(({ id }) => id)
      deepEqual(found(automaton, text, needles.length), wanted, `automaton, seed ${SEED}`)
      deepEqual(found(grams, text, needles.length), wanted, `grams, seed ${SEED}`)
    }
  }
})

test('inside search: what is too much for an automaton gets grams', () => {
  const searches = new InsideSearches([])
  const few = Array.from({ length: 100 }, (_, id) => ({ text: `needle-${id}`, id }))
  const many = Array.from({ length: 60_000 }, (_, id) => ({ text: `a long needle ${id}`, id }))
  deepEqual(searches.searchFor(few) instanceof Automaton, true)
  const search = searches.searchFor(many)
  deepEqual(search instanceof InsideIndex, true)
  deepEqual(found(search, 'here: a long needle 59999.', many.length), [5, 59, 599, 5_999, 59_999])
})
