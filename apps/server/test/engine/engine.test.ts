import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert, AlertId, EcsEvent } from '@pomona/schema'
import { type Log, openMemoryLog, openMemoryRecords, type Records } from '@pomona/store'
import type { Detection } from '../../src/engine/detection.ts'
import { sealed, unsealed } from '../../src/engine/seal.ts'
import { ENGINE_CONSUMER, STATE_CONSUMER } from '../../src/engine/snapshots.ts'
import { execEvent, execs } from '../support/batch.ts'
import { bound } from '../support/bound.ts'
import { FakeClock } from '../support/clock.ts'
import { alertOf, everyThird, fill, LARGE, rigOf } from '../support/engine-rig.ts'
import { entryOf } from '../support/log.ts'
import { until } from '../support/server.ts'

const LIMIT = { timeout: 20_000 }

test(
  'engine: begins where the stored state ends, and finds what an undisturbed run finds',
  LIMIT,
  async () => {
    const whole = rigOf()
    await fill(whole.log, 20)
    await whole.engine.start()
    await until(() => whole.engine.offset === 20)
    await whole.engine.stop()
    equal(whole.emitted.length, 33)

    // The same log, but every second commit fails after the work was done.
    const broken = rigOf()
    await fill(broken.log, 20)
    let commits = 0
    const records: Records = {
      ...bound(broken.records),
      commit: async (given) => {
        commits += 1
        if (commits % 2 === 1) throw new Error('disk gone for a moment')
        return await broken.records.commit(given)
      },
    }
    const { engine, emitted, stage } = rigOf({ log: broken.log, records })
    await engine.start()
    await until(() => engine.offset === 20)
    await engine.stop()
    deepEqual(emitted, whole.emitted)
    equal((await broken.records.checkpoint(ENGINE_CONSUMER))?.state, sealed('100'))
    const { received, sent, held } = stage.counts()
    deepEqual({ received, sent, held }, { received: 100, sent: 100, held: 0 })

    // Reading it all again, as after a restored backup of the records, adds no alert.
    await broken.records.saveCheckpoint({
      consumer: ENGINE_CONSUMER,
      offset: 0,
      state: sealed('0'),
    })
    const replay = rigOf({ log: broken.log, records: broken.records })
    await replay.engine.start()
    await until(() => replay.engine.offset === 20)
    await replay.engine.stop()
    deepEqual(replay.emitted, [])
    equal((await broken.records.alertCountsByRule()).get('rule'), 33)
  },
)

test(
  'engine: an event that makes detection fail is set aside, the others are evaluated',
  LIMIT,
  async () => {
    let failures = 0
    const poison = (event: EcsEvent): void => {
      if (event.process?.name !== 'poison') return
      failures += 1
      throw new Error('no')
    }
    const rig = rigOf({ detection: (state) => everyThird(state, poison) })
    const events = execs('mac-1', 5)
    events[2] = execEvent('mac-1', 2, { name: 'poison' })
    await rig.log.append(entryOf('mac-1', { count: 5, events }))
    await fillFrom(rig.log, 5)
    await rig.engine.start()
    await until(() => rig.engine.offset === 2)
    await rig.engine.stop()
    equal(failures, 3, 'tried three times')
    equal(rig.emitted.length, 3)
    const [letter] = await rig.records.letters.newest(10)
    equal(letter?.reason, 'event_poison')
    ok(letter?.sample.includes('poison'))
    const { received, sent, held, discarded } = rig.stage.counts()
    deepEqual({ received, sent, held }, { received: 10, sent: 9, held: 0 })
    deepEqual(discarded, [{ reason: 'event_poison', intentional: false, count: 1 }])
  },
)

async function fillFrom(log: Log, first: number): Promise<void> {
  await log.append(entryOf('mac-1', { count: 5, first }))
}

test(
  'engine: an entry full of poison is given up and the next one is evaluated',
  LIMIT,
  async () => {
    const poison = (event: EcsEvent): void => {
      if (event.host?.id === 'mac-bad') throw new Error('no')
    }
    const rig = rigOf({ detection: (state) => everyThird(state, poison) })
    await rig.log.append(entryOf('mac-bad', { count: 50 }))
    await rig.log.append(entryOf('mac-1', { count: 3 }))
    await rig.engine.start()
    await until(() => rig.engine.offset === 2)
    await rig.engine.stop()
    equal(rig.emitted.length, 1)
    equal(rig.stage.counts().discarded[0]?.count, 50)
  },
)

test('engine: an entry that cannot be unpacked is set aside and counted', LIMIT, async () => {
  const rig = rigOf()
  const damaged = { ...entryOf('mac-1', { count: 5 }), payload: new Uint8Array([1, 2, 3]) }
  await rig.log.append(damaged)
  await rig.log.append(entryOf('mac-2', { count: 5 }))
  await rig.engine.start()
  await until(() => rig.engine.offset === 2)
  await rig.engine.stop()
  const [letter] = await rig.records.letters.newest(10)
  equal(letter?.reason, 'entry_undecodable')
  equal(letter?.host_id, 'mac-1')
  const { received, sent, discarded } = rig.stage.counts()
  deepEqual({ received, sent }, { received: 10, sent: 5 })
  deepEqual(discarded, [{ reason: 'entry_undecodable', intentional: false, count: 5 }])
})

test('engine: says why it makes no progress, and goes on when it can', LIMIT, async () => {
  const records = openMemoryRecords()
  let down = true
  const flaky: Records = {
    ...bound(records),
    commit: async (given) => {
      if (down) throw new Error('disk gone')
      return await records.commit(given)
    },
  }
  const rig = rigOf({ records: flaky })
  await fill(rig.log, 1)
  await rig.engine.start()
  await until(() => rig.engine.problem !== undefined)
  equal(rig.engine.problem, 'disk gone')
  equal(rig.engine.offset, 0)
  equal(rig.stage.counts().held, 0)
  down = false
  await until(() => rig.engine.offset === 1)
  equal(rig.engine.problem, undefined)
  await rig.engine.stop()
})

test('engine: a log that is shorter than it was is read on from its end', LIMIT, async () => {
  const rig = rigOf()
  await fill(rig.log, 2)
  // Written when the log was longer; then it was replaced by a copy from before.
  await rig.records.saveCheckpoint({ consumer: ENGINE_CONSUMER, offset: 9, state: sealed('0') })
  await rig.engine.start()
  equal(rig.engine.offset, 2)
  await rig.log.append(entryOf('mac-2', { count: 5 }))
  rig.engine.wake()
  await until(() => rig.engine.offset === 3)
  await rig.engine.stop()
  equal(rig.emitted.length, 1)
})

test(
  'engine: a large state is saved now and then, and nothing is lost or doubled',
  LIMIT,
  async () => {
    const whole = rigOf({ entriesMax: 1 })
    await fill(whole.log, 20)
    await whole.engine.start()
    await until(() => whole.engine.offset === 20)
    await whole.engine.stop()

    const [log, records] = [openMemoryLog(), openMemoryRecords()]
    const emitted: string[] = []
    for (const end of [3, 8, 9, 20]) {
      const clock = new FakeClock()
      // An event of every run makes detection fail once, so that it begins from what is saved.
      let failures = 0
      const poison = (): void => {
        failures += 1
        if (failures === 7) throw new Error('once')
      }
      const detection = (state: string | undefined): Detection => everyThird(state, poison)
      const rig = rigOf({ log, records, detection, clock, limits: LARGE })
      await rig.engine.start()
      for (let entry = await log.end(); entry < end; entry += 1) {
        await log.append(entryOf('mac-1', { count: 5, first: entry * 5 }))
        rig.engine.wake()
        await until(() => rig.engine.offset === entry + 1)
        clock.advanceSeconds(3)
      }
      await rig.engine.stop()
      emitted.push(...rig.emitted)
      const [place, row] = [
        await records.checkpoint(ENGINE_CONSUMER),
        await records.checkpoint(STATE_CONSUMER),
      ]
      equal(place?.offset, end)
      ok(row !== undefined && row.offset <= end && Number(unsealed(row.state)) === row.offset * 5)
    }
    deepEqual(emitted, whole.emitted)
  },
)

test(
  'engine: with the log idle, what waits for older events is evaluated, once',
  LIMIT,
  async () => {
    const clock = new FakeClock()
    const records = openMemoryRecords()
    let waiting: EcsEvent | undefined
    let settled = 0
    const detection = (state: string | undefined): Detection => ({
      ...everyThird(state),
      observe: (event) => {
        waiting = event
        return []
      },
      settle: () => {
        settled += 1
        return waiting === undefined ? [] : [alertOf(waiting)]
      },
      save: () => `after ${settled}`,
    })
    const rig = rigOf({ clock, records, detection, limits: { settleMs: 2_000 } })
    await fill(rig.log, 1)
    await rig.engine.start()
    await until(() => rig.engine.offset === 1)
    clock.advanceSeconds(1.9)
    rig.engine.wake()
    clock.advanceSeconds(0.2)
    rig.engine.wake()
    await until(() => rig.emitted.length === 1)
    clock.advanceSeconds(60)
    rig.engine.wake()
    await rig.engine.stop()
    equal(settled, 1)
    equal((await records.checkpoint(ENGINE_CONSUMER))?.state, sealed('after 1'))
  },
)

test(
  'engine: excepted alerts are kept, closed and explained, and nobody is told',
  LIMIT,
  async () => {
    const records = openMemoryRecords()
    const exception = { id: 'e', name: 'Backup', owner: 'ops', reason: 'nightly' }
    let excepted: readonly Alert[] = []
    const detection = (state: string | undefined): Detection => ({
      ...everyThird(state),
      observe: (event) => {
        excepted = [...excepted, alertOf(event)]
        return []
      },
      excepted: () => {
        const taken = excepted.map((alert) => ({ alert, exception }))
        excepted = []
        return taken
      },
    })
    const rig = rigOf({ records, detection })
    await fill(rig.log, 1)
    await rig.engine.start()
    await until(() => rig.engine.offset === 1)
    await rig.engine.stop()
    deepEqual(rig.emitted, [])
    const { items } = await records.alerts({ limit: 10 }, '2026-06-01T00:00:00.000000000Z')
    deepEqual(
      items.map(({ status, verdict }) => [status, verdict]),
      Array.from({ length: 5 }, () => ['closed', 'benign_positive']),
    )
    const [first] = items
    const activity = await records.activity((first?.id ?? '') as AlertId) // The id of an alert.
    ok(activity.some(({ actor }) => actor === 'exception Backup (ops): nightly'))
  },
)
