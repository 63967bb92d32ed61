import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { AgentError } from '../../src/errors.ts'
import type { Delivery } from '../../src/spool/reader.ts'
import type { Spool } from '../../src/spool/spool.ts'
import { Dice } from '../support/dice.ts'
import { SOUND } from '../support/faulty-disk.ts'
import { sums, TYPES, World } from './world.ts'

const MEBIBYTE = 1024 * 1024
const ALL = { itemsMax: 1_000, bytesMax: MEBIBYTE }

async function filled(
  count: number,
  bytesMax = 16 * MEBIBYTE,
): Promise<{ world: World; spool: Spool }> {
  const world = new World(new Dice(7), bytesMax)
  const spool = await world.start()
  for (let index = 0; index < count; index++) world.append(spool)
  await world.commit(spool)
  return { world, spool }
}

const range = (delivery: Delivery | undefined) => [delivery?.firstSequence, delivery?.lastSequence]

test('spool: gives out items in order of sequence, whatever their class', async () => {
  const { spool } = await filled(60)
  const delivery = await spool.next(ALL)
  const sequences = [...(delivery?.events ?? []), ...(delivery?.alerts ?? [])]
    .map((text) => (JSON.parse(text) as { sequence: number }).sequence) // As a world writes it.
    .toSorted((a, b) => a - b)
  deepEqual(
    sequences,
    Array.from({ length: 60 }, (_, index) => index),
  )
  deepEqual(range(delivery), [0, 59])
})

test('spool: gives the same until it is settled, and less of it when less is asked for', async () => {
  const { spool } = await filled(40)
  deepEqual(range(await spool.next(ALL)), [0, 39])
  deepEqual(range(await spool.next(ALL)), [0, 39])
  deepEqual(range(await spool.next({ ...ALL, itemsMax: 20 })), [0, 19])
  deepEqual(range(await spool.next({ ...ALL, itemsMax: 1 })), [0, 0])
  spool.acknowledge({ epoch: 1, lastSequence: 19 })
  deepEqual(range(await spool.next(ALL)), [20, 39])
})

test('spool: after an acknowledgement the next delivery is a whole one', async () => {
  const { world, spool } = await filled(40)
  const first = await spool.next({ ...ALL, itemsMax: 10 })
  for (let index = 0; index < 10; index++) world.append(spool)
  await world.commit(spool)
  spool.acknowledge({ epoch: 1, lastSequence: first?.lastSequence ?? -1 })
  deepEqual(range(await spool.next(ALL)), [10, 49])
})

test('spool: a single item beyond the bytes of a delivery goes alone', async () => {
  const { spool } = await filled(3)
  deepEqual(range(await spool.next({ itemsMax: 10, bytesMax: 1 })), [0, 0])
})

test('spool: what the server will never take counts as dropped, with the reason', async () => {
  const { world, spool } = await filled(20)
  const delivery = await spool.next({ ...ALL, itemsMax: 5 })
  ok(delivery !== undefined)
  spool.discard(delivery, 'batch_invalid')
  await world.drain(spool)
  const drops = world.server.rows.flatMap(({ dropped }) => dropped)
  equal(
    drops.reduce((sum, { count }) => sum + count, 0),
    5,
  )
  deepEqual([...new Set(drops.map(({ reason }) => reason))], ['batch_invalid'])
})

test('spool: a delivery holds one epoch, and the older one leaves first', async () => {
  const { world, spool } = await filled(5)
  await spool.close()
  const again = await world.start()
  world.append(again)
  await world.commit(again)
  const first = await again.next(ALL)
  deepEqual([first?.epoch, ...range(first)], [1, 0, 4])
  again.acknowledge({ epoch: 1, lastSequence: 4 })
  const second = await again.next(ALL)
  deepEqual([second?.epoch, ...range(second)], [2, 0, 0])
  ok(first?.streamId !== second?.streamId)
})

test('spool: `ready` waits for a durable item and ends with its signal', async () => {
  const { world, spool } = await filled(0)
  let isReady = false
  const waiting = spool.ready(new AbortController().signal).then(() => (isReady = true))
  world.append(spool)
  await Promise.resolve()
  equal(isReady, false, 'what is in memory can be lost')
  await world.commit(spool)
  await waiting
  const stop = new AbortController()
  spool.acknowledge({ epoch: 1, lastSequence: 0 })
  await spool.next(ALL)
  spool.acknowledge({ epoch: 1, lastSequence: 0 })
  const other = spool.ready(stop.signal)
  stop.abort()
  await other
})

test('spool: a disk that fails is told, and nothing is claimed or lost until it works again', async () => {
  const { world, spool } = await filled(10)
  world.disk.faults = { ...SOUND, sync: 1 }
  world.append(spool)
  await rejects(world.commit(spool))
  equal(spool.health().state, 'degraded')
  equal(spool.health().problem?.code, 'EIO')
  equal(spool.figures().pending, 1)
  world.disk.faults = SOUND
  await world.commit(spool)
  equal(spool.health().state, 'running')
  await world.drain(spool)
  equal(world.server.stored.size, 11)
  equal(world.dropped(), 0)
})

test('spool: while the disk fails memory is bounded, and the lowest class goes first', async () => {
  const { world, spool } = await filled(0)
  world.disk.faults = { ...SOUND, write: 1 }
  await world.commit(spool).catch(() => undefined)
  for (let index = 0; index < 600; index++) {
    world.append(spool)
    if (index % 50 === 0) await world.commit(spool).catch(() => undefined)
  }
  ok(spool.pendingBytes <= 64 * 1024)
  world.disk.faults = SOUND
  await world.drain(spool)
  const lost = (type: string) => sums(world.server.rows, type).dropped
  ok(lost('bulk_one') > 0)
  equal(lost('critical_one') === 0 || world.server.storedOf('bulk_one') === 0, true)
  world.check({ isExact: true })
})

test('spool: a disk without room is used as soon as there is some', async () => {
  const { world, spool } = await filled(100)
  world.disk.faults = { ...SOUND, capacityBytes: world.disk.bytes }
  for (let index = 0; index < 100; index++) world.append(spool)
  await world.commit(spool)
  const dropped = sums(await spool.ledgerRows(), 'bulk_one').dropped
  ok(dropped > 0, 'bulk makes room')
  world.disk.faults = SOUND
  await world.drain(spool)
  world.check({ isExact: true })
  const reasons = world.server.rows.flatMap((row) => row.dropped.map(({ reason }) => reason))
  deepEqual([...new Set(reasons)], ['disk_full'])
})

test('spool: little disk left to others does not keep it from delivering, much of it does', async () => {
  const { world, spool } = await filled(50)
  await spool.close()
  world.freeBytesMin = Number.MAX_SAFE_INTEGER
  const again = await world.start()
  for (let index = 0; index < 50; index++) world.append(again)
  await world.drain(again)
  equal(world.server.stored.size, 100)
  equal(world.dropped(), 0)
})

test('spool: a folder that cannot be used has a code', async () => {
  const world = new World(new Dice(1), MEBIBYTE)
  world.disk.faults = { ...SOUND, write: 1 }
  await rejects(
    world.start(),
    (error) => error instanceof AgentError && error.code === 'ERR_AGENT_SPOOL_UNUSABLE',
  )
})

test('spool: every start without an orderly end leaves a span for each sensor', async () => {
  const { world } = await filled(5)
  world.disk.kill()
  world.clock.ms += 90_000
  const again = await world.start()
  await world.drain(again)
  const spans = world.server.rows.flatMap(({ unobserved }) => unobserved)
  equal(spans.length, TYPES.length)
  const [span] = spans
  equal(span?.reason, 'agent_killed')
  equal(Date.parse(span.to) - Date.parse(span.from), 91_000, 'and a second for the queues')
})
