import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { survivesClockSteps } from './clock-steps.ts'

test('a clock that is set forth and back while the agent works costs nothing', async (context) => {
  await survivesClockSteps({ seed: seedOfRun(), count: 1_200, rate: 100 }, context)
})
