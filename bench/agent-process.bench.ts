/** What a whole agent costs while it senses, detects, keeps and delivers: its own process alone. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startTlsServer } from '../apps/agent/test/support/tls-server.ts'
import { type Report, shown } from './measurement.ts'
import { costOf } from './process-cost.ts'

const ROOT = join(import.meta.dirname, '..')
const SETTLE_MS = 60_000
const MEASURE_MS = 60_000

async function measured(eventsPerSecond: number): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pomona-bench-agent-'))
  const ends: (() => unknown)[] = []
  const server = await startTlsServer({ after: (end) => void ends.push(end) })
  // Two processes stand in for eslogger, each with half of the rate.
  const eslogger = [
    ...[process.execPath, join(ROOT, 'apps/cli/src/simulated-eslogger.ts')],
    ...['--benign', '--rate', String(eventsPerSecond / 2)],
  ]
  const flags = {
    'server-url': server.url,
    'enrolment-token': `a-token-of-a-bench.${server.protocol.authority.fingerprint}`,
    'data-directory': folder,
    'content-directory': join(ROOT, 'content'),
    sensors: 'eslogger',
    'eslogger-command': JSON.stringify(eslogger),
  }
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
  const agent = spawn(process.execPath, [join(ROOT, 'apps/agent/src/main.ts'), ...args], {
    stdio: 'ignore',
  })
  try {
    await wait(SETTLE_MS)
    const before = costOf(agent.pid ?? 0)
    await wait(MEASURE_MS)
    const after = costOf(agent.pid ?? 0)
    const share = (after.cpuSeconds - before.cpuSeconds) / (MEASURE_MS / 1_000)
    const delivered = server.protocol.batches.reduce((sum, { events }) => sum + events.length, 0)
    return [
      ...[shown(eventsPerSecond), shown(delivered), shown(share * 100, 1)],
      ...[shown(after.memoryMiB), shown(after.memoryPeakMiB)],
    ]
  } finally {
    agent.kill('SIGTERM')
    await once(agent, 'exit')
    for (const end of ends) await end()
    await rm(folder, { recursive: true, force: true })
  }
}

/** An agent at a rate of events. */
export async function bench(): Promise<Report> {
  return {
    title: 'Agent, as a process',
    notes: [
      'A real agent under Node with the rules of `content/rules` that are marked for the host, fed ' +
        'by two processes that stand in for eslogger, delivering over TLS 1.3 to a server that ' +
        'stores in memory. Processor time and memory of the agent alone, over ' +
        `${shown(MEASURE_MS / 1_000)} seconds after ${shown(SETTLE_MS / 1_000)} to settle.`,
      'Synthetic: all benign profiles of `content/scenarios`. Nothing of a Mac is in these figures: ' +
        'neither eslogger, nor F_FULLFSYNC, nor an energy budget.',
    ],
    columns: ['events/s', 'delivered', '% of a core', 'memory at the end, MiB', 'peak, MiB'],
    rows: [await measured(100), await measured(1_000)],
  }
}
