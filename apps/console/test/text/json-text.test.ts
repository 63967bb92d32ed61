import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { jsonLines, lineText } from '../../src/text/json-text.ts'
import { seededRandom } from '../random.ts'

function pretty(text: string): string | undefined {
  return jsonLines(text)?.map(lineText).join('\n')
}

const cases = [
  {
    name: 'lays out members',
    text: '{"a":1,"b":[2,3]}',
    want: '{\n  "a": 1,\n  "b": [\n    2,\n    3\n  ]\n}',
  },
  {
    name: 'keeps 2^64',
    text: '{"n":18446744073709551615}',
    want: '{\n  "n": 18446744073709551615\n}',
  },
  {
    name: 'keeps empty containers on a line',
    text: '{"a":{},"b":[]}',
    want: '{\n  "a": {},\n  "b": []\n}',
  },
  { name: 'keeps duplicate keys', text: '{"a":1,"a":2}', want: '{\n  "a": 1,\n  "a": 2\n}' },
  { name: 'keeps escapes', text: '["\\u202e\\n\\""]', want: '[\n  "\\u202e\\n\\""\n]' },
  { name: 'ignores the layout it came in', text: ' { "a" :\n 1 } ', want: '{\n  "a": 1\n}' },
  { name: 'takes a lone scalar', text: 'true', want: 'true' },
  { name: 'refuses what is no JSON', text: 'hello', want: undefined },
  { name: 'refuses an open string', text: '{"a', want: undefined },
  { name: 'refuses nothing', text: '  ', want: undefined },
]
for (const { name, text, want } of cases) {
  test(`json: ${name}`, () => equal(pretty(text), want))
}

test('json: survives more closing than opening brackets', () => equal(pretty(']]}'), ']\n]\n}'))

test('json: tells keys from strings', () => {
  const kinds = jsonLines('{"a":"b"}')?.flatMap((line) => line.tokens.map((token) => token.kind))
  deepEqual(kinds, ['punctuation', 'key', 'punctuation', 'string', 'punctuation'])
})

test('json: pretty text means the same as what came, for random documents', () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9))
  const random = seededRandom(seed)
  const document = (depth: number): unknown => {
    const kind = Math.floor(random() * (depth > 4 ? 4 : 6))
    if (kind === 0) return Math.floor(random() * 1e6) / 8
    if (kind === 1) return random() < 0.5
    if (kind === 2) return null
    if (kind === 3) return String.fromCharCode(...Array.from({ length: 4 }, () => random() * 300))
    const parts = Array.from({ length: Math.floor(random() * 4) }, () => document(depth + 1))
    return kind === 4 ? parts : Object.fromEntries(parts.map((part, index) => [`k${index}`, part]))
  }
  for (let round = 0; round < 300; round += 1) {
    const value = document(0)
    const text = pretty(JSON.stringify(value))
    ok(text !== undefined, `seed ${seed}`)
    deepEqual(JSON.parse(text), value, `seed ${seed}, round ${round}`)
  }
})

test('json: random bytes end in lines or in nothing, never in an error', () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9))
  const random = seededRandom(seed)
  const letters = '{}[],:"\\tfn0-.e \n'
  for (let round = 0; round < 2000; round += 1) {
    const text = Array.from(
      { length: 30 },
      () => letters[Math.floor(random() * letters.length)],
    ).join('')
    const lines = jsonLines(text)
    ok(lines === undefined || lines.length > 0, `seed ${seed}, round ${round}`)
  }
})
