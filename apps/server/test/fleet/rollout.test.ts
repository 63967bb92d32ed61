import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadRules, parseFieldMapping } from '@pomona/rules'
import { BundleManifest, type HostId, RolloutSettings, TENANT_DEFAULT } from '@pomona/schema'
import { openMemoryRecords } from '@pomona/store'
import { pino } from 'pino'
import { CONTENT_DIRECTORY } from '../../src/config.ts'
import type { HostContent } from '../../src/fleet/bundle-content.ts'
import { Rollout } from '../../src/fleet/rollout.ts'
import { FakeClock } from '../support/clock.ts'
import { EVIL_RULE } from '../support/server.ts'
import { standing } from '../support/standing.ts'

const mapping = readFileSync(join(CONTENT_DIRECTORY, 'mappings', 'sigma-macos.yml'), 'utf8')

function content(word: string): HostContent {
  const text = EVIL_RULE.replace('tags: [', 'tags: [pomona.host, ').replace('evil', word)
  const rules = [{ path: 'rules/evil.yml', text }]
  return {
    texts: { mapping, rules, exceptions: [] },
    rules: loadRules(rules, { mapping: parseFieldMapping(mapping) }),
  }
}

/** A fleet whose hosts do at once what they are told. */
class Rig {
  readonly records = openMemoryRecords()
  readonly clock = new FakeClock()
  readonly ids = Array.from({ length: 20 }, (_, n) => `mac-${n}` as HostId)
  readonly applied = new Map<HostId, string>()
  rollout = this.#fresh()

  #fresh(): Rollout {
    return new Rollout({
      ...{ records: this.records, clock: this.clock, logger: pino({ level: 'silent' }) },
      signer: { sign: async (payload) => ({ payload, signature: '', key_id: 'k' }) },
      stateOf: () => 'online',
      onChange: () => undefined,
    })
  }

  static async open(): Promise<Rig> {
    const rig = new Rig()
    await rig.rollout.open()
    return rig
  }

  async restart(): Promise<void> {
    this.rollout = this.#fresh()
    await this.rollout.open()
    this.report()
  }

  /** Every host reports, and takes what it is offered. */
  report(refusing?: HostId): void {
    for (const hostId of this.ids) {
      const before = this.applied.get(hostId)
      const offered = this.rollout.bundleFor(hostId, before)
      const refuses = hostId === refusing && offered !== before
      if (!refuses && offered !== undefined) this.applied.set(hostId, offered)
      const applied = this.applied.get(hostId)
      const ids = { ...(applied && { applied }), ...(offered && { offered }) }
      const bundle = { ...ids, state: refuses ? 'refused' : 'applied' } as const
      const known = standing({ hostId })
      const trial = { ...known.trial, ...(applied && { id: applied }) }
      this.rollout.reported({ ...known, report: { ...known.report, bundle }, trial })
    }
  }

  async round(refusing?: HostId): Promise<void> {
    this.report(refusing)
    this.clock.advanceSeconds(31 * 60)
    await this.rollout.look()
  }

  get states(): readonly string[] {
    return this.rollout.view().bundles.map(({ kind, state, ring }) => `${kind} ${state} ${ring}`)
  }

  get running(): number {
    const newest = this.rollout.view().bundles[0]?.id
    return [...this.applied.values()].filter((id) => id === newest).length
  }

  async audited(): Promise<readonly string[]> {
    return (await this.records.auditEntries(100)).map(({ action }) => action).toReversed()
  }
}

test('rollout: the first bundle is for everybody, the next goes ring by ring', async () => {
  const rig = await Rig.open()
  await rig.rollout.contentChanged(content('one'), 'server')
  deepEqual(rig.states, ['content complete 2'])
  rig.report()
  equal(rig.running, 20)
  await rig.rollout.contentChanged(content('two'), 'ada')
  const seen: number[] = []
  for (let ring = 0; ring < 3; ring++) {
    await rig.rollout.look()
    await rig.round()
    seen.push(rig.running)
  }
  deepEqual(seen, [1, 2, 20])
  deepEqual(rig.states, ['content complete 2', 'content superseded 2'])
  deepEqual(await rig.audited(), [
    ...['bundle_offered', 'bundle_offered'],
    ...['rollout_advanced', 'rollout_advanced', 'rollout_completed'],
  ])
})

test('rollout: the same content is not offered twice, another policy is', async () => {
  const rig = await Rig.open()
  await rig.rollout.contentChanged(content('one'), 'server')
  await rig.rollout.contentChanged(content('one'), 'server')
  await rig.restart()
  await rig.rollout.contentChanged(content('one'), 'server')
  equal(rig.states.length, 1)
  const policy = { ...rig.rollout.view().policy, report_interval_seconds: 10 }
  await rig.rollout.change({ policy }, 'ada')
  const [newest] = rig.rollout.view().bundles
  equal(newest?.state, 'rolling')
  equal(rig.rollout.intervalSeconds(newest?.id), 10)
  equal(rig.rollout.intervalSeconds('unknown'), 60)
  await rig.restart()
  equal(rig.rollout.view().policy.report_interval_seconds, 10)
})

test('rollout: a host that refuses halts it, and everybody goes back', async () => {
  const rig = await Rig.open()
  await rig.rollout.contentChanged(content('one'), 'server')
  rig.report()
  const good = rig.rollout.view().bundles[0]
  await rig.rollout.contentChanged(content('two'), 'ada')
  await rig.rollout.look()
  const invited = rig.ids.find((id) => rig.rollout.bundleFor(id, good?.id) !== good?.id)
  ok(invited)
  rig.report(invited)
  await rig.rollout.look()
  deepEqual(rig.states, ['rollback complete 2', 'content superseded 0', 'content superseded 2'])
  const [back, bad] = rig.rollout.view().bundles
  equal(back?.content, good?.content)
  ok((back?.version ?? 0) > (bad?.version ?? 0))
  match(bad?.reason ?? '', new RegExp(`${invited} refused it`))
  rig.report()
  equal(rig.running, 20)
  // What went wrong is not offered again by itself; only when somebody asks for it.
  await rig.rollout.contentChanged(content('two'), 'server')
  equal(rig.states.length, 3)
  await rig.rollout.offer('ada')
  equal(rig.states[0], 'content rolling 0')
})

test('rollout: without going back by itself it stays halted until somebody decides', async () => {
  const rig = await Rig.open()
  await rig.rollout.contentChanged(content('one'), 'server')
  rig.report()
  const settings = RolloutSettings.parse({ roll_back: false })
  await rig.rollout.change({ settings }, 'ada')
  await rig.rollout.contentChanged(content('two'), 'server')
  await rig.rollout.look()
  const [candidate, base] = rig.rollout.view().bundles
  const invited = rig.ids.find((id) => rig.rollout.bundleFor(id, base?.id) === candidate?.id)
  ok(invited)
  rig.report(invited)
  await rig.rollout.look()
  deepEqual(rig.states, ['content halted 0', 'content complete 2'])
  equal(rig.rollout.bundleFor(invited, base?.id), base?.id)
  await rejects(rig.rollout.halt('ada', 'again'), { code: 'conflict' })
  await rig.rollout.resume('ada')
  await rig.rollout.look()
  deepEqual(rig.states, ['content rolling 0', 'content complete 2'])
  equal(rig.rollout.view().bundles[0]?.reason, undefined)
  await rejects(rig.rollout.resume('ada'), { code: 'conflict' })
})

test('rollout: a host that runs a newer bundle is never told to run an older one', async () => {
  const rig = await Rig.open()
  await rig.rollout.contentChanged(content('one'), 'server')
  rig.report()
  await rig.rollout.contentChanged(content('two'), 'server')
  await rig.rollout.look()
  rig.report()
  const [candidate] = rig.rollout.view().bundles
  await rig.rollout.halt('ada', 'stop')
  const runs = rig.ids.find((id) => rig.applied.get(id) === candidate?.id)
  ok(runs && candidate)
  equal(rig.rollout.bundleFor(runs, candidate.id), candidate.id)
})

test('rollout: goes back to what ran before, as often as there is something', async () => {
  const rig = await Rig.open()
  await rig.rollout.contentChanged(content('one'), 'server')
  await rejects(rig.rollout.rollBack('ada'), { code: 'conflict' })
  rig.report()
  await rig.rollout.contentChanged(content('two'), 'server')
  for (let ring = 0; ring < 3; ring++) {
    await rig.rollout.look()
    await rig.round()
  }
  const [two, one] = rig.rollout.view().bundles
  await rig.rollout.rollBack('ada')
  equal(rig.rollout.view().bundles[0]?.content, one?.content)
  await rig.rollout.rollBack('ada', two?.id)
  equal(rig.rollout.view().bundles[0]?.content, two?.content)
  await rejects(rig.rollout.rollBack('ada', 'nothing'), { code: 'conflict' })
})

test('rollout: a manifest says exactly which files, and is renewed before it is over', async () => {
  const rig = await Rig.open()
  await rig.rollout.contentChanged(content('one'), 'server')
  const [first] = rig.rollout.view().bundles
  const bundle = await rig.rollout.bundle(first?.id ?? '')
  const manifest = BundleManifest.parse(JSON.parse(bundle?.manifest.payload ?? ''))
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  equal(first?.id, hash(bundle?.manifest.payload ?? ''))
  deepEqual(
    manifest.files.map(({ path, sha256 }) => [path, sha256]),
    Object.entries(bundle?.files ?? {}).map(([path, text]) => [path, hash(text)]),
  )
  rig.clock.advanceSeconds(14 * 86_400)
  await rig.rollout.look()
  equal(rig.states.length, 1)
  rig.clock.advanceSeconds(2 * 86_400)
  await rig.rollout.look()
  deepEqual(rig.states, ['renewal complete 2', 'content superseded 2'])
  const [renewed] = await rig.records.bundles.list(TENANT_DEFAULT)
  equal(renewed?.content, first?.content)
  ok((renewed?.version ?? 0) > (first?.version ?? 0))
})

test('rollout: content that makes no bundle is told, and what ran goes on', async () => {
  const rig = await Rig.open()
  await rig.rollout.contentChanged(content('one'), 'server')
  const { texts, rules } = content('two')
  await rig.rollout.contentChanged({ texts: { ...texts, mapping: '[' }, rules }, 'server')
  equal(rig.states.length, 1)
  match(rig.rollout.view().problem ?? '', /mapping/)
  await rig.rollout.contentChanged(content('three'), 'server')
  equal(rig.rollout.view().problem, undefined)
})
