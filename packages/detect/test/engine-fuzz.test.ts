import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Engine } from '../src/index.ts'
import { type Dice, dice } from './dice.ts'
import { load } from './sigma.ts'

const FIELDS = ['a', 'b', 'c.d', '__proto__', 'toString', 'f g']
const MODIFIERS = [
  ['', '|contains', '|endswith', '|startswith|cased', '|re', '|re|i', '|cidr', '|exists', '|neq'],
  ['|lt', '|gte', '|hour', '|fieldref', '|fieldref|contains', '|base64offset|contains', '|windash'],
].flat()
const VALUES = [
  "'a*'",
  "'?'",
  '1',
  "'10.0.0.0/8'",
  'true',
  "'b'",
  "'[a-c]+'",
  "''",
  'null',
  "'2026'",
]
const CONDITIONS = ['s', 'not s', 's and t', 's or not t', '1 of them', 'all of them']

function item(next: Dice): string {
  const key = `${pick(FIELDS, next)}${pick(MODIFIERS, next)}`
  return `  '${key}': ${pick(VALUES, next)}`
}

function pick<Item>(items: readonly Item[], next: Dice): Item {
  const item = items[next(items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

function randomValue(next: Dice, depth: number): unknown {
  const leaves = ['a', 'abc', '', 1, -0.5, true, null, '10.1.2.3', '2026-01-02T03:04:05Z', '\uD800']
  const kind = depth > 3 ? 0 : next(5)
  if (kind === 1) return Array.from({ length: next(4) }, () => randomValue(next, depth + 1))
  if (kind === 2) return randomDocument(next, depth + 1)
  return pick(leaves, next)
}

function randomDocument(next: Dice, depth: number): object {
  const keys = ['a', 'b', 'c', 'd', 'c.d', '__proto__', 'toString', 'fg', 'f g', 'event', 'action']
  const entries = Array.from({ length: next(5) }, () => [
    pick(keys, next),
    randomValue(next, depth),
  ])
  // Through JSON, as events come: `__proto__` is then a key like any other.
  return JSON.parse(JSON.stringify(Object.fromEntries(entries)))
}

for (const seed of [3, 90_210]) {
  test(`engine: random rules on random documents give an answer, seed ${seed}`, () => {
    const next = dice(seed)
    const detections = Array.from({ length: 400 }, () => {
      const condition = `condition: ${pick(CONDITIONS, next)}`
      return `s:\n${item(next)}\nt:\n${item(next)}\n${condition}`
    })
    const rules = detections.flatMap((detection) => {
      const outcome = load(detection)
      return outcome.state === 'loaded' ? [outcome.rule] : []
    })
    ok(rules.length > 50, `${rules.length} rules loaded`)
    const engines = (['nested', 'literal'] as const).map((lookup) => new Engine(rules, { lookup }))
    let matches = 0
    for (let round = 0; round < 500; round += 1) {
      const document = randomDocument(next, 0)
      for (const engine of engines) {
        const matched = engine.evaluate(document)
        matches += matched.length
        // The same event gives the same answer, whatever was asked before.
        equal(engine.match(document).length, matched.length)
      }
    }
    ok(matches > 0)
    for (const engine of engines) for (const { errored } of engine.counts()) equal(errored, 0)
  })
}
