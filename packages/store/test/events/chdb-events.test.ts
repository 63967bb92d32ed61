import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { HostId } from '@pomona/schema'
import { StoreError } from '../../src/index.ts'
import { freshFolder } from '../folder.ts'
import { openChildStore } from './child-store.ts'
import { HOST, sampleEvent } from './sample.ts'

const hostId = HOST as HostId

function events(batch: number, count: number) {
  return Array.from({ length: count }, (_, index) =>
    sampleEvent(`b${batch}-${index}`, batch, {
      'event.ingested': `2026-0${1 + (index % 3)}-01T00:00:00.000000000Z`,
      'process.command_line': `tool --batch ${batch} --number ${index}`,
    }),
  )
}

test('chdb: acknowledged batches survive kill -9, repeats change nothing', async (context) => {
  const directory = freshFolder(context)
  const size = 150
  let acknowledged = 0
  for (let round = 0; round < 2; round++) {
    const { store, kill } = await openChildStore(context, directory)
    for (let batch = 0; batch < acknowledged; batch++) {
      await store.insert({ token: `t${batch}`, events: events(batch, size) })
    }
    equal((await store.size()).events >= acknowledged * size, true)
    const last = acknowledged + 4
    const insertAll = (async () => {
      for (let batch = acknowledged; batch < last + 50; batch++) {
        await store.insert({ token: `t${batch}`, events: events(batch, size) })
        acknowledged = batch + 1
        if (acknowledged === last) void kill()
      }
    })()
    await rejects(insertAll, { code: 'ERR_EVENTS_UNAVAILABLE' })
  }
  const { store, stop } = await openChildStore(context, directory)
  // What was under way when the process died, sent again with the same token.
  for (let batch = 0; batch <= acknowledged; batch++) {
    await store.insert({ token: `t${batch}`, events: events(batch, size) })
  }
  const found = new Set<string>()
  let cursor: string | undefined
  let seen = 0
  do {
    const page = await store.search({ hostId, limit: 1_000, ...(cursor && { cursor }) })
    for (const event of page.events) found.add(event.event?.id ?? '')
    seen += page.events.length
    cursor = page.nextCursor
  } while (cursor !== undefined)
  equal(seen, (acknowledged + 1) * size)
  equal(found.size, seen)
  await stop()
})

test('chdb: a folder belongs to one process', async (context) => {
  const directory = freshFolder(context)
  const first = await openChildStore(context, directory)
  await rejects(openChildStore(context, directory), { code: 'ERR_STORE_LOCKED' })
  await first.stop()
  await (await openChildStore(context, directory)).stop()
})

// Under `data/data` the engine keeps links to the same files: what is damaged twice may be whole
// again.
function files(directory: string): string[] {
  return readdirSync(join(directory, 'data', 'store'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

const damages: readonly { name: string; damage(directory: string): void }[] = [
  {
    name: 'table definitions of noise',
    damage: (directory) => {
      for (const path of files(directory).filter((one) => one.endsWith('events.sql'))) {
        writeFileSync(path, 'noise')
      }
    },
  },
  {
    name: 'a part cut short',
    damage: (directory) => {
      for (const path of files(directory).filter((one) => one.endsWith('data.bin'))) {
        writeFileSync(path, readFileSync(path).subarray(0, statSync(path).size >> 1))
      }
    },
  },
  {
    name: 'a flipped bit in every part',
    damage: (directory) => {
      for (const path of files(directory).filter((one) => one.endsWith('data.bin'))) {
        const bytes = readFileSync(path)
        bytes[30] = (bytes[30] ?? 0) ^ 1
        writeFileSync(path, bytes)
      }
    },
  },
]
for (const { name, damage } of damages) {
  test(`chdb: ${name} is damage, with a way out`, async (context) => {
    const directory = freshFolder(context)
    const first = await openChildStore(context, directory)
    await first.store.insert({ token: 't', events: events(1, 50) })
    await first.stop()
    damage(directory)
    const opening = (async () => {
      const again = await openChildStore(context, directory)
      try {
        // Some damage shows only where it is read; it is never an empty answer.
        deepEqual((await again.store.search({ hostId, limit: 1_000 })).events.length, 50)
      } finally {
        await again.kill()
      }
    })()
    await rejects(opening, (error) => {
      ok(error instanceof StoreError, String(error))
      equal(error.code, 'ERR_STORE_CORRUPT')
      match(error.message, /rebuilt from the log/)
      return true
    })
  })
}
