/**
 * Events that make the engine fail: set aside, the rest goes on, and after the server was mended
 * they are tried again, to the alerts that a sound server gives.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fieldValue } from '@pomona/schema'
import { countBy, printTable } from '../platform/conservation.ts'
import { deliverAll } from '../platform/deliver.ts'
import { temporaryFolder } from '../platform/folder.ts'
import { harvest } from '../platform/harvest.ts'
import { deliveriesOf } from '../platform/mac.ts'
import { ServerHome } from '../platform/server-home.ts'

/** How much goes to a server, and how much of it its engine cannot bear. */
export interface PoisonRun {
  readonly seed: string
  readonly events: number
  readonly poisonMax: number
}

const ALERTS = '/api/v1/alerts?limit=200&status=new&status=in_progress&status=closed'

interface Found {
  readonly id: string
  readonly rule: string
  readonly events: readonly string[]
}

async function alertsOf({ analyst }: ServerHome): Promise<readonly Found[]> {
  const items = await analyst.all(ALERTS)
  return items.map((item) => ({
    id: String(fieldValue(item, ['id'])),
    rule: String(fieldValue(item, ['rule_id'])),
    events: Object.values(fieldValue(item, ['events']) ?? []).map(String),
  }))
}

/** Events that the one alert of a rule stands on alone, and no other alert at all. */
function tellingEvents(alerts: readonly Found[], countMax: number): readonly string[] {
  const uses = countBy(alerts.flatMap(({ events }) => events))
  const rules = countBy(alerts.map(({ rule }) => rule))
  const single = alerts.filter(({ rule, events }) => events.length === 1 && rules.get(rule) === 1)
  return single
    .flatMap(({ events }) => events)
    .filter((id) => uses.get(id) === 1)
    .slice(0, countMax)
}

const ids = (alerts: readonly Found[]): readonly string[] => alerts.map(({ id }) => id).toSorted()

function without(alerts: readonly Found[], others: readonly Found[]): readonly Found[] {
  const there = new Set(others.map(({ id }) => id))
  return alerts.filter(({ id }) => !there.has(id))
}

/** Delivers poison to a server with a defect, mends the server, and tries the poison again. */
export async function survivesPoison(run: PoisonRun, context: TestContext): Promise<void> {
  const { seed, events, poisonMax } = run
  const folder = temporaryFolder(context)
  const deliveries = await deliveriesOf({
    ...{ name: 'quince', seed, events, batch: 100 },
    attacks: ['applescript-infostealer', 'supply-chain-dropper'],
  })
  const sound = await ServerHome.open(context, join(folder, 'sound'))
  await deliverAll(sound.door, 'quince', deliveries)
  await sound.settled()
  const expected = await alertsOf(sound)
  await sound.stop()
  const poison = tellingEvents(expected, poisonMax)
  ok(poison.length > 1, 'there is something to spoil')

  const server = await ServerHome.open(context, join(folder, 'defect'), {
    nodeOptions: ['--import', join(import.meta.dirname, '../platform/defect.ts')],
    environment: { POMONA_TEST_POISON: poison.join(' ') },
  })
  await deliverAll(server.door, 'quince', deliveries)
  await server.settled()
  const during = await alertsOf(server)
  const letters = await server.analyst.all('/api/v1/dead-letters?limit=100&reason=event_poison')
  equal(letters.length, poison.length, 'each is a dead letter')
  const spoiled = expected.filter(({ events: [first = ''] }) => poison.includes(first))
  deepEqual(ids(without(expected, during)), ids(spoiled), 'what they stand for, and nothing else')
  // The finding that is missing does not silence its repeats.
  const repeats = without(during, expected)
  const silenced = new Set(spoiled.map(({ rule }) => rule))
  ok(repeats.every(({ rule }) => silenced.has(rule)))
  await server.stop()

  await server.start()
  const chosen = letters.map((letter) => String(fieldValue(letter, ['id'])))
  const answer = await server.analyst.post('/api/v1/dead-letters/replay', { ids: chosen })
  equal(fieldValue(answer, ['replayed']), poison.length)
  await server.settled()
  const after = await alertsOf(server)
  const left = await server.analyst.all('/api/v1/dead-letters?limit=100')
  await server.stop()
  const { logged, stored } = await harvest(server.directory)
  const sent = deliveries.flatMap(({ eventIds }) => eventIds)
  printTable(context, `poison, seed ${seed}`, {
    'events acknowledged': sent.length,
    'in the log': logged.length,
    'in the event store': stored.length,
    poisonous: poison.length,
    'dead letters': `${letters.length}, replayed ${chosen.length}, left ${left.length}`,
    'alerts expected': expected.length,
    'alerts with the defect': during.length,
    'alerts after it was mended': after.length,
    'of them repeats told in place of what was missing': repeats.length,
  })
  deepEqual(ids(without(expected, after)), [], 'no alert is missing')
  deepEqual(ids(without(after, expected)), ids(repeats), 'and none is new')
  deepEqual(left, [])
  deepEqual(stored.map(({ id }) => id).toSorted(), sent.toSorted())
}
