/** The engine alone on normalised events, beside what parsing their JSON costs. */
import { deepEqual } from 'node:assert/strict'
import { Detector } from '@pomona/detect'
import type { EcsEvent } from '@pomona/schema'
import { FullScan } from '../packages/detect/src/full-scan.ts'
import { IndexedMatcher } from '../packages/detect/src/indexed-matcher.ts'
import { planRules } from '../packages/detect/src/plan.ts'
import { SIMULATED, simulatedEvents } from './corpus.ts'
import { rulesForMacs } from './filters.ts'
import { median, type Report, shown, spread, threadUs } from './measurement.ts'

const EVENTS = 20_000
const CHECKED_EVENTS = 1_500
const ROUNDS = 7
/** Parsed and matched in turns, so that events are as fresh in memory as in use. */
const TURN_EVENTS = 50

interface Round {
  readonly parsingUs: number
  readonly workUs: number
}

type Work = (event: EcsEvent) => unknown

function round(lines: readonly string[], work: Work): Round {
  let parsingUs = 0
  let workUs = 0
  for (let from = 0; from < lines.length; from += TURN_EVENTS) {
    const turn = lines.slice(from, from + TURN_EVENTS)
    const startedUs = threadUs()
    const events = turn.map((line): EcsEvent => JSON.parse(line))
    const parsedUs = threadUs()
    for (const event of events) work(event)
    parsingUs += parsedUs - startedUs
    workUs += threadUs() - parsedUs
  }
  return { parsingUs: parsingUs / lines.length, workUs: workUs / lines.length }
}

function row(name: string, lines: readonly string[], work: Work): readonly string[] {
  round(lines, work)
  const rounds = Array.from({ length: ROUNDS }, () => round(lines, work))
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) / lines.length
  const ratios = rounds.map(({ parsingUs, workUs }) => parsingUs / workUs)
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)]
  return [
    name,
    shown(bytes),
    spread(rounds.map(({ parsingUs }) => 1e6 / parsingUs)),
    spread(rounds.map(({ workUs }) => 1e6 / workUs)),
    `${median(ratios).toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`,
  ]
}

function withoutOriginal(event: EcsEvent): object {
  const { original: _original, ...rest } = event.event ?? {}
  return { ...event, event: rest }
}

/** Measures matching, and all of detection. */
export async function bench(): Promise<Report> {
  const rules = rulesForMacs()
  const filters = planRules(rules).filters.map(({ asked }) => asked)
  const events = await simulatedEvents(EVENTS)
  const lines = events.map((event) => JSON.stringify(event))
  const bare = events.map((event) => JSON.stringify(withoutOriginal(event)))
  const checked = events.slice(0, CHECKED_EVENTS)
  const [slow, fast] = [new FullScan(filters), new IndexedMatcher(filters)]
  deepEqual(
    checked.map((event) => fast.match(event)),
    checked.map((event) => slow.match(event)),
  )
  const matching = (valuesMax?: number): Work => {
    const options = valuesMax === undefined ? {} : { valuesMax }
    const matcher = new IndexedMatcher(filters, options)
    return (event) => matcher.match(event)
  }
  const detecting = (): Work => {
    const detector = new Detector(rules)
    return (event) => detector.process(event)
  }
  return {
    title: 'Engine alone, on normalised macOS events',
    notes: [
      `\`IndexedMatcher.match\` with the ${filters.length} filters of ${rules.length} rules for Macs (ours, SigmaHQ's, ` +
        `Elastic's: steps of sequences and subjects of lineage are filters, too) on ${shown(EVENTS)} events, against \`JSON.parse\` ` +
        `of the same events: processor time of one thread, in turns of ${TURN_EVENTS} events. Median of ${ROUNDS} rounds, lowest ` +
        `and highest beside it. The first ${shown(CHECKED_EVENTS)} events were matched by the full scan, too, with the same result.`,
      `\`Detector.process\` is all of detection: order of arrival, process tree, sequences, correlations, alerts. It sees the ` +
        `same events again each round, which come too late then, and so does less than with new ones.`,
      SIMULATED,
    ],
    columns: ['what', 'bytes an event', 'JSON.parse events/s', 'events/s', 'times JSON.parse'],
    rows: [
      row('matcher, events as they are stored', lines, matching()),
      row('matcher, events without their raw record', bare, matching()),
      row('matcher that remembers no values, as stored', lines, matching(0)),
      row('detector, events as they are stored', lines, detecting()),
    ],
  }
}
