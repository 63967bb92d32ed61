/** Agent and server are told to stop while they work, again and again, and nothing is lost. */
import { equal, ok } from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentProcess, type AgentOptions } from '../platform/agent-process.ts'
import { countBy, listed, printTable } from '../platform/conservation.ts'
import { temporaryFolder } from '../platform/folder.ts'
import { conserved, lastLife } from '../platform/last-life.ts'
import { ServerHome } from '../platform/server-home.ts'
import { dice } from './hostile-rules.ts'

/** How often each is told to stop. */
export interface StopRun {
  readonly seed: number
  readonly rounds: number
}

/** Ten seconds are promised; the rest is for machines that do other things as well. */
const STOP_MS_MAX = 20_000
const WORK_MS = 1_000

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}

/** Two signals; two of one kind could arrive as one. @returns The exit code. */
async function twice(child: ChildProcess): Promise<number | null> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  child.kill('SIGINT')
  await exited
  return child.exitCode
}

/** Stops the agent, then the server, each in the middle of its work. */
export async function stopsInOrder({ seed, rounds }: StopRun, context: TestContext): Promise<void> {
  const folder = temporaryFolder(context)
  const next = dice(seed)
  const server = await ServerHome.open(context, join(folder, 'server'))
  const mac: AgentOptions = {
    context,
    ...{ name: 'quince', directory: join(folder, 'mac'), server },
    eslogger: ['--benign', '--rate', '100', '--seed', String(seed)],
  }
  const stopMs = { agent: 0, server: 0 }
  const ends: (number | string)[] = []
  let received = 0
  for (let round = 0; round < rounds; round += 1) {
    const agent = AgentProcess.start(mac)
    await agent.sensing()
    await sleep(next(WORK_MS))
    const serverMs = await timed(async () => {
      await server.stop()
      equal(server.process.child.exitCode, 0)
    })
    await server.start()
    await sleep(next(WORK_MS))
    const agentMs = await timed(async () => ends.push(await agent.end('SIGTERM')))
    received += agent.status()?.events.received ?? 0
    stopMs.server = Math.max(stopMs.server, serverMs)
    stopMs.agent = Math.max(stopMs.agent, agentMs)
  }
  const books = await lastLife(mac, server)
  const { logged, stored, sum } = books
  const reasons = new Set(sum.unobserved.map(({ reason }) => reason))
  printTable(context, `told to stop ${rounds} times each, seed ${seed}`, {
    'received by all lives': received,
    sensed: sum.sensed,
    filtered: sum.filtered,
    dropped: `${sum.dropped} (${listed(Object.entries(sum.reasons))})`,
    sent: sum.sent,
    held: sum.held,
    'in the log': logged.length,
    'in the event store': stored.length,
    'times not observed': `${sum.unobserved.length} (${[...reasons].join(', ')})`,
    'agents that ended in order': `${ends.filter((end) => end === 0).length} of ${rounds}`,
    'longest stop of the agent': `${Math.round(stopMs.agent)} ms`,
    'longest stop of the server': `${Math.round(stopMs.server)} ms`,
  })
  conserved(books)
  equal(sum.dropped, 0)
  // An agent that has no time to end in order on a busy machine ends after ten seconds without.
  const inOrder = ends.filter((end) => end === 0).length
  ok(inOrder > 0 && reasons.has('agent_stopped'), ends.join(', '))
  equal(reasons.has('agent_killed'), inOrder < ends.length)
  if (inOrder === ends.length) equal(sum.sensed, received, 'lives account for what they took in')
  ok(Math.max(stopMs.agent, stopMs.server) <= STOP_MS_MAX, JSON.stringify(stopMs))
}

/** A second signal is an order to end at once; what was durable stays durable. */
export async function stopsAtOnce(seed: number, context: TestContext): Promise<void> {
  const folder = temporaryFolder(context)
  const server = await ServerHome.open(context, join(folder, 'server'))
  const mac: AgentOptions = {
    context,
    ...{ name: 'quince', directory: join(folder, 'mac'), server },
    eslogger: ['--benign', '--rate', '100', '--seed', String(seed)],
  }
  const hurried = AgentProcess.start(mac)
  await hurried.sensing()
  await sleep(WORK_MS)
  // An orderly end would have been 0.
  const agentMs = await timed(async () => equal(await twice(hurried.child), 1))
  const serverMs = await timed(async () => equal(await twice(server.process.child), 1))

  await server.start()
  const books = await lastLife(mac, server)
  const { logged, sum } = books
  printTable(context, `told twice to stop, seed ${seed}`, {
    'sensed and durable': sum.sensed,
    sent: sum.sent,
    'in the log': logged.length,
    'times not observed': listed(countBy(sum.unobserved.map(({ reason }) => reason))),
    'the agent took': `${Math.round(agentMs)} ms`,
    'the server took': `${Math.round(serverMs)} ms`,
  })
  conserved(books)
  ok(sum.unobserved.length > 0, 'what was not durable is told as a time')
}
