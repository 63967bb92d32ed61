import type { Rule } from '@pomona/rules'
import type { EcsEvent } from '@pomona/schema'
import { Detector } from './detector.ts'
import { eventTimeMs } from './time/event-time.ts'
import { statefulOptions } from './stateful/options.ts'

/** What came of a stream. */
export interface StreamVerdict {
  readonly fired: boolean
  /** Numbers of the events, from 1, that the first alert names. */
  readonly events: readonly number[]
  /** Why an event could not be evaluated at all. */
  readonly discarded?: string
}

/** Events in an order in which they might have arrived. */
export interface Arrival {
  readonly name: string
  readonly events: readonly EcsEvent[]
}

/** How far out of order the engine puts right by default. */
const LATENESS_MS = statefulOptions({}).hosts.latenessMs
const SHUFFLES = 5

/**
 * Evaluates a stream with all rules of a file, from nothing and to the end: what waited for events
 * that must not come is told then.
 */
export function firesOn(rules: readonly Rule[], events: readonly EcsEvent[]): StreamVerdict {
  const detector = new Detector(rules, { repeatSpanMs: 0 })
  const alerts = [...events.flatMap((event) => detector.process(event)), ...detector.end()]
  const [alert] = alerts
  const [discarded] = Object.keys(detector.counts().discarded)
  return {
    fired: alert !== undefined,
    events: (alert?.events ?? []).map((id) => {
      return events.findIndex(({ event }) => event?.id === id) + 1
    }),
    ...(discarded === undefined ? {} : { discarded }),
  }
}

/**
 * Orders in which the events of a stream might have arrived, apart from the one they are written
 * in: each by less than the engine waits, events of the same moment as they are.
 */
export function arrivalsOf(events: readonly EcsEvent[]): readonly Arrival[] {
  const arrivals: Arrival[] = []
  const seen = new Set([orderOf(events, events)])
  for (let shuffle = 0; shuffle < SHUFFLES; shuffle += 1) {
    const delays = new Map<number, number>()
    const arrived = events
      .map((event, index) => {
        const timeMs = eventTimeMs(event)
        // Of the same moment the order of arrival is the order of the events.
        const delayMs = delays.get(timeMs) ?? delayOf(shuffle, index)
        delays.set(timeMs, delayMs)
        return { event, atMs: timeMs + delayMs }
      })
      .toSorted((one, other) => one.atMs - other.atMs)
      .map(({ event }) => event)
    const order = orderOf(arrived, events)
    if (!seen.has(order)) arrivals.push({ name: 'out of order', events: arrived })
    seen.add(order)
  }
  return arrivals
}

function orderOf(arrived: readonly EcsEvent[], events: readonly EcsEvent[]): string {
  return arrived.map((event) => events.indexOf(event)).join(' ')
}

/** Repeatable and spread over the time the engine waits: multiples of the golden ratio. */
function delayOf(shuffle: number, index: number): number {
  return (((index + 1) * (shuffle + 1) * 0.618_033_988_75) % 1) * LATENESS_MS * 0.99
}
