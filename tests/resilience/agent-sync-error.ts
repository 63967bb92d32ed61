/** The disk of an agent says that it could not write what it was given: now and then, or always. */
import { equal, ok } from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AgentOptions, AgentProcess, happened } from '../platform/agent-process.ts'
import { countBy, listed, printTable } from '../platform/conservation.ts'
import { failingSync } from '../platform/failing-sync.ts'
import { temporaryFolder } from '../platform/folder.ts'
import { conserved, lastLife } from '../platform/last-life.ts'
import { ServerHome } from '../platform/server-home.ts'
import { dice } from './hostile-rules.ts'

/** How often the agent lives with a bad disk while it senses so many records a second. */
export interface AgentSyncErrorRun {
  readonly seed: number
  readonly lives: number
  readonly rate: number
}

const WORK_MS = 2_000
const DISK_ERROR = 'The disk does not take events.'

/** Starts an agent on a bad disk, again and again, and opens the books on a good one. */
export async function survivesAgentSyncErrors(
  { seed, lives, rate }: AgentSyncErrorRun,
  context: TestContext,
): Promise<void> {
  const folder = temporaryFolder(context)
  const next = dice(seed)
  const server = await ServerHome.open(context, join(folder, 'server'))
  const mac: AgentOptions = {
    ...{ context, name: 'quince', directory: join(folder, 'mac'), server },
    eslogger: ['--benign', '--rate', String(rate), '--seed', String(seed)],
  }
  let complaints = 0
  const codes: string[] = []
  for (let life = 0; life < lives; life += 1) {
    // Every third disk is bad for good once the agent runs.
    const first = 10 + next(20)
    const under = failingSync(life % 3 === 2 ? `${first}+` : `${first}+${2 + next(5)}`)
    const agent = AgentProcess.start({ ...mac, under })
    await agent.sensing()
    await sleep(WORK_MS + next(WORK_MS))
    codes.push(`exit ${await agent.end('SIGTERM')}`)
    complaints += agent.said.split(DISK_ERROR).length - 1
  }
  const books = await lastLife(mac, server)
  const { logged, stored, letters, sum } = books
  const events = happened(mac.directory)
  const reasons = countBy(sum.unobserved.map(({ reason }) => reason))
  printTable(context, `syncs of the agent fail in ${lives} lives, seed ${seed}`, {
    'happened on the Mac': events,
    sensed: sum.sensed,
    filtered: sum.filtered,
    dropped: `${sum.dropped} (${listed(Object.entries(sum.reasons))})`,
    sent: sum.sent,
    held: sum.held,
    'dead letters': listed(letters),
    'in the log': logged.length,
    'in the event store': stored.length,
    'commits that failed': complaints,
    'times not observed': listed(reasons),
    'lives ended with': listed(countBy(codes)),
  })
  conserved(books)
  equal(codes.filter((code) => code !== 'exit 0').length, 0)
  ok(complaints > 0, 'the disk was bad')
  // What never got to the disk of a life is a time without sight.
  ok(sum.sensed === events || reasons.has('agent_killed'))
  ok(sum.sensed <= events)
}
