import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { ShipperLimits } from '../../src/uplink/shipper.ts'
import { LossyNetwork } from '../support/lossy-network.ts'
import { problem, ProtocolServer, type ServerReply } from '../support/protocol-server.ts'
import { SeededRandom } from '../support/random.ts'
import { SESSION, Shipping } from '../support/shipping.ts'
import { SimulatedTime } from '../support/simulated-time.ts'

const CALM = {
  loseRequest: 0,
  loseAnswer: 0,
  repeatRequest: 0,
  latencyMsMax: 5,
  repeatMsMax: 0,
}
const STOP = new AbortController().signal

function world(limits: ShipperLimits = { itemsMax: 8, bytesMax: 100_000 }) {
  const time = new SimulatedTime()
  const random = new SeededRandom(5)
  const server = new ProtocolServer(() => Number(time.nowNs() / 1_000_000n))
  const transport = new LossyNetwork({ server, time, random, weather: CALM })
  const shipping = new Shipping({ time, random, transport })
  const started = shipping.start(limits)
  const deliverAll = async (spanMs = Infinity): Promise<void> => {
    let isIdle = false
    void (async () => {
      while (await started.shipper.deliverNext(STOP));
      isIdle = true
    })()
    await time.run(() => isIdle, spanMs)
  }
  const stored = async () => (await server.stored()).map(({ sequence }) => sequence)
  return { time, server, transport, shipping, ...started, deliverAll, stored }
}

test('shipper: delivers in order, by batches, and says who it is', async () => {
  const { server, shipping, deliverAll, stored, shipper } = world()
  for (const sequence of [3, 4, 7, 8, 9, 12, 13, 14, 15, 20]) shipping.put(sequence)
  await deliverAll()
  deepEqual(await stored(), [3, 4, 7, 8, 9, 12, 13, 14, 15, 20])
  deepEqual(
    server.batches.map((batch) => [batch.first_sequence, batch.last_sequence]),
    [
      [3, 14],
      [15, 20],
    ],
  )
  const [batch] = server.batches
  deepEqual([batch?.host.id, batch?.stream_id, batch?.boot_id], ['host-1', 'stream-1', 'boot-1'])
  equal(batch?.run, 'run-1')
  deepEqual([batch?.agent?.session_id, batch?.agent?.epoch], [SESSION, 1])
  equal(shipper.counts().delivered, 10)
  equal(shipping.spool.counts().held, 0)
})

test('shipper: a batch ends before it has too many bytes', async () => {
  const { server, shipping, deliverAll } = world({ itemsMax: 100, bytesMax: 2_500 })
  for (let sequence = 0; sequence < 5; sequence++)
    shipping.put(sequence, { text: 'x'.repeat(1_000) })
  await deliverAll()
  deepEqual(
    server.batches.map(({ events }) => events.length),
    [2, 2, 1],
  )
})

test('shipper: the digest covers events and alerts', async () => {
  const { server, shipping, deliverAll, stored } = world()
  const alert = {
    ...{ id: 'a1', rule_id: 'r1', rule_name: 'R', rule_version: '1', severity: 'low' },
    ...{ tenant_id: 'default', host: { id: 'host-1' }, time: '2026-11-25T09:00:00.000000000Z' },
  }
  shipping.put(0)
  shipping.putAlert(1, alert)
  const texts: string[] = []
  server.script.push(({ body }) => {
    texts.push(body.toString('latin1'))
    return { status: 200, body: { status: 'stored', offset: 0, accepted: 1, rejected: 0 } }
  })
  await deliverAll()
  equal(texts.length, 1)
  deepEqual(await stored(), [])
  equal(shipping.spool.counts().acknowledged, 2)
})

test('shipper: what the server has already counts as delivered', async () => {
  const { shipping, deliverAll, stored, shipper, server } = world()
  shipping.put(0)
  shipping.put(1)
  // The answer is lost after the batch was stored.
  const take = server.handle.bind(server)
  let lost = false
  server.handle = async (request) => {
    const reply = await take(request)
    if (lost) return reply
    lost = true
    return problem(503, 'unavailable')
  }
  await deliverAll()
  deepEqual(await stored(), [0, 1])
  equal(shipper.counts().duplicates, 1)
  equal(shipper.counts().delivered, 2)
})

test('shipper: of a batch the server has a part of, the rest is sent', async () => {
  const { shipping, deliverAll, stored, shipper, time } = world()
  const before = shipping.start({ itemsMax: 3, bytesMax: 100_000 }).shipper
  for (let sequence = 0; sequence < 3; sequence++) shipping.put(sequence)
  const { spool } = shipping
  const { acknowledge } = spool
  // The agent ends after the server stored, before it could note that.
  spool.acknowledge = () => 0
  let isOver = false
  void before.deliverNext(STOP).then(() => (isOver = true))
  await time.run(() => isOver)
  spool.acknowledge = acknowledge
  for (let sequence = 3; sequence < 6; sequence++) shipping.put(sequence)
  await deliverAll()
  deepEqual(await stored(), [0, 1, 2, 3, 4, 5])
  ok(shipper.counts().overlaps + shipper.counts().duplicates > 0)
  equal(shipper.counts().delivered, 6, 'what the server had before it said so is delivered, too')
})

const poisoned = [
  { name: 'at the beginning', bad: [0] },
  { name: 'at the end', bad: [15] },
  { name: 'in the middle', bad: [7] },
  { name: 'more than one', bad: [2, 3, 11] },
  { name: 'next to each other', bad: [4, 5] },
]
for (const { name, bad } of poisoned) {
  test(`shipper: sets aside events the server will never take: ${name}`, async () => {
    const { server, shipping, deliverAll, stored, shipper } = world()
    server.isPoison = (event) => event['poison'] === true
    for (let sequence = 0; sequence < 16; sequence++) {
      shipping.put(sequence, bad.includes(sequence) ? { poison: true } : {})
    }
    await deliverAll()
    const good = Array.from({ length: 16 }, (_, index) => index).filter((n) => !bad.includes(n))
    deepEqual(await stored(), good)
    deepEqual(shipping.sequences('discarded'), bad)
    deepEqual(shipping.sequences('acknowledged'), good)
    deepEqual(shipper.counts().discarded, { batch_too_complex: bad.length })
  })
}

test('shipper: a server that refuses everything does not empty the spool', async () => {
  const { server, shipping, deliverAll } = world()
  server.isPoison = () => true
  for (let sequence = 0; sequence < 500; sequence++) shipping.put(sequence)
  await deliverAll(600_000)
  const { discarded, held } = shipping.spool.counts()
  ok(discarded >= 3 && discarded < 60, `${discarded} in ten minutes`)
  equal(discarded + held, 500)
})

test('shipper: what belongs to a host this Mac was before is given up, and nothing else', async () => {
  const limits = { itemsMax: 8, bytesMax: 100_000 }
  const { server, shipping, stored, time } = world()
  for (let sequence = 0; sequence < 16; sequence++) shipping.put(sequence)
  server.script.push(() => problem(422, 'foreign_stream'))
  // The spool's epoch is 1: to a later start it is what an earlier one left.
  const { shipper } = shipping.start(limits, 2)
  let isDone = false
  void (async () => {
    while (await shipper.deliverNext(STOP));
    isDone = true
  })()
  await time.run(() => isDone)
  deepEqual(await stored(), [8, 9, 10, 11, 12, 13, 14, 15])
  deepEqual(shipping.sequences('discarded'), [0, 1, 2, 3, 4, 5, 6, 7])
  deepEqual(shipper.counts().discarded, { foreign_stream: 8 })
})

test('shipper: a stream of its own that the server calls foreign is kept', async () => {
  const { server, shipping, deliverAll } = world()
  server.script.push(...Array.from({ length: 50 }, () => () => problem(422, 'foreign_stream')))
  for (let sequence = 0; sequence < 16; sequence++) shipping.put(sequence)
  await deliverAll(60_000)
  deepEqual(shipping.spool.counts().held, 16)
})

test('shipper: a batch that is too large is halved', async () => {
  const { server, shipping, deliverAll, stored } = world()
  for (let sequence = 0; sequence < 8; sequence++) shipping.put(sequence)
  const tooLarge = (): ServerReply => problem(413, 'body_too_large')
  server.script.push(tooLarge, tooLarge)
  await deliverAll()
  deepEqual(await stored(), [0, 1, 2, 3, 4, 5, 6, 7])
  deepEqual(
    server.batches.map(({ events }) => events.length),
    [2, 4, 2],
  )
})

test('shipper: what the server has otherwise is not called delivered', async () => {
  const { server, shipping, deliverAll, shipper, stored } = world()
  // The same identity, stream and range, with other contents: two machines, or a restored backup.
  const twin = world()
  for (let sequence = 2; sequence < 6; sequence++) twin.shipping.put(sequence, { twin: true })
  await twin.deliverAll()
  const [entry] = await twin.server.log.read(0, { entriesMax: 1, bytesMax: 1_000_000 })
  if (entry === undefined) throw new Error('nothing was stored')
  await server.log.append(entry)
  for (let sequence = 0; sequence < 8; sequence++) shipping.put(sequence)
  await deliverAll()
  deepEqual(new Set(await stored()), new Set([0, 1, 2, 3, 4, 5, 6, 7]))
  deepEqual(shipping.sequences('acknowledged'), [0, 1, 6, 7])
  deepEqual(shipping.sequences('discarded'), [2, 3, 4, 5])
  deepEqual(shipper.counts().discarded, { batch_conflict: 4 })
})

const puzzling = [
  { name: 'an address that is not there', reply: problem(404, 'not_found') },
  { name: 'a refusal that blames no event', reply: problem(415, 'unsupported_encoding') },
  { name: 'an answer without a receipt', reply: { status: 200, body: {} } },
  {
    name: 'an overlap that overlaps nothing',
    reply: { status: 409, body: { code: 'batch_overlap', message: 'x', last_sequence: 1 } },
  },
] as const
for (const { name, reply } of puzzling) {
  test(`shipper: keeps everything and waits after ${name}`, async () => {
    const { server, shipping, deliverAll, stored, time } = world()
    shipping.put(5)
    server.script.push(...Array.from({ length: 6 }, () => () => reply))
    await deliverAll()
    deepEqual(await stored(), [5])
    equal(shipping.spool.counts().discarded, 0)
    ok(time.monotonicNs() > 1_000_000_000n)
  })
}

test('shipper: a host that is limited waits as long as it is told', async () => {
  const { server, shipping, deliverAll, stored, time } = world()
  shipping.put(0)
  server.script.push(() => problem(429, 'rate_limited', { 'retry-after': '20' }))
  await deliverAll()
  deepEqual(await stored(), [0])
  ok(time.monotonicNs() >= 20_000_000_000n)
})
