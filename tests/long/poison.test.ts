/** More poison; the short form stands in tests/resilience/poison.test.ts. */
import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { survivesPoison } from '../resilience/poison.ts'

test('poison among twenty thousand events', async (context) => {
  await survivesPoison({ seed: seedOfRun(), events: 20_000, poisonMax: 50 }, context)
})
