/** An agent offline for longer; the short form stands in tests/resilience/offline.test.ts. */
import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { overflows } from '../resilience/offline.ts'

test('an agent offline for 120,000 records with a spool too small', async (context) => {
  const run = { seed: seedOfRun(), count: 60_000, rate: 1_000, spoolBytesMax: 16 * 1024 * 1024 }
  await overflows(run, context)
})
