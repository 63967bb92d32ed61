import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { EcsEvent, HostId } from '@pomona/schema'
import {
  type EventCondition,
  conditionTest,
  type EventScan,
  type EventStore,
} from '../../src/index.ts'
import { dice, type Dice } from '../seed.ts'
import { drivers, fill } from './drivers.ts'
import { at, HOST, sampleEvent } from './sample.ts'

const NEXT_DAY = '2026-11-23T00:00:00.000000000Z'
const ALL: EventCondition = { kind: 'constant', value: true }

async function scanned(store: EventStore, parts: Partial<EventScan> = {}): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.scan({
      condition: ALL,
      limit: 100,
      ...parts,
      ...(cursor === undefined ? {} : { cursor }),
    })
    ids.push(...page.events.map(({ event }) => event?.id ?? ''))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return ids
}

const text = (
  field: string,
  match: 'equals' | 'prefix' | 'suffix' | 'contains',
  ...values: string[]
): EventCondition => ({ kind: 'text', field, match, values })

const story: readonly EcsEvent[] = [
  sampleEvent('s-9', 10, { 'process.executable': '/usr/bin/OSAscript', 'process.pid': 7 }),
  sampleEvent('s-10', 10, { 'process.executable': '/bin/zsh', 'process.args': ['zsh', '-C'] }),
  sampleEvent('t-1', 10, { 'host.id': 'mac-0', 'process.interactive': true }),
  sampleEvent('s-11', 9, { 'process.executable': '/tmp/osascrİpt', 'event.action': 'exec' }),
  sampleEvent('s-12', 20, { 'process.executable': '', 'event.action': 'exec' }),
  sampleEvent('s-13', 30, { 'unheard.of': 1, 'process.interactive': false }),
  sampleEvent('s-14', 0, {
    '@timestamp': NEXT_DAY,
    'event.original': '{"raw":1}',
    'process.args': ['', 'é'],
  }),
]

// Events with something that no column holds come with every answer: s-12 and s-13.
const cases: readonly { name: string; condition: EventCondition; want: string[] }[] = [
  {
    name: 'everything, by time, host and sequence',
    condition: ALL,
    want: ['s-11', 't-1', 's-9', 's-10', 's-12', 's-13', 's-14'],
  },
  {
    name: 'nothing but what no column holds',
    condition: { kind: 'constant', value: false },
    want: ['s-12', 's-13'],
  },
  {
    name: 'text without case, and every text beyond ASCII',
    condition: text('process.executable', 'suffix', '/osascript', '/nothing'),
    want: ['s-11', 's-9', 's-12', 's-13'],
  },
  {
    name: 'text at the beginning',
    condition: text('process.executable', 'prefix', '/BIN/'),
    want: ['s-11', 's-10', 's-12', 's-13'],
  },
  {
    name: 'text inside',
    condition: text('process.executable', 'contains', 'in/z', 'never'),
    want: ['s-11', 's-10', 's-12', 's-13'],
  },
  {
    name: 'an element of a list',
    condition: text('process.args', 'equals', '-c'),
    want: ['s-10', 's-12', 's-13', 's-14'],
  },
  {
    name: 'text beyond ASCII in the question',
    condition: text('process.executable', 'equals', 'ÄPFEL'),
    want: ['s-11', 's-12', 's-13'],
  },
  {
    name: 'empty text, which asks only for a value',
    condition: text('process.executable', 'prefix', ''),
    want: ['s-11', 's-9', 's-10', 's-12', 's-13'],
  },
  {
    name: 'text of a number, which asks only for a value',
    condition: text('process.pid', 'equals', '8'),
    want: ['s-9', 's-12', 's-13'],
  },
  {
    name: 'a boolean',
    condition: { kind: 'boolean', field: 'process.interactive', value: true },
    want: ['t-1', 's-12', 's-13'],
  },
  {
    name: 'the name of a boolean',
    condition: text('process.interactive', 'equals', 'TRUE', 'yes'),
    want: ['t-1', 's-12', 's-13'],
  },
  {
    name: 'a boolean that is a text',
    condition: { kind: 'boolean', field: 'event.action', value: false },
    want: ['s-12', 's-13'],
  },
  {
    name: 'a field nobody knows',
    condition: { kind: 'exists', field: 'unheard.of' },
    want: ['s-12', 's-13'],
  },
  {
    name: 'a group of fields, which may be there with any of them',
    condition: { kind: 'exists', field: 'process' },
    want: ['s-11', 't-1', 's-9', 's-10', 's-12', 's-13', 's-14'],
  },
  {
    name: 'both of two',
    condition: {
      kind: 'and',
      operands: [
        text('event.action', 'equals', 'exec'),
        { kind: 'exists', field: 'process.executable' },
      ],
    },
    want: ['s-11', 's-12', 's-13'],
  },
]

const hostile = [
  `' or 1=1 --`,
  `') or 1=1 --`,
  '\\',
  `\\'`,
  '{c0:String}',
  '?',
  '%',
  '_',
  '`',
  '\n\t\r\b',
  '\u0001',
  ']',
  `','`,
  'a\u2028b',
  '*/ drop table pomona.events /*',
]

const VALUES = ['/bin/zsh', 'ZSH', 'z', 'K', 'ſ', 'İ', '日本', '', 'a\0b', '\ud800', ...hostile]
const FIELDS = ['process.executable', 'process.args', 'process.pid', 'source.ip', 'no.such']

function maybe<Value>(roll: Dice, value: Value): Value | undefined {
  return roll.below(3) === 0 ? undefined : value
}

function randomEvents(roll: Dice): readonly EcsEvent[] {
  return Array.from({ length: 60 }, (_, index) =>
    sampleEvent(`s-${index}`, roll.below(20), {
      'host.id': roll.pick([HOST, 'mac-2']),
      'process.executable': maybe(roll, roll.pick(VALUES) + roll.pick(VALUES)),
      'process.args': maybe(roll, [roll.pick(VALUES), roll.pick(VALUES)]),
      'process.pid': maybe(roll, roll.below(5)),
      'process.interactive': maybe(roll, roll.below(2) > 0),
      'source.ip': maybe(roll, roll.pick(['10.0.0.1', '::1'])),
    }),
  )
}

function randomCondition(roll: Dice, depth: number): EventCondition {
  const kind = roll.below(depth > 2 ? 3 : 5)
  if (kind > 2) {
    const operands = Array.from({ length: roll.below(4) }, () => randomCondition(roll, depth + 1))
    return { kind: roll.pick(['and', 'or'] as const), operands }
  }
  const field = roll.pick(FIELDS)
  if (kind === 0) return { kind: 'exists', field }
  if (kind === 1) return { kind: 'boolean', field: 'process.interactive', value: roll.below(2) > 0 }
  const values = Array.from({ length: roll.below(4) }, () => roll.pick(VALUES))
  return text(field, roll.pick(['equals', 'prefix', 'suffix', 'contains'] as const), ...values)
}

for (const { name, open } of drivers) {
  for (const { name: about, condition, want } of cases) {
    test(`${name} scan: ${about}`, async () => {
      const store = await open()
      await fill(store, story)
      deepEqual(await scanned(store, { condition }), want)
      deepEqual(await scanned(store, { condition, limit: 1 }), want)
    })
  }

  test(`${name} scan: hosts and times`, async () => {
    const store = await open()
    await fill(store, story)
    deepEqual(await scanned(store, { hostIds: ['mac-0' as HostId] }), ['t-1'])
    deepEqual(await scanned(store, { hostIds: [] }), [])
    deepEqual(await scanned(store, { from: at(10), to: at(20) }), ['t-1', 's-9', 's-10'])
  })

  test(`${name} scan: the raw record comes when it is asked for`, async () => {
    const store = await open()
    await fill(store, story)
    const range = { condition: ALL, limit: 10, from: NEXT_DAY }
    const [plain] = (await store.scan(range)).events
    equal(plain?.event?.original, undefined)
    const [raw] = (await store.scan({ ...range, original: true })).events
    deepEqual(raw, story.at(-1))
  })

  test(`${name} scan: what is in a range`, async () => {
    const store = await open()
    deepEqual(await store.coverage({}), { events: 0, hosts: 0, hostDays: 0 })
    await fill(store, story)
    deepEqual(await store.coverage({}), {
      events: 7,
      hosts: 2,
      hostDays: 3,
      first: at(9),
      last: NEXT_DAY,
    })
    deepEqual(await store.coverage({ hostIds: ['mac-0' as HostId], to: at(10) }), {
      events: 0,
      hosts: 0,
      hostDays: 0,
    })
  })

  for (const value of hostile) {
    test(`${name} scan: ${JSON.stringify(value)} is only text`, async () => {
      const store = await open()
      await fill(store, [
        sampleEvent('s-1', 1, { 'process.executable': `a${value}b`, 'process.args': [value] }),
        sampleEvent('s-2', 2, { 'process.executable': 'other', 'process.args': ['x'] }),
      ])
      for (const condition of [
        text('process.executable', 'equals', `a${value}b`),
        text('process.executable', 'prefix', `a${value}`),
        text('process.executable', 'suffix', `${value}b`),
        text('process.executable', 'contains', value),
        text('process.args', 'equals', value, 'y'),
      ]) {
        deepEqual(await scanned(store, { condition }), ['s-1'])
      }
      equal((await store.coverage({})).events, 2)
    })
  }

  test(`${name} scan: a condition that asks for too much is refused`, async () => {
    const store = await open()
    const values = Array.from({ length: 4_001 }, (_, index) => `value ${index}`)
    const code = { code: 'ERR_QUERY_INVALID' }
    const scan = { limit: 1, condition: text('process.name', 'suffix', ...values) }
    await rejects(store.scan(scan), code)
    let deep: EventCondition = ALL
    for (let depth = 0; depth < 100; depth++) deep = { kind: 'and', operands: [deep] }
    await rejects(store.scan({ limit: 1, condition: deep }), code)
    await rejects(store.scan({ limit: 1, condition: ALL, cursor: 'nonsense' }), code)
    const largest = text('process.name', 'suffix', ...values.slice(1))
    deepEqual(await scanned(store, { condition: largest }), [])
  })

  test(`${name} scan: random conditions find what the test on events lets through`, async () => {
    const seed = 20_261_122
    const roll = dice(seed)
    const store = await open()
    const events = randomEvents(roll)
    await fill(store, events)
    const order = await scanned(store)
    equal(order.length, events.length)
    for (let round = 0; round < 60; round++) {
      const condition = randomCondition(roll, 0)
      const holds = conditionTest(condition)
      const passing = new Set(events.filter(holds).map(({ event }) => event?.id))
      const want = order.filter((id) => passing.has(id))
      const found = await scanned(store, { condition, limit: 1 + roll.below(40) })
      ok(
        JSON.stringify(found) === JSON.stringify(want),
        `seed ${seed}, round ${round}: ${JSON.stringify({ condition, found, want })}`,
      )
    }
  })
}
