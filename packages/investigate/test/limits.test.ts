import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { hostShare, INCIDENT_LIMITS } from '../src/limits.ts'
import { IncidentTracker } from '../src/tracker.ts'
import { alertOf, eventsOf } from './mac.ts'

const UNTRUSTED = '/private/tmp/tool'

const cases = [
  { name: 'a host alone has its own bound', hosts: 1, want: [4_096, 2_048] },
  { name: 'a few do not feel each other', hosts: 24, want: [3_125, 1_562] },
  { name: 'many share equally', hosts: 1_000, want: [97, 48] },
  { name: 'and still have something each', hosts: 10_000_000, want: [1, 1] },
]
for (const { name, hosts, want } of cases) {
  test(`share: ${name}`, () => {
    const { processesMax, filesMax } = hostShare(hosts, INCIDENT_LIMITS)
    deepEqual([processesMax, filesMax], want)
  })
}

test('incidents: a host that is full lets go of the mildest incident, and counts it', () => {
  const tracker = new IncidentTracker({ incidentsMax: 2 })
  const steps = ['a', 'b', 'c'].map((name) => ({
    run: { path: '/usr/bin/curl', args: ['curl', name] },
  }))
  const severities = { a: 'high', b: 'low', c: 'medium' } as const
  for (const event of eventsOf(steps)) {
    const name = event.event?.action === 'exec' ? event.process?.args?.[1] : undefined
    const severity = severities[name as 'a' | 'b' | 'c'] // Only the three above are typed.
    tracker.observe(event, name === undefined ? [] : [alertOf(event, name, { severity })])
  }
  const counts = tracker.counts()
  deepEqual([counts.open, counts.incidentsEvicted], [2, 1])
  const kept = tracker.takeChanges() && tracker.state().hosts[0]?.incidents
  deepEqual(
    kept?.map(({ highest }) => highest),
    ['high', 'medium'],
  )
})

test('incidents: hosts, processes and files are bounded and counted', () => {
  const tracker = new IncidentTracker({
    hostsMax: 2,
    processesMax: 20,
    filesMax: 5,
    filesPerProcessMax: 10,
  })
  const events = eventsOf([
    {
      repeat: {
        count: 40,
        as: 'turn',
        steps: [
          { exec: { as: 'job', path: UNTRUSTED, args: [UNTRUSTED, '${turn}'] } },
          { save: { by: 'job', path: '/private/tmp/${turn}', size: 1 } },
          { save: { by: 'finder', path: '/private/tmp/f${turn}', size: 1 } },
        ],
      },
    },
  ])
  for (const id of ['one', 'two', 'three']) {
    for (const event of events) tracker.observe({ ...event, host: { id } }, [])
  }
  const counts = tracker.counts()
  deepEqual([counts.hosts, counts.hostsEvicted], [2, 1])
  ok(counts.processes <= 40 && counts.processesEvicted > 0)
  ok(counts.files <= 10 && counts.filesEvicted > 0)
})

test('incidents: many hosts share what all may remember', () => {
  const limits = { processesTotalMax: 80, filesTotalMax: 40, processesMax: 60, filesMax: 30 }
  const tracker = new IncidentTracker(limits)
  const events = eventsOf([
    {
      repeat: {
        count: 50,
        as: 'turn',
        steps: [
          { exec: { as: 'job', path: UNTRUSTED, args: [UNTRUSTED, '${turn}'] } },
          { save: { by: 'job', path: '/private/tmp/${turn}', size: 1 } },
        ],
      },
    },
  ])
  const hear = (id: string): void => {
    for (const event of events) tracker.observe({ ...event, host: { id } }, [])
  }
  const held: (readonly [number, number])[] = []
  for (const id of ['one', 'two', 'three', 'four']) {
    hear(id)
    const { processes, files } = tracker.counts()
    held.push([processes, files])
  }
  deepEqual(held[0], [51, 30])
  deepEqual(held.at(-1), [80, 40])
  ok(held.every(([processes, files]) => processes <= 80 && files <= 40))
  const again = new IncidentTracker(limits)
  again.restore(JSON.parse(JSON.stringify(tracker.state())))
  deepEqual(again.counts().processes, 80)
})
