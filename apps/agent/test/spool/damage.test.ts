import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Dice } from '../support/dice.ts'
import { sums, TYPES, World } from './world.ts'

const MEBIBYTE = 1024 * 1024
const ROUNDS = Number(process.env['POMONA_TEST_ROUNDS'] ?? 150)

/** One way in which bytes on a disk go bad, or somebody makes them. */
const damages: readonly {
  readonly name: string
  readonly change: (bytes: Buffer, dice: Dice) => Buffer
}[] = [
  {
    name: 'a bit is turned over',
    change(bytes, dice) {
      const at = dice.below(bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8))
      return bytes
    },
  },
  {
    name: 'a page is zero',
    change(bytes, dice) {
      const at = dice.below(bytes.length)
      return bytes.fill(0, at, Math.min(at + 512, bytes.length))
    },
  },
  { name: 'the end is gone', change: (bytes, dice) => bytes.subarray(0, dice.below(bytes.length)) },
  {
    name: 'a part is there twice',
    change(bytes, dice) {
      const from = dice.below(bytes.length)
      bytes.copyWithin(dice.below(bytes.length), from, from + dice.below(2_000))
      return bytes
    },
  },
]

async function filled(dice: Dice): Promise<World> {
  const world = new World(dice, 16 * MEBIBYTE)
  const spool = await world.start()
  for (let turn = 0; turn < 8; turn++) {
    for (let index = 0; index < 25; index++) world.append(spool)
    await world.commit(spool)
    if (turn % 3 === 1) await world.deliver(spool)
  }
  await spool.commit()
  return world
}

for (const { name, change } of damages) {
  test(`damage: ${name} in a segment: what was in there is counted, the rest is delivered`, async (context) => {
    const seed = Number(process.env['POMONA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    let lost = 0
    for (let round = 0; round < ROUNDS; round++) {
      const dice = new Dice(seed + round)
      const world = await filled(dice)
      world.disk.kill()
      const path = dice.pick(world.disk.paths().filter((each) => each.includes('segment')))
      world.disk.tamper(path, (bytes) => change(bytes, dice))
      try {
        await world.drain(await world.start())
        // What was offered and cannot be read any more may have arrived.
        world.check({ isExact: false })
      } catch (error) {
        throw new Error(`seed ${seed + round}`, { cause: error })
      }
      lost += world.dropped()
    }
    context.diagnostic(`seed ${seed}: ${ROUNDS} damaged segments, ${lost} items counted as dropped`)
    ok(lost > 0)
  })

  test(`damage: ${name} in the accounts: no event that is whole is lost`, async () => {
    const seed = Number(process.env['POMONA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    for (let round = 0; round < ROUNDS; round++) {
      const dice = new Dice(seed + round)
      const world = await filled(dice)
      world.disk.kill()
      const path = dice.pick(world.disk.paths().filter((each) => each.includes('accounts')))
      world.disk.tamper(path, (bytes) => change(bytes, dice))
      try {
        const spool = await world.start()
        while (await world.deliver(spool)) await spool.commit()
        const missing = [...world.durable].filter((key) => !world.server.stored.has(key))
        equal(missing.length, 0)
      } catch (error) {
        throw new Error(`seed ${seed + round}`, { cause: error })
      }
    }
  })
}

test('damage: a segment that is gone counts as dropped, type by type', async () => {
  const dice = new Dice(3)
  const world = await filled(dice)
  world.disk.kill()
  const path = dice.pick(world.disk.paths().filter((each) => each.includes('segment')))
  world.disk.lose(path)
  await world.drain(await world.start())
  world.check({ isExact: false })
  const reasons = world.server.rows.flatMap((row) => row.dropped.map(({ reason }) => reason))
  equal(new Set(reasons).size, 1)
  equal(reasons[0], 'file_missing')
  ok(TYPES.some(({ type }) => sums(world.server.rows, type).dropped > 0))
})
