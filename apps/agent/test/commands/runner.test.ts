import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Command } from '@pomona/schema'
import type { CommandExecutors, CommandOutcome } from '../../src/commands/executors.ts'
import { CommandJournal } from '../../src/commands/journal.ts'
import { CommandRunner } from '../../src/commands/runner.ts'
import { Link } from '../../src/uplink/link.ts'
import { TestSigner } from '../support/authority.ts'
import { LossyNetwork } from '../support/lossy-network.ts'
import { ProtocolServer } from '../support/protocol-server.ts'
import { SeededRandom, seeds } from '../support/random.ts'
import { SimulatedTime } from '../support/simulated-time.ts'

const CALM = { loseRequest: 0, loseAnswer: 0, repeatRequest: 0, latencyMsMax: 5, repeatMsMax: 0 }
const DONE: CommandOutcome = { state: 'done', result: { answer: 42 } }
const STOP = new AbortController().signal

class Desk {
  readonly time = new SimulatedTime()
  readonly random: SeededRandom
  readonly server: ProtocolServer
  readonly network: LossyNetwork
  readonly ran: string[] = []
  /** What the executor does after it was called. */
  work: (signal: AbortSignal) => Promise<CommandOutcome> = () => Promise.resolve(DONE)
  readonly #file: string
  readonly #journals: CommandJournal[] = []
  counter = 0

  private constructor(file: string, options: { seed: number; weather: typeof CALM }) {
    this.#file = file
    const { time } = this
    this.random = new SeededRandom(options.seed)
    this.server = new ProtocolServer(() => Number(time.nowNs() / 1_000_000n))
    const { weather } = options
    this.network = new LossyNetwork({ server: this.server, time, random: this.random, weather })
  }

  static async open(context: TestContext, weather = CALM, seed = 3): Promise<Desk> {
    const folder = await mkdtemp(join(tmpdir(), 'pomona-commands-'))
    const desk = new Desk(join(folder, 'commands.jsonl'), { seed, weather })
    context.after(async () => {
      await Promise.all(desk.#journals.map((journal) => journal.close()))
      await rm(folder, { recursive: true, force: true })
    })
    return desk
  }

  /** The runner of one life of the agent. */
  async start(): Promise<{ readonly runner: CommandRunner; readonly journal: CommandJournal }> {
    const { time, network, random, server } = this
    const journal = await CommandJournal.open(this.#file, { now: this.iso(0) })
    this.#journals.push(journal)
    const execute = (parameters: Readonly<Record<string, string>>, signal: AbortSignal) => {
      this.ran.push(parameters['mark'] ?? '')
      return this.work(signal)
    }
    const executors: CommandExecutors = {
      ping: execute,
      collect_posture: execute,
      restart_sensor: execute,
      set_log_level: execute,
    }
    const runner = new CommandRunner({
      link: new Link({ transport: network, clock: time, random, sleep: time.sleep }),
      ...{ clock: time, sleep: time.sleep, journal, executors, commandTimeoutMs: 60_000 },
      identity: () => ({
        host_id: 'host-1',
        tenant_id: 'default',
        signing_keys: [server.signer.published],
      }),
    })
    return { runner, journal }
  }

  issue(mark: string, changes: Partial<Command> = {}, signer = this.server.signer): string {
    this.counter += 1
    const command: Command = {
      ...{ id: randomUUID(), tenant_id: 'default', host_id: 'host-1', action: 'ping' },
      ...{ counter: this.counter, parameters: { mark }, issued_by: 'maya' },
      issued_at: this.iso(0),
      expires_at: this.iso(600_000),
      ...changes,
    }
    this.server.commands.push(signer.sign(command))
    return command.id
  }

  iso(afterMs: number): string {
    return new Date(Number(this.time.nowNs() / 1_000_000n) + afterMs).toISOString()
  }

  states(id: string): readonly string[] {
    return this.server.told.flatMap((one) => (one.id === id ? [one.report.state] : []))
  }

  code(id: string): string | undefined {
    return this.server.told.findLast((one) => one.id === id)?.report.code
  }

  /** Lets time pass until a promise has settled. */
  async pass<Value>(work: Promise<Value>): Promise<Value> {
    const seen = { end: false }
    const end = work.finally(() => (seen.end = true))
    end.catch(() => undefined)
    // Files are written on a thread beside this one, in real time.
    while (!seen.end) {
      await this.time.run(() => seen.end, 60_000)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    return await end
  }
}

test('commands: a command is accepted, run, and its end told', async (context) => {
  const desk = await Desk.open(context)
  const id = desk.issue('one')
  const { runner } = await desk.start()
  await desk.pass(runner.pollOnce(STOP))
  deepEqual(desk.ran, ['one'])
  deepEqual(desk.states(id), ['accepted', 'done'])
  deepEqual(desk.server.told.at(-1)?.report.result, { answer: 42 })
})

test('commands: run in the order of their counters', async (context) => {
  const desk = await Desk.open(context)
  for (const mark of ['one', 'two', 'three']) desk.issue(mark)
  desk.server.commands.reverse()
  const { runner } = await desk.start()
  await desk.pass(runner.pollOnce(STOP))
  deepEqual(desk.ran, ['one', 'two', 'three'])
})

test('commands: one that is shown again is not run again, and its end is told again', async (context) => {
  const desk = await Desk.open(context)
  const id = desk.issue('one')
  const kept = [...desk.server.commands]
  const { runner } = await desk.start()
  await desk.pass(runner.pollOnce(STOP))
  desk.server.commands = kept
  await desk.pass(runner.pollOnce(STOP))
  deepEqual(desk.ran, ['one'])
  deepEqual(desk.states(id), ['accepted', 'done', 'done'])
})

const refused = [
  {
    name: 'that another key signed',
    make: (desk: Desk) => desk.issue('x', {}, new TestSigner()),
    code: 'signature_wrong',
  },
  {
    name: 'that an unknown key signed',
    make: (desk: Desk) => desk.issue('x', {}, new TestSigner('signer-2')),
    code: 'signature_wrong',
  },
  {
    name: 'for another host',
    make: (desk: Desk) => desk.issue('x', { host_id: 'host-2' }),
    code: 'wrong_host',
  },
  {
    name: 'for another tenant',
    make: (desk: Desk) => desk.issue('x', { tenant_id: 'other' }),
    code: 'wrong_host',
  },
  {
    name: 'it has no executor for',
    // A server that is newer than this agent knows more.
    make: (desk: Desk) => desk.issue('x', { action: 'isolate' as Command['action'] }),
    code: 'not_understood',
  },
  {
    name: 'with a counter that was used',
    make: (desk: Desk) => desk.issue('x', { counter: 1 }),
    code: 'replayed',
  },
]
for (const { name, make, code } of refused) {
  test(`commands: refuses one ${name}`, async (context) => {
    const desk = await Desk.open(context)
    desk.issue('first')
    const { runner, journal } = await desk.start()
    await desk.pass(runner.pollOnce(STOP))
    const id = make(desk)
    await desk.pass(runner.pollOnce(STOP))
    deepEqual(desk.ran, ['first'])
    deepEqual(desk.states(id), ['refused'])
    equal(desk.code(id), code)
    equal(journal.counter, 1, 'a refused command moves no counter')
  })
}

test('commands: a payload that was changed after signing is refused', async (context) => {
  const desk = await Desk.open(context)
  const id = desk.issue('harmless')
  const [signed] = desk.server.commands
  if (signed === undefined) throw new Error('nothing was issued')
  desk.server.commands = [{ ...signed, payload: signed.payload.replace('harmless', 'harmful!') }]
  const { runner } = await desk.start()
  await desk.pass(runner.pollOnce(STOP))
  deepEqual(desk.ran, [])
  equal(desk.code(id), 'signature_wrong')
})

test('commands: one that has expired by the server’s clock is not run, now or later', async (context) => {
  const desk = await Desk.open(context)
  const id = desk.issue('late', { expires_at: desk.iso(-1) })
  const kept = [...desk.server.commands]
  const { runner } = await desk.start()
  await desk.pass(runner.pollOnce(STOP))
  deepEqual(desk.states(id), ['expired'])
  desk.server.commands = kept
  desk.time.jumpWall(-3_600_000)
  await desk.pass(runner.pollOnce(STOP))
  deepEqual(desk.ran, [])
})

test('commands: a Mac whose clock is wrong by a year runs what the server asks now', async (context) => {
  const desk = await Desk.open(context)
  const server = new Date(desk.iso(0)).getTime()
  const start = desk.time.monotonicNs()
  const clock = () => server + Number((desk.time.monotonicNs() - start) / 1_000_000n)
  const id = desk.issue('now')
  const old = desk.issue('old', { expires_at: desk.iso(-60_000) })
  desk.time.jumpWall(-366 * 86_400_000)
  const handle = desk.server.handle.bind(desk.server)
  desk.server.handle = async (request) => {
    const reply = await handle(request)
    const body = { ...reply.body, server_time: new Date(clock()).toISOString() }
    return request.path.includes('wait_seconds') ? { ...reply, body } : reply
  }
  const { runner } = await desk.start()
  await desk.pass(runner.pollOnce(STOP))
  deepEqual(desk.ran, ['now'])
  deepEqual(desk.states(id), ['accepted', 'done'])
  deepEqual(desk.states(old), ['expired'])
})

test('commands: after a crash while one ran, what became of it is unknown', async (context) => {
  const desk = await Desk.open(context)
  const id = desk.issue('crash')
  const first = await desk.start()
  const crash = new AbortController()
  desk.work = () => new Promise(() => crash.abort())
  await rejects(desk.pass(first.runner.pollOnce(crash.signal)), { name: 'AbortError' })
  const second = await desk.start()
  desk.work = () => Promise.resolve(DONE)
  const stop = new AbortController()
  const running = second.runner.run(stop.signal).catch(() => undefined)
  while (!desk.states(id).includes('unknown')) {
    await desk.pass(desk.time.sleep(100, STOP))
  }
  stop.abort()
  await desk.pass(running)
  deepEqual(desk.ran, ['crash'])
  equal(desk.states(id).at(-1), 'unknown')
  ok(!desk.states(id).includes('done'))
})

test('commands: one that fails, fails; the next one runs', async (context) => {
  const desk = await Desk.open(context)
  const bad = desk.issue('bad')
  const good = desk.issue('good')
  const { runner } = await desk.start()
  desk.work = () => {
    if (desk.ran.at(-1) === 'bad') throw new Error('the disk is on fire')
    return Promise.resolve(DONE)
  }
  await desk.pass(runner.pollOnce(STOP))
  deepEqual(desk.states(bad), ['accepted', 'failed'])
  equal(
    desk.server.told.find(({ id, report }) => id === bad && report.state === 'failed')?.report
      .message,
    'the disk is on fire',
  )
  deepEqual(desk.states(good), ['accepted', 'done'])
})

test('commands: one that never ends is ended as unknown, and told to end', async (context) => {
  const desk = await Desk.open(context)
  const id = desk.issue('endless')
  let told = false
  desk.work = (signal) => new Promise(() => signal.addEventListener('abort', () => (told = true)))
  const { runner } = await desk.start()
  await desk.pass(runner.pollOnce(STOP))
  deepEqual(desk.states(id), ['accepted', 'unknown'])
  equal(desk.code(id), 'timeout')
  equal(told, true)
})

test('commands: a server that answers at once with nothing is not asked without pause', async (context) => {
  const desk = await Desk.open(context)
  const { runner } = await desk.start()
  const stop = new AbortController()
  const running = runner.run(stop.signal).catch(() => undefined)
  await desk.time.run(() => false, 600_000)
  stop.abort()
  await desk.pass(running)
  ok(desk.network.did.requests < 60, `${desk.network.did.requests} requests in ten minutes`)
})

const STORM = { loseRequest: 0.2, loseAnswer: 0.3, repeatRequest: 0.2 }
for (const seed of seeds(3)) {
  test(`commands: at most once whatever the network and the agent do, seed ${seed}`, async (context) => {
    const weather = { ...STORM, latencyMsMax: 2_000, repeatMsMax: 20_000 }
    const desk = await Desk.open(context, weather, seed)
    const ids = Array.from({ length: 20 }, (_, index) =>
      desk.issue(`c${index}`, { expires_at: desk.iso(86_400_000) }),
    )
    let crash: AbortController | undefined
    desk.work = async () => {
      await desk.time.sleep(desk.random.next() * 5_000, STOP)
      // A crash at any step: before, while or after it is told.
      if (desk.random.chance(0.3)) crash?.abort()
      return DONE
    }
    let lives = 0
    while (desk.server.commands.length > 0) {
      lives += 1
      crash = new AbortController()
      const { runner, journal } = await desk.start()
      const running = runner.run(crash.signal).catch(() => undefined)
      const end = desk.time.sleep(desk.random.next() * 120_000, STOP).then(() => crash?.abort())
      await desk.pass(Promise.all([running, end]))
      await journal.close()
    }
    // An acceptance that the network doubled may come late; the server keeps to the end it knows.
    const final = ids.map((id) => desk.states(id).findLast((state) => state !== 'accepted') ?? '')
    context.diagnostic(`${lives} lives: ${JSON.stringify(Object.groupBy(final, String))}`)
    equal(new Set(desk.ran).size, desk.ran.length, 'none ran twice')
    for (const [index, state] of final.entries()) {
      ok(state === 'done' || state === 'unknown', state)
      // Never done without having run.
      if (state === 'done') ok(desk.ran.includes(`c${index}`))
    }
  })
}
