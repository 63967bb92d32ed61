import { test } from 'node:test'
import { seedOfRun } from '../platform/folder.ts'
import { Killer } from './kill.ts'
import { survives } from './twins.ts'

const skip = process.platform === 'linux' ? false : 'needs /proc to find the projector'

test('kills lose no acknowledged event and double no alert', { skip }, async (context) => {
  const size = { waves: 1, macsPerWave: 4, eventsPerMac: 5_000, batch: 100, strikes: 8 }
  const run = { seed: Number(seedOfRun()), title: 'killed again and again', ...size }
  await survives(run, (server, next) => new Killer(server, next), context)
})
