import { equal, ok } from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { excludes, implies, shapeOf } from '../../src/lint/text-shape.ts'
import { parseSigmaText } from '../../src/index.ts'
import { type Dice, dice } from '../dice.ts'

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000))

/** Whether a text has a pattern of `*` and letters, by trying every split. */
function matches(text: string, pattern: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] !== '*')
    return text[0] === pattern[0] && text !== '' && matches(text.slice(1), pattern.slice(1))
  for (let from = 0; from <= text.length; from += 1) {
    if (matches(text.slice(from), pattern.slice(1))) return true
  }
  return false
}

const TEXTS = ['']
for (const text of TEXTS) if (text.length < 5) TEXTS.push(`${text}a`, `${text}b`)

function random(next: Dice): string {
  return Array.from({ length: next(5) }, () => 'ab*'[next(3)] ?? '')
    .join('')
    .replaceAll(/\*+/g, '*')
}

test(`text shape: what it says of two patterns is true of all short texts, seed ${SEED}`, () => {
  const next = dice(SEED)
  const said = { implied: 0, excluded: 0 }
  for (let round = 0; round < 4_000; round += 1) {
    const [one, other] = [random(next), random(next)]
    const [shape, otherShape] = [one, other].map((text) => shapeOf(parseSigmaText(text), false))
    ok(shape !== undefined && otherShape !== undefined)
    const both = TEXTS.filter((text) => matches(text, one))
    if (implies(shape, otherShape)) {
      said.implied += 1
      ok(
        both.every((text) => matches(text, other)),
        `${one} implies ${other}`,
      )
    }
    if (excludes(shape, otherShape)) {
      said.excluded += 1
      ok(!both.some((text) => matches(text, other)), `${one} excludes ${other}`)
    }
  }
  ok(said.implied > 100 && said.excluded > 100, JSON.stringify(said))
})

test('text shape: a question mark has none', () => {
  equal(shapeOf(parseSigmaText('a?'), false), undefined)
})
