import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openSqliteRecords, StoreError } from '../../src/index.ts'
import { freshFolder } from '../folder.ts'

test('sqlite records: what was stored is there after opening again', async (context) => {
  const directory = freshFolder(context)
  const first = await openSqliteRecords({ directory })
  await first.setSetting('name', 'value')
  await first.saveCheckpoint({ consumer: 'engine', offset: 2 ** 40, state: '{}' })
  await first.close()
  const second = await openSqliteRecords({ directory })
  equal(await second.setting('name'), 'value')
  equal((await second.checkpoint('engine'))?.offset, 2 ** 40)
  await second.close()
})

test('sqlite records: one owner at a time, also when nothing was asked', async (context) => {
  const directory = freshFolder(context)
  const records = await openSqliteRecords({ directory })
  await rejects(openSqliteRecords({ directory }), { code: 'ERR_STORE_LOCKED' })
  await records.close()
  await (await openSqliteRecords({ directory })).close()
})

test('sqlite records: damage has a way out', async (context) => {
  const directory = freshFolder(context)
  await (await openSqliteRecords({ directory })).close()
  const path = join(directory, 'records.sqlite')
  const bytes = readFileSync(path)
  for (const bad of [Buffer.alloc(bytes.length, 7), Buffer.from(bytes).fill(255, 4_096, 12_288)]) {
    writeFileSync(path, bad)
    await rejects(openSqliteRecords({ directory }), (error) => {
      ok(error instanceof StoreError)
      equal(error.code, 'ERR_STORE_CORRUPT')
      match(error.message, /restore a backup/)
      return true
    })
  }
})

const tampering: readonly { name: string; sql: string; brokenAt: number }[] = [
  {
    name: 'a changed entry',
    sql: `update audit set actor = 'eve' where position = 1`,
    brokenAt: 1,
  },
  {
    name: 'changed details',
    sql: `update audit set details = '{"a":"2"}' where position = 2`,
    brokenAt: 2,
  },
  {
    name: 'details that are no JSON',
    sql: `update audit set details = '{' where position = 0`,
    brokenAt: 0,
  },
  { name: 'a removed entry', sql: 'delete from audit where position = 1', brokenAt: 1 },
  {
    name: 'a recomputed hash',
    sql: `update audit set hash = '${'0'.repeat(64)}' where position = 1`,
    brokenAt: 1,
  },
]
for (const { name, sql, brokenAt } of tampering) {
  test(`sqlite records: the audit chain shows ${name}`, async (context) => {
    const directory = freshFolder(context)
    const records = await openSqliteRecords({ directory })
    for (const action of ['one', 'two', 'three', 'four']) {
      const entry = { time: 't', actor: 'ada', action, target: 'x', details: { a: '1' } }
      await records.audit(entry)
    }
    await records.close()
    const database = new DatabaseSync(join(directory, 'records.sqlite'))
    database.exec(sql)
    const row = database.prepare('select count(*) as entries from audit').get()
    database.close()
    const again = await openSqliteRecords({ directory })
    deepEqual(await again.verifyAudit(), { ok: false, entries: Number(row?.['entries']), brokenAt })
    await again.close()
  })
}
