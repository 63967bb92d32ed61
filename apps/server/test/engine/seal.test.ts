import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ENGINE_CONSUMER, STATE_CONSUMER } from '../../src/engine/snapshots.ts'
import { sealed, unsealed } from '../../src/engine/seal.ts'
import { fill, LARGE, rigOf } from '../support/engine-rig.ts'
import { until } from '../support/server.ts'

const STATE = '{"seen":7,"names":["quince","Öl"]}'

test('seal: what was sealed comes back, and what was written before there were seals', () => {
  equal(unsealed(sealed(STATE)), STATE)
  equal(unsealed(sealed('')), '')
  equal(unsealed(STATE), STATE)
})

test('seal: with any bit turned or any end cut off it is not what was written', () => {
  const bytes = Buffer.from(sealed(STATE))
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const damaged = Buffer.from(bytes)
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    equal(unsealed(damaged.toString()), undefined, `bit ${bit}`)
  }
  for (let length = 0; length < bytes.length; length += 1) {
    equal(unsealed(bytes.subarray(0, length).toString()), undefined, `${length} bytes`)
  }
})

const cases = [
  { name: 'a small state', consumer: ENGINE_CONSUMER, limits: {} },
  { name: 'a large state', consumer: STATE_CONSUMER, limits: LARGE },
]
for (const { name, consumer, limits } of cases) {
  test(
    `engine: ${name} that was damaged is made anew from the log, to the same alerts`,
    { timeout: 20_000 },
    async () => {
      const whole = rigOf()
      await fill(whole.log, 8)
      await whole.engine.start()
      await until(() => whole.engine.offset === 8)
      await whole.engine.stop()

      const { log, records, engine, emitted } = rigOf({ limits })
      await fill(log, 4)
      await engine.start()
      await until(() => engine.offset === 4)
      await engine.stop()
      const saved = await records.checkpoint(consumer)
      // As a turned bit does: still a number, only another one.
      const state = saved?.state.replace(/.$/, (digit) => String((Number(digit) + 1) % 10)) ?? ''
      await records.saveCheckpoint({ consumer, offset: saved?.offset ?? 0, state })

      const next = rigOf({ log, records, limits })
      for (const entry of await whole.log.read(4, { entriesMax: 4, bytesMax: Infinity })) {
        await log.append(entry)
      }
      await next.engine.start()
      await until(() => next.engine.offset === 8)
      await next.engine.stop()
      deepEqual([...emitted, ...next.emitted], whole.emitted)
    },
  )
}
