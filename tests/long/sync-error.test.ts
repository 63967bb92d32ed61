/** Syncs that fail more often; the short form for agents stands in tests/resilience. */
import { test } from 'node:test'
import { failingSyncSkip } from '../platform/failing-sync.ts'
import { seedOfRun } from '../platform/folder.ts'
import { survivesAgentSyncErrors } from '../resilience/agent-sync-error.ts'
import { SyncErrors } from '../resilience/sync-error.ts'
import { survives } from '../resilience/twins.ts'

const skip = failingSyncSkip()
const seed = Number(seedOfRun())

test('syncs of the server fail forty times', { skip }, async (context) => {
  const size = { waves: 4, macsPerWave: 4, eventsPerMac: 10_000, batch: 50, strikes: 40 }
  const run = { seed, title: 'syncs of the server fail', ...size }
  await survives(run, (server, next) => new SyncErrors(server, next), context)
})

test('syncs of the agent fail in thirty lives', { skip }, async (context) => {
  await survivesAgentSyncErrors({ seed, lives: 30, rate: 500 }, context)
})
