/**
 * The protocol of delivery on a fake clock: a bad network, a server that comes and goes, an agent
 * that is started again, clocks that jump. Whatever happens, every event is on the server once, or
 * given up and counted.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { Shipper } from '../../src/uplink/shipper.ts'
import { LossyNetwork, type Weather } from '../support/lossy-network.ts'
import { ProtocolServer, problem } from '../support/protocol-server.ts'
import { SeededRandom, seeds } from '../support/random.ts'
import { Shipping } from '../support/shipping.ts'
import { SimulatedTime } from '../support/simulated-time.ts'

const EVENTS = 1_500
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const weathers: readonly { readonly name: string; readonly weather: Weather }[] = [
  {
    name: 'a good network',
    weather: {
      ...{ loseRequest: 0, loseAnswer: 0, repeatRequest: 0 },
      ...{ latencyMsMax: 50, repeatMsMax: 0 },
    },
  },
  {
    name: 'a lossy network',
    weather: {
      ...{ loseRequest: 0.15, loseAnswer: 0.15, repeatRequest: 0.1 },
      ...{ latencyMsMax: 400, repeatMsMax: 60_000 },
    },
  },
  {
    name: 'a network that is hardly one',
    weather: {
      ...{ loseRequest: 0.4, loseAnswer: 0.4, repeatRequest: 0.3 },
      ...{ latencyMsMax: 5_000, repeatMsMax: 600_000 },
    },
  },
]

class World {
  readonly time = new SimulatedTime()
  readonly random: SeededRandom
  readonly server: ProtocolServer
  readonly network: LossyNetwork
  readonly shipping: Shipping
  readonly stop = new AbortController()
  readonly poison = new Set<number>()
  readonly #shippers: Shipper[] = []
  starts = 0

  constructor(seed: number, weather: Weather) {
    this.random = new SeededRandom(seed)
    const { time, random } = this
    const started = time.monotonicNs()
    // The server's clock is right, whatever is done to the agent's.
    this.server = new ProtocolServer(
      () => 1_780_000_000_000 + Number((time.monotonicNs() - started) / 1_000_000n),
    )
    this.server.isPoison = (event) => this.poison.has(Number(event['sequence']))
    this.network = new LossyNetwork({ server: this.server, time, random, weather })
    this.shipping = new Shipping({ time, random, transport: this.network, itemsMax: 600 })
  }

  /** Events come now and then, some of them such that the server will never take them. */
  async sense(): Promise<void> {
    let sequence = 0
    for (let count = 0; count < EVENTS; count++) {
      sequence += 1 + (this.random.chance(0.1) ? this.random.below(5) : 0)
      if (this.random.chance(0.004)) this.poison.add(sequence)
      this.shipping.put(sequence)
      if (this.random.chance(0.2)) await this.#wait(this.random.next() * 2_000)
    }
  }

  /** The agent is started again and again; its spool is what stays. */
  async live(): Promise<void> {
    while (!this.stop.signal.aborted) {
      this.starts += 1
      const itemsMax = 1 + this.random.below(200)
      const { shipper } = this.shipping.start({ itemsMax, bytesMax: 100_000 })
      this.#shippers.push(shipper)
      const life = new AbortController()
      const ended = AbortSignal.any([this.stop.signal, life.signal])
      const running = shipper.run(ended).catch(() => undefined)
      await this.#wait(this.random.next() * 4 * 60_000)
      life.abort()
      await running
    }
  }

  /** The server comes and goes, limits, and is full now and then. */
  async disturb(): Promise<void> {
    while (!this.stop.signal.aborted) {
      await this.#wait(this.random.next() * 5 * 60_000)
      const what = this.random.below(4)
      if (what === 0)
        await this.network.restartServer(this.random.next() * 120_000, this.stop.signal)
      else if (what === 1) this.time.jumpWall((this.random.next() - 0.5) * 800 * DAY_MS)
      else if (what === 2) this.server.script.push(() => problem(503, 'log_full'))
      else this.server.script.push(() => problem(429, 'rate_limited', { 'retry-after': '9' }))
    }
  }

  counts(key: 'duplicates' | 'overlaps'): number {
    return this.#shippers.reduce((sum, shipper) => sum + shipper.counts()[key], 0)
  }

  async #wait(ms: number): Promise<void> {
    await this.time.sleep(ms, this.stop.signal)
  }
}

async function live(world: World): Promise<void> {
  let sensed = false
  const parts = [world.sense().then(() => (sensed = true)), world.live(), world.disturb()].map(
    (part) => part.catch((error: unknown) => error),
  )
  await world.time.run(() => sensed && world.shipping.spool.counts().held === 0, 30 * DAY_MS)
  world.stop.abort()
  const errors = (await Promise.all(parts)).filter((end) => end instanceof TypeError)
  deepEqual(errors, [])
}

for (const { name, weather } of weathers) {
  for (const seed of seeds(4)) {
    test(`delivery: every event once over ${name}, seed ${seed}`, async (context) => {
      context.diagnostic(`seed ${seed} (POMONA_TEST_SEED repeats it)`)
      const world = new World(seed, weather)
      await live(world)
      // What was doubled on its way may still arrive.
      await world.time.run(() => false)
      const { put, acknowledged, dropped, discarded, held } = world.shipping.spool.counts()
      const stored = (await world.server.stored()).map(({ sequence }) => sequence)
      context.diagnostic(
        `${put} sensed = ${acknowledged} stored + ${dropped} dropped + ${discarded} refused + ` +
          `${held} held; ${world.starts} starts, ${JSON.stringify(world.network.did)}, ` +
          `${world.counts('duplicates')} duplicates, ${world.counts('overlaps')} overlaps`,
      )
      equal(held, 0)
      equal(put, EVENTS)
      equal(put, acknowledged + dropped + discarded)
      // Once each, in order, and exactly those that were acknowledged.
      deepEqual(stored, world.shipping.sequences('acknowledged'))
      equal(new Set(stored).size, stored.length)
      // Only what the server will never take is given up, and all of it unless there was no room.
      for (const sequence of world.shipping.sequences('discarded')) ok(world.poison.has(sequence))
      for (const sequence of stored) ok(!world.poison.has(sequence))
    })
  }
}
