/** An agent that has no server for longer than its spool has room. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { HostCompleteness, HostList, type LedgerSums } from '@pomona/schema'
import { AgentProcess, type AgentOptions, witnessed } from '../platform/agent-process.ts'
import { countBy, doubled, ledgerSum, listed, printTable } from '../platform/conservation.ts'
import { type Harvest, harvest, type KeptEvent } from '../platform/harvest.ts'
import { temporaryFolder } from '../platform/folder.ts'
import { ServerHome } from '../platform/server-home.ts'
import { ROOT } from '../source-tree.ts'

/** How much happens while there is no server, and what the agent has to keep it in. */
export interface OfflineRun {
  readonly seed: string
  /** Records of each of the two programs that the agent reads. */
  readonly count: number
  /** Records a second of each. */
  readonly rate: number
  readonly spoolBytesMax: number
}

/** Runs an agent offline until its spool overflows, then with its server again. */
export async function overflows(run: OfflineRun, context: TestContext): Promise<void> {
  const { seed, spoolBytesMax } = run
  const folder = temporaryFolder(context)
  const server = await ServerHome.open(context, join(folder, 'server'))
  const directory = join(folder, 'mac')
  const spoolBytes = await outage({ run, context, server, directory })
  await server.settled()
  const shown = await shownOf(server)
  await server.stop()

  const kept = await harvest(server.directory)
  const { logged, stored, rows, hostAlerts, letters } = kept
  const sum = ledgerSum(rows, 'events')
  const alerts = ledgerSum(rows, 'alerts')
  const happened = witnessed(directory)
  const total = [...happened.values()].reduce((a, b) => a + b, 0)
  const fates = fatesOf({ happened, stored, dropped: sum.types })
  printTable(context, `agent offline with a small spool, seed ${seed}`, {
    'happened on the Mac': total,
    sensed: sum.sensed,
    filtered: sum.filtered,
    dropped: `${sum.dropped} (${listed(Object.entries(sum.reasons))})`,
    'dropped by class': listed(Object.entries(sum.classes)),
    sent: sum.sent,
    held: sum.held,
    'dead letters': listed(letters),
    'in the log': logged.length,
    'in the event store': stored.length,
    'alerts of the host': `${alerts.sensed} = sent ${alerts.sent} + dropped ${alerts.dropped}`,
    'alerts in the log': hostAlerts.length,
    'spool at the end of the outage': `${spoolBytes} bytes`,
    ...Object.fromEntries(
      fates.map(({ type, ...fate }) => {
        return [`  ${type}`, `${fate.happened} = stored ${fate.stored} + dropped ${fate.dropped}`]
      }),
    ),
  })
  equal(sum.sensed, total, 'everything that happened was sensed')
  equal(sum.held, 0)
  equal(sum.filtered, 0, 'nothing of it is filtered, so that types can be compared')
  equal(sum.sensed, sum.dropped + sum.sent)
  equal(logged.length, sum.sent, 'what counts as sent is in the log')
  equal(stored.length, sum.sent, 'and in the event store')
  equal(doubled(logged.map(({ id }) => id)).length, 0)
  ok(alerts.sensed > 0, 'the engine on the host goes on offline')
  equal(alerts.sensed, alerts.sent)
  equal(hostAlerts.length, alerts.sent, 'alerts are never given up before bulk')
  ok(sum.classes.bulk > 0, 'the spool was too small')
  equal(sum.classes.critical, 0, 'nothing critical goes while there is bulk')
  for (const { type, ...fate } of fates) {
    equal(fate.stored + fate.dropped, fate.happened, `exact by type: ${type}`)
  }
  ok(spoolBytes > 0 && spoolBytes <= spoolBytesMax, 'the spool stays within its bound')
  agree(shown, kept)
}

interface Outage {
  readonly run: OfflineRun
  readonly context: TestContext
  readonly server: ServerHome
  readonly directory: string
}

/** The agent's part, to its orderly end. @returns Bytes of its spool as the outage ended. */
async function outage({ run, context, server, directory }: Outage): Promise<number> {
  const { seed, count, rate, spoolBytesMax } = run
  const quiet: AgentOptions = {
    ...{ context, name: 'quince', directory, server },
    eslogger: ['--benign', '--count', '0'],
    flags: {
      'spool-bytes-max': String(spoolBytesMax),
      // Its own engine goes on by itself.
      'content-directory': join(ROOT, 'content'),
    },
  }
  // It enrols while there is a server; then the network is gone.
  const enrolling = AgentProcess.start(quiet)
  await enrolling.running()
  equal(await enrolling.end('SIGTERM'), 0)
  await server.stop()

  const words = ['--benign', '--rate', String(rate), '--count', String(count), '--seed', seed]
  const agent = AgentProcess.start({ ...quiet, eslogger: words })
  await agent.until('has sensed everything', ({ events }) => events.received >= 2 * count)
  const spoolBytes = agent.status()?.report.usage.spool_bytes ?? 0
  await server.start()
  await agent.until('has delivered what it held', ({ report, server: { state } }) => {
    return state === 'online' && report.usage.spool_events === 0
  })
  equal(await agent.end('SIGTERM'), 0)
  return spoolBytes
}

interface Fate {
  readonly type: string
  readonly happened: number
  readonly stored: number
  readonly dropped: number
}

/** What became of the records of each type, the most frequent first. */
function fatesOf(of: {
  readonly happened: ReadonlyMap<string, number>
  readonly stored: readonly KeptEvent[]
  readonly dropped: ReadonlyMap<string, number>
}): readonly Fate[] {
  const stored = countBy(of.stored.map(({ type }) => type))
  const types = new Set([...of.happened.keys(), ...stored.keys(), ...of.dropped.keys()])
  const fates = [...types].map((type) => ({
    type,
    happened: of.happened.get(type) ?? 0,
    stored: stored.get(type) ?? 0,
    dropped: of.dropped.get(type) ?? 0,
  }))
  return fates.toSorted((a, b) => b.happened - a.happened)
}

interface Shown {
  readonly openAlerts: number
  readonly lastDay: LedgerSums | undefined
  readonly completeness: HostCompleteness
}

/** What the console's Hosts pages show of the only host. */
async function shownOf({ analyst }: ServerHome): Promise<Shown> {
  const { items } = HostList.parse(await analyst.get('/api/v1/hosts'))
  equal(items.length, 1)
  const [host] = items
  const path = `/api/v1/hosts/${host?.id ?? ''}/completeness`
  return {
    openAlerts: Object.values(host?.open_alerts ?? {}).reduce((a, b) => a + b, 0),
    lastDay: host?.agent?.last_day,
    completeness: HostCompleteness.parse(await analyst.get(path)),
  }
}

/** The figures that people see are those of the books, to the last one. */
function agree({ openAlerts, lastDay, completeness }: Shown, kept: Harvest): void {
  const events = ledgerSum(kept.rows, 'events')
  const alerts = ledgerSum(kept.rows, 'alerts')
  const books = {
    sensed: events.sensed + alerts.sensed,
    filtered: events.filtered + alerts.filtered,
    dropped: events.dropped + alerts.dropped,
    sent: events.sent + alerts.sent,
  }
  for (const sums of [completeness.total, lastDay]) {
    const { sensed, filtered, dropped, sent } = sums ?? {}
    deepEqual({ sensed, filtered, dropped, sent }, books, 'the ledger as it is shown')
  }
  equal(completeness.stored, books.sent, 'what the log is shown to hold')
  for (const { epoch, sent, stored } of completeness.streams) {
    equal(stored ?? 0, sent, `run ${epoch} of the agent`)
  }
  const byType = new Map<string, number>()
  for (const { type, count } of completeness.hours.flatMap((hour) => hour.dropped_by)) {
    byType.set(type, (byType.get(type) ?? 0) + count)
  }
  deepEqual(byType, new Map(events.types), 'drops by type as they are shown')
  equal(openAlerts, kept.alerts.length, 'open alerts: nobody has closed one')
}
