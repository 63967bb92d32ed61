import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { findsDamagedLogs, recoversFromLog } from './corruption.ts'

const run = { seed: Number(seedOfRun()), damages: 200, events: 2_000 }

test('a damaged log is refused, never read as something else', async (context) => {
  await findsDamagedLogs(run, context)
})

test('a damaged state and a lost event store come back from the log', async (context) => {
  await recoversFromLog(run, context)
})
