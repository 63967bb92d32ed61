import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { LINE_DEPTH_MAX, readLine } from '@pomona/sensor'
import { seededRandom } from '../prng.ts'

const refused = [
  { name: 'an empty line', text: '', reason: 'blank' },
  { name: 'a line of blanks', text: ' \t ', reason: 'blank' },
  { name: 'a line that ends too early', text: '{"event":{"exit":{"st', reason: 'syntax' },
  {
    name: 'a number with a leading zero',
    text: '{"event":{"x":{"n":0123456789012345678}}}',
    reason: 'syntax',
  },
  { name: 'a raw NUL inside a string', text: '{"event":{"exit":"\u0000"}}', reason: 'syntax' },
  {
    name: 'the banner of another tool',
    text: 'Filtering the log data using "x"',
    reason: 'syntax',
  },
  { name: 'an array', text: '[{"event":{"exit":{}}}]', reason: 'not_object' },
  { name: 'a number', text: '18446744073709551616', reason: 'not_object' },
  { name: 'null', text: 'null', reason: 'not_object' },
  { name: 'an object without event', text: '{"version":9}', reason: 'not_event' },
  { name: 'an event that is text', text: '{"event":"exit"}', reason: 'not_event' },
  { name: 'an event that is a list', text: '{"event":[{"exit":{}}]}', reason: 'not_event' },
  { name: 'an event without a name', text: '{"event":{}}', reason: 'not_event' },
  { name: 'one level too much', text: nested(LINE_DEPTH_MAX + 1), reason: 'too_deep' },
  { name: 'a million brackets', text: '['.repeat(1_000_000), reason: 'too_deep' },
]
for (const { name, text, reason } of refused) {
  test(`line: refuses ${name} as ${reason}`, () => {
    deepEqual(readLine(text, 7), { ok: false, sequence: 7, reason })
  })
}

function nested(depth: number): string {
  const inner = depth - 1
  return `{"event":${'{"a":'.repeat(inner - 1)}{"a":1}${'}'.repeat(inner)}`
}

const kept = [
  { name: 'the deepest allowed nesting', text: nested(LINE_DEPTH_MAX) },
  { name: 'an unknown event type and version', text: '{"version":99,"event":{"teleport":{}}}' },
  { name: 'many brackets inside a string', text: `{"event":{"exec":"${'{['.repeat(500)}"}}` },
  { name: 'many shallow objects', text: `{"event":{"exec":[${'{},'.repeat(500)}{}]}}` },
  { name: 'an escaped NUL', text: '{"event":{"exec":"\\u0000"}}' },
  { name: 'an audit token as object', text: '{"event":{"x":{"audit_token":{"pid":1}}}}' },
  { name: 'an audit token as array', text: '{"event":{"x":{"audit_token":[1,2,3]}}}' },
]
for (const { name, text } of kept) {
  test(`line: keeps ${name} as it is`, () => {
    const read = readLine(text, 3)
    ok(read.ok)
    equal(read.record.sequence, 3)
    equal(read.record.text, text)
    deepEqual(read.record.value, JSON.parse(text))
  })
}

const integers = [
  {
    name: 'an inode of the sealed volume',
    json: '{"st_ino":1152921500312525701}',
    want: { st_ino: '1152921500312525701' },
  },
  {
    name: 'the same inode twice',
    json: '{"a":{"st_ino":1152921500312525701},"b":{"st_ino":1152921500312525702}}',
    want: { a: { st_ino: '1152921500312525701' }, b: { st_ino: '1152921500312525702' } },
  },
  {
    name: 'a small inode before a large one',
    json: '{"a":{"st_ino":12},"b":{"st_ino":1152921500312525702}}',
    want: { a: { st_ino: 12 }, b: { st_ino: '1152921500312525702' } },
  },
  { name: '2^53 - 1', json: '{"n":9007199254740991}', want: { n: 9007199254740991 } },
  { name: '2^53 + 1', json: '{"n":9007199254740993}', want: { n: '9007199254740993' } },
  { name: '-(2^53 + 1)', json: '{"n":-9007199254740993}', want: { n: '-9007199254740993' } },
  { name: '2^64', json: '{"n":18446744073709551616}', want: { n: '18446744073709551616' } },
  {
    name: 'an element of an array',
    json: '{"n":[1,9007199254740993]}',
    want: { n: [1, '9007199254740993'] },
  },
  {
    name: 'a number after a space',
    json: '{"n": 9007199254740993 }',
    want: { n: '9007199254740993' },
  },
  {
    name: 'a key with an escape',
    json: '{"a\\"b":9007199254740993}',
    want: { 'a"b': '9007199254740993' },
  },
  {
    name: 'a key that looks like an index',
    json: '{"2":9007199254740993,"1":9007199254740995}',
    want: { 1: '9007199254740995', 2: '9007199254740993' },
  },
  {
    name: 'digits inside a string',
    json: '{"n":"\\"st_ino\\":9007199254740993,"}',
    want: { n: '"st_ino":9007199254740993,' },
  },
  {
    name: 'a string of that form before the number',
    json: '{"args":["\\"n\\":9007199254740995"],"n":9007199254740993}',
    want: { args: ['"n":9007199254740995'], n: '9007199254740993' },
  },
  {
    name: 'a text that begins like the end of a key',
    json: '{"args":[":1152921500312525701,"],"n":9007199254740993}',
    want: { args: [':1152921500312525701,'], n: '9007199254740993' },
  },
  {
    name: 'a text of nothing but digits',
    json: '{"n":"1152921500312525701","m":9007199254740993}',
    want: { n: '1152921500312525701', m: '9007199254740993' },
  },
  {
    name: 'digits behind an escaped backslash and a quote',
    json: '{"a\\\\":9007199254740993,"b":"x\\\\"}',
    want: { 'a\\': '9007199254740993', b: 'x\\' },
  },
  { name: 'a large fraction', json: '{"n":9007199254740993.5}', want: { n: 9007199254740994 } },
  { name: 'a large exponent', json: '{"n":1e300}', want: { n: 1e300 } },
]
for (const { name, json, want } of integers) {
  test(`line: keeps ${name} exact`, () => {
    const read = readLine(`{"event":{"x":${json}}}`, 0)
    ok(read.ok)
    deepEqual(read.record.value, { event: { x: want } })
  })
}

test('line: a __proto__ key changes nothing but its own object', () => {
  const text = '{"__proto__":{"ok":true},"event":{"x":{"__proto__":{"polluted":9007199254740993}}}}'
  const read = readLine(text, 0)
  ok(read.ok)
  equal(Object.getPrototypeOf(read.record.value), Object.prototype)
  equal(Object.hasOwn(read.record.value, '__proto__'), true)
  equal('polluted' in {}, false)
})

const SEED = 20_260_302

test(`line: random objects come back exact (seed ${SEED})`, () => {
  const random = seededRandom(SEED)
  for (let round = 0; round < 2_000; round++) {
    const { json, want } = randomValue(random, 0)
    const read = readLine(`{"event":{"x":${json}}}`, round)
    ok(read.ok, json)
    deepEqual(read.record.value, { event: { x: want } }, json)
  }
})

interface Generated {
  readonly json: string
  readonly want: unknown
}

function randomValue(random: (below: number) => number, depth: number): Generated {
  const kind = depth > 4 ? random(4) : random(6)
  if (kind === 0) return { json: 'null', want: null }
  if (kind === 1) {
    const text =
      ['', '\\"n\\":99999999999999999', ':99999999999999999,', 'é\u2028', '{', ']'][random(6)] ?? ''
    return { json: `"${text}"`, want: text.replaceAll('\\"', '"') }
  }
  if (kind < 4) {
    const more = Array.from({ length: random(22) }, () => random(10)).join('')
    const digits = `${random(3) === 0 ? '-' : ''}${1 + random(9)}${more}`
    return { json: digits, want: Number.isSafeInteger(Number(digits)) ? Number(digits) : digits }
  }
  const items = Array.from({ length: random(5) }, () => randomValue(random, depth + 1))
  if (kind === 4) {
    return {
      json: `[${items.map(({ json }) => json).join(',')}]`,
      want: items.map(({ want }) => want),
    }
  }
  const names = ['n', 'st_ino', '7', 'a"b', 'é'].slice(0, items.length)
  const pairs = items.map(({ json }, index) => `${JSON.stringify(names[index])}:${json}`)
  const want = Object.fromEntries(items.map((item, index) => [names[index] ?? '', item.want]))
  return { json: `{${pairs.join(',')}}`, want }
}

test(`line: damaged lines never throw and say why (seed ${SEED})`, () => {
  const random = seededRandom(SEED)
  const whole =
    '{"event":{"exec":{"args":["a\\u0000",[1e5]],"st_ino":1152921500312525701}},"version":9}'
  for (let round = 0; round < 5_000; round++) {
    let text = whole.slice(0, 1 + random(whole.length))
    for (let edit = random(4); edit > 0; edit--) {
      const at = random(text.length + 1)
      const insert =
        ['{', '}', '[', '"', '\\', ',', ':', '\u0000', '\ud800', '9'.repeat(40)][random(10)] ?? ''
      text = text.slice(0, at) + insert + text.slice(at + random(3))
    }
    const read = readLine(text, round)
    ok(read.ok || read.reason.length > 0, text)
  }
})
