import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ManualTime } from '@pomona/sensor/testing'
import { Turns } from '../../src/file-facts/turns.ts'

function setUp({ concurrencyMax = 1, waitingMax = 10 } = {}) {
  const time = new ManualTime()
  const turns = new Turns({ concurrencyMax, waitingMax, turnMsMax: 100 }, time)
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const take = (name: string, isUrgent = false) =>
    turns.take(
      async () =>
        new Promise<string>((resolve) => {
          begun.push(name)
          ends.set(name, () => resolve(`${name} done`))
        }),
      { isUrgent },
    )
  /** Ends something and lets what comes of it happen. */
  const end = async (name: string) => {
    ends.get(name)?.()
    await time.advance(0)
  }
  return { time, turns, begun, take, end }
}

test('turns: one after the other, urgent ones first', async () => {
  const { begun, take, end, time } = setUp()
  const all = [take('a'), take('b'), take('c', true)]
  await time.advance(0)
  deepEqual(begun, ['a'])
  await end('a')
  await end('c')
  await end('b')
  deepEqual(begun, ['a', 'c', 'b'])
  deepEqual(await Promise.all(all), ['a done', 'b done', 'c done'])
})

test('turns: of what waits too long in a full queue an urgent one takes the place of another', async () => {
  const { take, end, time } = setUp({ waitingMax: 1 })
  const [first, second, third] = [take('a'), take('b'), take('c', true)]
  equal(await second, 'queue_full')
  equal(await take('d', true), 'queue_full')
  await time.advance(0)
  await end('a')
  await end('c')
  deepEqual([await first, await third], ['a done', 'c done'])
})

test('turns: what hangs keeps its place until it ends', async () => {
  const { turns, begun, take, end, time } = setUp({ concurrencyMax: 2 })
  const hung = take('a')
  await time.advance(100)
  equal(await hung, 'too_slow')
  equal(turns.isStalled, false)
  const [second, third] = [take('b'), take('c')]
  await time.advance(0)
  deepEqual(begun, ['a', 'b'])
  await time.advance(100)
  equal(turns.isStalled, true)
  deepEqual([await second, await third, await take('d')], ['too_slow', 'stalled', 'stalled'])
  await end('a')
  equal(turns.isStalled, false)
  const last = take('e')
  await time.advance(0)
  await end('e')
  equal(await last, 'e done')
  equal(time.waiting, 0)
})
