import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { stopsAtOnce, stopsInOrder } from './stop.ts'

const seed = Number(seedOfRun())

test('agent and server stop within ten seconds and lose nothing', async (context) => {
  await stopsInOrder({ seed, rounds: 2 }, context)
})

test('a second signal stops both at once', async (context) => {
  await stopsAtOnce(seed, context)
})
