import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { scanJson } from '../../src/gateway/json-scan.ts'
import { seededRandom } from '../support/random.ts'

const LIMITS = { depthMax: 4, valuesMax: 12, keys: ['events', 'alerts'] }

function scan(text: string, limits: Partial<typeof LIMITS> = {}) {
  return scanJson(Buffer.from(text), { ...LIMITS, ...limits })
}

const spans = [
  { name: 'finds the value of the key', text: '{"a":1,"events":[1,2]}', want: '[1,2]' },
  { name: 'leaves out space around it', text: '{"events" : \n [1] \t,"b":2}', want: '[1]' },
  { name: 'is not fooled by the key inside a value', text: '{"a":"\\"events\\":[9]"}', want: null },
  { name: 'is not fooled by a deeper key', text: '{"a":{"events":[9]}}', want: null },
  { name: 'is not fooled by a longer key', text: '{"events2":[9],"xevents":[8]}', want: null },
  {
    name: 'takes brackets in strings for text',
    text: '{"events":["]}","[{"]}',
    want: '["]}","[{"]',
  },
  { name: 'takes an escaped quote for text', text: '{"events":["\\"]"]}', want: '["\\"]"]' },
  {
    name: 'takes an escaped backslash for text',
    text: '{"events":["\\\\"],"b":1}',
    want: '["\\\\"]',
  },
  { name: 'finds a value that is no list', text: '{"events":null}', want: 'null' },
]
for (const { name, text, want } of spans) {
  test(`json scan: ${name}`, () => {
    const found = scan(text)
    ok(found.ok)
    const [span] = found.spans
    equal(span === undefined ? null : text.slice(span.from, span.to), want)
  })
}

test('json scan: finds each key wherever it stands', () => {
  for (const text of ['{"alerts":[{}],"events":[1]}', '{"events":[1],"b":[2],"alerts":[{}]}']) {
    const found = scan(text)
    ok(found.ok)
    deepEqual(
      found.spans.map((span) => span && text.slice(span.from, span.to)),
      ['[1]', '[{}]'],
    )
  }
})

const refusals = [
  { name: 'takes the deepest allowed', text: '[[[[]]]]', want: undefined },
  { name: 'refuses one level more', text: '[[[[[]]]]]', want: 'too_deep' },
  { name: 'refuses depth that never closes', text: '['.repeat(100_000), want: 'too_deep' },
  { name: 'takes as many values as allowed', text: `[${'1,'.repeat(11)}1]`, want: undefined },
  { name: 'refuses one value more', text: `[${'1,'.repeat(12)}1]`, want: 'too_many_values' },
  { name: 'counts empty containers', text: `[${'[]'.repeat(12)}]`, want: 'too_many_values' },
  { name: 'counts keys', text: `{${'"a":'.repeat(12)}}`, want: 'too_many_values' },
  { name: 'refuses the key twice', text: '{"events":[1],"events":[2]}', want: 'repeated_key' },
  { name: 'refuses another key twice', text: '{"alerts":[],"a":1,"alerts":', want: 'repeated_key' },
]
for (const { name, text, want } of refusals) {
  test(`json scan: ${name}`, () => {
    const found = scan(text)
    deepEqual(found.ok ? undefined : found.reason, want)
  })
}

test('json scan: agrees with the parser, and survives random bytes', () => {
  const random = seededRandom('json-scan')
  const build = (depth: number): unknown => {
    const kind = random.below(depth > 5 ? 3 : 5)
    if (kind === 0) return random.below(1_000)
    if (kind === 1) return random.text(12)
    if (kind === 2) return null
    const size = random.below(4)
    if (kind === 3) return Array.from({ length: size }, () => build(depth + 1))
    return Object.fromEntries(
      Array.from({ length: size }, () => [random.text(4), build(depth + 1)]),
    )
  }
  for (let round = 0; round < 500; round += 1) {
    const events = build(0)
    const text = JSON.stringify({ a: build(1), events, b: build(1) }, null, random.below(2))
    const found = scan(text, { depthMax: 64, valuesMax: 1_000_000 })
    ok(found.ok, text)
    const bytes = Buffer.from(text)
    const [span] = found.spans
    ok(span)
    deepEqual(JSON.parse(bytes.subarray(span.from, span.to).toString()), events)
    // Cut and damaged: any answer is right, as long as one comes.
    bytes[random.below(bytes.length)] = random.below(256)
    scanJson(bytes.subarray(0, random.below(bytes.length + 1)), { ...LIMITS, depthMax: 64 })
  }
})
