/**
 * The published guarantee, on the real processes: what was acknowledged is stored and evaluated
 * exactly once in effect. The same deliveries go to a server that nobody disturbs and to one that
 * has troubles; afterwards both must hold the same.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { doubled, listed, printTable } from '../platform/conservation.ts'
import { Courier } from '../platform/deliver.ts'
import { temporaryFolder } from '../platform/folder.ts'
import { type Harvest, harvest } from '../platform/harvest.ts'
import { deliveriesOf, type Delivery } from '../platform/mac.ts'
import { ServerHome } from '../platform/server-home.ts'
import { dice, type Dice } from './hostile-rules.ts'

/** How many Macs send how much, and how often the second server is struck meanwhile. */
export interface TwinRun {
  readonly seed: number
  /** Macs come in waves: what a wave sends is made, sent and forgotten before the next. */
  readonly waves: number
  readonly macsPerWave: number
  readonly eventsPerMac: number
  readonly batch: number
  readonly strikes: number
}

const ATTACKS = ['applescript-infostealer', 'supply-chain-dropper']

/** What happens to the second server. */
export interface Trouble {
  /** Strikes once; afterwards the server runs. */
  strike(): Promise<void>
  /** Strikes so far, by kind. */
  readonly counts: Readonly<Record<string, number>>
  /** How long the server took to be ready again, each time. */
  readonly readyMs: readonly number[]
}

interface Mac {
  readonly deliveries: readonly Delivery[]
  readonly couriers: readonly Courier[]
}

async function macsOf(run: TwinRun, wave: number, servers: readonly ServerHome[]) {
  const indices = Array.from({ length: run.macsPerWave }, (_, index) => index)
  return await Promise.all(
    indices.map(async (index): Promise<Mac> => {
      const name = `mac-${wave}-${index}`
      const deliveries = await deliveriesOf({
        ...{ name, seed: `${run.seed}-${name}`, attacks: ATTACKS },
        ...{ events: run.eventsPerMac, batch: run.batch },
      })
      const couriers = await Promise.all(servers.map(({ door }) => Courier.enrol(door, name)))
      return { deliveries, couriers }
    }),
  )
}

/** Sends a part of what a Mac has to both servers, in order. */
async function send({ deliveries, couriers }: Mac, part: readonly number[]): Promise<void> {
  const [from, to] = part
  for (const delivery of deliveries.slice(from, to)) {
    await Promise.all(couriers.map((courier) => courier.deliver(delivery)))
  }
}

async function playWave(macs: readonly Mac[], turns: number, strike: () => Promise<void>) {
  for (let turn = 0; turn < turns; turn += 1) {
    // Cut into as many parts as there are turns, so that each kill hits a stream under way.
    const sending = macs.map((mac) => {
      const at = (index: number) => Math.round((mac.deliveries.length * index) / turns)
      return send(mac, [at(turn), at(turn + 1)])
    })
    await Promise.all([...sending, strike()])
  }
}

/** Plays a run and compares the two servers. */
export async function survives(
  run: TwinRun & { readonly title: string },
  make: (server: ServerHome, next: Dice) => Trouble,
  context: TestContext,
): Promise<void> {
  const folder = temporaryFolder(context)
  const oracle = await ServerHome.open(context, join(folder, 'undisturbed'))
  const patient = await ServerHome.open(context, join(folder, 'struck'))
  const trouble = make(patient, dice(run.seed))
  const acknowledged: string[] = []
  const startMs = performance.now()
  try {
    for (const server of [oracle, patient]) await server.tokenFor(run.waves * run.macsPerWave)
    for (let wave = 0; wave < run.waves; wave += 1) {
      const macs = await macsOf(run, wave, [oracle, patient])
      const due = Math.round((run.strikes * (wave + 1)) / run.waves)
      await playWave(macs, Math.ceil(run.strikes / run.waves), async () => {
        if (strikesOf(trouble) < due) await trouble.strike()
      })
      while (strikesOf(trouble) < due) await trouble.strike()
      for (const { deliveries, couriers } of macs) {
        for (const { eventIds } of deliveries) acknowledged.push(...eventIds)
        for (const courier of couriers) courier.close()
      }
    }
    await Promise.all([oracle.settled(), patient.settled()])
  } finally {
    await Promise.all([oracle.stop(), patient.stop()])
  }
  const want = await harvest(oracle.directory)
  const got = await harvest(patient.directory)
  printTable(context, `${run.title}, seed ${run.seed}`, {
    strikes: `${strikesOf(trouble)} (${listed(Object.entries(trouble.counts))})`,
    macs: run.waves * run.macsPerWave,
    'events acknowledged': acknowledged.length,
    'in the log': got.logged.length,
    'in the event store': got.stored.length,
    'lost / doubled': `${missing(acknowledged, got.stored).length} / ${doublesOf(got).length}`,
    'alerts expected': want.alerts.length,
    'alerts found': got.alerts.length,
    'ready after a start': spread(trouble.readyMs),
    took: `${Math.round((performance.now() - startMs) / 1_000)} s`,
  })
  compare({ acknowledged, want, got })
}

function strikesOf({ counts }: Trouble): number {
  return Object.values(counts).reduce((a, b) => a + b, 0)
}

function spread(timesMs: readonly number[]): string {
  const sorted = timesMs.toSorted((a, b) => a - b)
  const [median = 0, longest = 0] = [sorted[sorted.length >> 1], sorted.at(-1)]
  return `median ${Math.round(median)} ms, longest ${Math.round(longest)} ms`
}

interface Outcome {
  readonly acknowledged: readonly string[]
  readonly want: Harvest
  readonly got: Harvest
}

function compare({ acknowledged, want, got }: Outcome): void {
  for (const side of [want, got]) {
    deepEqual(missing(acknowledged, side.logged), [])
    deepEqual(missing(acknowledged, side.stored), [])
    equal(side.logged.length, acknowledged.length)
    equal(side.stored.length, acknowledged.length)
    deepEqual(doublesOf(side), [])
    deepEqual([...side.letters], [])
  }
  ok(want.alerts.length > 0, 'the attacks raise alerts')
  deepEqual(got.alerts.toSorted(), want.alerts.toSorted())
}

function missing(ids: readonly string[], events: Harvest['stored']): readonly string[] {
  const there = new Set(events.map(({ id }) => id))
  return ids.filter((id) => !there.has(id))
}

function doublesOf({ stored, logged, alerts }: Harvest): readonly string[] {
  const ids = [stored, logged].map((events) => doubled(events.map(({ id }) => id)))
  return [...ids.flat(), ...doubled(alerts)]
}
