import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { PostureCollector, type PostureProbe, type PostureSnapshot } from '@pomona/sensor'
import { ManualTime } from '@pomona/sensor/testing'

const fact = (name: string) => ({ name, value: true, source: '/usr/bin/csrutil status' })
const probe = (name: string, look: PostureProbe['look']): PostureProbe => ({ name, look })
const sip = probe('sip', async () => ({ ok: true, facts: [fact('sip.enabled')] }))

function setUp(probes: readonly PostureProbe[], options: { readonly factsMax?: number } = {}) {
  const time = new ManualTime()
  const snapshots: PostureSnapshot[] = []
  const taken = (snapshot: PostureSnapshot) => snapshots.push(snapshot)
  const collector = new PostureCollector(
    { probes, intervalMs: 60_000, lookMsMax: 1_000, taken, ...options },
    { clock: time, timer: time },
  )
  return { time, snapshots, collector }
}

test('posture: a snapshot at the start and then by the timer', async () => {
  const { time, snapshots, collector } = setUp([sip])
  collector.start()
  collector.start()
  await time.advance(0)
  equal(snapshots.length, 1)
  await time.advance(120_000)
  equal(snapshots.length, 3)
  deepEqual(snapshots[0]?.looks, { sip: { ok: true, facts: [fact('sip.enabled')] } })
  collector.stop()
  await time.advance(600_000)
  equal(snapshots.length, 3)
  equal(time.waiting, 0)
})

test('posture: a probe that hangs or throws costs its own look only', async () => {
  const hangs = probe('hangs', () => new Promise(() => undefined))
  const throws = probe('throws', async () => Promise.reject(new Error('no such file')))
  const { time, snapshots, collector } = setUp([hangs, throws, sip])
  const snapshot = collector.snapshot()
  await time.advance(1_000)
  await snapshot
  const looks = snapshots[0]?.looks
  equal(looks?.['sip']?.ok, true)
  equal(looks?.['hangs']?.ok === false && looks['hangs'].code, 'too_slow')
  equal(looks?.['throws']?.ok === false && looks['throws'].message, 'no such file')
})

test('posture: asked for while one is taken, it is that one', async () => {
  const { time, snapshots, collector } = setUp([sip])
  const both = Promise.all([collector.snapshot(), collector.snapshot()])
  await time.advance(0)
  const [one, two] = await both
  equal(one, two)
  equal(snapshots.length, 1)
})

test('posture: facts beyond the bound are cut and counted', async () => {
  const many = probe('many', async () => ({
    ok: true,
    facts: Array.from({ length: 10 }, (_, index) => fact(`f${index}`)),
  }))
  const { snapshots, collector } = setUp([many, sip], { factsMax: 8 })
  await collector.snapshot()
  const [snapshot] = snapshots
  equal(snapshot?.cut, 3)
  const look = snapshot?.looks['many']
  equal(look?.ok === true && look.facts.length, 8)
})
