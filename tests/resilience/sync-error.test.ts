import { ok } from 'node:assert/strict'
import { test } from 'node:test'
import { failingSyncSkip } from '../platform/failing-sync.ts'
import { seedOfRun } from '../platform/folder.ts'
import { survivesAgentSyncErrors } from './agent-sync-error.ts'
import { SyncErrors } from './sync-error.ts'
import { survives } from './twins.ts'

const skip = failingSyncSkip()
const seed = Number(seedOfRun())

test('a server never acknowledges what it could not sync', { skip }, async (context) => {
  const size = { waves: 1, macsPerWave: 3, eventsPerMac: 2_000, batch: 50, strikes: 2 }
  const run = { seed, title: 'syncs of the server fail', ...size }
  let errors: SyncErrors | undefined
  await survives(run, (server, next) => (errors = new SyncErrors(server, next)), context)
  const { 'went on': harmless = 0, ...met } = errors?.counts ?? {}
  ok(
    Object.values(met).some((count) => count > 0),
    `all of ${harmless} errors met nothing`,
  )
})

test('an agent counts on nothing that it could not sync', { skip }, async (context) => {
  await survivesAgentSyncErrors({ seed, lives: 3, rate: 100 }, context)
})
