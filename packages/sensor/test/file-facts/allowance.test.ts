import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ManualTime } from '@pomona/sensor/testing'
import { Allowance } from '../../src/file-facts/allowance.ts'

test('allowance: full at the beginning, a share of the time that passes, never above its bound', async () => {
  const time = new ManualTime()
  const allowance = new Allowance({ share: 0.1, msMax: 50 }, time)
  equal(allowance.leftMs, 50)
  allowance.spend(60)
  equal(allowance.leftMs, -10)
  await time.advance(300)
  equal(allowance.leftMs, 20)
  await time.advance(10_000)
  equal(allowance.leftMs, 50)
})
