import type { Rule } from '@pomona/rules'
import { type EcsEvent, formatTime } from '@pomona/schema'
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
const NS_PER_MS = 1_000_000n
const AFTER_MS = 60_000

/**
 * Evaluates a stream with all rules of a file, from nothing and to the end: then time goes on, so
 * that what waited for events that must not come is told.
 */
export function firesOn(rules: readonly Rule[], events: readonly EcsEvent[]): StreamVerdict {
  const detector = new Detector(rules, { repeatSpanMs: 0 })
  const alerts = [
    ...events.flatMap((event) => detector.process(event)),
    ...detector.settle(),
    ...signsOfLife(rules, endOf(events)).flatMap((event) => detector.process(event)),
    ...detector.settle(),
  ]
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

/** What is known at the end of a stream. */
export interface StreamEnd {
  readonly hosts: Iterable<string>
  /** Time of the newest event. */
  readonly lastMs: number
}

/**
 * Signs of life of every Mac, long after a stream: without an action, and so of interest to no
 * rule. None when no rule waits for what must not come at its end.
 */
export function signsOfLife(
  rules: readonly Rule[],
  { hosts, lastMs }: StreamEnd,
): readonly EcsEvent[] {
  const waits = rules.flatMap(({ body }) =>
    body.kind === 'sequence' && body.steps.at(-1)?.missing === true ? [body.spanMs ?? 0] : [],
  )
  if (waits.length === 0) return []
  const endMs = Math.ceil(lastMs + Math.max(...waits) + AFTER_MS)
  return [...hosts].map((id) => ({
    '@timestamp': formatTime(BigInt(endMs) * NS_PER_MS),
    event: { id: `end of ${id}` },
    host: { id },
  }))
}

function endOf(events: readonly EcsEvent[]): StreamEnd {
  const times = events.map(eventTimeMs).filter((timeMs) => !Number.isNaN(timeMs))
  const hosts = new Set(events.map(({ host }) => host?.id).filter((id) => id !== undefined))
  return { hosts, lastMs: Math.max(0, ...times) }
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
