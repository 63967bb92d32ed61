/** A log damaged ten thousand times; short: tests/resilience/corruption.test.ts. */
import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { findsDamagedLogs } from '../resilience/corruption.ts'

test('a log damaged ten thousand times', async (context) => {
  const run = { seed: Number(seedOfRun()), damages: 10_000, events: 2_000 }
  await findsDamagedLogs(run, context)
})
