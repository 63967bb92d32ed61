import { deepEqual, equal, throws } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DeadLetter } from '@pomona/schema'
import { type EventInsert, type Log, openMemoryLog, StoreError } from '@pomona/store'
import { Stage } from '../../src/metrics/stage.ts'
import {
  memoryOffsets,
  type ProjectorOffsets,
  sqliteOffsets,
  withdrawOffset,
} from '../../src/projector/offsets.ts'
import { Projector, type ProjectorProgress } from '../../src/projector/projector.ts'
import { execs } from '../support/batch.ts'
import { entryOf } from '../support/log.ts'
import { temporaryFolder, until } from '../support/server.ts'

const LIMIT = { timeout: 20_000 }

async function logOf(entries: number): Promise<Log> {
  const log = openMemoryLog()
  for (let index = 0; index < entries; index += 1) {
    await log.append(entryOf('mac-1', { count: 2, first: index * 2 }))
  }
  return log
}

interface Rig {
  readonly projector: Projector
  readonly inserts: EventInsert[]
  readonly letters: DeadLetter[]
  readonly stage: Stage
  readonly progress: () => ProjectorProgress | undefined
}

function rigOf(options: {
  readonly log: Log
  readonly offsets?: ProjectorOffsets
  /** May throw to refuse an insert. */
  readonly refuse?: (batch: EventInsert) => void
}): Rig {
  const inserts: EventInsert[] = []
  const letters: DeadLetter[] = []
  const stage = new Stage({ name: 'projector_events', description: 'Test' })
  let progress: ProjectorProgress | undefined
  const projector = new Projector({
    log: options.log,
    events: {
      insert: async (batch) => {
        options.refuse?.(batch)
        inserts.push(batch)
        const stored = batch.events.filter(({ event }) => event?.id !== undefined).length
        return { stored, discarded: batch.events.length - stored }
      },
    },
    offsets: options.offsets ?? memoryOffsets(),
    stage,
    now: () => '2026-11-22T10:00:00.000000000Z',
    keepLetters: async (more) => void letters.push(...more),
    onProgress: (now) => {
      progress = now
    },
    limits: { entriesMax: 4 },
  })
  return { projector, inserts, letters, stage, progress: () => progress }
}

test(
  'projector: after a kill the same range goes in with the same token',
  LIMIT,
  async (context) => {
    const folder = temporaryFolder(context)
    const log = await logOf(10)
    const offsets = sqliteOffsets(folder)
    const killed = rigOf({
      log,
      offsets,
      refuse: () => {
        // What a kill leaves behind: the intent is written, the rest never happens.
        throw new Error('killed')
      },
    })
    await killed.projector.step().catch(() => undefined)
    const intent = offsets.intent()
    deepEqual([intent?.from, intent?.to, offsets.offset()], [0, 4, 0])
    offsets.close()

    await log.append(entryOf('mac-2', { count: 2 }))
    const next = sqliteOffsets(folder)
    const { projector, inserts } = rigOf({ log, offsets: next })
    while (await projector.step());
    equal(inserts[0]?.token, intent?.token)
    equal(inserts[0]?.events.length, 8)
    equal(next.offset(), 11)
    equal(next.intent(), undefined)
    const ids = inserts.flatMap(({ events }) => events.map((event) => event.event?.id))
    equal(new Set(ids).size, 22)
    next.close()
  },
)

test('projector: tokens differ by range and by content', LIMIT, async () => {
  const tokens = new Set<string>()
  for (const entries of [1, 2, 3]) {
    const rig = rigOf({ log: await logOf(entries) })
    await rig.projector.step()
    tokens.add(rig.inserts[0]?.token ?? '')
  }
  const log = openMemoryLog()
  await log.append(entryOf('mac-9', { count: 2 }))
  const other = rigOf({ log })
  await other.projector.step()
  tokens.add(other.inserts[0]?.token ?? '')
  equal(tokens.size, 4)
})

test(
  'projector: one entry the store refuses is set aside, its neighbours go in',
  LIMIT,
  async () => {
    const log = await logOf(6)
    const rig = rigOf({
      log,
      refuse: ({ events }) => {
        if (!events.some((event) => event.event?.id?.endsWith('-4'))) return
        throw new StoreError('ERR_EVENTS_INSERT', 'refused')
      },
    })
    rig.projector.start()
    await until(() => rig.progress()?.offset === 6)
    await rig.projector.stop()
    deepEqual(
      rig.letters.map(({ reason }) => reason),
      ['insert_refused'],
    )
    const { received, sent, held, discarded } = rig.stage.counts()
    deepEqual({ received, sent, held }, { received: 12, sent: 10, held: 0 })
    deepEqual(discarded, [{ reason: 'insert_refused', intentional: false, count: 2 }])
  },
)

test(
  'projector: a store that refuses everything loses nothing and is waited for',
  LIMIT,
  async () => {
    let sick = true
    const rig = rigOf({
      log: await logOf(6),
      refuse: () => {
        if (sick) throw new StoreError('ERR_EVENTS_INSERT', 'disk full')
      },
    })
    rig.projector.start()
    await until(() => rig.progress()?.problem === 'disk full')
    equal(rig.progress()?.offset, 0)
    deepEqual(rig.letters, [])
    sick = false
    await until(() => rig.progress()?.offset === 6)
    await rig.projector.stop()
    equal(rig.progress()?.problem, undefined)
    equal(rig.stage.counts().sent, 12)
  },
)

test('projector: a damaged entry is passed by', LIMIT, async () => {
  const log = openMemoryLog()
  await log.append({ ...entryOf('mac-1', { count: 2 }), payload: new Uint8Array([9]) })
  await log.append(entryOf('mac-2', { count: 2 }))
  const rig = rigOf({ log })
  await rig.projector.step()
  equal(rig.letters[0]?.reason, 'entry_undecodable')
  equal(rig.inserts[0]?.events.length, 2)
  const { received, sent, held } = rig.stage.counts()
  deepEqual({ received, sent, held }, { received: 4, sent: 2, held: 0 })
})

for (const [name, open] of [
  ['memory', () => memoryOffsets()],
  ['sqlite', sqliteOffsets],
] as const) {
  test(`projector offsets (${name}): keep intent, place and an unfinished reset`, (context) => {
    const offsets = open(temporaryFolder(context))
    equal(offsets.offset(), 0)
    offsets.begin({ from: 0, to: 3, token: 't' })
    deepEqual(offsets.intent(), { from: 0, to: 3, token: 't' })
    offsets.commit(3)
    deepEqual([offsets.offset(), offsets.intent()], [3, undefined])
    offsets.begin({ from: 3, to: 4, token: 'u' })
    offsets.beginReset()
    deepEqual([offsets.offset(), offsets.intent(), offsets.resetting()], [0, undefined, true])
    offsets.endReset()
    equal(offsets.resetting(), false)
    offsets.close()
  })
}

test(
  'projector: a refusal in the second of two months brings nothing of the first twice',
  LIMIT,
  async () => {
    const log = openMemoryLog()
    for (const [index, month] of ['2026-11', '2026-11', '2026-12', '2026-12'].entries()) {
      const entry = entryOf('mac-1', { count: 2, first: index * 2 })
      await log.append({ ...entry, ingested: `${month}-30T23:59:59.000000000Z` })
    }
    // As the store does it: once for a token and month, month after month.
    const sequenceOf = (event: EventInsert['events'][number]) =>
      Number(event.event?.id?.split('-').at(-1))
    const stored: number[] = []
    let sick = true
    const rig = rigOf({
      log,
      refuse: ({ events }) => {
        const sequences = events.map(sequenceOf)
        stored.push(...sequences.filter((sequence) => sequence < 4))
        const later = sequences.filter((sequence) => sequence >= 4)
        if (sick && later.length > 0) throw new StoreError('ERR_EVENTS_INSERT', 'disk full')
        stored.push(...later)
      },
    })
    rig.projector.start()
    await until(() => rig.progress()?.problem === 'disk full')
    sick = false
    await until(() => rig.progress()?.offset === 4)
    await rig.projector.stop()
    deepEqual(stored, [0, 1, 2, 3, 4, 5, 6, 7])
  },
)

test('projector: events the store cannot take are counted as such', LIMIT, async () => {
  const log = openMemoryLog()
  const events = [{ '@timestamp': 'then' }, ...execs('mac-1', 1, 1)]
  await log.append(entryOf('mac-1', { count: 2, events }))
  const rig = rigOf({ log })
  await rig.projector.step()
  const { received, sent, held, discarded } = rig.stage.counts()
  deepEqual({ received, sent, held }, { received: 2, sent: 1, held: 0 })
  deepEqual(discarded, [{ reason: 'event_unfindable', intentional: false, count: 1 }])
})

test('projector offsets (sqlite): a new place begins in a reset', (context) => {
  const folder = temporaryFolder(context)
  const fresh = sqliteOffsets(folder)
  equal(fresh.resetting(), true)
  fresh.endReset()
  fresh.close()
  const again = sqliteOffsets(folder)
  equal(again.resetting(), false)
  again.close()
})

test('projector offsets (sqlite): a place beyond the end of the log is taken back', (context) => {
  const directory = temporaryFolder(context)
  equal(withdrawOffset({ directory, logEnd: 0 }), false)
  const offsets = sqliteOffsets(directory)
  offsets.commit(5)
  equal(withdrawOffset({ directory, logEnd: 5 }), false)
  equal(offsets.offset(), 5)
  equal(withdrawOffset({ directory, logEnd: 3 }), true)
  equal(offsets.offset(), 3)
  offsets.close()
})

test('projector offsets (sqlite): a damaged file is told, with a way out', (context) => {
  const directory = temporaryFolder(context)
  writeFileSync(join(directory, 'projector.sqlite'), 'noise'.repeat(1_000))
  throws(() => sqliteOffsets(directory), { code: 'ERR_STORE_CORRUPT', message: /folder .* away/ })
})
