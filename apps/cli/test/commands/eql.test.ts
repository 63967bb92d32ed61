import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { pomona, temporaryFolder, written } from '../pomona.ts'

const EVENTS = [
  { '@timestamp': '2026-03-02T08:00:01Z', event: { id: 'a', category: ['process'] }, k: 1 },
  { '@timestamp': '2026-03-02T08:00:00Z', event: { id: 'b', category: ['file'] }, k: 1 },
  { '@timestamp': '2026-03-02T08:00:02Z', event: { id: 'c', category: ['file'] }, k: 1 },
]
const LINES = EVENTS.map((event) => JSON.stringify(event)).join('\n')

test('eql: prints ids in order of time, one a line', async (t) => {
  const path = written(temporaryFolder(t), { name: 'events.jsonl', content: LINES })
  const ended = await pomona(['eql', 'any where k == 1', '--events', path])
  deepEqual(ended, { code: 0, stdout: 'b\na\nc\n', stderr: '3 results in 3 events.\n' })
})

test('eql: prints sequences as lists, with -1 for what must not come', async (t) => {
  const path = written(temporaryFolder(t), { name: 'events.jsonl', content: LINES })
  const query =
    'sequence by k with maxspan=5s [process where true] ![any where k == 2] [file where true]'
  const asJson = await pomona(['eql', query, '--events', path, '--json'])
  equal(asJson.stdout, '["a",-1,"c"]\n')
  const asText = await pomona(['eql', query, '--events', path])
  equal(asText.stdout, 'a -1 c\n')
})

test('eql: reads an array over many lines, compressed, and several files', async (t) => {
  const folder = temporaryFolder(t)
  const content = gzipSync(JSON.stringify(EVENTS, null, 2))
  const array = written(folder, { name: 'events.json.gz', content })
  const lines = written(folder, { name: 'more.jsonl', content: '{"event":{"id":"d"},"k":1}\n' })
  const args = ['--events', array, '--events', lines, '--json']
  const { stdout } = await pomona(['eql', 'any where k == 1', ...args])
  deepEqual(stdout.trim().split('\n'), ['"b"', '"a"', '"c"', '"d"'])
})

test('eql: fields of another data set can be named', async (t) => {
  const content = [
    { when: 2, what: 'x', n: 1, o: 2 },
    { when: 1, what: 'x', n: 2, o: 2 },
    { when: 1, what: 'x', n: 3, o: 1 },
  ]
    .map((event) => JSON.stringify(event))
    .join('\n')
  const path = written(temporaryFolder(t), { name: 'events.jsonl', content })
  const names = ['--event-category-field', 'what', '--timestamp-field', 'when']
  const args = [...names, '--tiebreaker-field', 'o', '--id-field', 'n', '--json']
  const { stdout } = await pomona(['eql', 'x where true', '--events', path, ...args])
  equal(stdout, '3\n2\n1\n')
})

test('eql: a query that cannot be compiled is told with its place, and fails', async (t) => {
  const path = written(temporaryFolder(t), { name: 'events.jsonl', content: LINES })
  const query = 'any where\n  startWith(a, "x")'
  const { code, stdout, stderr } = await pomona(['eql', query, '--events', path])
  equal(code, 1)
  equal(stdout, '')
  ok(/^2:3: ERR_RULE_UNKNOWN_FUNCTION .*startsWith/.test(stderr), stderr)
})

const WRONG: readonly (readonly [
  name: string,
  args: readonly string[],
  code: number,
  said: RegExp,
])[] = [
  ['no query', ['--events', 'x'], 2, /query is missing/],
  ['a query without quotes', ['any', 'where', 'a', '--events', 'x'], 2, /quotes/],
  ['no events', ['any where a'], 2, /--events is missing/],
  ['a dialect nobody knows', ['any where a', '--events', 'x', '--dialect', 'endgam'], 2, /endgame/],
  [
    'case where it has operators',
    ['any where a', '--events', 'x', '--case-sensitive'],
    2,
    /endgame/,
  ],
  ['a file that is not there', ['any where a', '--events', 'nosuch.json'], 1, /nosuch\.json/],
]

for (const [name, args, code, said] of WRONG) {
  test(`eql: ${name} is told`, async () => {
    const ended = await pomona(['eql', ...args])
    equal(ended.code, code)
    ok(said.test(ended.stderr), ended.stderr)
  })
}

const BROKEN: readonly (readonly [name: string, content: string, said: RegExp])[] = [
  ['a line that is no JSON', '{"a":1}\n{"a":\n', /events:2: not JSON/],
  ['a line that is no object', '{"a":1}\n3\n', /events:2: not a JSON object/],
  ['an array with something else', '[{"a":1},\n3]', /element 2: not a JSON object/],
  ['an array that does not end', '[{"a":1},\n', /not JSON/],
]

for (const [name, content, said] of BROKEN) {
  test(`eql: ${name} is told with its place`, async (t) => {
    const path = written(temporaryFolder(t), { name: 'events', content })
    const ended = await pomona(['eql', 'any where a', '--events', path])
    equal(ended.code, 1)
    ok(said.test(ended.stderr), ended.stderr)
  })
}
