import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { HostId, StreamId, TenantId } from '@pomona/schema'
import {
  openMemoryLog,
  openSqliteLog,
  StoreError,
  type Log,
  type LogAppend,
} from '../../src/index.ts'
import { freshFolder } from '../folder.ts'
import { dice } from '../seed.ts'

const drivers: readonly { name: string; open(context: TestContext): Promise<Log> }[] = [
  { name: 'memory', open: async () => openMemoryLog() },
  { name: 'sqlite', open: (context) => openSqliteLog({ directory: freshFolder(context) }) },
]

interface Part {
  readonly stream?: string
  readonly host?: string
  readonly from: number
  readonly to: number
  readonly digest?: string
  readonly bytes?: number
}

function entry({ stream = 's', host = 'h', from, to, digest, bytes = 3 }: Part): LogAppend {
  return {
    tenantId: 'default' as TenantId,
    hostId: host as HostId,
    streamId: stream as StreamId,
    firstSequence: from,
    lastSequence: to,
    digest: (digest ?? `${from}-${to}`).padEnd(64, '0'),
    ingested: '2026-11-22T10:00:00.000000000Z',
    eventsCount: to - from + 1,
    payload: new Uint8Array(bytes).fill(from % 256),
  }
}

const TENANT = 'default' as TenantId
const HOST = 'h' as HostId
const ALL = { entriesMax: 1_000_000, bytesMax: 1_000_000_000 }

const judgements: readonly { name: string; stored: Part[]; next: Part; want: object }[] = [
  {
    name: 'a first delivery is stored',
    stored: [],
    next: { from: 0, to: 9 },
    want: { status: 'stored', offset: 0 },
  },
  {
    name: 'the next range is stored',
    stored: [{ from: 0, to: 9 }],
    next: { from: 10, to: 19 },
    want: { status: 'stored', offset: 1 },
  },
  {
    name: 'a repeat is a duplicate',
    stored: [{ from: 0, to: 9 }],
    next: { from: 0, to: 9 },
    want: { status: 'duplicate', offset: 0 },
  },
  {
    name: 'another digest is a conflict',
    stored: [{ from: 0, to: 9 }],
    next: { from: 0, to: 9, digest: 'x' },
    want: { status: 'conflict', offset: 0 },
  },
  {
    name: 'a part of what is stored is a duplicate',
    stored: [{ from: 0, to: 9 }],
    next: { from: 3, to: 7 },
    want: { status: 'duplicate', offset: 0 },
  },
  {
    name: 'two stored ranges in one are a duplicate',
    stored: [
      { from: 0, to: 9 },
      { from: 10, to: 19 },
    ],
    next: { from: 5, to: 15 },
    want: { status: 'duplicate', offset: 0 },
  },
  {
    name: 'going beyond is an overlap',
    stored: [{ from: 0, to: 9 }],
    next: { from: 5, to: 12 },
    want: { status: 'overlap', lastSequence: 9 },
  },
  {
    name: 'going beyond by one is an overlap',
    stored: [{ from: 0, to: 9 }],
    next: { from: 9, to: 10 },
    want: { status: 'overlap', lastSequence: 9 },
  },
  {
    name: 'an overlap ends at a hole',
    stored: [
      { from: 0, to: 9 },
      { from: 20, to: 29 },
    ],
    next: { from: 0, to: 29 },
    want: { status: 'overlap', lastSequence: 9 },
  },
  {
    name: 'a skipped range is stored',
    stored: [{ from: 0, to: 9 }],
    next: { from: 50, to: 59 },
    want: { status: 'stored', offset: 1 },
  },
  {
    name: 'a hole is filled, not called duplicate',
    stored: [
      { from: 0, to: 9 },
      { from: 20, to: 29 },
    ],
    next: { from: 10, to: 19 },
    want: { status: 'stored', offset: 2 },
  },
  {
    name: 'running from a hole into stored is a conflict',
    stored: [{ from: 20, to: 29 }],
    next: { from: 10, to: 20 },
    want: { status: 'conflict', offset: 0 },
  },
  {
    name: 'another stream is another matter',
    stored: [{ from: 0, to: 9 }],
    next: { stream: 't', from: 0, to: 9 },
    want: { status: 'stored', offset: 1 },
  },
  {
    name: 'another host cannot touch the stream',
    stored: [{ from: 0, to: 9 }],
    next: { host: 'evil', from: 5, to: 9 },
    want: { status: 'stored', offset: 1 },
  },
  {
    name: 'one event is a range',
    stored: [{ from: 0, to: 0 }],
    next: { from: 0, to: 0 },
    want: { status: 'duplicate', offset: 0 },
  },
]

for (const driver of drivers) {
  const title = (name: string): string => `log ${driver.name}: ${name}`

  for (const { name, stored, next, want } of judgements) {
    test(title(name), async (context) => {
      const log = await driver.open(context)
      for (const part of stored) await log.append(entry(part))
      deepEqual(await log.append(entry(next)), want)
      await log.close()
    })
  }

  test(title('gives back what was appended, in order'), async (context) => {
    const log = await driver.open(context)
    const parts = [entry({ from: 0, to: 4, bytes: 0 }), entry({ from: 5, to: 9, bytes: 70_000 })]
    for (const part of parts) await log.append(part)
    const read = await log.read(0, ALL)
    deepEqual(
      read.map((found) => ({ ...found, payload: [...found.payload] })),
      parts.map((part, offset) => ({ ...part, offset, payload: [...part.payload] })),
    )
    equal(await log.end(), 2)
    await log.close()
  })

  test(title('reads at least one entry, and no more than asked'), async (context) => {
    const log = await driver.open(context)
    for (let index = 0; index < 5; index++) {
      await log.append(entry({ from: index, to: index, bytes: 100 }))
    }
    const offsets = async (offset: number, entriesMax: number, bytesMax: number) =>
      (await log.read(offset, { entriesMax, bytesMax })).map((found) => found.offset)
    deepEqual(await offsets(1, 2, 10_000), [1, 2])
    deepEqual(await offsets(0, 100, 1), [0])
    deepEqual(await offsets(0, 100, 200), [0, 1])
    deepEqual(await offsets(0, 100, 199), [0])
    deepEqual(await offsets(4, 100, 1_000), [4])
    deepEqual(await offsets(5, 100, 1_000), [])
    deepEqual(await offsets(-3, 1, 1_000), [0])
    await log.close()
  })

  test(
    title('concurrent deliveries get offsets without holes, in the order asked'),
    async (context) => {
      const log = await driver.open(context)
      const results = await Promise.all(
        Array.from({ length: 300 }, (_, index) => log.append(entry({ from: index, to: index }))),
      )
      deepEqual(
        results,
        results.map((_, offset) => ({ status: 'stored', offset })),
      )
      equal(await log.end(), 300)
      await log.close()
    },
  )

  test(title('one delivery sent twice at once is stored once'), async (context) => {
    const log = await driver.open(context)
    const results = await Promise.all([1, 2, 3].map(() => log.append(entry({ from: 0, to: 9 }))))
    deepEqual(results.map((result) => result.status).toSorted(), [
      'duplicate',
      'duplicate',
      'stored',
    ])
    equal(await log.end(), 1)
    await log.close()
  })

  test(title('a range that is none is refused'), async (context) => {
    const log = await driver.open(context)
    for (const part of [
      { from: 3, to: 2 },
      { from: -1, to: 2 },
      { from: 0, to: 0.5 },
    ]) {
      await rejects(log.append(entry({ ...part, bytes: 1 })), { code: 'ERR_QUERY_INVALID' })
    }
    equal(await log.end(), 0)
    await log.close()
  })

  test(title('says so when it is closed'), async (context) => {
    const log = await driver.open(context)
    await log.close()
    await log.close()
    await rejects(log.append(entry({ from: 0, to: 0 })), { code: 'ERR_STORE_CLOSED' })
    await rejects(log.read(0, ALL), { code: 'ERR_STORE_CLOSED' })
    await rejects(log.end(), { code: 'ERR_STORE_CLOSED' })
    await rejects(log.streams(TENANT, HOST), { code: 'ERR_STORE_CLOSED' })
  })

  test(`log ${driver.name}: counts by stream what it stored, and no repeat`, async (context) => {
    const log = await driver.open(context)
    await log.append({ ...entry({ from: 0, to: 3 }), delivered: 6, epoch: 2 })
    await log.append({ ...entry({ from: 0, to: 3 }), delivered: 6, epoch: 2 })
    await log.append(entry({ from: 4, to: 4 }))
    await log.append(entry({ from: 0, to: 1, stream: 'r' }))
    await log.append(entry({ from: 0, to: 9, host: 'other' }))
    deepEqual(await log.streams(TENANT, HOST), [
      { streamId: 'r', entries: 1, delivered: 2, events: 2 },
      { streamId: 's', epoch: 2, entries: 2, delivered: 7, events: 5 },
    ])
    deepEqual(await log.streams(TENANT, 'nobody' as HostId), [])
    await log.close()
  })
}

for (const seed of [1, 7, 20_261_122]) {
  test(`log: drivers agree on random deliveries, seed ${seed}`, async (context) => {
    const roll = dice(seed)
    const logs = await Promise.all(drivers.map((driver) => driver.open(context)))
    for (let step = 0; step < 300; step++) {
      const from = roll.below(60)
      const part = entry({
        stream: roll.pick(['a', 'b']),
        from,
        to: from + roll.below(8),
        digest: roll.pick(['one', 'two']),
        bytes: roll.below(50),
      })
      const results = await Promise.all(logs.map((log) => log.append(part)))
      deepEqual(results[0], results[1], `step ${step}`)
    }
    const [memory, sqlite] = await Promise.all(logs.map((log) => log.read(0, ALL)))
    deepEqual(
      sqlite?.map((found) => ({ ...found, payload: [...found.payload] })),
      memory?.map((found) => ({ ...found, payload: [...found.payload] })),
    )
    const [counted, alike] = await Promise.all(logs.map((log) => log.streams(TENANT, HOST)))
    deepEqual(counted, alike)
    await Promise.all(logs.map((log) => log.close()))
  })
}

test('log memory: refuses beyond its limits', async () => {
  const log = openMemoryLog({ bytesMax: 10 })
  await log.append(entry({ from: 0, to: 0, bytes: 10 }))
  await rejects(
    log.append(entry({ from: 1, to: 1, bytes: 1 })),
    (error) => error instanceof StoreError && error.code === 'ERR_LOG_FULL',
  )
  equal(await log.end(), 1)
})
