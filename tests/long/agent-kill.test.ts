/** An agent killed more often; the short form stands in tests/resilience/agent-kill.test.ts. */
import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { survivesAgentKills } from '../resilience/agent-kill.ts'

test('an agent killed sixty times', async (context) => {
  await survivesAgentKills({ seed: Number(seedOfRun()), kills: 60, rate: 500 }, context)
})
