import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Bundle } from '@pomona/schema'
import { bundleId, type CheckedBundle } from '../../src/bundles/bundle.ts'
import { BundleFolder } from '../../src/bundles/bundle-folder.ts'
import { BundleKeeper, type BundleTarget } from '../../src/bundles/keeper.ts'
import { Link } from '../../src/uplink/link.ts'
import { type BundleWish, filesWith, ruleOn, signedBundle } from '../support/bundles.ts'
import { LossyNetwork } from '../support/lossy-network.ts'
import { ProtocolServer } from '../support/protocol-server.ts'
import { SeededRandom } from '../support/random.ts'
import { SimulatedTime } from '../support/simulated-time.ts'

const CALM = { loseRequest: 0, loseAnswer: 0, repeatRequest: 0, latencyMsMax: 0, repeatMsMax: 0 }
const STOP = new AbortController().signal

/** What bundles are put to work in: remembers them, and refuses or sickens as it is told. */
class Target implements BundleTarget {
  readonly applied: (number | undefined)[] = []
  refuse: number | undefined
  sick: string | undefined

  apply(bundle: CheckedBundle | undefined): Promise<void> {
    const version = bundle?.manifest.version
    if (version !== undefined && version === this.refuse) {
      return Promise.reject(new Error('the engine does not start with it'))
    }
    this.applied.push(version)
    return Promise.resolve()
  }

  problem(): string | undefined {
    return this.sick
  }
}

class Place {
  readonly time = new SimulatedTime()
  readonly server: ProtocolServer
  readonly folder: string
  readonly target = new Target()
  readonly #link: Link

  constructor(folder: string) {
    this.folder = folder
    const { time } = this
    this.server = new ProtocolServer(() => Number(time.nowNs() / 1_000_000n))
    const random = new SeededRandom(1)
    const transport = new LossyNetwork({ server: this.server, time, random, weather: CALM })
    this.#link = new Link({ transport, clock: time, random, sleep: time.sleep })
  }

  static async open(context: TestContext): Promise<Place> {
    const folder = await mkdtemp(join(tmpdir(), 'pomona-bundles-'))
    context.after(() => rm(folder, { recursive: true, force: true }))
    return new Place(folder)
  }

  /** The keeper after a start of the agent. */
  async start(): Promise<BundleKeeper> {
    const keeper = new BundleKeeper({
      ...{ link: this.#link, sleep: this.time.sleep, target: this.target },
      folder: new BundleFolder(this.folder),
      identity: () => ({ tenant_id: 'default', signing_keys: [this.server.signer.published] }),
      probationMs: 60_000,
    })
    await keeper.open()
    return keeper
  }

  publish(wish: BundleWish): string {
    const bundle: Bundle = signedBundle(this.server.signer, wish)
    this.server.bundle = bundle
    return bundleId(bundle)
  }

  async fetch(keeper: BundleKeeper): Promise<void> {
    await this.pass(keeper.fetch(STOP))
  }

  /** Lets time pass until something is done; files are written in real time beside it. */
  async pass(work: Promise<void>, spanMs = Infinity): Promise<void> {
    const seen = { end: false }
    const end = work.finally(() => (seen.end = true))
    end.catch(() => undefined)
    while (!seen.end) {
      await this.time.run(() => seen.end, spanMs)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await end
  }

  /** Runs the keeper for so long. */
  async live(keeper: BundleKeeper, ms: number): Promise<void> {
    const stop = new AbortController()
    const running = keeper.run(stop.signal).catch(() => undefined)
    await this.pass(this.time.sleep(ms, STOP), ms)
    stop.abort()
    await running
  }
}

test('keeper: without a bundle the agent runs what it brought with it', async (context) => {
  const place = await Place.open(context)
  const keeper = await place.start()
  deepEqual(place.target.applied, [undefined])
  deepEqual(keeper.report(), { state: 'none' })
})

test('keeper: a bundle that is offered is fetched, put to work, and there after a restart', async (context) => {
  const place = await Place.open(context)
  const keeper = await place.start()
  const id = place.publish({ version: 3 })
  keeper.offer(id)
  await place.live(keeper, 1_000)
  deepEqual(place.target.applied, [undefined, 3])
  deepEqual(keeper.report(), { applied: id, offered: id, state: 'applied' })
  await place.start()
  deepEqual(place.target.applied, [undefined, 3, 3])
})

test('keeper: what is at work already is not fetched again', async (context) => {
  const place = await Place.open(context)
  const keeper = await place.start()
  const id = place.publish({})
  await place.fetch(keeper)
  const { length } = place.target.applied
  keeper.offer(id)
  await place.live(keeper, 1_000)
  await place.fetch(keeper)
  equal(place.target.applied.length, length)
})

test('keeper: one that is wrong is refused with a reason, and not fetched again', async (context) => {
  const place = await Place.open(context)
  const keeper = await place.start()
  const broken = ruleOn('evil').replace('condition: selection', 'condition: nothing')
  const id = place.publish({ files: filesWith(broken) })
  keeper.offer(id)
  await place.live(keeper, 1_000)
  const report = keeper.report()
  equal(report.state, 'refused')
  equal(report.offered, id)
  match(report.reason ?? '', /Rules that cannot be loaded/)
  place.server.bundle = undefined
  keeper.offer(id)
  await place.live(keeper, 1_000)
  equal(keeper.report().state, 'refused')
  deepEqual(place.target.applied, [undefined])
})

test('keeper: an older version is refused, also after a restart', async (context) => {
  const place = await Place.open(context)
  let keeper = await place.start()
  place.publish({ version: 5 })
  await place.fetch(keeper)
  keeper = await place.start()
  place.publish({ version: 4, files: filesWith(ruleOn('older')) })
  await place.fetch(keeper)
  equal(keeper.report().state, 'refused')
  deepEqual(place.target.applied.at(-1), 5)
})

test('keeper: one that the engine does not start with is rolled back at once', async (context) => {
  const place = await Place.open(context)
  const keeper = await place.start()
  const good = place.publish({ version: 1 })
  await place.fetch(keeper)
  place.target.refuse = 2
  const bad = place.publish({ version: 2, files: filesWith(ruleOn('bad')) })
  await place.fetch(keeper)
  const { applied, offered, state, reason } = keeper.report()
  deepEqual({ applied, offered, state }, { applied: good, offered: bad, state: 'rolled_back' })
  match(reason ?? '', /does not start/)
  deepEqual(place.target.applied, [undefined, 1, 1])
})

test('keeper: one that harms is rolled back while it is watched', async (context) => {
  const place = await Place.open(context)
  const keeper = await place.start()
  place.publish({ version: 1 })
  await place.fetch(keeper)
  await place.live(keeper, 120_000)
  place.publish({ version: 2, files: filesWith(ruleOn('bad')) })
  await place.fetch(keeper)
  const living = place.live(keeper, 30_000)
  place.target.sick = 'the engine falls behind'
  await living
  equal(keeper.report().state, 'rolled_back')
  match(keeper.report().reason ?? '', /falls behind/)
  deepEqual(place.target.applied, [undefined, 1, 2, 1])
})

test('keeper: one that has proven itself is not blamed for what comes later', async (context) => {
  const place = await Place.open(context)
  const keeper = await place.start()
  place.publish({ version: 1 })
  await place.fetch(keeper)
  await place.live(keeper, 120_000)
  place.target.sick = 'something else'
  await place.live(keeper, 120_000)
  equal(keeper.report().state, 'applied')
})

test('keeper: one with which the agent keeps ending is rolled back by the starts', async (context) => {
  const place = await Place.open(context)
  let keeper = await place.start()
  place.publish({ version: 1 })
  await place.fetch(keeper)
  await place.live(keeper, 120_000)
  place.publish({ version: 2, files: filesWith(ruleOn('bad')) })
  await place.fetch(keeper)
  for (let start = 0; start < 3; start++) {
    keeper = await place.start()
    equal(place.target.applied.at(-1), 2)
  }
  keeper = await place.start()
  equal(place.target.applied.at(-1), 1)
  equal(keeper.report().state, 'rolled_back')
})

test('keeper: a later version goes on after a rollback', async (context) => {
  const place = await Place.open(context)
  const keeper = await place.start()
  place.target.refuse = 1
  place.publish({ version: 1 })
  await place.fetch(keeper)
  deepEqual(place.target.applied, [undefined, undefined])
  const id = place.publish({ version: 2 })
  await place.fetch(keeper)
  deepEqual(keeper.report(), { applied: id, offered: id, state: 'applied' })
})

test('keeper: a bundle that was changed on the disk is not used; the one before it is', async (context) => {
  const place = await Place.open(context)
  let keeper = await place.start()
  place.publish({ version: 1 })
  await place.fetch(keeper)
  const id = place.publish({ version: 2, files: filesWith(ruleOn('second')) })
  await place.fetch(keeper)
  const file = join(place.folder, `${id}.json`)
  await writeFile(file, (await readFile(file, 'utf8')).replaceAll('second', 'third!'))
  keeper = await place.start()
  equal(place.target.applied.at(-1), 1)
  equal(keeper.report().state, 'rolled_back')
})

test('keeper: with nothing on the disk that can be used, the agent runs what it brought', async (context) => {
  const place = await Place.open(context)
  const keeper = await place.start()
  const id = place.publish({ version: 1 })
  await place.fetch(keeper)
  await rm(join(place.folder, `${id}.json`))
  await place.start()
  equal(place.target.applied.at(-1), undefined)
})

test('keeper: keeps no more bundles than it could go back to', async (context) => {
  const place = await Place.open(context)
  const keeper = await place.start()
  for (let version = 1; version <= 5; version++) {
    place.publish({ version, files: filesWith(ruleOn(`v${version}`)) })
    await place.fetch(keeper)
  }
  equal((await readdir(place.folder)).filter((name) => name !== 'state.json').length, 2)
})

test('keeper: what is no answer of the protocol is said, and changes nothing', async (context) => {
  const place = await Place.open(context)
  const keeper = await place.start()
  place.server.script.push(() => ({ status: 418, body: {} }))
  await rejects(place.fetch(keeper), { code: 'ERR_UPLINK_ANSWER' })
  deepEqual(keeper.report(), { state: 'none' })
})
