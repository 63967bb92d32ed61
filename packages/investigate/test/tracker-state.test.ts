import { deepEqual, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { IncidentBook } from '../src/book.ts'
import { IncidentTracker } from '../src/tracker.ts'
import { alertsOf, eventsOf } from './mac.ts'

// Small bounds, so that what is pushed out is part of the story.
const LIMITS = { processesMax: 24, filesMax: 6, marksMax: 3, incidentsMax: 3, launchItemsMax: 2 }

const EVENTS = eventsOf([
  {
    repeat: {
      count: 12,
      as: 'turn',
      steps: [
        { exec: { as: 'job', path: '/bin/bash', args: ['bash', '-c', 'alert-${turn}'] } },
        { save: { by: 'job', path: '/private/tmp/x${turn}', size: 1 } },
        { save: { by: 'job', path: '/Library/LaunchDaemons/x${turn}.plist', size: 1 } },
        {
          run: {
            parent: 'job',
            path: '/usr/bin/curl',
            args: ['curl', 'http://198.51.100.${turn}/alert-c'],
          },
        },
        { exit: { process: 'job' } },
        {
          after: '3m',
          run: { path: '/private/tmp/x${turn}', args: ['/private/tmp/x${turn}', 'alert-r'] },
        },
      ],
    },
  },
])

function incidentsCutAt(isCut: (index: number) => boolean) {
  let tracker = new IncidentTracker(LIMITS)
  const book = new IncidentBook()
  const told = new Set<string>()
  for (const [index, event] of EVENTS.entries()) {
    if (isCut(index)) {
      const text = JSON.stringify(tracker.state())
      tracker = new IncidentTracker(LIMITS)
      tracker.restore(JSON.parse(text))
      deepEqual(JSON.stringify(tracker.state()), text)
    }
    tracker.observe(event, alertsOf(event, told))
    book.take(tracker.takeChanges())
  }
  return book.incidents()
}

test('state: taken up before every event, it gives the same incidents', () => {
  deepEqual(
    incidentsCutAt(() => true),
    incidentsCutAt(() => false),
  )
})

for (const step of [2, 3, 7]) {
  test(`state: taken up every ${step} events, it gives the same incidents`, () => {
    deepEqual(
      incidentsCutAt((index) => index % step === 0),
      incidentsCutAt(() => false),
    )
  })
}

test('state: what another version wrote is refused', () => {
  const tracker = new IncidentTracker()
  for (const state of [undefined, 'x', {}, { version: 0, counts: {}, hosts: [] }]) {
    throws(() => tracker.restore(state), { code: 'ERR_INCIDENT_STATE' })
  }
})
