/** What joining alerts into incidents costs an event, and how large what it remembers gets. */
import { deepEqual } from 'node:assert/strict'
import { Detector } from '@pomona/detect'
import { IncidentBook, IncidentTracker } from '@pomona/investigate'
import { Normalizer } from '@pomona/normalize'
import type { Alert, EcsEvent } from '@pomona/schema'
import { readLine } from '@pomona/sensor'
import { shippedRules } from '../tests/content/rule-folders.ts'
import { CONTEXT, SIMULATED, simulatedLines } from './corpus.ts'
import { median, type Report, seconds, shown, spread } from './measurement.ts'

const ROUNDS = 5
const EVENTS = 40_000
const NS_PER_SECOND = 1e9

interface Found {
  readonly event: EcsEvent
  readonly alerts: readonly Alert[]
}

async function found(): Promise<readonly Found[]> {
  const normalizer = new Normalizer(CONTEXT, { original: false })
  const detector = new Detector(shippedRules())
  const all: Found[] = []
  let sequence = 0
  for await (const line of simulatedLines(EVENTS)) {
    const read = readLine(line, sequence)
    sequence += 1
    const normalized = read.ok ? normalizer.normalize(read.record) : read
    if (!normalized.ok) continue
    all.push({ event: normalized.event, alerts: detector.process(normalized.event) })
  }
  return all
}

function tracked(all: readonly Found[]): IncidentTracker {
  const tracker = new IncidentTracker()
  for (const { event, alerts } of all) tracker.observe(event, alerts)
  return tracker
}

function incidents(tracker: IncidentTracker): unknown {
  const book = new IncidentBook()
  book.take(tracker.takeChanges())
  return book.incidents()
}

/** Measures the tracker on events and alerts that lie in memory. */
export async function bench(): Promise<Report> {
  const all = await found()
  deepEqual(incidents(tracked(all)), incidents(tracked(all)))
  const alerts = all.reduce((sum, one) => sum + one.alerts.length, 0)
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.push(all.length / (await seconds(() => tracked(all))))
  }
  const tracker = tracked(all)
  tracker.takeChanges()
  const saves: number[] = []
  let bytes = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const took = await seconds(() => {
      bytes = JSON.stringify(tracker.state()).length
    })
    saves.push(took * 1_000)
  }
  const { processes, files, open } = tracker.counts()
  return {
    title: 'Incidents',
    notes: [
      'Events and alerts in memory → `IncidentTracker.observe`: what joining adds to each event, ' +
        `of all event types. ${alerts} alerts. Both runs give the same incidents. Median of ` +
        `${ROUNDS} rounds, lowest and highest beside it. The state is that of one host after all ` +
        'events, as JSON.',
      SIMULATED,
    ],
    columns: [
      'events',
      'events/s',
      'ns an event',
      'processes',
      'files',
      'open',
      'state, KiB',
      'save, ms',
    ],
    rows: [
      [
        shown(all.length),
        spread(rates),
        shown(NS_PER_SECOND / median(rates)),
        shown(processes),
        shown(files),
        shown(open),
        shown(bytes / 1_024),
        shown(median(saves), 1),
      ],
    ],
  }
}
