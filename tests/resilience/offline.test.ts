import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { overflows } from './offline.ts'

test('an agent offline with a spool too small accounts for everything', async (context) => {
  const run = { seed: seedOfRun(), count: 6_000, rate: 2_000, spoolBytesMax: 4 * 1024 * 1024 }
  await overflows(run, context)
})
