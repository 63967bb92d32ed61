import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { EcsEvent } from '@pomona/schema'
import { SYSTEM_TIMER } from '@pomona/sensor'
import { type ScriptedCommand, ScriptedCommands } from '@pomona/sensor/testing'
import { runAgent } from '../src/agent.ts'
import { loadConfig } from '../src/config.ts'
import { systemClock } from '../src/machine.ts'
import { systemDeps } from '../src/system.ts'
import { execLine } from './support/records.ts'
import { startTlsServer } from './support/tls-server.ts'

const PATIENCE_MS = 30_000
const MAPPINGS = join(import.meta.dirname, '../../../content/mappings')
const UUID = '564D2F6B-0F5C-4C6B-8E7A-0123456789AB'
const MANAGED = 700
const OTHER = 701
const PRINTED: Readonly<Record<string, string>> = {
  '/usr/sbin/ioreg': `"IOPlatformUUID" = "${UUID}"\n`,
  '/usr/sbin/sysctl': `${UUID}\n`,
  '/usr/bin/sw_vers': '26.1\n',
}

const RULE = `
title: Started by nobody who may
id: 5b7f0c1e-0000-4000-8000-000000000001
tags: [pomona.host]
logsource: { product: macos, category: process_creation }
detection:
  started: { Image|endswith: /helper }
  managed: { ParentImage: /usr/local/jamf/bin/jamf }
  condition: started and not managed
level: high
`

/** What `ps` prints of two processes that ran before the agent. */
function psRow(column: string, pid: number, path: string): string {
  const last = column.endsWith('comm=') ? path : `${path} --daemon`
  return `  ${pid}     1     0 Mon Mar  2 08:00:00 2026 ${last}\n`
}

/** A Mac whose `ps` answers when it is let, while eslogger tells from the first moment. */
function macWith(lines: readonly string[]) {
  const asked: ScriptedCommand[] = []
  const commands = new ScriptedCommands(systemClock, (command) => {
    const { path, args } = command.command
    if (path === '/bin/ps') {
      asked.push(command)
      return
    }
    const isEslogger = path === '/usr/bin/eslogger'
    if (isEslogger && args.includes('--list-events')) command.print('exec\nfork\nexit\ncreate\n')
    else if (isEslogger) {
      if (args.includes('exec')) command.print(lines.map((line) => `${line}\n`).join(''))
      return
    } else if (PRINTED[path] === undefined) {
      command.end({ failure: 'not_found' })
      return
    } else command.print(PRINTED[path])
    command.end()
  })
  const answerPs = () => {
    for (const command of asked) {
      const column = command.command.args.at(-1) ?? ''
      command.print(psRow(column, MANAGED, '/usr/local/jamf/bin/jamf'))
      command.print(psRow(column, OTHER, '/Applications/Other.app/Contents/MacOS/Other'))
      command.end()
    }
  }
  return { commands, asked, answerPs }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const endMs = Date.now() + PATIENCE_MS; !condition(); await wait(10)) {
    ok(Date.now() < endMs, `never happened: ${what}`)
  }
}

async function contentIn(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pomona-late-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'rules', 'a'), { recursive: true })
  await writeFile(join(folder, 'rules', 'a', 'rule.yml'), RULE)
  cpSync(MAPPINGS, join(folder, 'mappings'), { recursive: true })
  return folder
}

async function runOnMac(context: TestContext) {
  const folder = await contentIn(context)
  const server = await startTlsServer(context)
  const startedBy = (pid: number, pidversion: number): string =>
    execLine({ path: '/private/tmp/helper', path_truncated: false }, pidversion).replaceAll(
      '"pid":1,"pidversion":2',
      `"pid":${pid},"pidversion":9`,
    )
  const mac = macWith([startedBy(MANAGED, 3_000), startedBy(OTHER, 3_001)])
  const config = loadConfig({
    flags: [
      `--server-url=${server.url}`,
      `--enrolment-token=a-token-of-a-test.${server.protocol.authority.fingerprint}`,
      `--data-directory=${join(folder, 'data')}`,
      `--content-directory=${folder}`,
      ...['--sensors=eslogger', '--file-facts=off', '--disk-free-bytes-min=0'],
      '--flush-interval-ms=50',
    ],
    environment: {},
    readFile: () => '{}',
  })
  const stop = new AbortController()
  context.after(() => stop.abort())
  const running = runAgent(
    config,
    {
      ...systemDeps('0.0.0'),
      platform: 'darwin',
      tools: { commands: mac.commands, clock: systemClock, timer: SYSTEM_TIMER },
      write: () => undefined,
    },
    stop.signal,
  )
  const { protocol } = server
  const events = () => protocol.batches.flatMap((batch) => batch.events as EcsEvent[])
  const alerts = () => protocol.batches.flatMap((batch) => batch.alerts ?? [])
  await until(() => mac.asked.length === 2, 'the agent asks what runs')
  await until(() => mac.commands.running('exec').length > 0, 'eslogger runs')
  const end = async () => {
    stop.abort()
    await running
  }
  return { mac, protocol, events, alerts, end }
}

test('running: nothing is judged before it is known what ran already', async (context) => {
  const { mac, protocol, events, alerts, end } = await runOnMac(context)
  // Whoever would judge at once has done so by now.
  await wait(300)
  equal(protocol.batches.length, 0)
  mac.answerPs()
  await until(() => events().length >= 2, 'both starts arrive')
  await until(() => alerts().length > 0, 'the other start becomes an alert')
  await end()
  deepEqual(
    events().map(({ process }) => [process?.parent?.name, process?.parent?.command_line]),
    [
      ['jamf', '/usr/local/jamf/bin/jamf --daemon'],
      ['Other', '/Applications/Other.app/Contents/MacOS/Other --daemon'],
    ],
  )
  const processes = alerts().map(({ alert }) => JSON.stringify(alert['processes']))
  equal(processes.length, 1, processes.join())
  match(processes[0] ?? '', /3001/)
})

test('running: where nobody says what ran, rules tell too much rather than too little, and so does the agent', async (context) => {
  const { mac, protocol, alerts, end } = await runOnMac(context)
  for (const command of mac.asked) command.end({ code: 1 })
  await until(() => alerts().length === 2, 'both starts become alerts')
  await end()
  const health = protocol.reports.at(-1)?.sensors.find(({ sensor }) => sensor === 'agent.processes')
  deepEqual([health?.state, health?.problem?.code], ['degraded', 'processes_unlisted'])
})
