import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { MemorySpool, type SpoolFate } from '../../src/spool/memory-spool.ts'

const WIDE = { itemsMax: 100, bytesMax: 10_000 }

function spool(itemsMax = 100) {
  const fates: [number, SpoolFate][] = []
  const made = new MemorySpool({
    ...{ epoch: 3, streamId: 'stream-1', run: 'run-1', bootId: 'boot-1', itemsMax },
    onSettled: ({ sequence }, fate) => fates.push([sequence, fate]),
  })
  const put = (...sequences: readonly number[]): void => {
    for (const sequence of sequences)
      made.put({ sequence, kind: 'event', text: `{"s":${sequence}}` })
  }
  return { spool: made, put, fates }
}

test('memory spool: gives the same items until they are settled', async () => {
  const { spool: made, put } = spool()
  put(4, 5, 9)
  const delivery = await made.next(WIDE)
  deepEqual([delivery?.firstSequence, delivery?.lastSequence], [4, 9])
  deepEqual(await made.next(WIDE), delivery)
  made.acknowledge({ epoch: 3, lastSequence: 5 })
  deepEqual((await made.next(WIDE))?.events, ['{"s":9}'])
})

test('memory spool: smaller limits give the beginning of the same items', async () => {
  const { spool: made, put } = spool()
  put(1, 2, 3)
  await made.next(WIDE)
  deepEqual((await made.next({ itemsMax: 2, bytesMax: 10_000 }))?.lastSequence, 2)
  deepEqual((await made.next({ itemsMax: 9, bytesMax: 1 }))?.lastSequence, 1)
})

test('memory spool: alerts and events are in one order, in two lists', async () => {
  const { spool: made, put } = spool()
  put(1)
  made.put({ sequence: 2, kind: 'alert', text: '{"alert":2}' })
  put(3)
  const delivery = await made.next(WIDE)
  deepEqual(delivery?.events, ['{"s":1}', '{"s":3}'])
  deepEqual(delivery?.alerts, ['{"alert":2}'])
  equal(delivery?.lastSequence, 3)
})

test('memory spool: full, it drops the oldest that was never given out', async () => {
  const { spool: made, put, fates } = spool(4)
  put(1, 2, 3, 4)
  await made.next({ itemsMax: 2, bytesMax: 10_000 })
  put(5, 6)
  deepEqual(fates, [
    [3, 'dropped'],
    [4, 'dropped'],
  ])
  made.acknowledge({ epoch: 3, lastSequence: 6 })
  deepEqual(made.counts(), { put: 6, acknowledged: 4, dropped: 2, discarded: 0, held: 0 })
})

test('memory spool: an acknowledgement of another epoch is not one of this', () => {
  const { spool: made, put } = spool()
  put(1)
  made.acknowledge({ epoch: 2, lastSequence: 1 })
  equal(made.counts().held, 1)
})

test('memory spool: what is discarded counts as that', async () => {
  const { spool: made, put, fates } = spool()
  put(1, 2)
  const delivery = await made.next({ itemsMax: 1, bytesMax: 100 })
  if (delivery !== undefined) made.discard(delivery)
  deepEqual(fates, [[1, 'discarded']])
})

test('memory spool: says when there is something, and when it is told to end', async () => {
  const { spool: made, put } = spool()
  const stop = new AbortController()
  const ready = made.ready(stop.signal)
  put(1)
  await ready
  await made.ready(stop.signal)
  made.acknowledge({ epoch: 3, lastSequence: 1 })
  const waiting = made.ready(stop.signal)
  stop.abort()
  await rejects(waiting, { name: 'AbortError' })
})
