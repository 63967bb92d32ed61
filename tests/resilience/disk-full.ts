/** The disks of a server and of an agent are full, again and again, while things happen. */
import { equal } from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fieldValue } from '@pomona/schema'
import { type AgentOptions, AgentProcess, happened, witnessed } from '../platform/agent-process.ts'
import { leftOver, listed, printTable } from '../platform/conservation.ts'
import { temporaryFolder } from '../platform/folder.ts'
import { conserved, lastLife } from '../platform/last-life.ts'
import { ServerHome } from '../platform/server-home.ts'
import { SmallDisk } from '../platform/small-disk.ts'
import { until } from '../platform/until.ts'

const MEBIBYTE = 1_048_576

/** How often which disk is full. */
export interface DiskFullRun {
  readonly seed: string
  /** Times that the server's disk is full; every other time the agent's is as well. */
  readonly rounds: number
  /** Records of each of the two programs that the agent reads. */
  readonly count: number
  /** Records a second of each. */
  readonly rate: number
  readonly serverBytes: number
  readonly agentBytes: number
}

interface Scene {
  readonly run: DiskFullRun
  readonly mac: AgentOptions
  readonly server: ServerHome
  readonly disks: { readonly server: SmallDisk; readonly agent: SmallDisk }
}

/** Fills disks and frees them; everything that happened is stored or accounted for. */
export async function survivesFullDisks(run: DiskFullRun, context: TestContext): Promise<void> {
  const folder = temporaryFolder(context)
  const directory = join(folder, 'mac')
  const disks = {
    server: SmallDisk.mount(join(folder, 'server'), run.serverBytes),
    agent: SmallDisk.mount(directory, run.agentBytes),
  }
  try {
    const server = await ServerHome.open(context, disks.server.folder)
    const mac: AgentOptions = {
      ...{ context, name: 'quince', directory, server },
      eslogger: ['--benign', '--count', '0'],
    }
    await play({ run, mac, server, disks }, context)
  } finally {
    for (const disk of Object.values(disks)) disk.unmount()
  }
}

async function play({ run, mac, server, disks }: Scene, context: TestContext): Promise<void> {
  const { seed, rounds, rate, count } = run
  const words = ['--benign', '--rate', String(rate), '--count', String(count), '--seed', seed]
  const agent = AgentProcess.start({ ...mac, eslogger: words })
  await agent.running()
  const backMs: number[] = []
  let end = 0
  for (let round = 0; round < rounds; round += 1) {
    // What happens sets the pace: the disks are full for half of the time.
    const at = (part: number) => (2 * count * (round + part)) / (rounds + 1)
    await until('enough happened', () => happened(mac.directory) >= at(0.5))
    disks.server.fill()
    if (round % 2 === 1) disks.agent.fill()
    await until('more happened', () => happened(mac.directory) >= at(1))
    end = Math.max(end, await logEnd(server))
    disks.agent.release()
    disks.server.release()
    const startMs = performance.now()
    await until('the server takes events again', async () => (await logEnd(server)) > end)
    backMs.push(performance.now() - startMs)
  }
  await agent.until('has sensed everything', ({ events }) => events.received >= 2 * count)
  equal(await agent.end('SIGTERM'), 0)

  const books = await lastLife(mac, server)
  const { logged, stored, letters, sum } = books
  const events = happened(mac.directory)
  printTable(context, `disks full ${rounds} times, seed ${seed}`, {
    'happened on the Mac': events,
    sensed: sum.sensed,
    filtered: sum.filtered,
    dropped: `${sum.dropped} (${listed(Object.entries(sum.reasons))})`,
    'dropped by class': listed(Object.entries(sum.classes)),
    sent: sum.sent,
    held: sum.held,
    'dead letters': listed(letters),
    'in the log': logged.length,
    'in the event store': stored.length,
    'server back after': `${Math.round(Math.max(...backMs))} ms at most`,
  })
  equal(sum.sensed, events, 'everything that happened was sensed')
  conserved(books)
  const fates = { happened: witnessed(mac.directory), stored, dropped: sum.types }
  equal(leftOver(fates), sum.filtered, 'exact by type')
}

/** @returns -1 while the server cannot say. */
async function logEnd({ analyst }: ServerHome): Promise<number> {
  try {
    const health = await analyst.get('/api/v1/health/pipeline')
    return Number(fieldValue(health, ['lag', 'log_end']))
  } catch {
    return -1
  }
}

/** What the tests fill. */
export const DISKS = { serverBytes: 192 * MEBIBYTE, agentBytes: 24 * MEBIBYTE }
