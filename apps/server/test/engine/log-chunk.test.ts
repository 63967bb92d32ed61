import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { type Log, openMemoryLog, StoreError } from '@pomona/store'
import { readChunk } from '../../src/engine/log-chunk.ts'
import { bound } from '../support/bound.ts'
import { entryOf } from '../support/log.ts'

async function logOf(entries: number): Promise<Log> {
  const log = openMemoryLog()
  for (let index = 0; index < entries; index += 1) {
    await log.append(entryOf('mac-1', { count: 2, first: index * 2 }))
  }
  return log
}

const ALL = { entriesMax: 64, bytesMax: Infinity, unpackedBytesMax: Infinity }

test('log chunk: ends where what is unpacked reaches its limit, after one entry at least', async () => {
  const log = await logOf(5)
  const sizes: number[] = []
  for (const unpackedBytesMax of [Infinity, 1_000, 1]) {
    const { from, to, entries } = await readChunk(log, { ...ALL, from: 1, unpackedBytesMax })
    equal(to - from, entries.length)
    sizes.push(entries.length)
  }
  deepEqual(sizes, [4, 2, 1])
})

test('log chunk: a log that cannot be read is passed by up to its end and no further', async () => {
  const damaged = new StoreError('ERR_STORE_CORRUPT', 'damaged')
  const log: Log = { ...bound(await logOf(2)), read: () => Promise.reject(damaged) }
  const { to, entries } = await readChunk(log, { ...ALL, from: 1 })
  deepEqual([to, entries[0]?.ok], [2, false])
  await rejects(readChunk(log, { ...ALL, from: 2 }), damaged)
})
