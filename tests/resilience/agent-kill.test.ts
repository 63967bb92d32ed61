import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { survivesAgentKills } from './agent-kill.ts'

test('an agent that is killed delivers what was durable and tells the rest', async (context) => {
  await survivesAgentKills({ seed: Number(seedOfRun()), kills: 6, rate: 300 }, context)
})
