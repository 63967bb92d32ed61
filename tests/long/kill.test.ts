/** More kills under more events; the short form stands in tests/resilience/kill.test.ts. */
import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { Killer } from '../resilience/kill.ts'
import { survives } from '../resilience/twins.ts'

const skip = process.platform === 'linux' ? false : 'needs /proc to find the projector'

test('two hundred kills under a million events', { skip }, async (context) => {
  const size = { waves: 25, macsPerWave: 4, eventsPerMac: 10_000, batch: 100, strikes: 200 }
  const run = { seed: Number(seedOfRun()), title: 'killed again and again', ...size }
  await survives(run, (server, next) => new Killer(server, next), context)
})
