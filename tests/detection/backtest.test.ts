/**
 * A backtest of what a real server kept gives the alerts the server told: while it runs, from its
 * log, and when it has stopped, from its event store.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fieldValue } from '@pomona/schema'
import { Analyst } from '../platform/analyst.ts'
import { deliverAll } from '../platform/deliver.ts'
import { deliveriesOf } from '../platform/mac.ts'
import { freePort, startServerProcess, stopServerProcess } from '../platform/server-process.ts'
import { ROOT } from '../source-tree.ts'

const ATTACKS = ['applescript-infostealer', 'supply-chain-dropper', 'ssh-sudo-remote-access']
const HOSTS = ['quince', 'medlar']
const SETTLE_MS_MAX = 120_000

const folder = mkdtempSync(join(tmpdir(), 'pomona-backtest-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the command on the server's folder; gives what it printed. */
async function backtested(source: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const main = join(ROOT, 'apps/cli/src/main.ts')
  const args = ['rules', 'backtest', '--data', folder, '--source', source, '--alerts', '--json']
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number] // Its exit code is the first value.
  equal(code, 0, stderr)
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>) // One object a line.
}

function alertIds(printed: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const alerts = printed.filter(({ kind }) => kind === 'alert')
  return alerts.map(({ id }) => String(id)).toSorted()
}

/** Until all is evaluated and stored, and what waited for more has been evaluated too. */
async function liveAlerts(analyst: Analyst): Promise<readonly string[]> {
  const deadline = performance.now() + SETTLE_MS_MAX
  const offset = (lag: unknown, name: string): unknown => fieldValue(lag, [name])
  let before = ''
  for (;;) {
    const { lag } = await analyst.get('/api/v1/health/pipeline')
    const statuses = 'status=new&status=in_progress&status=closed'
    const alerts = await analyst.all(`/api/v1/alerts?limit=200&${statuses}`)
    const ids = alerts.map((alert) => String(fieldValue(alert, ['id']))).toSorted()
    const end = offset(lag, 'log_end')
    const isDone = ['engine_offset', 'projector_offset'].every((name) => offset(lag, name) === end)
    // The engine evaluates what it holds some time after the log fell silent.
    if (isDone && ids.length > 0 && ids.join() === before) return ids
    before = isDone ? ids.join() : ''
    if (performance.now() > deadline) throw new Error(`still behind: ${JSON.stringify(lag)}`)
    await sleep(10_000)
  }
}

test('backtest: a real server, running and stopped', async (t) => {
  const recordings = await Promise.all(
    HOSTS.map(async (name) => {
      return await deliveriesOf({ name, seed: name, events: 3_000, batch: 300, attacks: ATTACKS })
    }),
  )
  const port = await freePort()
  const server = await startServerProcess(folder, port)
  let live: readonly string[] = []
  try {
    const analyst = await Analyst.firstRun(server.firstRunLink ?? '')
    for (const [index, name] of HOSTS.entries()) {
      await deliverAll(server, name, recordings[index] ?? [])
    }
    live = await liveAlerts(analyst)
    ok(live.length > 20, `${live.length} alerts`)
    const running = await backtested('auto')
    equal(running.at(-1)?.['source'], 'log')
    deepEqual(alertIds(running), live)
  } finally {
    await stopServerProcess(server)
  }
  const stopped = await backtested('auto')
  equal(stopped.at(-1)?.['source'], 'events')
  deepEqual(alertIds(stopped), live)
  const loud = stopped.filter(({ kind, alerts }) => kind === 'forecast' && Number(alerts) > 0)
  ok(loud.length > 10, `${loud.length} rules`)
  t.diagnostic(`${live.length} alerts of ${loud.length} rules`)
})
