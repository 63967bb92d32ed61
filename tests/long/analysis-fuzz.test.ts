/** Damaged Mach-O files, signatures and seals, many of each. Seeds are printed. */
import { equal } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'

const TESTS = join(import.meta.dirname, '../../packages/analysis/test')
const SEED = process.env['SEED'] ?? String(randomInt(1_000_000_000))
const RUNS = '200000'

for (const file of ['mach-o/mach-o-file', 'code-signature/signature', 'code-signature/resources']) {
  test(`analysis at length: ${file}, seed ${SEED}`, async () => {
    const path = join(TESTS, `${file}.test.ts`)
    const child = spawn(process.execPath, ['--test', '--test-name-pattern=damaged', path], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        NODE_TEST_CONTEXT: undefined,
        POMONA_TEST_RUNS: RUNS,
        POMONA_SEED: SEED,
      },
    })
    const [code] = await once(child, 'exit')
    equal(code, 0)
  })
}
