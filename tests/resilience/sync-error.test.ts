/** Syncs of an agent that fail; those of a server stand in tests/long/sync-error.test.ts. */
import { test } from 'node:test'
import { failingSyncSkip } from '../platform/failing-sync.ts'
import { seedOfRun } from '../platform/folder.ts'
import { survivesAgentSyncErrors } from './agent-sync-error.ts'

const skip = failingSyncSkip()
const seed = Number(seedOfRun())

test('an agent counts on nothing that it could not sync', { skip }, async (context) => {
  await survivesAgentSyncErrors({ seed, lives: 3, rate: 100 }, context)
})
