import { deepEqual } from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openSqliteRecords } from '../../src/index.ts'
import { freshFolder } from '../folder.ts'
import { chain, HOST, received, TENANT } from './sample.ts'

const tampering: readonly { name: string; sql: string; rows: number; brokenAt: number }[] = [
  {
    name: 'a changed row',
    sql: `update ledger_rows set document = json_set(document, '$.sent', 9) where row_index = 2`,
    ...{ rows: 2, brokenAt: 2 },
  },
  {
    name: 'a removed row',
    sql: 'delete from ledger_rows where row_index = 1',
    ...{ rows: 1, brokenAt: 2 },
  },
  {
    name: 'a cut end',
    sql: 'delete from ledger_rows where row_index = 3',
    ...{ rows: 3, brokenAt: 3 },
  },
]
for (const { name, sql, rows, brokenAt } of tampering) {
  test(`sqlite reports: the ledger shows ${name}`, async (context) => {
    const directory = freshFolder(context)
    const first = await openSqliteRecords({ directory })
    await first.reports.take([received({ ledger: chain([{}, {}, {}, {}]) })])
    await first.close()
    const database = new DatabaseSync(join(directory, 'records.sqlite'))
    database.exec(sql)
    database.close()
    const second = await openSqliteRecords({ directory })
    deepEqual(await second.reports.verify(TENANT, HOST), { ok: false, rows, broken_at: brokenAt })
    await second.close()
  })
}
