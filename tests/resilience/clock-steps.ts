/** The clock of a Mac is set while its agent works: forth, back, and by far too much. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { HostList } from '@pomona/schema'
import { AgentProcess, witnessed } from '../platform/agent-process.ts'
import { doubled, ledgerSum, listed, printTable } from '../platform/conservation.ts'
import { temporaryFolder } from '../platform/folder.ts'
import { harvest, type KeptEvent } from '../platform/harvest.ts'
import { ServerHome } from '../platform/server-home.ts'
import { until } from '../platform/until.ts'

/** How much happens in all; it is spread over the times that the clock is set to. */
export interface ClockRun {
  readonly seed: string
  /** Records of each of the two programs that the agent reads. */
  readonly count: number
  /** Records a second of each. */
  readonly rate: number
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** What the clock is wrong by, one after the other. */
const OFFSETS_MS = [0, 5_000, -5 * MINUTE_MS, 400 * DAY_MS, -400 * DAY_MS, 0]
const SKEW_ERROR_MS_MAX = MINUTE_MS

/** Sets an agent's clock again and again, and looks whether its books are right all the same. */
export async function survivesClockSteps(run: ClockRun, context: TestContext): Promise<void> {
  const { seed, count, rate } = run
  const folder = temporaryFolder(context)
  const server = await ServerHome.open(context, join(folder, 'server'))
  const directory = join(folder, 'mac')
  const clock = join(folder, 'clock')
  const set = (offsetMs: number): void => {
    writeFileSync(`${clock}.new`, String(offsetMs))
    renameSync(`${clock}.new`, clock)
  }
  set(0)
  const preload = join(import.meta.dirname, '../platform/crooked-clock.ts')
  const environment = [`NODE_OPTIONS=--import=${preload}`, `POMONA_TEST_CLOCK=${clock}`]
  const words = ['--benign', '--rate', String(rate), '--count', String(count), '--seed', seed]
  const agent = AgentProcess.start({
    ...{ context, name: 'quince', directory, server, eslogger: words },
    under: ['env', ...environment],
  })
  await agent.running()
  const skews: number[] = []
  for (const [index, offsetMs] of OFFSETS_MS.entries()) {
    set(offsetMs)
    await until(`the server sees a clock that is wrong by ${offsetMs} ms`, async () => {
      return Math.abs((await skewOf(server)) - offsetMs) < SKEW_ERROR_MS_MAX
    })
    skews.push(await skewOf(server))
    const share = ((index + 1) / OFFSETS_MS.length) * 2 * count
    await agent.until('has sensed its share', ({ events }) => events.received >= share)
  }
  await agent.until('has delivered what it held', ({ report, server: { state } }) => {
    return state === 'online' && report.usage.spool_events === 0
  })
  equal(await agent.end('SIGTERM'), 0)
  await server.settled()
  await server.stop()

  const { logged, stored, rows, letters } = await harvest(server.directory)
  const sum = ledgerSum(rows, 'events')
  const total = [...witnessed(directory).values()].reduce((a, b) => a + b, 0)
  printTable(context, `a clock set ${OFFSETS_MS.length - 1} times, seed ${seed}`, {
    'happened on the Mac': total,
    sensed: sum.sensed,
    filtered: sum.filtered,
    dropped: `${sum.dropped} (${listed(Object.entries(sum.reasons))})`,
    sent: sum.sent,
    held: sum.held,
    'dead letters': listed(letters),
    'in the log': logged.length,
    'in the event store': stored.length,
    'skews shown': skews.map((skew) => `${Math.round(skew / 1_000)} s`).join(', '),
  })
  equal(total, 2 * count)
  equal(sum.sensed, total, 'everything that happened was sensed')
  deepEqual([sum.dropped, sum.held], [0, 0])
  equal(sum.sensed, sum.filtered + sum.sent)
  equal(logged.length, sum.sent)
  equal(stored.length, sum.sent)
  deepEqual(doubled(logged.map(({ id }) => id)), [])
  ok(isInOrder(logged), 'the order is that of the sequences, whatever the clock says')
}

async function skewOf({ analyst }: ServerHome): Promise<number> {
  const { items } = HostList.parse(await analyst.get('/api/v1/hosts'))
  return items[0]?.contact?.skew_ms ?? Number.NaN
}

/** Whether the sequences of each stream rise. */
function isInOrder(logged: readonly KeptEvent[]): boolean {
  const last = new Map<string, number>()
  return logged.every(({ id }) => {
    const cut = id.lastIndexOf('-')
    const [stream, sequence] = [id.slice(0, cut), Number(id.slice(cut + 1))]
    const rises = sequence > (last.get(stream) ?? -1)
    last.set(stream, sequence)
    return rises
  })
}
