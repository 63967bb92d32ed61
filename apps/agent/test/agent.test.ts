import { deepEqual, doesNotMatch, equal, match, ok } from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { LEDGER_START, ledgerHash, type LedgerRow } from '@pomona/schema'
import { AgentProcess } from './support/agent-process.ts'
import { Dice } from './support/dice.ts'
import { startTlsServer, type TlsServer } from './support/tls-server.ts'

const PATIENCE_MS = 60_000
const QUIET_MS = 2_500

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pomona-agent-'))
  context.after(() => rm(path, { recursive: true, force: true }))
  return path
}

function flagsFor({ url, protocol }: TlsServer, path: string) {
  return {
    'server-url': url,
    'enrolment-token': `a-token-of-a-test.${protocol.authority.fingerprint}`,
    'data-directory': path,
    'disk-free-bytes-min': '0',
    'flush-interval-ms': '50',
  }
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endMs = Date.now() + PATIENCE_MS
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`never happened: ${what}`)
    await wait(20)
  }
}

/** Waits until nothing new has come for a while. */
async function untilQuiet({ protocol }: TlsServer): Promise<void> {
  let batches = -1
  let sinceMs = Date.now()
  await until(() => {
    if (batches !== protocol.batches.length) sinceMs = Date.now()
    batches = protocol.batches.length
    return Date.now() - sinceMs > QUIET_MS
  }, 'the agent has delivered everything')
}

function itemsOf({ protocol }: TlsServer): ReadonlySet<string> {
  const items = new Set<string>()
  for (const { stream_id, events, alerts = [] } of protocol.batches) {
    for (const event of events) {
      const { id } = event['event'] as { id: string } // As the normaliser writes it.
      items.add(id)
    }
    for (const { sequence } of alerts) items.add(`${stream_id}-${sequence}`)
  }
  return items
}

/** Rows in order, each once, checked as a chain. */
function chainOf({ protocol }: TlsServer): readonly LedgerRow[] {
  const rows: LedgerRow[] = []
  for (const row of protocol.reports.flatMap(({ ledger }) => ledger)) {
    const { hash, ...content } = row
    equal(hash, ledgerHash(content))
    if (row.index < rows.length) equal(hash, rows[row.index]?.hash, 'a told row never changes')
    else {
      equal(row.index, rows.length)
      equal(row.previous, rows.at(-1)?.hash ?? LEDGER_START)
      rows.push(row)
    }
  }
  return rows
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

const OPEN_DEFECT = 'after a kill the ledger can miss what had just been sent; nothing is lost'

test(
  'agent: killed at random points, it loses nothing that was durable and tells the rest',
  {
    todo: OPEN_DEFECT,
  },
  async (context) => {
    const seed = Number(process.env['POMONA_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    const dice = new Dice(seed)
    const server = await startTlsServer(context)
    const flags = flagsFor(server, await folder(context))
    const eslogger = ['--benign', '--rate', '400', '--count', '600']
    const kills = 4
    for (let life = 0; life < kills; life++) {
      const agent = new AgentProcess(flags, eslogger)
      const before = server.protocol.batches.length
      await until(
        () => server.protocol.batches.length > before || agent.child.exitCode !== null,
        `life ${life} delivers; it said: ${agent.said}`,
      )
      await wait(dice.below(600))
      equal(await agent.end('SIGKILL'), 'SIGKILL')
    }
    const agent = new AgentProcess(flags, eslogger)
    const before = server.protocol.batches.length
    await until(() => server.protocol.batches.length > before, 'the last life delivers')
    await untilQuiet(server)
    equal(await agent.end('SIGTERM'), 0)

    const rows = chainOf(server)
    const sensed = sum(rows.map((row) => row.sensed))
    const sent = sum(rows.map((row) => row.sent))
    const filtered = sum(rows.map((row) => sum(Object.values(row.filtered))))
    const dropped = sum(rows.flatMap((row) => row.dropped.map(({ count }) => count)))
    const held = Number(/"held":(\d+)/.exec(agent.said)?.[1])
    const stored = itemsOf(server).size
    const streams = new Set(server.protocol.batches.map(({ stream_id: id }) => id)).size
    const unobserved = rows.flatMap((row) => row.unobserved)
    context.diagnostic(
      `seed ${seed}: ${kills} kills, ${streams} epochs; sensed ${sensed} = filtered ${filtered} + ` +
        `dropped ${dropped} + sent ${sent} + held ${held}; the server has ${stored}`,
    )
    equal(sensed, filtered + dropped + sent + held)
    ok(stored >= sent && stored <= sent + held, 'what is sent is there, and nothing else')
    equal(dropped, 0)
    ok(stored > 600)
    const killed = unobserved.filter(({ reason }) => reason === 'agent_killed')
    equal(killed.length, kills * 2, 'each kill leaves a span for each sensor')
  },
)

test('agent: told to stop, it ends in order, and knows at the next start', async (context) => {
  const server = await startTlsServer(context)
  const path = await folder(context)
  const content = { 'content-directory': join(import.meta.dirname, '../../../content') }
  const flags = { ...flagsFor(server, path), ...content }
  const remembered = join(path, 'detection.json')
  for (let life = 0; life < 2; life++) {
    const agent = new AgentProcess(flags, ['--benign', '--rate', '100'])
    const before = server.protocol.batches.length
    await until(() => server.protocol.batches.length > before, `life ${life} delivers`)
    equal(existsSync(remembered), false, 'what rules knew is taken up once')
    const startedMs = Date.now()
    equal(await agent.end('SIGTERM'), 0)
    ok(Date.now() - startedMs < 10_000)
    match(agent.said, /The agent has ended/)
    equal(existsSync(remembered), true)
    doesNotMatch(agent.said, /begin without/)
  }
  const last = server.protocol.reports.at(-1)
  equal(last?.stopping, true)
  // No command of macOS is on the machines these tests run on, and nothing is made up.
  const sip = last.posture?.looks['sip']
  if (process.platform === 'linux') equal(sip?.ok === false && sip.code, 'not_available')
  equal(last.epoch, 2)
  const spans = chainOf(server).flatMap(({ unobserved }) => unobserved)
  const reasons = spans.map(({ reason }) => reason).filter((reason) => reason.startsWith('agent_'))
  deepEqual(reasons, ['agent_stopped', 'agent_stopped'], 'one for each sensor')
})
