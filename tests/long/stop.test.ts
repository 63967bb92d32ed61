/** Agent and server told to stop more often; short: tests/resilience/stop.test.ts. */
import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { stopsInOrder } from '../resilience/stop.ts'

test('agent and server are told to stop fifty times', async (context) => {
  await stopsInOrder({ seed: Number(seedOfRun()), rounds: 50 }, context)
})
