import { type EcsEvent, formatTime, type HostId, parseTime } from '@pomona/schema'
import {
  conditionTest,
  decodeEvents,
  type EventCoverage,
  type EventRange,
  type EventStore,
  type LogReader,
} from '@pomona/store'
import type { Superset } from './superset.ts'

/** Events that were kept, to be evaluated again. */
export interface History {
  /** Where they come from, for people. */
  readonly source: 'events' | 'log'
  /**
   * At least the events of the range that the superset asks for. From the event store they come in
   * the order of time, host and sequence; from the log in the order in which it took them.
   */
  read(superset: Superset, range: EventRange): AsyncIterable<readonly EcsEvent[]>
  /** What there is in the range; of a log, of the part that was read. */
  coverage(range: EventRange): Promise<EventCoverage>
}

/** Bounds of one read. */
export interface HistoryLimits {
  /** Events of a page. Default 5,000. */
  readonly pageMax?: number
}

const PAGE_MAX = 5_000
const HOUR_NS = 3_600_000_000_000n
const SLICE_MIN_NS = HOUR_NS / 60n
/** The slice grows while pages are emptier than one part in this many. */
const GROW_BELOW = 4

/**
 * The event store. A page orders all that lies ahead of it, so the range is read in slices of time,
 * which grow where little is found and shrink where much is.
 */
export function storeHistory(
  store: Pick<EventStore, 'scan' | 'coverage'>,
  { pageMax = PAGE_MAX }: HistoryLimits = {},
): History {
  return {
    source: 'events',
    coverage: async (range) => await store.coverage(range),
    async *read({ condition, original }, range) {
      const { first, last } = await store.coverage(range)
      const endNs = last === undefined ? undefined : parseTime(last)
      let fromNs = first === undefined ? undefined : parseTime(first)
      if (fromNs === undefined || endNs === undefined) return
      let sliceNs = HOUR_NS
      let cursor: string | undefined
      while (fromNs <= endNs) {
        const toNs: bigint = fromNs + sliceNs > endNs ? endNs + 1n : fromNs + sliceNs
        const { events, nextCursor } = await store.scan({
          ...range,
          from: formatTime(fromNs),
          to: formatTime(toNs),
          condition,
          original,
          limit: pageMax,
          ...(cursor === undefined ? {} : { cursor }),
        })
        if (events.length > 0) yield events
        cursor = nextCursor
        if (nextCursor === undefined) fromNs = toNs
        else fromNs = parseTime(events.at(-1)?.['@timestamp'] ?? '') ?? fromNs
        if (nextCursor !== undefined && sliceNs > SLICE_MIN_NS) sliceNs /= 2n
        else if (events.length * GROW_BELOW < pageMax) sliceNs *= 4n
      }
    },
  }
}

const ENTRIES_MAX = 64
const BYTES_MAX = 2 * 1024 * 1024

/** The log, which can be read while a server writes it; every event of it is unpacked. */
export function logHistory(log: LogReader): History {
  const seen = new Coverage()
  return {
    source: 'log',
    coverage: async () => seen.counts(),
    async *read({ condition }, range) {
      const holds = conditionTest(condition)
      const end = await log.end()
      let offset = 0
      while (offset < end) {
        const entries = await log.read(offset, { entriesMax: ENTRIES_MAX, bytesMax: BYTES_MAX })
        const last = entries.at(-1)
        if (last === undefined) return
        offset = last.offset + 1
        for (const { payload } of entries) {
          const inRange = decodeEvents(payload).filter((event) => isInRange(event, range))
          for (const event of inRange) seen.add(event)
          const needed = inRange.filter(holds)
          if (needed.length > 0) yield needed
        }
      }
    },
  }
}

function isInRange(event: EcsEvent, { hostIds, from, to }: EventRange): boolean {
  const time: unknown = event['@timestamp']
  const host: unknown = event.host?.id
  if (typeof time !== 'string' || typeof host !== 'string') return false
  if (hostIds !== undefined && !hostIds.includes(host as HostId)) return false // Compared only.
  return (from === undefined || time >= from) && (to === undefined || time < to)
}

class Coverage {
  readonly #hosts = new Set<string>()
  readonly #hostDays = new Set<string>()
  #events = 0
  #first: string | undefined
  #last: string | undefined

  add({ '@timestamp': time = '', host }: EcsEvent): void {
    const id = host?.id ?? ''
    this.#events += 1
    this.#hosts.add(id)
    this.#hostDays.add(`${time.slice(0, 10)} ${id}`)
    if (this.#first === undefined || time < this.#first) this.#first = time
    if (this.#last === undefined || time > this.#last) this.#last = time
  }

  counts(): EventCoverage {
    const [first, last] = [this.#first, this.#last]
    return {
      events: this.#events,
      hosts: this.#hosts.size,
      hostDays: this.#hostDays.size,
      ...(first === undefined || last === undefined ? {} : { first, last }),
    }
  }
}
