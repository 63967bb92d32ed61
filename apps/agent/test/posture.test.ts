import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { PostureReport } from '@pomona/schema'
import type { PostureLook, PostureProbe } from '@pomona/sensor'
import { ManualTime, ScriptedCommands } from '@pomona/sensor/testing'
import { Posture } from '../src/posture.ts'

function setUp(looks: Record<string, PostureLook>) {
  const time = new ManualTime()
  let changes = 0
  const probes = Object.keys(looks).map((name): PostureProbe => ({
    name,
    look: async () => looks[name] ?? { ok: false, code: 'gone', message: '' },
  }))
  const tools = { commands: new ScriptedCommands(time), clock: time, timer: time }
  const posture = new Posture(tools, { probes, changed: () => (changes += 1) })
  return { time, posture, changes: () => changes }
}

const fact = (name: string, value: string | boolean) => ({ name, value, source: 's' })

test('posture: a change is told, a snapshot that says the same is not', async () => {
  const looks: Record<string, PostureLook> = { sip: { ok: true, facts: [fact('sip.status', 'a')] } }
  const { time, posture, changes } = setUp(looks)
  posture.start()
  await time.advance(0)
  const first = posture.latest
  deepEqual(first?.looks['sip'], looks['sip'])
  await time.advance(3_600_000)
  equal(changes(), 1)
  equal(posture.latest?.taken === first?.taken, false)
  looks['sip'] = { ok: true, facts: [fact('sip.status', 'b')] }
  await time.advance(3_600_000)
  equal(changes(), 2)
  posture.stop()
})

test('posture: whatever probes say, what is told fits into a report', async () => {
  const { posture } = setUp({
    many: { ok: true, facts: Array.from({ length: 100 }, (_, at) => fact(`f${at}`, true)) },
    long: { ok: true, facts: [{ name: 'n', value: 'v'.repeat(9_999), source: 's'.repeat(9_999) }] },
    failed: { ok: false, code: 'c'.repeat(500), message: 'm'.repeat(9_999) },
  })
  const report = await posture.snapshot()
  deepEqual(PostureReport.parse(report), report)
  equal(report.cut, 36)
})
