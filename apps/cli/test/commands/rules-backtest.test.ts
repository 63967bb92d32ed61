import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { before, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { deriveId, type EcsEvent, type HostId, TENANT_DEFAULT } from '@pomona/schema'
import { encodeEvents, openSqliteLog } from '@pomona/store'
import { objects, pomona, temporaryFolder, written } from '../pomona.ts'

const RULE = `
title: Tool is started
id: 11111111-2222-4333-8444-000000000001
level: high
logsource: {product: macos, category: process_creation}
detection:
  tool:
    process.executable|endswith: /tool
  condition: tool
`
const STORE_CHILD = fileURLToPath(new URL('../events-child.ts', import.meta.url))

function eventOf(index: number, executable: string): EcsEvent {
  return {
    '@timestamp': `2026-11-${String(20 + (index % 3))}T09:00:00.00000000${index}Z`,
    event: { id: `stream-${index}`, action: 'exec', category: ['process'] },
    host: { id: index % 2 === 0 ? 'mac-1' : 'mac-2' },
    process: { executable, name: executable.slice(executable.lastIndexOf('/') + 1), pid: index },
  }
}

const EVENTS = Array.from({ length: 9 }, (_, index) =>
  eventOf(index, index < 6 ? '/opt/tool' : '/bin/ls'),
)

/** A data directory with log and event store, as a server leaves it. */
async function dataFolder(context: Pick<TestContext, 'after'>): Promise<string> {
  const folder = temporaryFolder(context as TestContext)
  const log = await openSqliteLog({ directory: folder })
  await log.append({
    tenantId: TENANT_DEFAULT,
    hostId: 'mac-1' as HostId,
    streamId: deriveId('stream', ['1']) as never,
    firstSequence: 0,
    lastSequence: EVENTS.length - 1,
    digest: 'a'.repeat(64),
    ingested: '2026-11-22T09:00:00.000000000Z',
    eventsCount: EVENTS.length,
    payload: encodeEvents(EVENTS),
  })
  await log.close()
  return folder
}

/** Fills the event store in a process of its own, which then keeps it open until told. */
async function storeChild(folder: string): Promise<() => Promise<void>> {
  const child = fork(STORE_CHILD, [join(folder, 'events')])
  const ended = once(child, 'exit')
  child.send(EVENTS)
  await once(child, 'message')
  return async () => {
    child.disconnect()
    await ended
  }
}

let shared: { data: string; rule: string } | undefined
before(async (context) => {
  const data = await dataFolder(context as TestContext)
  await (
    await storeChild(data)
  )()
  const rule = written(data, { name: 'rule.yml', content: RULE })
  shared = { data, rule }
})

async function backtested(...args: string[]) {
  const { data = '', rule = '' } = shared ?? {}
  return await pomona(['rules', 'backtest', rule, '--data', data, ...args])
}

for (const source of ['events', 'log']) {
  test(`rules backtest: the forecast, from the ${source}`, async () => {
    const ended = await backtested('--source', source, '--json')
    equal(ended.code, 0, ended.stderr)
    const [forecast, summary] = objects(ended)
    equal(forecast?.['kind'], 'forecast')
    equal(forecast['rule_id'], '11111111-2222-4333-8444-000000000001')
    equal(forecast['alerts'], 6)
    equal(forecast['hosts'], 2)
    deepEqual(forecast['per_host_day'], { p50: 1, p95: 1, max: 1 })
    equal(summary?.['source'], source)
    equal(summary['events'], 9)
    equal(summary['hosts'], 2)
    equal(summary['host_days'], 6)
    equal(summary['candidates'], 6)
    equal(summary['ended'], 'complete')
  })
}

test('rules backtest: a table for people', async () => {
  const ended = await backtested()
  equal(ended.code, 0, ended.stderr)
  match(ended.stdout, /alerts {2}matches {2}excepted {2}hosts {2}p50/)
  match(ended.stdout, /6 +6 +0 +2 +1 +1 +1 {2}high +Tool is started/)
  match(ended.stdout, /6 \(100 %\) {2}\/opt\/tool/)
  match(ended.stderr, /6 alerts of 1 rules on 9 events of 2 Macs \(6 days of one Mac\)/)
})

test('rules backtest: time, hosts and bounds', async () => {
  const day = objects(await backtested('--from', '2026-11-21', '--to', '2026-11-22', '--json'))
  equal(day[0]?.['alerts'], 2)
  equal(day.at(-1)?.['events'], 3)
  const host = objects(await backtested('--host', 'mac-2', '--json'))
  equal(host[0]?.['alerts'], 3)
  const few = await backtested('--events-max', '2', '--json')
  equal(objects(few).at(-1)?.['ended'], 'events_max')
  match(few.stderr, /Ended early: --events-max/)
  equal(objects(await backtested('--last', '1m', '--json')).at(-1)?.['events'], 0)
})

const EXCEPTION = [
  'title: Known on one Mac',
  'id: 11111111-2222-4333-8444-0000000000e1',
  'owner: ana',
  'reason: Her own tool.',
  'hosts: [mac-1]',
  'detection: {known: {process.executable: /opt/tool}, condition: known}',
].join('\n')

test('rules backtest: exceptions of the content directory apply and are told', async (context) => {
  const folder = temporaryFolder(context)
  for (const name of ['rules', 'exceptions']) mkdirSync(join(folder, name))
  const rule = written(join(folder, 'rules'), { name: 'tool.yml', content: RULE })
  written(join(folder, 'exceptions'), { name: 'known.yml', content: EXCEPTION })
  const { data = '' } = shared ?? {}
  const run = async (...args: string[]) => {
    return await pomona(['rules', 'backtest', '--data', data, ...args])
  }
  // The directory, its folder of rules and a rule in it: all are under the same exceptions.
  for (const path of [folder, join(folder, 'rules'), rule]) {
    const [forecast, summary] = objects(await run('--content', path, '--json'))
    deepEqual([forecast?.['matches'], forecast?.['excepted'], forecast?.['alerts']], [6, 3, 3])
    const known = { id: '11111111-2222-4333-8444-0000000000e1', name: 'Known on one Mac' }
    const told = { owner: 'ana', reason: 'Her own tool.', alerts: 3 }
    deepEqual(summary?.['excepted'], [{ ...known, ...told }])
  }
  const text = await run('--content', folder)
  match(text.stdout, /3 +6 +3 +1 /)
  match(text.stdout, /3 would not be told by the exception Known on one Mac \(ana\): Her own tool/)
})

test('rules backtest: exceptions that are tried, and every alert by its id', async (context) => {
  const folder = temporaryFolder(context)
  const exception = EXCEPTION
  const path = written(folder, { name: 'exception.yml', content: exception })
  const told = objects(await backtested('--exceptions', path, '--alerts', '--json'))
  equal(told.filter(({ kind, host }) => kind === 'alert' && host === 'mac-2').length, 3)
  equal(told.filter(({ kind }) => kind === 'alert').length, 3)
  const forecast = told.find(({ kind }) => kind === 'forecast')
  equal(forecast?.['matches'], 6)
  equal(forecast['alerts'], 3)
  const broken = written(folder, { name: 'broken.yml', content: exception.replace('ana', "''") })
  const ended = await backtested('--exceptions', broken)
  equal(ended.code, 1)
  match(ended.stderr, /broken\.yml:.*owner/)
})

test('rules backtest: while a server has the event store, the log is read', async (context) => {
  const data = await dataFolder(context)
  const release = await storeChild(data)
  const { rule = '' } = shared ?? {}
  try {
    const ended = await pomona(['rules', 'backtest', rule, '--data', data, '--json'])
    equal(ended.code, 0, ended.stderr)
    match(ended.stderr, /A server runs on this folder/)
    equal(objects(ended).at(-1)?.['source'], 'log')
    equal(objects(ended)[0]?.['alerts'], 6)
    const refused = await pomona(['rules', 'backtest', rule, '--data', data, '--source', 'events'])
    equal(refused.code, 1)
    match(refused.stderr, /ERR_STORE_LOCKED/)
  } finally {
    await release()
  }
})

const wrong: readonly (readonly [name: string, args: readonly string[], said: RegExp])[] = [
  ['a folder without a store', ['--data', '/nonexistent'], /no event store in \/nonexistent/],
  ['a source that does not exist', ['--source', 'disk'], /auto, events or log/],
  ['a time that is none', ['--from', 'yesterday'], /--from takes a time/],
  ['a span that is none', ['--last', '7'], /--last takes a span/],
  [
    'a range that ends before it begins',
    ['--from', '2026-02-01', '--to', '2026-01-01'],
    /after --to/,
  ],
  ['two beginnings', ['--from', '2026-02-01', '--last', '7d'], /exclude each other/],
]

for (const [name, args, said] of wrong) {
  test(`rules backtest: ${name} is wrong use`, async () => {
    const { rule = '' } = shared ?? {}
    const ended = await pomona(['rules', 'backtest', rule, ...args])
    equal(ended.code, 2, ended.stderr)
    match(ended.stderr, said)
    ok(!ended.stderr.includes('bug'))
  })
}
