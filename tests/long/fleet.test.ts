/** The fleets of tests/resilience/fleet.test.ts at length: bad minutes, a storm of thousands. */
import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { survivesFlaps, survivesSkew, survivesStorm } from '../resilience/fleet.ts'

const seed = Number(seedOfRun())

test('a network that flaps and loses for ten minutes', async (context) => {
  await survivesFlaps({ seed, agents: 40, badSeconds: 600 }, context)
})

test('a storm of five thousand agents', async (context) => {
  await survivesStorm({ seed, agents: 5_000 }, context)
})

test('a fleet of wrong clocks', async (context) => {
  await survivesSkew({ seed, agents: 200, days: 400, seconds: 60 }, context)
})
