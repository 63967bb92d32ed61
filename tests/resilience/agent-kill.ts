/** Agents are killed, and now and then their server with them. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LedgerRow } from '@pomona/schema'
import { type AgentOptions, AgentProcess } from '../platform/agent-process.ts'
import { countBy, listed, printTable } from '../platform/conservation.ts'
import { temporaryFolder } from '../platform/folder.ts'
import { conserved, lastLife } from '../platform/last-life.ts'
import { ServerHome } from '../platform/server-home.ts'
import { heldEvents } from '../platform/spool-copy.ts'
import { dice } from './hostile-rules.ts'

/** How often the agent is killed while it senses so many records a second of each program. */
export interface AgentKillRun {
  readonly seed: number
  readonly kills: number
  readonly rate: number
}

const WORK_MS = 1_500
const SENSORS = ['eslogger.critical', 'eslogger.files']

interface Killed {
  readonly atMs: number
  /** Ids of events that were durable and not delivered. */
  readonly held: readonly string[]
}

/** Kills an agent in the middle of its work, again and again, and looks what became of it all. */
export async function survivesAgentKills(run: AgentKillRun, context: TestContext): Promise<void> {
  const { seed, kills, rate } = run
  const next = dice(seed)
  const folder = temporaryFolder(context)
  const server = await ServerHome.open(context, join(folder, 'server'))
  const mac: AgentOptions = {
    ...{ context, name: 'quince', directory: join(folder, 'mac'), server },
    eslogger: ['--benign', '--rate', String(rate), '--seed', String(seed)],
  }
  const killed: Killed[] = []
  let serverKills = 0
  for (let life = 0; life < kills; life += 1) {
    const agent = AgentProcess.start(mac)
    await agent.sensing()
    await sleep(next(WORK_MS))
    // Without its server it holds more when it dies.
    const isServerGone = next(3) === 0
    if (isServerGone) {
      await server.kill()
      serverKills += 1
      await sleep(next(WORK_MS))
    }
    equal(await agent.end('SIGKILL'), 'SIGKILL')
    const atMs = Date.now()
    killed.push({ atMs, held: await heldEvents(mac.directory, join(folder, `copy-${life}`)) })
    if (isServerGone) await server.start()
  }
  const books = await lastLife(mac, server)
  const { logged, stored, rows, letters, sum } = books
  const there = new Set(stored.map(({ id }) => id))
  const held = killed.flatMap((one) => one.held)
  const uncovered = killed.filter(({ atMs }) => !isCovered(rows, atMs))
  printTable(context, `agent killed ${kills} times, seed ${seed}`, {
    'kills of the server meanwhile': serverKills,
    sensed: sum.sensed,
    filtered: sum.filtered,
    dropped: `${sum.dropped} (${listed(Object.entries(sum.reasons))})`,
    sent: sum.sent,
    held: sum.held,
    'durable and undelivered at kills': held.length,
    'dead letters': listed(letters),
    'in the log': logged.length,
    'in the event store': stored.length,
    'times not observed': listed(countBy(sum.unobserved.map(({ reason }) => reason))),
  })
  deepEqual(
    held.filter((id) => !there.has(id)),
    [],
    'what was durable arrives',
  )
  conserved(books)
  equal(sum.dropped, 0)
  deepEqual(uncovered, [], 'a time without sight covers each kill, for each sensor')
  ok(held.length > 0, 'some kills met an agent that held something')
}

function isCovered(rows: readonly LedgerRow[], atMs: number): boolean {
  return SENSORS.every((sensor) =>
    rows
      .filter((row) => row.sensor === sensor)
      .flatMap(({ unobserved }) => unobserved)
      .some(({ from, to, reason }) => {
        return reason === 'agent_killed' && Date.parse(from) <= atMs && atMs <= Date.parse(to)
      }),
  )
}
