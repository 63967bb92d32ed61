import { deepEqual, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import type { EqlDialect } from '@pomona/rules'
import { evaluateQuery } from '../../src/index.ts'
import { type Dice, dice } from '../dice.ts'
import { compiledEql } from '../eql.ts'

type Event = Readonly<Record<string, unknown>>

/** An event of a category at a second. */
function at(second: number, name: string, more: Event = {}): Event {
  const timestamp = new Date(second * 1_000).toISOString()
  return { '@timestamp': timestamp, event: { category: [name] }, name, ...more }
}

function found(query: string, events: readonly Event[], dialect: EqlDialect = 'endpoint') {
  const rows = evaluateQuery(compiledEql(query, dialect), events, { dialect })
  return rows.map(({ events: places, summary }) => summary ?? places.map((place) => place ?? -1))
}

const A = at(1, 'a')
const CASES: readonly (readonly [
  name: string,
  query: string,
  events: readonly Event[],
  want: readonly unknown[],
  dialect?: EqlDialect,
])[] = [
  [
    'finds events in order of time',
    'any where true',
    [at(3, 'a'), at(1, 'b'), at(2, 'c')],
    [[1], [2], [0]],
  ],
  [
    'puts events of one time in order of the tiebreaker',
    'any where true',
    [
      { ...A, event: { category: ['a'], sequence: 10 } },
      { ...A, event: { category: ['a'], sequence: 9 } },
      { ...A, event: { category: ['a'] } },
    ],
    [[2], [1], [0]],
  ],
  ['asks for a category', 'b where true', [at(1, 'a'), at(2, 'b')], [[1]]],
  ['takes the first', 'any where true | head 1', [at(2, 'a'), at(1, 'b')], [[1]]],
  [
    'takes the last, in order',
    'any where true | tail 2',
    [at(3, 'a'), at(1, 'b'), at(2, 'c')],
    [[2], [0]],
  ],
  [
    'overwrites the older of two beginnings',
    'sequence [a where true] [b where true]',
    [at(1, 'a'), at(2, 'a'), at(3, 'b'), at(4, 'b')],
    [[1, 2]],
  ],
  [
    'joins by key, and nothing with an absent one',
    'sequence by k [a where true] [b where true]',
    [at(1, 'a', { k: 1 }), at(2, 'a', { k: 2 }), at(3, 'b', { k: 1 }), at(4, 'a'), at(5, 'b')],
    [[0, 2]],
  ],
  [
    'joins absent keys when they may be absent',
    'sequence by ?k [a where true] [b where true]',
    [at(1, 'a'), at(2, 'b', { k: null })],
    [[0, 1]],
  ],
  [
    'counts the span to its end',
    'sequence with maxspan=10s [a where true] [b where true]',
    [at(0, 'a'), at(10, 'b'), at(20, 'a'), at(30.001, 'b')],
    [[0, 1]],
  ],
  [
    'ends what is open with until',
    'sequence by k [a where true] [b where true] until [c where true]',
    [
      at(1, 'a', { k: 1 }),
      at(2, 'a', { k: 2 }),
      at(3, 'c', { k: 1 }),
      at(4, 'b', { k: 1 }),
      at(5, 'b', { k: 2 }),
    ],
    [[1, 4]],
  ],
  [
    'repeats a step',
    'sequence [a where true] with runs=2 [b where true]',
    [at(1, 'a'), at(2, 'b'), at(3, 'a'), at(4, 'b')],
    [[0, 2, 3]],
  ],
  [
    'shows what must not come as missing, also at the end',
    'sequence with maxspan=5s ![a where true] [b where true] ![c where true]',
    [at(1, 'b'), at(20, 'b'), at(21, 'c'), at(40, 'b')],
    [
      [-1, 0, -1],
      [-1, 1, -1],
      [-1, 3, -1],
    ],
  ],
  [
    'asks a later step about an earlier one',
    'sequence [a where true] as x [b where k == x.k and not startsWith(l, x.l)]',
    [
      at(1, 'a', { k: 1, l: 'p' }),
      at(2, 'b', { k: 2, l: 'q' }),
      at(3, 'b', { k: 1, l: 'pq' }),
      at(4, 'b', { k: 1, l: 'q' }),
    ],
    [[0, 3]],
  ],
  [
    'keeps sequences of the endpoint on one host',
    'sequence by k [a where true] [b where true]',
    [at(1, 'a', { k: 1, host: { id: 'h' } }), at(2, 'b', { k: 1, host: { id: 'i' } })],
    [],
  ],
  [
    'joins over hosts for Elasticsearch',
    'sequence by k [a where true] [b where true]',
    [at(1, 'a', { k: 1, host: { id: 'h' } }), at(2, 'b', { k: 1, host: { id: 'i' } })],
    [[0, 1]],
    'elasticsearch',
  ],
  [
    'takes one different event for each part of a sample',
    'sample by k [any where k != null] [a where true] [any where name != null]',
    [
      at(2, 'a', { k: 'y' }),
      at(1, 'b', { k: 'y' }),
      at(3, 'c', { k: 'y' }),
      at(4, 'a', { k: 'x' }),
    ],
    [[1, 0, 2]],
  ],
  [
    'orders samples by key, what is absent first',
    'sample by ?k [a where true] [b where true]',
    [
      at(1, 'a', { k: 2 }),
      at(2, 'b', { k: 2 }),
      at(3, 'a', { k: 10 }),
      at(4, 'b', { k: 10 }),
      at(5, 'a'),
      at(6, 'b'),
    ],
    [
      [4, 5],
      [0, 1],
      [2, 3],
    ],
  ],
  [
    'joins in any order, the first event of each part',
    'join by k [a where true] [b where true]',
    [at(1, 'b', { k: 'X' }), at(2, 'b', { k: 'X' }), at(3, 'a', { k: 'x' })],
    [[2, 0]],
    'endgame',
  ],
  [
    'ends a join with until',
    'join by k [a where true] [b where true] until [c where true]',
    [at(1, 'b', { k: 1 }), at(2, 'c', { k: 1 }), at(3, 'a', { k: 1 })],
    [],
    'endgame',
  ],
  [
    'computes keys',
    'sequence [a where true] by k + 1 [b where true] by k',
    [at(1, 'a', { k: 1 }), at(2, 'b', { k: 2 })],
    [[0, 1]],
    'endgame',
  ],
  [
    'goes on twice from what forks',
    'sequence [a where true] [b where true] fork=true [c where true]',
    [at(1, 'a'), at(2, 'b'), at(3, 'c'), at(4, 'b'), at(5, 'c')],
    [
      [0, 1, 2],
      [0, 3, 4],
    ],
    'endgame',
  ],
  [
    'keeps the first of each kind, whatever the case',
    'any where true | unique k',
    [at(1, 'a', { k: 'X' }), at(2, 'a', { k: 'x' }), at(3, 'a'), at(4, 'a')],
    [[0], [2]],
    'endgame',
  ],
  [
    'filters sequences by the fields of their events',
    'sequence [a where true] [b where true] | filter events[1].k == 2',
    [at(1, 'a'), at(2, 'b', { k: 1 }), at(3, 'a'), at(4, 'b', { k: 2 })],
    [[2, 3]],
    'endgame',
  ],
  [
    'sorts',
    'any where true | sort k, l',
    [
      at(1, 'a', { k: 2 }),
      at(2, 'a', { k: 'z' }),
      at(3, 'a'),
      at(4, 'a', { k: 1, l: 'b' }),
      at(5, 'a', { k: 1, l: 'A' }),
    ],
    [[2], [4], [3], [0], [1]],
    'endgame',
  ],
  [
    'counts',
    'any where true | count name',
    [at(1, 'b', { hostname: 'h' }), at(2, 'b', { hostname: 'i' }), at(3, 'a')],
    [
      { key: 'a', count: 1, percent: 1 / 3 },
      { key: 'b', count: 2, percent: 2 / 3, total_hosts: 2, hosts: ['h', 'i'] },
    ],
    'endgame',
  ],
  ['counts all', 'any where true | count', [at(1, 'a')], [{ key: 'totals', count: 1 }], 'endgame'],
  [
    'adds counts to the first of a kind, for the pipes after it',
    'any where true | unique_count name | filter count > 1',
    [at(1, 'a'), at(2, 'b'), at(3, 'b')],
    [[1]],
    'endgame',
  ],
]

for (const [name, query, events, want, dialect] of CASES) {
  test(`query: ${name}`, () => deepEqual(found(query, events, dialect), want))
}

/** A process event: `id` began under `parent`, or ended. */
function process(second: number, id: string, more: Event = {}): Event {
  const { type = 'start', parent, ...rest } = more
  const event = { category: ['process'], type: [type] }
  return at(second, 'process', {
    event,
    process: { entity_id: id, name: id, parent: { entity_id: parent } },
    ...rest,
  })
}

const TREE = [
  process(1, 'shell'),
  process(2, 'curl', { parent: 'shell' }),
  process(3, 'sh', { parent: 'curl' }),
  process(4, 'ls', { parent: 'sh' }),
  process(5, 'other'),
  process(6, 'curl', { type: 'end' }),
  process(7, 'ls', { type: 'end' }),
]

const LINEAGE: readonly (readonly [query: string, want: readonly unknown[]])[] = [
  ['process where child of [process where process.name == "curl"]', [[2]]],
  ['process where descendant of [process where process.name == "curl"]', [[2], [3], [6]]],
  ['process where event of [process where process.name == "curl"]', [[1], [5]]],
  ['process where not descendant of [process where process.name == "shell"]', [[0], [4]]],
  [
    'process where child of [process where child of [process where process.name == "curl"]]',
    [[3], [6]],
  ],
]

for (const [query, want] of LINEAGE) {
  test(`query: ${query}`, () => deepEqual(found(query, TREE), want))
}

test('query: what ended is nobody’s parent any more', () => {
  const events = [...TREE, process(8, 'late', { parent: 'curl' })]
  const query = 'process where process.name == "late" and child of [process where true]'
  deepEqual(found(query, events), [])
})

test('query: a correlation is no query', () => {
  const body = {
    kind: 'correlation',
    type: 'event_count',
    inputs: [],
    groupBy: [],
    spanMs: 1,
    bounds: [],
    scope: 'host',
  } as const
  throws(() => evaluateQuery({ body, pipes: [] }, [], { dialect: 'endpoint' }), RangeError)
})

const CONDITIONS = [
  'a == b and length(a) > 0',
  'concat(a, b, c.d) : "*x*" or not startsWith(a, b)',
  'a + b * 2 >= c.d or a / b == 1',
  'substring(a, 1, 2) == "x" and number(a) == 1',
  'a in (b, "x", null) and not c.d like~ ("?", "x*")',
  'between(a, "x", b) != null or cidrMatch(a, "10.0.0.0/8") or a regex "x+"',
  'indexOf(a, b) == 0 and string(a == b) == "true" and a < b',
]

function anything(next: Dice, depth: number): unknown {
  const inner = (): unknown => anything(next, depth - 1)
  switch (next(depth === 0 ? 8 : 11)) {
    case 0:
      return null
    case 1:
      return next(2) === 0
    case 2:
      return next(7) - 3
    case 3:
      return 'x'.repeat(next(4))
    case 4:
      return '10.1.2.3'
    case 5:
      return next(1_000) / 7
    case 6:
      return ''
    case 7:
      return undefined
    case 8:
      return [inner(), inner(), inner()]
    case 9:
      return { d: inner() }
    default:
      return [{ d: inner() }, inner()]
  }
}

test('query: whatever an event holds, a condition or its opposite is true, or neither', () => {
  const seed = 161_803
  const next = dice(seed)
  for (let round = 0; round < 1_500; round += 1) {
    const event = { a: anything(next, 2), b: anything(next, 2), c: anything(next, 2) }
    const condition = CONDITIONS[next(CONDITIONS.length)] ?? ''
    const holds = found(`any where ${condition}`, [event]).length
    const opposite = found(`any where not (${condition})`, [event]).length
    const shown = `seed ${seed}, round ${round}: ${condition} on ${JSON.stringify(event)}`
    ok(holds + opposite <= 1, shown)
  }
})
