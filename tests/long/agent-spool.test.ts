/** The spool's simulation and damage at length: thousands of crashes. Seeds are printed. */
import { equal } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '../..')
const ROUNDS = '1000'

for (const file of ['simulation', 'damage']) {
  test(`spool at length: ${file}`, async () => {
    const path = join(ROOT, 'apps/agent/test/spool', `${file}.test.ts`)
    const child = spawn(process.execPath, ['--test', path], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, POMONA_TEST_ROUNDS: ROUNDS },
    })
    const [code] = await once(child, 'exit')
    equal(code, 0)
  })
}
