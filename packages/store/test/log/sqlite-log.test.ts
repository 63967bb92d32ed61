import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { HostId, StreamId, TenantId } from '@pomona/schema'
import { openSqliteLog, openSqliteLogReader, StoreError, type LogAppend } from '../../src/index.ts'
import { freshFolder } from '../folder.ts'
import { dice } from '../seed.ts'

const ALL = { entriesMax: 1_000_000, bytesMax: 1_000_000_000 }

function entry(sequence: number, bytes = 100): LogAppend {
  return {
    tenantId: 'default' as TenantId,
    hostId: 'h' as HostId,
    streamId: 's' as StreamId,
    firstSequence: sequence,
    lastSequence: sequence,
    digest: String(sequence).padEnd(64, '0'),
    ingested: '2026-11-22T10:00:00.000000000Z',
    eventsCount: 1,
    payload: Buffer.alloc(bytes, sequence % 251),
  }
}

test('sqlite log: deliveries of one moment share a commit, a lone one has its own', async (context) => {
  const log = await openSqliteLog({ directory: freshFolder(context) })
  await Promise.all(Array.from({ length: 50 }, (_, n) => log.append(entry(n))))
  equal(log.counts().commits, 1)
  await log.append(entry(50))
  await log.append(entry(50))
  const { bytes, ...counts } = log.counts()
  ok(bytes > 0)
  deepEqual(counts, {
    received: 52,
    stored: 51,
    known: 1,
    refused: { log_full: 0, disk_full: 0, pending_full: 0, disk_failed: 0, closed: 0 },
    pending: 0,
    commits: 3,
  })
  await log.close()
})

test('sqlite log: a commit is bounded by entries and by bytes', async (context) => {
  const options = { commitEntriesMax: 10, commitBytesMax: 1_000 }
  const log = await openSqliteLog({ directory: freshFolder(context), ...options })
  await Promise.all(Array.from({ length: 20 }, (_, n) => log.append(entry(n, 10))))
  equal(log.counts().commits, 2)
  await Promise.all([20, 21, 22].map((n) => log.append(entry(n, 600))))
  equal(log.counts().commits, 5)
  await log.close()
})

const shortages = [
  { reason: 'log_full', options: { logBytesMax: 200_000 } },
  { reason: 'disk_full', options: { freeBytesMin: Number.MAX_SAFE_INTEGER } },
  { reason: 'pending_full', options: { pendingBytesMax: 50_000 } },
] as const
for (const { reason, options } of shortages) {
  test(`sqlite log: ${reason} refuses, and loses nothing it took`, async (context) => {
    const directory = freshFolder(context)
    const log = await openSqliteLog({ directory, ...options })
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, n) => log.append(entry(n, 10_000))),
    )
    const refusals = results.filter((result) => result.status === 'rejected')
    ok(refusals.length > 0)
    for (const { reason: error } of refusals) {
      ok(error instanceof StoreError && error.code === 'ERR_LOG_FULL')
      equal(error.details['reason'], reason)
    }
    const { received, stored, refused } = log.counts()
    equal(refused[reason], refusals.length)
    equal(received, stored + refusals.length)
    await log.close()
    const again = await openSqliteLog({ directory })
    equal((await again.read(0, ALL)).length, stored)
    equal((await again.append(entry(999))).status, 'stored')
    await again.close()
  })
}

test('sqlite log: another connection reads while the log is written', async (context) => {
  const directory = freshFolder(context)
  const log = await openSqliteLog({ directory })
  const reader = await openSqliteLogReader({ directory })
  for (let n = 0; n < 20; n++) {
    await log.append(entry(n))
    equal(await reader.end(), n + 1)
    equal((await reader.read(n, ALL))[0]?.firstSequence, n)
  }
  await reader.close()
  await log.close()
})

test('sqlite log: a reader needs a log', async (context) => {
  const directory = freshFolder(context)
  await rejects(openSqliteLogReader({ directory }), { code: 'ERR_LOG_IO' })
})

test('sqlite log: one owner at a time', async (context) => {
  const directory = freshFolder(context)
  const log = await openSqliteLog({ directory })
  await rejects(openSqliteLog({ directory }), { code: 'ERR_STORE_LOCKED' })
  await log.close()
  await (await openSqliteLog({ directory })).close()
})

test('sqlite log: what waits is stored before the log closes', async (context) => {
  const directory = freshFolder(context)
  const log = await openSqliteLog({ directory })
  const waiting = [0, 1, 2].map((n) => log.append(entry(n)))
  await log.close()
  deepEqual(
    await Promise.all(waiting),
    [0, 1, 2].map((offset) => ({ status: 'stored', offset })),
  )
  equal(log.counts().pending, 0)
})

test('sqlite log: a file of a newer version is left alone', async (context) => {
  const directory = freshFolder(context)
  await (await openSqliteLog({ directory })).close()
  const database = new DatabaseSync(join(directory, 'log.sqlite'))
  database.exec('pragma user_version = 99')
  database.close()
  await rejects(openSqliteLog({ directory }), { code: 'ERR_STORE_VERSION' })
})

const damages: readonly { name: string; damage(bytes: Buffer): Buffer }[] = [
  { name: 'a file of noise', damage: (bytes) => Buffer.alloc(bytes.length, 7) },
  { name: 'a file cut short', damage: (bytes) => bytes.subarray(0, bytes.length - 8_192) },
  { name: 'a page of zeros', damage: (bytes) => Buffer.from(bytes).fill(0, 4_096, 8_192) },
  { name: 'another program’s file', damage: (bytes) => Buffer.from(bytes).fill(1, 68, 72) },
]
for (const { name, damage } of damages) {
  test(`sqlite log: ${name} is damage, with a way out`, async (context) => {
    const directory = freshFolder(context)
    const log = await openSqliteLog({ directory })
    for (let n = 0; n < 30; n++) await log.append(entry(n, 2_000))
    await log.close()
    const path = join(directory, 'log.sqlite')
    writeFileSync(path, damage(readFileSync(path)))
    await rejects(openSqliteLog({ directory }), (error) => {
      ok(error instanceof StoreError)
      equal(error.code, 'ERR_STORE_CORRUPT')
      match(error.message, /restore a backup/)
      ok(!error.message.includes('***'), error.message)
      return true
    })
  })
}

for (const seed of [2, 20_261_122]) {
  test(`sqlite log: no flipped bit gives back another entry, seed ${seed}`, async (context) => {
    const roll = dice(seed)
    const directory = freshFolder(context)
    const log = await openSqliteLog({ directory })
    for (let n = 0; n < 12; n++) await log.append(entry(n, 3_000))
    const good = await log.read(0, ALL)
    await log.close()
    const path = join(directory, 'log.sqlite')
    const bytes = readFileSync(path)
    let detected = 0
    for (let round = 0; round < 60; round++) {
      const bad = Buffer.from(bytes)
      const at = roll.below(bad.length)
      bad[at] = (bad[at] ?? 0) ^ (1 << roll.below(8))
      writeFileSync(path, bad)
      try {
        const opened = await openSqliteLog({ directory, checkBytesMax: 0 })
        try {
          // A bit of a free page or of the index: the entries are still what they were.
          deepEqual(await opened.read(0, ALL), good, `round ${round}, byte ${at}`)
        } finally {
          await opened.close()
        }
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
        detected++
      }
    }
    ok(detected > 0)
  })
}

test('sqlite log: what was acknowledged survives kill -9', async (context) => {
  const directory = freshFolder(context)
  const path = fileURLToPath(new URL('log-child.ts', import.meta.url))
  let next = 0
  for (let round = 0; round < 4; round++) {
    const child = fork(path, [directory, String(next)])
    const exited = once(child, 'exit')
    let acknowledged = next
    await new Promise<void>((resolve) => {
      child.on('message', (sequence) => {
        acknowledged = Number(sequence) + 1
        if (acknowledged >= next + 40 * (round + 1)) resolve()
      })
    })
    child.kill('SIGKILL')
    await exited
    const log = await openSqliteLog({ directory })
    const entries = await log.read(0, ALL)
    deepEqual(
      entries.map(({ firstSequence }) => firstSequence),
      entries.map((_, index) => index),
    )
    ok(entries.length >= acknowledged, `${entries.length} of ${acknowledged}`)
    // Sent again by an agent that did not hear the answer: known, whichever it was.
    for (const { firstSequence } of entries.slice(-3)) {
      equal((await log.append(entry(firstSequence))).status, 'duplicate')
    }
    next = entries.length
    await log.close()
  }
  ok(statSync(join(directory, 'log.sqlite')).size > 0)
})

test('sqlite log: a log of before has its streams counted when it is opened', async (context) => {
  const directory = freshFolder(context)
  const log = await openSqliteLog({ directory })
  for (let n = 0; n < 3; n++) await log.append(entry(n))
  await log.close()
  const database = new DatabaseSync(join(directory, 'log.sqlite'))
  database.exec('drop table streams; pragma user_version = 1')
  database.close()
  const opened = await openSqliteLog({ directory })
  const { tenantId, hostId, streamId } = entry(0)
  deepEqual(await opened.streams(tenantId, hostId), [
    { streamId, entries: 3, delivered: 3, events: 3 },
  ])
  await opened.close()
})
