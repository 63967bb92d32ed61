import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { type Pattern, type Test } from '@pomona/rules'
import { compileValueTest } from '../../src/value-test.ts'
import { truthOf } from '../../src/mute/muted-values.ts'

const SEED = 7

/** Short texts over few letters, so that patterns meet them. */
function drawer(seed: number) {
  let state = seed
  const below = (bound: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return (state >> 8) % bound
  }
  const text = (lengthMax: number): string =>
    Array.from({ length: below(lengthMax + 1) }, () => 'aAb/'.charAt(below(4))).join('')
  const pattern = (): Pattern =>
    Array.from({ length: 1 + below(4) }, () =>
      below(2) === 0
        ? { text: text(2) || 'a' }
        : { wildcard: below(3) === 0 ? ('?' as const) : ('*' as const) },
    )
  return { below, text, pattern }
}

function everyText(lengthMax: number): readonly string[] {
  const all = ['']
  let last = ['']
  for (let length = 1; length <= lengthMax; length += 1) {
    last = last.flatMap((text) => ['a', 'A', 'b', '/'].map((letter) => text + letter))
    all.push(...last)
  }
  return all
}

test(`muted values: what is said of a test is so for every text, seed ${SEED}`, () => {
  const draw = drawer(SEED)
  const texts = everyText(6)
  let decided = 0
  for (let turn = 0; turn < 600; turn += 1) {
    const asked: Test = { kind: 'pattern', pattern: draw.pattern(), cased: draw.below(2) === 0 }
    const patterns = Array.from(
      { length: 1 + draw.below(2) },
      () => draw.text(3) + (draw.below(3) > 0 ? '*' : ''),
    )
    const isOneOf = draw.below(2) === 0
    const truth = truthOf(asked, { patterns, isOneOf })
    if (truth === 'maybe') continue
    decided += 1
    const holds = compileValueTest(asked)
    for (const text of texts) {
      const isMuted = patterns.some((one) =>
        one.endsWith('*') ? text.startsWith(one.slice(0, -1)) : text === one,
      )
      if (isMuted !== isOneOf) continue
      const said: string = `${JSON.stringify({ asked, patterns, isOneOf, text })} is ${truth}`
      equal(holds(text), truth === 'always', said)
    }
  }
  ok(decided > 100, `${decided} of them were decided`)
})

test('muted values: a value that is there is not absent', () => {
  const known = { patterns: ['/x'], isOneOf: true }
  equal(truthOf({ kind: 'absent' }, known), 'never')
  equal(truthOf({ kind: 'exists', value: true }, known), 'always')
  equal(truthOf({ kind: 'exists', value: false }, known), 'never')
  equal(truthOf({ kind: 'absent' }, { ...known, isOneOf: false }), 'maybe')
})
