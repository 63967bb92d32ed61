import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { parseSigmaText, type Pattern, type PatternPart, writeSigmaText } from '@pomona/rules'
import { foldCase } from '../src/fold.ts'
import { compilePattern } from '../src/pattern.ts'
import { type Dice, dice } from './dice.ts'

// The plainest possible reading of a pattern: try every way a star can be long.
function naive(pattern: Pattern, text: readonly string[], from = 0): boolean {
  const [part, ...rest] = pattern
  if (part === undefined) return from === text.length
  if ('text' in part) {
    const characters = Array.from(part.text)
    const fits = characters.every((character, index) => text[from + index] === character)
    return fits && naive(rest, text, from + characters.length)
  }
  if (part.wildcard === '?') return from < text.length && naive(rest, text, from + 1)
  for (let end = from; end <= text.length; end += 1) if (naive(rest, text, end)) return true
  return false
}

function randomPattern(next: Dice): Pattern {
  const parts: PatternPart[] = []
  for (let left = next(7); left > 0; left -= 1) {
    const kind = next(4)
    if (kind === 0) parts.push({ wildcard: '*' })
    else if (kind === 1) parts.push({ wildcard: '?' })
    else parts.push({ text: randomText(next, 3) })
  }
  return parts
}

// Whole characters: half a surrogate pair is no text a rule or an event could hold.
const LETTERS = ['a', 'b', 'A', 'B', '\\', '*', '?', '😀', 'Σ', 'ς', 'İ']

function randomText(next: Dice, lengthMax: number): string {
  return Array.from(
    { length: next(lengthMax + 1) },
    () => LETTERS[next(LETTERS.length)] ?? '',
  ).join('')
}

const SEEDS = [1, 20_251_122, 77_003]

for (const seed of SEEDS) {
  test(`pattern: agrees with the plainest reading, seed ${seed}`, () => {
    const next = dice(seed)
    let hits = 0
    for (let round = 0; round < 20_000; round += 1) {
      const pattern = randomPattern(next)
      const text = randomText(next, 10)
      const cased = next(2) === 0
      const expected = naive(
        cased
          ? pattern
          : pattern.map((part) => ('text' in part ? { text: foldCase(part.text) } : part)),
        Array.from(cased ? text : foldCase(text)),
      )
      if (expected) hits += 1
      const got = compilePattern(pattern, cased)(cased ? text : foldCase(text))
      equal(got, expected, `${JSON.stringify(pattern)} on ${JSON.stringify(text)}`)
    }
    ok(hits > 500, `only ${hits} texts matched: the test would not notice much`)
  })

  test(`pattern: Sigma text is read back as it was written, seed ${seed}`, () => {
    const next = dice(seed)
    for (let round = 0; round < 5_000; round += 1) {
      const text = randomText(next, 12)
      const pattern = parseSigmaText(text)
      equal(JSON.stringify(parseSigmaText(writeSigmaText(pattern))), JSON.stringify(pattern), text)
    }
  })
}

test('pattern: many stars on a long text end at once', () => {
  const pattern = parseSigmaText(`${'*a'.repeat(2_000)}*b`)
  equal(compilePattern(pattern, true)('a'.repeat(200_000)), false)
  const withOne = parseSigmaText(`${'*a?'.repeat(200)}*b`)
  equal(compilePattern(withOne, true)('a'.repeat(20_000)), false)
})
