import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { survivesFlaps, survivesSkew, survivesStorm } from './fleet.ts'

const seed = Number(seedOfRun())

test('a network that flaps and loses costs time and nothing else', async (context) => {
  await survivesFlaps({ seed, agents: 8, badSeconds: 12 }, context)
})

test('a fleet comes back after its server was gone, without hammering', async (context) => {
  await survivesStorm({ seed, agents: 100 }, context)
})

test('clocks that are wrong by a year are shown and cost nothing', async (context) => {
  await survivesSkew({ seed, agents: 12, days: 400, seconds: 5 }, context)
})
