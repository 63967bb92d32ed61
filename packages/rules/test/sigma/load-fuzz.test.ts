import { ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  loadSigma,
  parseFieldMapping,
  RULE_PROBLEM_CODES,
  type SigmaOptions,
} from '../../src/index.ts'
import { type Dice, dice } from '../dice.ts'

const ROOT = join(import.meta.dirname, '../../../..')
const mapping = parseFieldMapping(
  readFileSync(join(ROOT, 'content/mappings/sigma-macos.yml'), 'utf8'),
)

const SEEDS = [
  `title: Seed
id: 11111111-1111-4111-8111-111111111111
level: high
tags: [attack.execution, attack.t1059.002]
logsource: { category: process_creation, product: macos }
detection:
  sel_a:
    Image|endswith: ['/osascript', "/curl"]
    CommandLine|contains|all|windash:
      - ' -e'
      - 'a*b?\\c'
  sel_b:
    - CommandLine|re|i: '(a|b)+[0-9]{1,3}$'
    - DestinationIp|cidr: 10.0.0.0/8
  words: &words
    - one
    - 'two*'
  other: *words
  filter_x:
    ParentImage: null
    User|expand: '%admins%'
    ProcessId|gte: 0x17
    '@timestamp|hour|lt': 7
    Image|fieldref|endswith: ParentImage
    CommandLine|wide|base64offset|contains: 'x y'
  condition: (1 of sel_* or words) and not (all of filter_* | count)
`,
  `title: A
id: aaaa
name: a
level: low
logsource: { category: process_creation, product: macos }
detection: { s: { Image: x }, condition: s }
---
title: B
id: bbbb
name: b
level: low
correlation:
  type: temporal
  rules: [a]
  group-by: [User, who]
  aliases: { who: { a: CommandLine } }
  timespan: 5m
  condition: a and not (a or b)
---
title: C
level: low
correlation:
  type: value_percentile
  rules: [a, b]
  group-by: host.id
  timespan: 1h
  condition: { field: [who, process.pid], gte: 10, lt: 1e3, percentile: 95 }
  generate: true
---
title: D
logsource: { product: macos }
filter:
  rules: [a, b]
  s_x: { User|startswith: adm_ }
  condition: not 1 of s_*
`,
  'title: A\n---\ncorrelation:\n  type: event_count\n---\nfilter: {}\n---\ndetection: []\n',
]

const PIECES = [
  ['|', ':', '- ', '\n', '  ', "'", '"', '{', '}', '[', ']', '&a ', '*a', '!t ', '<<: ', '#'],
  ['null', 'true', '0x', '1e999', '-', '\\', '*', '?', '%', '\0', '\uD800', '𝕏', '\t', '---\n'],
  ['|re', '|all', '|exists', '|cidr', '|base64', '|neq', '__proto__', 'constructor', 'condition'],
  ['and ', 'or ', 'not ', '1 of ', 'all of ', 'them', '(', ')', '(?=', '\\1', '{1000}', '+'],
].flat()

function mutate(text: string, next: Dice): string {
  let mutated = text
  for (let left = 1 + next(6); left > 0; left -= 1) {
    const from = next(mutated.length + 1)
    const to = Math.min(mutated.length, from + next(30))
    const kind = next(4)
    const piece = PIECES[next(PIECES.length)] ?? ''
    const copy = kind === 2 ? mutated.slice(from, to).repeat(1 + next(20)) : ''
    const inserted = kind === 0 ? piece : copy
    const end = kind === 0 || kind === 2 ? from : to
    mutated = mutated.slice(0, from) + inserted + (kind === 3 ? piece : '') + mutated.slice(end)
  }
  return mutated
}

const CODES: ReadonlySet<string> = new Set(RULE_PROBLEM_CODES)
const OPTIONS: readonly SigmaOptions[] = [
  { mapping },
  { mapping, fields: 'raw', purpose: 'evaluate', placeholders: { admins: ['root', 'a*'] } },
  { mapping, fields: 'sigma', purpose: 'evaluate' },
]

for (const seed of [7, 4_711]) {
  test(`load: mutated rules end as an outcome with known codes, seed ${seed}`, () => {
    const next = dice(seed)
    const states = new Set<string>()
    for (let round = 0; round < 1_200; round += 1) {
      const text = mutate(SEEDS[next(SEEDS.length)] ?? '', next)
      const options = OPTIONS[next(OPTIONS.length)] ?? { mapping }
      const outcomes = loadSigma({ path: 'fuzz.yml', text }, options)
      ok(outcomes.length > 0, JSON.stringify(text))
      for (const outcome of outcomes) {
        states.add(outcome.state)
        const isExplained = outcome.state !== 'failed' || outcome.problems.length > 0
        ok(isExplained, JSON.stringify(text))
        for (const { code, line, column } of outcome.problems) {
          ok(CODES.has(code) && line >= 1 && column >= 1, `${code} ${line}:${column} ${text}`)
        }
      }
    }
    for (const state of ['failed', 'loaded', 'applied']) ok(states.has(state), [...states].join())
  })
}
