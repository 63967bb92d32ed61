import type { Affix, Comparison, Expression, Keyword, Pattern, Test, TimePart } from '@pomona/rules'
import { compileRegex } from '@pomona/rules'
import type { RoutedFilter } from '../src/matcher.ts'
import { type Dice } from './dice.ts'

// Everything is drawn from few words, so that filters and events meet often, and miss by little.
const WORDS = [
  [
    'cmd',
    '.exe',
    '\\',
    '/',
    'power',
    'shell',
    '-enc',
    ' ',
    'System32',
    'a',
    'aa',
    'aaab',
    's',
    'K',
  ],
  ['İ', 'i̇', 'ς', 'σ', 'Σ', 'ſ', 'ß', 'ẞ', '\u212A', 'µ', '😀', '\uD83D', '\uDE00', '𐐀'],
  ['1', '007', '0x1f', '31', '-0', '1e3', '9007199254740993', 'true', 'null', '10.0.0.1', '::1'],
  ['2026-11-25T03:04:05Z', '*', '?', '%', '\n', 'curl http', '://', 'x', '/tmp/', '.plist'],
].flat()
const FIELDS = [
  [
    'Image',
    'CommandLine',
    'a',
    'a.b',
    'a.b.c',
    'a.c',
    'b',
    'SourceName',
    'event.action',
    'product',
  ],
  ['__proto__', 'constructor.name', 'toString', 'n', 'list', 'list.name', 'list.name.x'],
].flat()
const KEYS = [...FIELDS, 'Source Name', 'event', 'action', 'c', 'name', 'x', 'category', 'original']
const ACTIONS = ['exec', 'close', 'fork', 'Exec']
const SOURCES = ['windows', 'macos', 'Linux', 'process_creation', 'sshd']
const NUMBERS = [0, -0, 1, 31, 7, 1_000, 0.5, -1, 9_007_199_254_740_992, 10]
const AT = { line: 1, column: 1 }

/** Picks one of some things. */
export function pick<Item>(items: readonly Item[], next: Dice): Item {
  const item = items[next(items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

function some<Item>(countMax: number, next: Dice, make: () => Item): Item[] {
  return Array.from({ length: next(countMax + 1) }, make)
}

function word(next: Dice): string {
  const plain = pick(WORDS, next)
  const turn = next(4)
  return turn === 0 ? plain.toUpperCase() : turn === 1 ? plain.toLowerCase() : plain
}

const words = (countMax: number, next: Dice): string =>
  some(countMax, next, () => word(next)).join('')

function pattern(next: Dice): Pattern {
  const star = { wildcard: '*' } as const
  const text = { text: words(4, next) }
  const parts = (): Pattern =>
    some(6, next, () => {
      const kind = next(5)
      if (kind === 0) return { wildcard: '?' } as const
      return kind === 1 ? star : { text: words(2, next) }
    })
  const shapes: readonly (() => Pattern)[] = [
    () => [star, text, star],
    () => [star, text],
    () => [text, star],
    () => [text],
    parts,
  ]
  return pick(shapes, next)()
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')

function regexPiece(next: Dice, depth: number): string {
  const kind = next(depth > 2 ? 5 : 8)
  if (kind < 3) return escaped(words(2, next))
  if (kind === 3)
    return pick(['[a-c]', '[^x]', '\\d', '\\w+', '.', '.*', '[[:alpha:]]', '\\x41'], next)
  if (kind === 4) return pick(['^', '$', '\\b', '(?i)', '\\.', '[]a]', '\\pL', 'K', '\\/'], next)
  const open = pick(['(', '(?:', '(?i:', '(?P<n>'], next)
  const inner = Array.from({ length: 1 + next(2) }, () => regexSource(next, depth + 1))
  return `${open}${inner.join('|')})${pick(['', '?', '*', '+', '{2}', '{0,2}', '+?'], next)}`
}

function regexSource(next: Dice, depth = 0): string {
  const pieces = some(4, next, () => {
    return `${regexPiece(next, depth)}${next(6) === 0 ? pick(['?', '*', '+', '{1,3}'], next) : ''}`
  })
  return pieces.join('')
}

function regex(next: Dice): Extract<Test, { kind: 'regex' }> {
  for (;;) {
    const test = {
      kind: 'regex',
      source: regexSource(next),
      flags: pick(['', 'i', 'ims'], next),
    } as const
    // A loader refuses the others.
    if (compileRegex(test).ok) return test
  }
}

const comparison = (next: Dice): Comparison => pick(['lt', 'lte', 'gt', 'gte', 'eq'], next)

const TESTS: readonly ((next: Dice) => Test)[] = [
  (next) => ({ kind: 'pattern', pattern: pattern(next), cased: false }),
  (next) => ({ kind: 'pattern', pattern: pattern(next), cased: false }),
  (next) => ({ kind: 'pattern', pattern: pattern(next), cased: true }),
  (next) => {
    const text = pick(['1', '007', '31', '0x1f', '9007199254740993', '1e3', '0.5', '-0'], next)
    return { kind: 'number', value: Number(text), text }
  },
  (next) => ({ kind: 'boolean', value: next(2) === 0 }),
  regex,
  (next) => ({ kind: 'cidr', network: pick(['10.0.0.0/8', '::/0', '0.0.0.0/0'], next) }),
  () => ({ kind: 'absent' }),
  (next) => ({ kind: 'exists', value: next(2) === 0 }),
  (next) => ({ kind: 'compare', comparison: comparison(next), value: pick(NUMBERS, next) }),
  (next) => {
    const part = pick<TimePart>(['minute', 'hour', 'day', 'week', 'month', 'year'], next)
    return {
      kind: 'time',
      part,
      comparison: comparison(next),
      value: pick([3, 4, 11, 25, 48, 2026], next),
    }
  },
  (next) => {
    const affix = pick<Affix>(['whole', 'prefix', 'suffix', 'inside'], next)
    return { kind: 'field', other: pick(FIELDS, next), affix, cased: next(2) === 0 }
  },
]

function keyword(next: Dice): Keyword {
  const test =
    next(4) === 0
      ? regex(next)
      : ({ kind: 'pattern', pattern: pattern(next), cased: next(4) === 0 } as const)
  return { test, operator: 'keyword', value: '' }
}

function expression(next: Dice, depth: number): Expression {
  const kind = next(depth > 3 ? 6 : 12)
  if (kind < 5) {
    const field = pick(FIELDS, next)
    const predicate = {
      field,
      written: field,
      test: pick(TESTS, next)(next),
      operator: '',
      value: '',
    }
    return { kind: 'test', predicate, selection: 's', at: AT }
  }
  if (kind === 5) {
    if (next(5) === 0) return { kind: 'constant', value: next(2) === 0 }
    return { kind: 'keyword', keyword: keyword(next), selection: 'k', at: AT }
  }
  if (kind < 8) return { kind: 'not', operand: expression(next, depth + 1) }
  const operands = some(4, next, () => expression(next, depth + 1))
  return { kind: kind < 10 ? 'and' : 'or', operands }
}

/** A random filter, of every kind of leaf that looks at one event alone. */
export function randomFilter(next: Dice): RoutedFilter {
  const equals = (): Readonly<Record<string, string | boolean>> =>
    next(2) === 0 ? {} : { [pick(['a.b', 'Image', 'n'], next)]: pick(['cmd', 'a', true], next) }
  const events =
    next(3) > 0 ? [] : some(3, next, () => ({ action: pick(ACTIONS, next), equals: equals() }))
  const source = (): string | undefined => (next(2) === 0 ? undefined : pick(SOURCES, next))
  const [product, service, category] = [source(), source(), source()]
  const logsource = {
    ...(product === undefined ? {} : { product }),
    ...(service === undefined ? {} : { service }),
    ...(category === undefined ? {} : { category }),
  }
  return { gate: { events }, expression: expression(next, 0), logsource }
}

function value(next: Dice, depth: number): unknown {
  const kind = next(depth > 3 ? 7 : 10)
  if (kind < 4) return words(4, next)
  if (kind === 4) return pick(NUMBERS, next)
  if (kind === 5) return pick([true, false, null], next)
  if (kind === 6) return pick(ACTIONS, next)
  if (kind === 7) return some(3, next, () => value(next, depth + 1))
  return document(next, depth + 1)
}

function document(next: Dice, depth: number): object {
  const entries = some(depth === 0 ? 9 : 4, next, () => [pick(KEYS, next), value(next, depth)])
  return Object.fromEntries(entries)
}

/** A random event; through JSON, as events come, so that `__proto__` is a key like any other. */
export function randomEvent(next: Dice): object {
  const plain = {
    ...document(next, 0),
    ...(next(3) === 0 ? {} : { event: { action: pick(ACTIONS, next) } }),
    ...(next(2) === 0 ? {} : { product: pick(SOURCES, next).toUpperCase() }),
    ...(next(3) === 0 ? { category: pick([...SOURCES, 1, null], next) } : {}),
  }
  const parsed: unknown = JSON.parse(JSON.stringify(plain))
  return typeof parsed === 'object' && parsed !== null ? parsed : {}
}
