import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { LEDGER_START, ledgerHash, type LedgerRow } from '@pomona/schema'
import { Link } from '../../src/uplink/link.ts'
import { type ReportBody, Reporter, type ReportedLedger } from '../../src/uplink/reporter.ts'
import { LossyNetwork } from '../support/lossy-network.ts'
import { ProtocolServer } from '../support/protocol-server.ts'
import { SeededRandom } from '../support/random.ts'
import { SESSION } from '../support/shipping.ts'
import { SimulatedTime } from '../support/simulated-time.ts'

const STOP = new AbortController().signal
const CALM = { loseRequest: 0, loseAnswer: 0, repeatRequest: 0, latencyMsMax: 0, repeatMsMax: 0 }
const BODY: ReportBody = {
  ...{ epoch: 1, boot_id: 'boot-1', host: { id: 'host-1', name: 'orchard-01' } },
  usage: {
    ...{ started: '2026-11-25T08:00:00Z', cpu_percent: 1, memory_bytes: 1 },
    ...{ spool_bytes: 0, spool_events: 0, alerts: 0 },
  },
  ...{ sensors: [], permissions: [] },
}

/** A ledger whose rows are made one after the other. */
class Book implements ReportedLedger {
  readonly all: LedgerRow[] = []
  confirmed = 0
  /** Rows that are not told before it is in a hurry. */
  kept = 0

  add(count: number): void {
    for (let added = 0; added < count; added++) {
      const place = { index: this.all.length, previous: this.all.at(-1)?.hash ?? LEDGER_START }
      const row = {
        ...{ ...place, epoch: 1, sensor: 'eslogger', hour: '2026-11-25T08:00:00.000Z' },
        ...{ sensed: 1, filtered: {}, dropped: [], sent: 1, lost: 0, unobserved: [] },
      }
      this.all.push({ ...row, hash: ledgerHash(row) })
    }
  }

  rows(index: number, rowsMax: number): Promise<readonly LedgerRow[]> {
    return Promise.resolve(this.all.slice(index, index + rowsMax))
  }

  confirm(index: number): void {
    this.confirmed = index
  }

  hurry(): void {
    this.add(this.kept)
    this.kept = 0
  }
}

function world(weather = CALM) {
  const time = new SimulatedTime()
  const random = new SeededRandom(4)
  const server = new ProtocolServer(() => Number(time.nowNs() / 1_000_000n))
  const transport = new LossyNetwork({ server, time, random, weather })
  const book = new Book()
  const told: { bundles: string[]; problems: string[] } = { bundles: [], problems: [] }
  const reporter = new Reporter({
    link: new Link({ transport, clock: time, random, sleep: time.sleep }),
    ...{ clock: time, sleep: time.sleep, sessionId: SESSION, ledger: book },
    body: () => Promise.resolve(BODY),
    bundle: () => ({ state: 'none' }),
    intervalMs: () => 60_000,
    onBundle: (id) => told.bundles.push(id),
    onLedgerProblem: (problem) => told.problems.push(problem),
  })
  const live = async (ms: number): Promise<void> => {
    const stop = new AbortController()
    const running = reporter.run(stop.signal).catch(() => undefined)
    await time.run(() => false, ms)
    stop.abort()
    await running
  }
  return { time, server, book, told, reporter, live, random }
}

test('reporter: reports at every interval, and when it is poked', async () => {
  const { server, reporter, live, time } = world()
  await live(10 * 60_000 - 1)
  equal(server.reports.length, 10)
  deepEqual([server.reports[0]?.session_id, server.reports[0]?.epoch], [SESSION, 1])
  const stop = new AbortController()
  const running = reporter.run(stop.signal).catch(() => undefined)
  await time.run(() => false, 1_000)
  reporter.poke()
  await time.run(() => false, 1_000)
  stop.abort()
  await running
  equal(server.reports.length, 12)
})

test('reporter: rows of the ledger are told in order until the server has them all', async () => {
  const { server, book, reporter, time } = world()
  book.add(1_200)
  let done = false
  void reporter.report(STOP).then(() => (done = true))
  await time.run(() => done)
  deepEqual(
    server.reports.map(({ ledger }) => ledger.length),
    [0, 500, 500, 200],
  )
  equal(book.confirmed, 1_200)
  const rows = server.reports.flatMap(({ ledger }) => ledger)
  deepEqual(rows, book.all)
})

test('reporter: the last report tells all that was counted', async () => {
  const { server, book, reporter, time } = world()
  book.kept = 3
  let done = 0
  void reporter.report(STOP).then(() => (done += 1))
  await time.run(() => done === 1)
  equal(server.ledgerNext, 0)
  void reporter.report(STOP, true).then(() => (done += 1))
  await time.run(() => done === 2)
  equal(server.ledgerNext, 3)
})

test('reporter: a server that forgot rows gets them again', async () => {
  const { server, book, live } = world()
  book.add(10)
  await live(90_000)
  equal(server.ledgerNext, 10)
  server.ledgerNext = 4
  await live(90_000)
  equal(server.ledgerNext, 10)
  deepEqual(server.reports.at(-1)?.ledger, [])
})

test('reporter: answers that are lost lose and double no row', async () => {
  const bad = {
    ...CALM,
    loseRequest: 0.3,
    loseAnswer: 0.3,
    repeatRequest: 0.2,
    repeatMsMax: 90_000,
  }
  const { server, book, live, time } = world(bad)
  for (let minute = 0; minute < 30; minute++) {
    book.add(7)
    await live(60_000)
  }
  await live(600_000)
  await time.run(() => false)
  equal(server.ledgerNext, book.all.length)
  equal(book.confirmed, book.all.length)
})

test('reporter: rows that are not taken are said, and not told again without pause', async () => {
  const { server, book, told, live } = world()
  book.add(3)
  const handle = server.handle.bind(server)
  server.handle = async (request) => {
    const reply = await handle(request)
    return { ...reply, body: { ...reply.body, ledger_next: 0, ledger_problem: 'fork' } }
  }
  await live(5 * 60_000 - 1)
  ok(server.reports.length <= 6, `${server.reports.length} reports`)
  ok(told.problems.every((problem) => problem === 'fork') && told.problems.length > 0)
})

test('reporter: says which bundle the server wants', async () => {
  const { server, told, live } = world()
  const id = 'a'.repeat(64)
  server.bundleId = id
  await live(1_000)
  deepEqual(told.bundles, [id])
})

test('reporter: the last report says that it is the last', async () => {
  const { server, reporter, time } = world()
  let done = false
  void reporter.report(STOP, true).then(() => (done = true))
  await time.run(() => done)
  equal(server.reports.at(-1)?.stopping, true)
})

test('reporter: a server that does not take reports is an error that says so', async () => {
  const { server, reporter, time } = world()
  server.script.push(() => ({
    status: 422,
    body: { code: 'invalid_request', message: 'A field is unknown.' },
  }))
  const refused = rejects(reporter.report(STOP), { code: 'ERR_UPLINK_ANSWER', message: /unknown/ })
  await time.run(() => false)
  await refused
})
