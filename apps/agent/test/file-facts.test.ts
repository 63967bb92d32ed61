import { deepEqual, equal, ok } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { EcsEvent } from '@pomona/schema'
import { systemCommands, SYSTEM_TIMER } from '@pomona/sensor'
import { fileFactsCollector } from '../src/file-facts.ts'
import { systemClock } from '../src/machine.ts'
import { AgentProcess } from './support/agent-process.ts'
import { closeLine, esFile, execLine } from './support/records.ts'
import { startTlsServer } from './support/tls-server.ts'

const PATIENCE_MS = 60_000
const REPEATS = 100
const MAPPINGS = join(import.meta.dirname, '../../../content/mappings')
const TOOL = '#!/bin/sh\necho tool\n'
const SCRIPT = '#!/bin/sh\necho script\n'

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex')

const ruleOf = (name: string, { category, field, value }: Readonly<Record<string, string>>) =>
  `title: ${name}
id: 5b7f0c1e-0000-4000-8000-${sha256(name).slice(0, 12)}
status: test
tags: [pomona.host]
logsource: { product: macos, category: ${category} }
detection:
  known: { ${field}: ${value} }
  condition: known
level: high
`

async function folderWith(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'pomona-agent-files-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const content = join(folder, 'content')
  await mkdir(join(content, 'rules', 'a'), { recursive: true })
  cpSync(MAPPINGS, join(content, 'mappings'), { recursive: true })
  const at = async (name: string, text: string, mode = 0o755): Promise<string> => {
    await writeFile(join(folder, name), text, { mode })
    return join(folder, name)
  }
  const rule = (name: string, said: Parameters<typeof ruleOf>[1]) =>
    writeFile(join(content, 'rules', 'a', `${name}.yml`), ruleOf(name, said))
  return { folder, content, at, rule }
}

/** Files as an attacker would make them, and records that name them. */
async function hostileLines(folder: string): Promise<readonly string[]> {
  const made = async (name: string): Promise<string> => {
    await writeFile(join(folder, name), 'a', { mode: 0o755 })
    return join(folder, name)
  }
  const [pipe, link] = [join(folder, 'pipe'), join(folder, 'link')]
  execFileSync('mkfifo', [pipe])
  await symlink('/dev/zero', link)
  const huge = await made('huge')
  await truncate(huge, 200 * 1024 * 1024)
  const gone = await made('gone')
  const goneFile = esFile(gone)
  await rm(gone)
  return [
    ...[esFile(pipe), { ...esFile(huge), path: link }, esFile('/dev/zero'), goneFile],
    { ...esFile(huge), path: '/dev/stdin' },
    { path: `${folder}/${'x'.repeat(5_000)}` },
    esFile(huge),
  ].map((file, index) => execLine(file, 2_000 + index))
}

test('file facts: what starts and what is written is known by digest, to rules on the Mac and to the server', async (context) => {
  const { folder, content, at, rule } = await folderWith(context)
  await rule('started', {
    ...{ category: 'process_creation', field: 'process.hash.sha256', value: sha256(TOOL) },
  })
  await rule('written', {
    ...{ category: 'file_event', field: 'file.hash.sha256', value: sha256(SCRIPT) },
  })
  const tool = await at('tool', TOOL)
  const script = await at('script.sh', SCRIPT, 0o644)
  const other = await at('other', 'another file')
  const recording = await at(
    'recording',
    [
      ...(await hostileLines(folder)),
      // The path leads to a file of another inode than the one that was started.
      execLine(esFile(other, { st_ino: 1 }), 1_000),
      // On a machine that is busy the first may be known too late for their events.
      ...Array.from({ length: REPEATS }, (_, index) => execLine(esFile(tool), 3_000 + index)),
      ...Array.from({ length: REPEATS }, () => closeLine(esFile(script))),
    ]
      .map((line) => `${line}\n`)
      .join(''),
  )
  const server = await startTlsServer(context)
  const agent = new AgentProcess(
    {
      'server-url': server.url,
      'enrolment-token': `a-token-of-a-test.${server.protocol.authority.fingerprint}`,
      'data-directory': join(folder, 'data'),
      'content-directory': content,
      'disk-free-bytes-min': '0',
      'flush-interval-ms': '50',
      'file-facts': 'on',
    },
    ['--recording', recording, '--rate', '50'],
  )
  context.after(() => agent.end('SIGKILL'))
  // What the agent sends was checked by the server's schema.
  const events = () => server.protocol.batches.flatMap((batch) => batch.events as EcsEvent[])
  const alerts = () => server.protocol.batches.flatMap((batch) => batch.alerts ?? [])
  // On a busy machine not every event has them: one that has them, where there is one.
  const named = (path: string) => {
    const about = events().filter(
      ({ process, file }) => (file?.path ?? process?.executable) === path,
    )
    return about.find(({ process, file }) => (file ?? process)?.hash?.sha256) ?? about.at(-1)
  }
  const found = () => new Set(alerts().map(({ alert }) => String(alert['rule_name'])))
  const endMs = Date.now() + PATIENCE_MS
  while (found().size < 2 || named(other) === undefined) {
    ok(Date.now() < endMs, `${events().length} events, ${alerts().length} alerts: ${agent.said}`)
    await wait(20)
  }
  equal(await agent.end('SIGTERM'), 0)

  equal(named(tool)?.process?.hash?.sha256, sha256(TOOL))
  equal(named(tool)?.macos?.process?.header_bytes, Buffer.from(TOOL.slice(0, 16)).toString('hex'))
  equal(named(script)?.file?.hash?.sha256, sha256(SCRIPT))
  equal(named(script)?.file?.size, SCRIPT.length)
  equal(named(other)?.process?.hash?.sha256, undefined, 'another file has taken its place')
  equal(named(join(folder, 'huge'))?.process?.hash?.sha256, undefined)
  const digests = new Set(events().map(({ process, file }) => (file ?? process)?.hash?.sha256))
  digests.delete(undefined)
  deepEqual(digests, new Set([sha256(TOOL), sha256(SCRIPT)]))
  deepEqual(new Set(found()), new Set(['started', 'written']))
})

test('file facts: read on a Mac, and elsewhere where that is said', () => {
  const clock = systemClock
  const commands = systemCommands({ clock, timer: SYSTEM_TIMER })
  const tools = { commands, clock, timer: SYSTEM_TIMER }
  const made = (wanted: 'auto' | 'on' | 'off', platform: string) =>
    fileFactsCollector({ file_facts: wanted }, { platform, tools }, { throttle: 0 }) !== undefined
  equal(made('auto', 'darwin'), true)
  equal(made('auto', 'linux'), false)
  equal(made('on', 'linux'), true)
  equal(made('off', 'darwin'), false)
})
