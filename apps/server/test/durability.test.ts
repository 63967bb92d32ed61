import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { EventPage, PipelineHealth } from '@pomona/schema'
import { pino } from 'pino'
import { ServerConfig } from '../src/config.ts'
import { rebuildEvents, type RunningServer, startServer } from '../src/index.ts'
import { batchOf, execEvent, execs } from './support/batch.ts'
import { folderKeyFiles } from '../src/pki/key-files.ts'
import { post, speakFor } from './support/post.ts'
import {
  Client,
  contentFolder,
  PASSWORD,
  signInFirst,
  temporaryFolder,
  until,
} from './support/server.ts'

const LIMIT = { timeout: 120_000 }

interface Rig {
  readonly config: ServerConfig
  start(): Promise<RunningServer>
}

/** A data directory with the real stores; each start is a life of the server on it. */
function rigOf(context: TestContext): Rig {
  const config = ServerConfig.parse({
    data_directory: temporaryFolder(context),
    content_directory: contentFolder(context),
    console_directory: '/nonexistent',
    listen_port: 0,
    agent_listen_port: 0,
    log_level: 'silent',
  })
  let running: RunningServer | undefined
  context.after(() => running?.close())
  return {
    config,
    start: async () => {
      running = await startServer(config, { logger: pino({ level: 'silent' }) })
      speakFor(running, folderKeyFiles(join(config.data_directory, 'pki')))
      return running
    },
  }
}

async function health(api: Client): Promise<PipelineHealth> {
  return PipelineHealth.parse(await api.get('/api/v1/health/pipeline'))
}

/** The user of an earlier run, on a server that was started again. */
async function signInAgain(server: RunningServer): Promise<Client> {
  const api = new Client(server.address)
  await api.json('POST', '/api/v1/session', { body: { name: 'ada', password: PASSWORD } })
  return api
}

async function caughtUp(api: Client): Promise<void> {
  await until(async () => {
    const { log_end: end, ...lag } = (await health(api)).lag
    return lag.engine_offset === end && lag.projector_offset === end
  })
}

/** Sequences of a host's events as the event store has them, newest first. */
async function stored(api: Client, hostId: string): Promise<readonly number[]> {
  let page: EventPage | undefined
  await until(async () => {
    const response = await api.call('GET', `/api/v1/hosts/${hostId}/timeline?limit=500`)
    // The event store's process may be starting at this moment.
    if (response.status === 503) return false
    page = EventPage.parse(await response.json())
    return true
  })
  return (page?.items ?? []).map((item) => {
    const id = (item as { readonly event: { readonly id: string } }).event.id
    return Number(id.slice(id.lastIndexOf('-') + 1))
  })
}

const newestFirst = (count: number) =>
  Array.from({ length: count }, (_, index) => count - 1 - index)

test(
  'durability: kills of the projector and a restart lose and double nothing',
  LIMIT,
  async (context) => {
    const rig = rigOf(context)
    const first = await rig.start()
    const api = new Client(first.address)
    await signInFirst(first, api)
    const send = async (server: RunningServer, index: number): Promise<void> => {
      const events = execs('mac-1', 10, index * 10)
      events[3] = execEvent('mac-1', index * 10 + 3, { commandLine: 'sh evil' })
      const response = await post(server.address, batchOf({ events, first: index * 10 }))
      equal(response.status, 200)
    }
    for (let index = 0; index < 12; index += 1) {
      await send(first, index)
      if (index % 4 !== 1) continue
      const before = first.projectorPid()
      if (before === undefined) continue
      process.kill(before, 'SIGKILL')
      // Batches are taken whether or not the projector lives.
      await send(first, index + 100)
      await until(() => first.projectorPid() !== undefined && first.projectorPid() !== before)
    }
    await caughtUp(api)
    const sequences = await stored(api, 'mac-1')
    equal(new Set(sequences).size, sequences.length)
    equal(sequences.length, 150)
    const alerts = (await api.get('/api/v1/alerts')) as { total: number }
    equal(alerts.total, 15)
    const { stages } = await health(api)
    for (const { stage, received, sent, held, discarded } of stages) {
      const lost = discarded.reduce((sum, { count }) => sum + count, 0)
      equal(received, sent + held + lost, stage)
    }
    await first.close()

    const second = await rig.start()
    equal(second.firstRunLink, undefined)
    const again = await signInAgain(second)
    await send(second, 200)
    await caughtUp(again)
    equal((await stored(again, 'mac-1')).length, 160)
    equal(((await again.get('/api/v1/alerts')) as { total: number }).total, 16)
    await second.close()
  },
)

test('durability: the event store is rebuilt from the log', LIMIT, async (context) => {
  const rig = rigOf(context)
  const first = await rig.start()
  const api = new Client(first.address)
  await signInFirst(first, api)
  await post(first.address, batchOf({ events: execs('mac-1', 30) }))
  await caughtUp(api)
  await first.close()
  const seen: number[] = []
  deepEqual(await rebuildEvents(rig.config, ({ events }) => seen.push(events)), { events: 30 })
  equal(seen.at(-1), 30)
  const second = await rig.start()
  const again = await signInAgain(second)
  await caughtUp(again)
  deepEqual(await stored(again, 'mac-1'), newestFirst(30))
  await second.close()
})

test('durability: an event store that was moved away is filled again', LIMIT, async (context) => {
  const rig = rigOf(context)
  const first = await rig.start()
  const api = new Client(first.address)
  await signInFirst(first, api)
  await post(first.address, batchOf({ events: execs('mac-1', 30) }))
  await caughtUp(api)
  await first.close()
  // What the messages of a damaged store tell the operator to do, then half of it.
  const events = join(rig.config.data_directory, 'events')
  for (const path of [events, join(events, 'projector.sqlite')]) {
    rmSync(path, { recursive: true })
    const next = await rig.start()
    const again = await signInAgain(next)
    await caughtUp(again)
    deepEqual(await stored(again, 'mac-1'), newestFirst(30))
    await next.close()
  }
})

test(
  'durability: a damaged event store is told, and batches and alerts go on',
  LIMIT,
  async (context) => {
    const rig = rigOf(context)
    // A file where the folder of the store should be.
    mkdirSync(rig.config.data_directory, { recursive: true })
    writeFileSync(join(rig.config.data_directory, 'events'), 'not a folder')
    const server = await rig.start()
    const api = new Client(server.address)
    await signInFirst(server, api)
    const evil = execEvent('mac-1', 0, { commandLine: 'sh evil' })
    equal((await post(server.address, batchOf({ events: [evil] }))).status, 200)
    await until(async () => ((await api.get('/api/v1/alerts')) as { total: number }).total === 1)
    await until(async () => (await health(api)).problems.some((problem) => /ended/.test(problem)))
    equal((await health(api)).status, 'degraded')
    equal((await api.call('GET', '/api/v1/hosts/mac-1/timeline')).status, 503)
    const [alert] = ((await api.get('/api/v1/alerts')) as { items: { id: string }[] }).items
    const detail = (await api.get(`/api/v1/alerts/${alert?.id}`)) as { evidence_missing: string[] }
    deepEqual(detail.evidence_missing, [evil.event?.id])
    await server.close()
  },
)

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts')

test('process: starts, tells its link, and stops when asked', LIMIT, async (context) => {
  const { config } = rigOf(context)
  const flags = ['--data-directory', config.data_directory, '--listen-port', '0']
  flags.push('--agent-listen-port', '0')
  const child = spawn(process.execPath, [MAIN, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
  context.after(() => child.kill('SIGKILL'))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  await until(() => /first-run#token=[\w-]{43}\n/.test(said))
  match(said, /Enrolment token for 10 Macs, shown this once: [\w-]{43}\.[\w-]{43}\n/)
  const address = /Pomona is at (\S+)/.exec(said)?.[1] ?? ''
  equal((await fetch(`${address}/healthz`)).status, 200)
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const [code, signal]: unknown[] = await exit
  deepEqual([code, signal], [0, null])
  ok(said.includes('The server has stopped.'))
})

test('process: says what is wrong with its configuration and ends', LIMIT, async () => {
  const child = spawn(process.execPath, [MAIN, '--listen-port=x', '--nope=1'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code]: unknown[] = await once(child, 'close')
  equal(code, 1)
  match(said, /--nope: unknown/)
  match(said, /listen_port: /)
})
