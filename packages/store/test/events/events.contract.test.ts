import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { EcsEvent, EventId, HostId, ProcessEntityId } from '@pomona/schema'
import type { EventQuery, EventStore } from '../../src/index.ts'
import { dice, type Dice } from '../seed.ts'
import { ask, drivers, fill, found, hostId } from './drivers.ts'
import { at, exec, HOST, sampleEvent, type Cast } from './sample.ts'

const shell: Cast = { id: 'p-shell', pid: 100, version: 1, path: '/bin/zsh' }
const curl: Cast = { id: 'p-curl', pid: 200, version: 3, path: '/usr/bin/curl' }

// Everything a document may hold, beside what the columns can.
const documents: readonly { name: string; changes: Readonly<Record<string, unknown>> }[] = [
  {
    name: 'only what is needed',
    changes: {
      'event.category': undefined,
      'event.ingested': undefined,
      'event.action': undefined,
    },
  },
  { name: 'zero and false', changes: { 'process.exit_code': 0, 'process.interactive': false } },
  {
    name: 'the largest whole numbers',
    changes: { 'file.size': Number.MAX_SAFE_INTEGER, 'process.exit_code': Number.MIN_SAFE_INTEGER },
  },
  {
    name: 'empty text and empty lists',
    changes: { 'process.command_line': '', 'process.args': [], 'process.env_vars': ['', 'A='] },
  },
  {
    name: 'NUL, quotes, line breaks',
    changes: { 'process.command_line': 'a\0b"\'\\\n\r\t\u0001\u2028', 'process.args': ['\0', '"'] },
  },
  { name: 'text outside the first plane', changes: { 'file.path': '/tmp/😀/日本/é' } },
  {
    name: 'half of a surrogate pair',
    changes: { 'file.path': '/tmp/\ud800x', 'process.args': ['\udfff'] },
  },
  {
    name: 'dates the engine cannot hold',
    changes: {
      'file.created': '0001-01-01T00:00:00.000000001Z',
      'file.mtime': '9999-12-31T23:59:59.999999999Z',
    },
  },
  {
    name: 'dates at the edge',
    changes: {
      'file.created': '1900-01-01T00:00:00.000000000Z',
      'file.mtime': '2261-12-31T23:59:59.999999999Z',
    },
  },
  {
    name: 'the epoch',
    changes: {
      'event.ingested': '1970-01-01T00:00:00.000000000Z',
      'file.ctime': '1970-01-01T00:00:00.000000000Z',
    },
  },
  {
    name: 'addresses as written',
    changes: { 'source.ip': '::FFFF:1.2.3.4', 'related.ip': ['fe80::1%en0', '1.2.3.4'] },
  },
  {
    name: 'lists of different length',
    changes: { 'related.ip': ['1.1.1.1'], 'related.user': ['a', 'b', 'c'] },
  },
  {
    name: 'fields nobody knows',
    changes: { 'future.thing': { deep: [1, { x: null }] }, 'process.unheard': 'y' },
  },
  {
    name: 'wrong types',
    changes: {
      'process.pid': 'seven',
      'file.size': 1.5,
      'process.args': 'one',
      'process.parent': 3,
      'file.name': { a: 1 },
    },
  },
  {
    name: 'a key called __proto__',
    changes: { macos: JSON.parse('{"__proto__":{"x":1},"xpc":{"service":"s"}}') },
  },
  {
    name: 'raw text of a hundred kilobytes',
    changes: { 'event.original': '{"é":"\\u0000"}'.repeat(8_000) },
  },
]

const story: readonly EcsEvent[] = [
  sampleEvent('1', 10, { 'file.path': '/Users/Ada/Notes.TXT' }),
  sampleEvent('2', 20, { 'event.action': 'create', 'file.path': '/tmp/100%_\\x' }),
  sampleEvent('3', 20, { 'event.action': 'create', 'process.entity_id': 'p1' }),
  sampleEvent('4', 30, {
    'event.category': ['network', 'dns'],
    'dns.question.name': 'Evil.Example',
  }),
  sampleEvent('5', 40, { 'process.entity_id': 'p1', 'process.command_line': 'ÄPFEL --now' }),
  sampleEvent('6', 50, { 'host.id': 'mac-2', 'process.entity_id': 'p1' }),
  sampleEvent('7', 60, { 'event.action': undefined, 'event.category': undefined }),
]

const searches: readonly { name: string; parts: Partial<EventQuery>; want: string[] }[] = [
  {
    name: 'all of one host, newest first, ties by id',
    parts: {},
    want: ['7', '5', '4', '3', '2', '1'],
  },
  { name: 'from is inside', parts: { from: at(40) }, want: ['7', '5'] },
  { name: 'to is outside', parts: { to: at(20) }, want: ['1'] },
  { name: 'a nanosecond matters', parts: { from: at(40, 1) }, want: ['7'] },
  {
    name: 'times outside the engine’s years',
    parts: { from: '0001-01-01T00:00:00Z', to: '9999-01-01T00:00:00Z' },
    want: ['7', '5', '4', '3', '2', '1'],
  },
  { name: 'actions', parts: { actions: ['create', 'none'] }, want: ['3', '2'] },
  { name: 'categories', parts: { categories: ['dns', 'web'] }, want: ['4'] },
  {
    name: 'empty lists are no filter',
    parts: { actions: [], categories: [] },
    want: ['7', '5', '4', '3', '2', '1'],
  },
  { name: 'process', parts: { processEntityId: 'p1' as ProcessEntityId }, want: ['5', '3'] },
  { name: 'text without case', parts: { text: 'notes.txt' }, want: ['1'] },
  { name: 'text without case beyond ASCII', parts: { text: 'äpfel' }, want: ['5'] },
  { name: 'text in a domain', parts: { text: 'EVIL.' }, want: ['4'] },
  { name: 'text shorter than an index gram', parts: { text: 'da' }, want: ['1'] },
  { name: 'per cent is a character', parts: { text: '100%' }, want: ['2'] },
  { name: 'underscore is a character', parts: { text: '_\\x' }, want: ['2'] },
  { name: 'quotes are characters', parts: { text: "' or 1=1 --" }, want: [] },
  {
    name: 'filters add up',
    parts: { actions: ['create'], processEntityId: 'p1' as ProcessEntityId },
    want: ['3'],
  },
]

for (const driver of drivers) {
  const title = (name: string): string => `events ${driver.name}: ${name}`

  test(title('documents come back as they went in'), async () => {
    const store = await driver.open()
    const events = documents.map(({ changes }, index) => sampleEvent(`d${index}`, index, changes))
    deepEqual(await store.insert({ token: 't', events }), { stored: events.length, discarded: 0 })
    for (const [index, { name }] of documents.entries()) {
      const [event] = await store.get([`d${index}` as EventId])
      deepEqual(event, events[index], name)
    }
  })

  test(title('times the engine cannot order by keep their value'), async () => {
    const store = await driver.open()
    const events = ['0001-01-01T00:00:00.000000000Z', '9999-01-01T00:00:00.000000000Z'].map(
      (time, index) => sampleEvent(`t${index}`, 0, { '@timestamp': time }),
    )
    await fill(store, [...events, sampleEvent('now', 1)])
    deepEqual(await found(store), ['t1', 'now', 't0'])
    deepEqual((await store.search(ask())).events[0], events[1])
  })

  test(title('what nothing could find again is counted'), async () => {
    const store = await driver.open()
    const events = [
      sampleEvent('a', 1, { 'event.id': undefined }),
      sampleEvent('b', 1, { 'host.id': '' }),
      sampleEvent('c', 1, { '@timestamp': 'soon' }),
      sampleEvent('d', 1, { '@timestamp': '2026-11-22T09:00:00Z' }),
      sampleEvent('e', 1),
    ]
    deepEqual(await store.insert({ token: 't', events }), { stored: 1, discarded: 4 })
    equal((await store.size()).events, 1)
    deepEqual(await store.insert({ token: 'u', events: [] }), { stored: 0, discarded: 0 })
  })

  test(title('a repeated token changes nothing, over several partitions'), async () => {
    const store = await driver.open()
    const events = [0, 1, 2, 3, 4].map((month) =>
      sampleEvent(`m${month}`, month, {
        'event.ingested': `2026-0${month + 1}-01T00:00:00.000000000Z`,
      }),
    )
    const batch = { token: 'same', events: [...events, exec(9, curl, { parent: shell })] }
    for (let round = 0; round < 3; round++) {
      deepEqual(await store.insert(batch), { stored: 6, discarded: 0 })
    }
    await Promise.all([store.insert(batch), store.insert(batch)])
    equal((await store.size()).events, 6)
    equal((await store.processes({ hostId, limit: 10 })).processes.length, 2)
    await store.insert({ ...batch, token: 'other' })
    equal((await store.size()).events, 12)
  })

  test(title('a store that was emptied takes the same tokens again'), async () => {
    const store = await driver.open()
    await fill(store, story)
    await store.reset()
    deepEqual(await store.size().then(({ events }) => events), 0)
    deepEqual((await store.processes({ hostId, limit: 10 })).processes, [])
    await fill(store, story)
    equal((await store.size()).events, story.length)
  })

  test(title('searches'), async () => {
    const store = await driver.open()
    await fill(store, story)
    for (const { name, parts, want } of searches) deepEqual(await found(store, parts), want, name)
  })

  test(title('counts actions under the query'), async () => {
    const store = await driver.open()
    await fill(store, story)
    deepEqual(await store.actions(ask({ limit: 1 })), [
      { value: 'open', count: 3 },
      { value: 'create', count: 2 },
    ])
    deepEqual(await store.actions(ask({ text: 'evil' })), [{ value: 'open', count: 1 }])
  })

  test(title('what cannot be asked is refused'), async () => {
    const store = await driver.open()
    const bad = { code: 'ERR_QUERY_INVALID' }
    await rejects(store.search(ask({ text: 'a\0b' })), bad)
    await rejects(store.search(ask({ from: 'now' })), bad)
    await rejects(store.search(ask({ cursor: '!!' })), bad)
    await rejects(store.processes({ hostId: 'a\0b' as HostId, limit: 1 }), bad)
    deepEqual(await store.get(['a\0b' as EventId]), [])
    deepEqual(await store.get([]), [])
  })

  test(title('gets by id, oldest first, without the unknown'), async () => {
    const store = await driver.open()
    await fill(store, story)
    const events = await store.get(['5', 'none', '1', '6'] as unknown as EventId[])
    deepEqual(events, [story[0], story[4], story[5]])
  })
}

function randomEvent(roll: Dice, number: number): EcsEvent {
  const maybe = <T>(value: () => T): T | undefined => (roll.below(3) === 0 ? value() : undefined)
  const entity = (): string => `e${roll.below(12)}`
  const action = roll.pick(['open', 'create', 'exec', 'fork', 'exit'])
  const id = entity()
  return sampleEvent(`r${number}`, roll.below(20), {
    'host.id': roll.pick([HOST, 'mac-2']),
    'event.action': action,
    'event.category': maybe(() => [roll.pick(['file', 'process']), 'web']),
    'process.entity_id': id,
    'process.pid': 10 + Number(id.slice(1)),
    'macos.process.pidversion': Number(id.slice(1)),
    'process.name': maybe(() => roll.pick(['zsh', 'curl', '%', '\0'])),
    'process.command_line': maybe(() => roll.pick(['curl -O', 'x_y', '\ud800', ''])),
    'process.parent.entity_id': maybe(entity),
    'process.parent.pid': 5,
    'macos.parent.pidversion': maybe(() => 9),
    'macos.process.previous_entity_id': maybe(entity),
    'process.start': maybe(() => at(roll.below(20))),
    'process.exit_code': action === 'exit' ? roll.below(3) : undefined,
    'process.user.id': maybe(() => roll.pick(['0', '501'])),
    'process.code_signature.exists': maybe(() => roll.below(2) === 0),
    'process.code_signature.team_id': maybe(() => 'T'),
  })
}

for (const seed of [5, 20_261_122]) {
  test(`events: drivers agree on random events, page by page, seed ${seed}`, async () => {
    const roll = dice(seed)
    const both = await Promise.all(drivers.map((driver) => driver.open()))
    const events = Array.from({ length: 120 }, (_, number) => randomEvent(roll, number))
    for (const store of both) {
      await fill(store, events.slice(0, 50), 'first')
      await fill(store, events.slice(50), 'second')
    }
    const same = async <T>(work: (store: EventStore) => Promise<T>): Promise<T> => {
      const [memory, chdb] = await Promise.all(both.map(work))
      deepEqual(chdb, memory)
      ok(chdb !== undefined)
      return chdb
    }
    for (let round = 0; round < 8; round++) {
      const maybe = <T>(value: () => T): T | undefined =>
        roll.below(2) === 0 ? value() : undefined
      const parts = Object.fromEntries(
        Object.entries({
          from: maybe(() => at(roll.below(10))),
          to: maybe(() => at(10 + roll.below(12))),
          actions: maybe(() => [roll.pick(['open', 'exec', 'fork'])]),
          text: maybe(() => roll.pick(['curl', '%', 'x_', 'zs'])),
        }).filter(([, value]) => value !== undefined),
      )
      let cursor: string | undefined
      let seen = 0
      do {
        const query = ask({ ...parts, limit: 1 + roll.below(30), ...(cursor && { cursor }) })
        const page = await same((store) => store.search(query))
        seen += page.events.length
        cursor = page.nextCursor
      } while (cursor !== undefined)
      const counted = await same((store) => store.actions(ask(parts)))
      equal(
        counted.reduce((sum, { count }) => sum + count, 0),
        seen,
      )
    }
    let cursor: string | undefined
    do {
      const selection = { hostId, limit: 3, ...(cursor && { cursor }) }
      const page = await same((store) => store.processes(selection))
      for (const { entity_id } of page.processes) {
        const options = { ancestorsMax: 3, siblingsMax: 2, descendantsMax: 5 }
        await same((store) => store.processTree(hostId, entity_id as ProcessEntityId, options))
      }
      cursor = page.nextCursor
    } while (cursor !== undefined)
  })
}
