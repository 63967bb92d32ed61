import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { FALSE, FlatLine, NULL, NUMBER, TEXT, TRUE } from '../../src/indexed/flat-line.ts'
import { pick, randomEvent, randomFilter } from '../collision.ts'
import { type Dice, dice } from '../dice.ts'
import { judge } from '../judgement.ts'

const SEED = Number(process.env['POMONA_TEST_SEED'] ?? Date.now() % 1_000_000)
const LINES = 60_000
const ROUNDS = 30
const FILTERS = 150
const EVENTS = 60

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** What a line was read as, or `undefined` when it was left to `JSON.parse`. */
function readAs(line: FlatLine, text: string): object | undefined {
  const bytes = bytesOf(text)
  if (!line.read({ bytes, from: 0, to: bytes.length })) return undefined
  const entries = Array.from({ length: line.count }, (_, field) => {
    const kind = line.kinds[field]
    const number = line.numbers[field]
    const values = new Map<number | undefined, unknown>([
      [TEXT, line.text(field)],
      [NUMBER, number],
      [TRUE, true],
      [FALSE, false],
      [NULL, null],
    ])
    ok(values.has(kind))
    if (kind === NUMBER) equal(line.text(field), String(number))
    return [line.names[line.keys[field] ?? -1], values.get(kind)]
  })
  return Object.fromEntries(entries)
}

const readable = [
  '{"a":"x"}',
  '{"a": "x", "b": 1}',
  '{"a":"","b":null,"c":true,"d":false}',
  '{"a":0,"b":-1,"c":999999999999999}',
  String.raw`{"a":"C:\\Windows\\\"x\"\/\b\f\n\r\t"}`,
  '{"__proto__":"x","constructor":"y"}',
]
for (const text of readable) {
  test(`flat line: reads ${text}`, () => {
    const entries = Object.entries(readAs(new FlatLine(), text) ?? {})
    deepEqual(entries, Object.entries(JSON.parse(text)))
  })
}

const left = [
  { name: 'an empty object', text: '{}' },
  { name: 'a key that comes twice', text: '{"a":1,"b":2,"a":3}' },
  { name: 'an object within', text: '{"a":{"b":1}}' },
  { name: 'a list', text: '{"a":["b"]}' },
  { name: 'an escape by number', text: String.raw`{"a":"\u0041"}` },
  { name: 'an escape in a key', text: String.raw`{"\\a":1}` },
  { name: 'a key with a blank, which may mean another name', text: '{"Source Name":"a"}' },
  { name: 'letters beyond ASCII', text: '{"a":"ä"}' },
  { name: 'a fraction', text: '{"a":1.0}' },
  { name: 'a power', text: '{"a":1e3}' },
  { name: 'less than nothing', text: '{"a":-0}' },
  { name: 'a number that is not held exactly', text: '{"a":9007199254740993}' },
  { name: 'a zero before a number', text: '{"a":01}' },
  { name: 'a sign alone', text: '{"a":-}' },
  { name: 'a word that is none', text: '{"a":nul}' },
  { name: 'a word that goes on', text: '{"a":truely}' },
  { name: 'a comma at the end', text: '{"a":1,}' },
  { name: 'something after the end', text: '{"a":1} {}' },
  { name: 'a text without an end', text: '{"a":"x}' },
  { name: 'a control character', text: '{"a":"\t"}' },
  { name: 'a list at the top', text: '["a"]' },
  { name: 'nothing', text: '' },
]
for (const { name, text } of left) {
  test(`flat line: leaves to JSON.parse: ${name}`, () => {
    equal(readAs(new FlatLine(), text), undefined)
  })
}

test('flat line: more fields, keys or bytes than it takes are left to JSON.parse', () => {
  const fields = (count: number): string => {
    return JSON.stringify(
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at])),
    )
  }
  const line = new FlatLine()
  ok(readAs(line, fields(256)) !== undefined)
  equal(readAs(line, fields(257)), undefined)
  equal(readAs(line, JSON.stringify({ a: 'x'.repeat(70_000) })), undefined)
  for (let at = 0; at < 5_000; at += 1) readAs(line, JSON.stringify({ [`other${at}`]: 1 }))
  equal(line.names.length, 4_096)
  equal(readAs(line, '{"one more":1}'), undefined)
  ok(readAs(line, '{"k1":"still known"}') !== undefined)
})

test('flat line: the last key of a line does not fix what comes after it in the next', () => {
  const line = new FlatLine()
  const texts = ['{"a":1,"b":2}', '{"a":1,"bc":2}', '{"b":1,"a":2}', '{"a":1,"b":2,"c":3}']
  for (const text of [...texts, ...texts]) deepEqual(readAs(line, text), JSON.parse(text))
})

const PIECES = ['{', '}', '"', '":', ',', ':', '[', ' ', '\\', '\\\\', '\\n', '\\u', '\\"', '\t']
const VALUES = [
  '"x"',
  '""',
  '0',
  '-1',
  '10',
  '1.5',
  'true',
  'false',
  'null',
  '"a\\\\b"',
  '"é"',
  '{}',
]

function randomLine(next: Dice): string {
  const members = Array.from({ length: 1 + next(4) }, () => {
    const space = next(8) === 0 ? ' ' : ''
    return `"${pick(['a', 'b', 'ab', 'c'], next)}":${space}${pick(VALUES, next)}`
  })
  let text = `{${members.join(next(8) === 0 ? ', ' : ',')}}`
  for (let times = next(3); times > 0; times -= 1) {
    const at = next(text.length)
    text = text.slice(0, at) + (next(2) === 0 ? pick(PIECES, next) : '') + text.slice(at + next(2))
  }
  return text
}

test('flat line: what it reads is what JSON.parse reads, on random and damaged lines', (t) => {
  const next = dice(SEED)
  const line = new FlatLine()
  let count = 0
  for (let at = 0; at < LINES; at += 1) {
    const text = randomLine(next)
    const got = readAs(line, text)
    if (got === undefined) continue
    count += 1
    const label = `POMONA_TEST_SEED=${SEED}: ${text}`
    deepEqual(got, JSON.parse(text), label)
    const values = Object.values(got).filter((value) => value !== null)
    deepEqual([...line.texts()], values.map(String), label)
  }
  ok(count > LINES / 10)
  t.diagnostic(`seed ${SEED}: ${count} of ${LINES} lines read`)
})

/** What of an event a line can hold that is read without `JSON.parse`. */
function flattened(event: object): object {
  const plain = Object.entries(event).filter(([key, value]) => {
    const isPlain = typeof value === 'string' ? /^[ -~\n]*$/.test(value) : value !== undefined
    return isPlain && !key.includes(' ') && (typeof value !== 'object' || value === null)
  })
  return Object.fromEntries(plain)
}

for (const route of [false, true]) {
  test(`flat line: random filters on events read from lines, routed ${route}`, (t) => {
    let lines = 0
    let matches = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const next = dice(SEED + round)
      const filters = Array.from({ length: FILTERS }, () => randomFilter(next))
      const events = Array.from({ length: EVENTS }, () => flattened(randomEvent(next)))
      const label = `POMONA_TEST_SEED=${SEED + round}`
      // Each twice: the second time its values are known.
      const judged = judge(filters, [...events, ...events], { lookup: 'literal', route, label })
      lines += judged.lines
      matches += judged.matches
    }
    ok(lines > (ROUNDS * EVENTS) / 4)
    ok(matches > lines)
    t.diagnostic(`seed ${SEED}: ${lines} lines, ${matches} matches`)
  })
}
