/** Hostile batches at length: the test of apps/server with ten times as many seeds. */
import { equal } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../source-tree.ts'

const SEED = process.env['TEST_SEED'] ?? String(randomInt(2 ** 31))

test(`hostile batches: fifty thousand seeds, TEST_SEED=${SEED}`, async () => {
  const path = join(ROOT, 'apps/server/test/agents/hostile-batches.test.ts')
  const more = { NODE_TEST_CONTEXT: undefined, POMONA_TEST_ROUNDS: '50000', TEST_SEED: SEED }
  const child = spawn(process.execPath, ['--test', path], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...more },
  })
  const [code] = await once(child, 'exit')
  equal(code, 0)
})
