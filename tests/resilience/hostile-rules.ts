/** Rules that somebody wrote to exhaust the engine, and events that follow them. */
import type { RuleSource } from '@pomona/rules'
import type { EcsEvent } from '@pomona/schema'

/** A whole number from 0 up to, not including, `sides`. */
export type Dice = (sides: number) => number

/** A small seeded generator (mulberry32), so that a failing run can be thrown again. */
export function dice(seed: number): Dice {
  let state = seed
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * sides)
  }
}

const words = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join('')

function pick(next: Dice, texts: readonly string[]): string {
  return texts[next(texts.length)] ?? ''
}

interface Head {
  readonly name: string
  readonly next: Dice
}

function head({ name }: Head): string {
  return `title: ${name}\nid: ${name}\nname: ${name}\nlevel: low\n`
}

function detection(of: Head, body: string, condition = 's'): string {
  return `${head(of)}logsource: { product: macos, category: process_creation }
detection:
${body.replaceAll(/^/gm, '  ')}
  condition: ${condition}
`
}

function expression(next: Dice): string {
  const count = 2 + next(400)
  return pick(next, [
    '((a+)+)+$',
    '(a|aa)+$',
    '(.*a){25}',
    '(a?){200}a{200}',
    `${'('.repeat(count)}a${')*'.repeat(count)}`,
    '((((a{30}){30}){30}){30})',
    `(${words(count * 10, (index) => `w${index}|`)}x)`,
    `^${'.*'.repeat(count)}$`,
    '(?i)(\\p{L}{1,900}x){3}',
    `[${words(count, (index) => String.fromCodePoint(0x4e00 + index * 7))}]{40}`,
    '(a(?=b))',
    '\\1+',
    '[[:alpha:]',
    '(?P<n>a{1,1000}){1,1000}',
  ])
}

function values(next: Dice): string {
  const count = 1 + next(600)
  return pick(next, [
    `[${words(count, (index) => `'*${index}*a*b*c*d*',`)}]`,
    `[${words(count, (index) => `'${'?'.repeat(index % 60)}x',`)}]`,
    `'${'*a'.repeat(count)}'`,
    `'${' -/'.repeat(count)}'`,
    `'%${'x'.repeat(count)}%'`,
    `'${'\\'.repeat(count)}'`,
    `[${words(count, (index) => `${index},`)}]`,
  ])
}

/** Conditions and selections that multiply. */
function tree({ name, next }: Head): string {
  const of = { name, next }
  const count = 1 + next(900)
  const leaf = 's:\n  Image: a'
  return pick(next, [
    detection(of, leaf, `${'('.repeat(count)}s${')'.repeat(count)}`),
    detection(of, leaf, `${'not '.repeat(count)}s`),
    detection(of, leaf, `s${' or s and not s'.repeat(count)}`),
    detection(of, `s:\n  Image: [${'a,'.repeat(count)}]`, `s${' or s'.repeat(count)}`),
    detection(
      of,
      words(count, (index) => `s_${index}:\n  Image: ${index}\n`),
      '1 of s_* and not all of s*',
    ),
    detection(
      of,
      words(60, (index) => `s${index}:\n  Unknown${index}: ${index}\n`),
      '1 of s*',
    ),
    `a: ${'['.repeat(count)}${']'.repeat(count)}`,
    `a: &a [x,x,x,x,x,x,x,x]\n${words(9, (index) => `b${index}: &b${index} [${`*${index === 0 ? 'a' : `b${index - 1}`},`.repeat(9)}]\n`)}`,
    `? {a: {b: [${'{'.repeat(count)}`,
    '---\n'.repeat(count),
  ])
}

const GROUPS = [
  'process.entity_id',
  'process.pid',
  'user.name',
  'file.path',
  'host.id',
  'process.args',
]

function correlation({ name, next }: Head, others: Dice): string {
  const type = pick(next, [
    'event_count',
    'value_count',
    'temporal',
    'temporal_ordered',
    'value_avg',
    'value_percentile',
  ])
  const isTemporal = type.startsWith('temporal')
  const count = 1 + next(isTemporal ? 12 : 3)
  const names = [...new Set(Array.from({ length: count }, () => `r${others(1 << 16)}`))]
  const condition = isTemporal
    ? ''
    : `  condition: { field: process.pid, gte: ${1 + next(3_000)} }\n`
  const extended = pick(next, [
    '',
    `  condition: ${names.join(' or not ')}\n`,
    `  condition: ${'('.repeat(next(200))}${names.join(' and ')}\n`,
    `  condition: ${words(10_000, (index) => `n${index} or `)}n\n`,
    `  condition: ${names.map((one) => `(${one} or not ${one})`).join(' and ')}\n`,
  ])
  return `${head({ name, next })}correlation:
  type: ${type}
  rules: [${names.join(', ')}]
  group-by: [${pick(next, GROUPS)}, ${pick(next, GROUPS)}]
  timespan: ${1 + next(900)}${pick(next, ['s', 'm', 'h', 'd', 'y', 'z'])}
${isTemporal ? extended : condition}`
}

function query({ name, next }: Head): string {
  const steps = 2 + next(9)
  const by = pick(next, ['process.entity_id', 'user.id', 'process.pid', 'host.id'])
  const sequence = `sequence by ${by} with maxspan=${1 + next(30)}${pick(next, ['s', 'm', 'h', 'd'])}
${words(steps, () => '    [process where event.action == "exec"]\n')}`
  const list = `process where process.name in (${words(1 + next(2_000), (index) => `"n${index}", `)}"x")`
  const deep = `process where ${'('.repeat(next(400))}process.pid > 1`
  const runs = `sequence by ${by} [any where true] with runs=${1 + next(200)} [any where true]`
  return `${head({ name, next })}language: eql
query: |
    ${pick(next, [sequence, sequence, list, deep, runs])}
`
}

/** Chains and circles: `rules` names the next one, and at last one that stands before. */
function chained({ name, next }: Head, index: number): string {
  const target = next(8) === 0 ? index - next(40) : index + 1
  return `${head({ name, next })}correlation:
  type: temporal
  rules: [r${Math.max(0, target)}]
  group-by: host.id
  timespan: 1h
`
}

function filter({ next }: Head): string {
  return `title: filter
logsource: { product: macos }
filter:
  rules: ${pick(next, ['any', `[r${next(1 << 16)}]`, '[]'])}
  s: { CommandLine: ${values(next)} }
  condition: not s
`
}

/** One hostile document; its name is `r` and its index. */
function hostile(index: number, next: Dice, count: number): string {
  const of = { name: `r${index}`, next }
  switch (next(9)) {
    case 0:
      return detection(of, `s:\n  CommandLine|re: '${expression(next)}'`)
    case 1:
      return detection(
        of,
        `s:\n  CommandLine|${pick(next, ['contains', 'windash|contains', 'base64offset|contains', 'all|contains', 'expand', 'wide', 'cidr'])}: ${values(next)}`,
      )
    case 2:
      return tree(of)
    case 3:
    case 4:
      return correlation(of, () => next(count))
    case 5:
      return query(of)
    case 6:
      return chained(of, index)
    case 7:
      return filter(of)
    default:
      return detection(of, `s:\n  process.pid|gt: ${next(500)}`)
  }
}

/** So many hostile rules, the same for the same seed. */
export function hostileRules(count: number, seed: number): readonly RuleSource[] {
  const next = dice(seed)
  return Array.from({ length: count }, (_, index) => {
    return { path: `hostile/${index}.yml`, text: hostile(index, next, count) }
  })
}

/** An event of a program that never was before: every group-by is a new key. */
export function hostileEvent(index: number, next: Dice): EcsEvent {
  const time = new Date(1_700_000_000_000 + index * 10).toISOString().replace('Z', '000000Z')
  const argument = pick(next, ['a'.repeat(300), 'w1 w2 w3', '-/'.repeat(100), `x${index}`])
  const event = {
    '@timestamp': time,
    event: {
      id: `stream-${index}`,
      action: 'exec',
      category: ['process'],
      type: ['start'],
      kind: 'event',
    },
    host: { id: `host-${next(20)}`, name: 'mac' },
    user: { id: String(next(1_000)), name: `user ${index}` },
    process: {
      pid: index,
      entity_id: `entity ${index}`,
      name: pick(next, ['a', 'x', 'n5', 'curl']),
      executable: pick(next, ['a', '/bin/a', '1', '/x']),
      command_line: argument,
      args: [argument, String(index)],
    },
    file: { path: `/tmp/${index}` },
  }
  // It has what rules are tried on; an event from a sensor has more.
  return event
}
