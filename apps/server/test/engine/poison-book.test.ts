import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { EcsEvent } from '@pomona/schema'
import type { Detection } from '../../src/engine/detection.ts'
import { PoisonBook } from '../../src/engine/poison-book.ts'
import { STATE_CONSUMER } from '../../src/engine/snapshots.ts'
import { execEvent, execs } from '../support/batch.ts'
import { everyThird, fill, LARGE, rigOf } from '../support/engine-rig.ts'
import { entryOf } from '../support/log.ts'
import { until } from '../support/server.ts'

const LIMIT = { timeout: 20_000 }

test('poison: a place counts as poison after the last try it gets, by its last failure', () => {
  const book = new PoisonBook(2)
  deepEqual([book.note('7/0', new Error('first')), book.has('7/0')], [1, false])
  deepEqual([book.note('7/0', new Error('second')), book.has('7/0')], [2, true])
  equal(book.message('7/0'), 'second')
  deepEqual([book.has('7/1'), book.message('7/1')], [false, undefined])
  book.clear()
  deepEqual([book.has('7/0'), book.note('7/0', new Error('third'))], [false, 1])
})

test(
  'engine: killed before its state is saved, it passes by what it had set aside, and goes on',
  LIMIT,
  async () => {
    const poison = (event: EcsEvent): void => {
      if (event.process?.name === 'poison') throw new Error('no')
    }
    const detection = (state: string | undefined): Detection => everyThird(state, poison)
    const whole = rigOf({ detection, limits: LARGE })
    const { log, records } = whole
    await fill(log, 1)
    const events = execs('mac-1', 5, 5)
    events[2] = execEvent('mac-1', 7, { name: 'poison' })
    await log.append(entryOf('mac-1', { count: 5, first: 5, events }))
    await whole.engine.start()
    await until(() => whole.engine.offset === 2)
    await whole.engine.stop()
    equal(
      (await records.checkpoint(STATE_CONSUMER))?.offset,
      1,
      'the state is older than the place',
    )

    const next = rigOf({ log, records, detection, limits: LARGE })
    await log.append(entryOf('mac-1', { count: 5, first: 10 }))
    await next.engine.start()
    await until(() => next.engine.offset === 3)
    await next.engine.stop()
    equal(next.engine.problem, undefined)
    equal((await records.letters.newest(10)).length, 1)
    equal(whole.emitted.length + next.emitted.length, 4, 'every third of fourteen')
  },
)
