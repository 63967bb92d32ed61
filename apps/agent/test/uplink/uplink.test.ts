/** The whole uplink, on real TLS with a small server that speaks the protocol. */
import { deepEqual, equal, notEqual, ok, rejects } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { CommandExecutors, CommandOutcome } from '../../src/commands/executors.ts'
import { BundleFolder } from '../../src/bundles/bundle-folder.ts'
import { bundleId, type CheckedBundle } from '../../src/bundles/bundle.ts'
import { IdentityFolder } from '../../src/identity/identity.ts'
import { systemClock, systemRandom, systemSleep } from '../../src/machine.ts'
import { MemorySpool } from '../../src/spool/memory-spool.ts'
import { Uplink, type UplinkOptions } from '../../src/uplink/uplink.ts'
import { signedBundle } from '../support/bundles.ts'
import { problem } from '../support/protocol-server.ts'
import { SESSION } from '../support/shipping.ts'
import { startTlsServer, type TlsServer } from '../support/tls-server.ts'

const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined }
const WAIT_MS_MAX = 20_000

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + WAIT_MS_MAX
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

class Agent {
  readonly folder: string
  readonly server: TlsServer
  readonly spool = new MemorySpool({
    ...{ epoch: 1, streamId: 'stream-1', run: 'run-1', bootId: 'boot-1', itemsMax: 1_000 },
  })
  readonly ran: string[] = []
  readonly applied: (number | undefined)[] = []
  readonly #stop = new AbortController()
  uplink: Uplink | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(folder: string, server: TlsServer) {
    this.folder = folder
    this.server = server
  }

  static async make(context: TestContext): Promise<Agent> {
    const folder = await mkdtemp(join(tmpdir(), 'pomona-uplink-'))
    const agent = new Agent(folder, await startTlsServer(context))
    context.after(async () => {
      await agent.stop()
      await rm(folder, { recursive: true, force: true })
    })
    return agent
  }

  start(overrides: Partial<UplinkOptions> = {}): void {
    this.uplink = new Uplink({ ...this.options(), ...overrides })
    this.#running = this.uplink.run(this.#stop.signal)
    this.#running.catch(() => undefined)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running.catch(() => undefined)
  }

  options(): UplinkOptions {
    const { server, folder } = this
    const run = (): Promise<CommandOutcome> => {
      this.ran.push('command')
      return Promise.resolve({ state: 'done' })
    }
    const executors: CommandExecutors = {
      ping: run,
      collect_posture: run,
      restart_sensor: run,
      set_log_level: run,
    }
    return {
      ...{ server: server.url, hardwareUuid: randomUUID(), host: { name: 'orchard-01' } },
      token: `a-token-that-is-long-enough.${server.protocol.authority.fingerprint}`,
      ...{ sessionId: SESSION, epoch: 1, clock: systemClock, random: systemRandom },
      ...{ sleep: systemSleep, log: QUIET, spool: this.spool },
      identity: new IdentityFolder(join(folder, 'identity')),
      ledger: { rows: () => Promise.resolve([]), confirm: () => undefined, hurry: () => undefined },
      body: (host) =>
        Promise.resolve({
          ...{ host, epoch: 1, boot_id: 'boot-1', sensors: [], permissions: [] },
          usage: {
            ...{ started: '2026-11-25T08:00:00Z', cpu_percent: 0, memory_bytes: 0 },
            ...{ spool_bytes: 0, spool_events: 0, alerts: 0 },
          },
        }),
      reportIntervalMs: () => 100,
      commands: { journalPath: join(folder, 'commands.jsonl'), executors },
      bundles: {
        folder: new BundleFolder(join(folder, 'bundles')),
        target: {
          apply: (bundle: CheckedBundle | undefined) => {
            this.applied.push(bundle?.manifest.version)
            return Promise.resolve()
          },
          problem: () => undefined,
        },
      },
      backoff: { firstMs: 10, maxMs: 100 },
    }
  }
}

test('uplink: a new Mac enrols, delivers, reports, runs a command and a bundle', async (context) => {
  const agent = await Agent.make(context)
  const { server, spool } = agent
  const { protocol } = server
  const bundle = signedBundle(protocol.signer, { version: 7 })
  protocol.bundle = bundle
  protocol.bundleId = bundleId(bundle)
  const soon = new Date(Date.now() + 60_000).toISOString()
  protocol.commands.push(
    protocol.signer.sign({
      ...{ id: randomUUID(), tenant_id: 'default', host_id: 'host-1', counter: 1 },
      ...{ action: 'ping', parameters: {}, issued_by: 'maya' },
      ...{ issued_at: new Date().toISOString(), expires_at: soon },
    }),
  )
  for (let sequence = 0; sequence < 50; sequence++) {
    spool.put({ sequence, kind: 'event', text: JSON.stringify({ sequence }) })
  }
  agent.start()
  await until('everything is delivered', () => spool.counts().acknowledged === 50)
  await until('the command has run', () => agent.ran.length === 1)
  await until('the bundle is at work', () => agent.applied.at(-1) === 7)
  await until('that is told', () => protocol.reports.at(-1)?.bundle.state === 'applied')
  equal(agent.uplink?.state.name, 'online')
  await agent.stop()
  equal(protocol.reports.at(-1)?.stopping, true)
  equal((await protocol.stored()).length, 50)
  const [first, ...later] = server.clients
  equal(first, '', 'enrolling is the only request without a certificate')
  ok(later.every((name) => name === 'URI:spiffe://pomona/default/host/host-1'))
})

test('uplink: an agent that is started again is who it was', async (context) => {
  const agent = await Agent.make(context)
  const first = await new Uplink(agent.options()).enrol(new AbortController().signal)
  const { token: _, ...withoutToken } = agent.options()
  const again = await new Uplink(withoutToken).enrol(new AbortController().signal)
  deepEqual(again, first)
  equal(agent.server.protocol.enrolments.length, 1)
})

test('uplink: a Mac without token or with a wrong one is not let in, and says so', async (context) => {
  const agent = await Agent.make(context)
  const signal = new AbortController().signal
  const { token: _, ...withoutToken } = agent.options()
  await rejects(new Uplink(withoutToken).run(signal), { code: 'ERR_ENROLMENT_REFUSED' })
  const half = new Uplink({ ...agent.options(), token: 'half-a-token-without-a-pin' })
  await rejects(half.run(signal), { code: 'ERR_ENROLMENT_REFUSED' })
  agent.server.protocol.script.push(() => problem(403, 'token_expired'))
  await rejects(new Uplink(agent.options()).run(signal), { code: 'ERR_ENROLMENT_REFUSED' })
})

test('uplink: delivers while reports are not taken, and the other way round', async (context) => {
  const agent = await Agent.make(context)
  const { protocol } = agent.server
  const handle = protocol.handle.bind(protocol)
  let broken = '/agent/v1/reports'
  protocol.handle = async (request) => {
    return request.path === broken ? problem(503, 'unavailable') : await handle(request)
  }
  agent.start()
  agent.spool.put({ sequence: 1, kind: 'event', text: '{"sequence":1}' })
  await until('it is delivered', () => agent.spool.counts().acknowledged === 1)
  equal(protocol.reports.length, 0)
  broken = '/agent/v1/batches'
  agent.spool.put({ sequence: 2, kind: 'event', text: '{"sequence":2}' })
  await until('it is reported', () => protocol.reports.length > 2)
  equal(agent.spool.counts().acknowledged, 1)
})

test('uplink: finds its server again after it was away', async (context) => {
  const agent = await Agent.make(context)
  const states: string[] = []
  agent.start({ onState: ({ name }) => states.push(name) })
  await until('it reports', () => agent.server.protocol.reports.length > 0)
  const port = Number(new URL(agent.server.url).port)
  await agent.server.stop()
  agent.spool.put({ sequence: 1, kind: 'event', text: '{"sequence":1}' })
  await until('it sees that', () => agent.uplink?.state.name === 'offline')
  await startTlsServer(context, { protocol: agent.server.protocol, port })
  await until('it is delivered', () => agent.spool.counts().acknowledged === 1)
  // An answer that was on its way when the server ended may be read after the loss was seen.
  deepEqual([states[0], states.at(-1)], ['offline', 'online'])
})

test('uplink: a certificate past half of its life is renewed and used from then on', async (context) => {
  const agent = await Agent.make(context)
  const { protocol } = agent.server
  const store = new IdentityFolder(join(agent.folder, 'identity'))
  protocol.nowMs = () => Date.now() - 20 * 86_400_000
  const before = await new Uplink(agent.options()).enrol(new AbortController().signal)
  protocol.nowMs = Date.now
  agent.start()
  await until('it is renewed', () => agent.server.clients.length > 5)
  let after = await store.load()
  const end = performance.now() + WAIT_MS_MAX
  while (after?.certificate === before.certificate && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    after = await store.load()
  }
  notEqual(after?.certificate, before.certificate)
  notEqual(after?.key, before.key)
  agent.spool.put({ sequence: 1, kind: 'event', text: '{"sequence":1}' })
  await until('it goes on', () => agent.spool.counts().acknowledged === 1)
})
