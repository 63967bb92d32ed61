import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Dice } from '../support/dice.ts'
import { PowerLoss } from '../support/faulty-disk.ts'
import { World } from './world.ts'

/** Rounds of each story; the long suite has as many as it is given. */
const ROUNDS = Number(process.env['POMONA_TEST_ROUNDS'] ?? 60)
const LIVES = 6
const MEBIBYTE = 1024 * 1024

interface Story {
  readonly name: string
  readonly bytesMax: number
  /** Bytes of the disk; without end when absent. */
  readonly capacityBytes?: number
  readonly write?: number
  readonly sync?: number
  /** The power fails rather than that the process is killed. */
  readonly isPower: boolean
  /** There is not room for everything. */
  readonly isShort?: boolean
}

const stories: readonly Story[] = [
  { name: 'the process is killed', bytesMax: 64 * MEBIBYTE, isPower: false },
  { name: 'the power fails', bytesMax: 64 * MEBIBYTE, isPower: true },
  {
    name: 'the power fails and the spool is small',
    bytesMax: 96 * 1024,
    isPower: true,
    isShort: true,
  },
  {
    name: 'the disk is full',
    bytesMax: 64 * MEBIBYTE,
    capacityBytes: 64 * 1024,
    isPower: true,
    isShort: true,
  },
  { name: 'writes and syncs fail', bytesMax: MEBIBYTE, write: 0.02, sync: 0.05, isPower: true },
]

async function live(world: World, story: Story): Promise<void> {
  const { dice, disk } = world
  const { write = 0, sync = 0, capacityBytes = Number.POSITIVE_INFINITY } = story
  disk.faults = { write, sync, syncFolder: sync, capacityBytes }
  disk.callsLeft = dice.below(dice.pick([40, 150, 600]))
  try {
    const spool = await world.start()
    for (;;) {
      world.clock.ms += dice.below(60_000)
      const count = dice.below(30)
      for (let index = 0; index < count; index++) world.append(spool)
      if (dice.chance(0.2)) spool.entry('file_noise').filter('policy', 1)
      if (dice.chance(0.7)) await world.commit(spool)
      if (dice.chance(0.4)) await world.deliver(spool, dice.chance(0.7))
      if (dice.chance(0.2)) await world.tellLedger(spool, dice.chance(0.7))
      if (dice.chance(0.05)) {
        await spool.close()
        return
      }
    }
  } catch (error) {
    const isExpected = hasPowerLoss(error) || story.write !== undefined
    const isFull = story.capacityBytes !== undefined
    if (!isExpected && !isFull) throw error
  } finally {
    if (story.isPower) disk.crash()
    else disk.kill()
  }
}

function hasPowerLoss(error: unknown): boolean {
  if (error instanceof PowerLoss) return true
  return error instanceof Error && error.cause instanceof PowerLoss
}

for (const story of stories) {
  test(`spool simulation: ${story.name}`, async (context) => {
    const seed = Number(process.env['POMONA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    let stored = 0
    let durable = 0
    let dropped = 0
    for (let round = 0; round < ROUNDS; round++) {
      const world = new World(new Dice(seed + round), story.bytesMax)
      try {
        for (let turn = 0; turn < LIVES; turn++) await live(world, story)
        world.disk.faults = { write: 0, sync: 0, syncFolder: 0, capacityBytes: 2 ** 40 }
        await world.drain(await world.start())
        world.check({ isExact: story.write === undefined && story.capacityBytes === undefined })
      } catch (error) {
        throw new Error(`seed ${seed + round} of ${story.name}`, { cause: error })
      }
      stored += world.server.stored.size
      durable += world.durable.size
      dropped += world.dropped()
    }
    const counts = `${durable} durable, ${stored} stored, ${dropped} dropped`
    context.diagnostic(`seed ${seed}: ${ROUNDS * LIVES} crashes, ${counts}`)
    ok(durable > 0)
    equal(dropped > 0, story.isShort === true, 'drops where room is short, and nowhere else')
  })
}
