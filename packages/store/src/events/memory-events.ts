import type { EcsEvent, EventId, HostId, ProcessEntityId } from '@pomona/schema'
import { encodeCursor } from '../cursor.ts'
import { StoreError } from '../errors.ts'
import { conditionTest } from './condition.ts'
import type {
  EventCoverage,
  EventInsert,
  EventInsertResult,
  EventQuery,
  EventRange,
  EventResult,
  EventScan,
  EventStore,
  ProcessSelection,
  StoredProcess,
  TreeOptions,
} from './event-store.ts'
import {
  beginOf,
  foldFacts,
  isShown,
  mergeFacts,
  processKey,
  storedProcess,
  type ProcessFacts,
} from './process-facts.ts'
import { buildTree, type ProcessLookup } from './process-tree.ts'
import { EVENT_IDS_MAX, planEventQuery, planProcessSelection, type EventPlan } from './query.ts'
import { clampTime, encodeRow, searchTextOf } from './row.ts'
import {
  comparePositions,
  encodePosition,
  planRange,
  planScan,
  type RangePlan,
  type ScanPosition,
  sequenceOf,
} from './scan.ts'

/** An event store in memory, naive on purpose: the measure for the others, and for tests. */
export function openMemoryEventStore(): EventStore {
  return new MemoryEventStore()
}

interface Stored {
  readonly event: EcsEvent
  readonly id: string
  readonly hostId: string
  readonly time: string
}

class MemoryEventStore implements EventStore {
  #events: Stored[] = []
  #bytes = 0
  readonly #tokens = new Set<string>()
  readonly #processes = new Map<string, ProcessFacts>()
  #closed = false

  async insert({ token, events }: EventInsert): Promise<EventInsertResult> {
    this.#assertOpen()
    const rows = events.filter((event) => encodeRow(event) !== undefined)
    const result = { stored: rows.length, discarded: events.length - rows.length }
    if (this.#tokens.has(token)) return result
    this.#tokens.add(token)
    for (const event of rows) {
      const { event: about, host, '@timestamp': time = '' } = event
      this.#events.push({
        event: structuredClone(event),
        id: about?.id ?? '',
        hostId: host?.id ?? '',
        time: clampTime(time),
      })
      this.#bytes += JSON.stringify(event).length
    }
    for (const facts of foldFacts(rows).values()) {
      const key = processKey(facts)
      const known = this.#processes.get(key)
      this.#processes.set(key, known === undefined ? facts : mergeFacts(known, facts))
    }
    return result
  }

  async get(ids: readonly EventId[]): Promise<readonly EcsEvent[]> {
    this.#assertOpen()
    const asked = new Set<string>(ids.slice(0, EVENT_IDS_MAX))
    return this.#events
      .filter(({ id }) => asked.has(id))
      .toSorted((a, b) => compare(a.time, b.time) || compare(a.id, b.id))
      .map(({ event }) => event)
  }

  async search(query: EventQuery): Promise<EventResult> {
    this.#assertOpen()
    const plan = planEventQuery(query)
    const { after, limit } = plan
    const found = this.#events
      .filter((stored) => fits(stored, plan))
      .filter((stored) => after === undefined || newestFirst(stored, after) > 0)
      .toSorted(newestFirst)
    const page = found.slice(0, limit)
    const last = page.at(-1)
    return {
      events: page.map(({ event }) => event),
      ...(found.length > limit && last ? { nextCursor: encodeCursor(last) } : {}),
    }
  }

  async scan(scan: EventScan): Promise<EventResult> {
    this.#assertOpen()
    const { after, limit, original, ...plan } = planScan(scan)
    const holds = conditionTest(scan.condition)
    const found = this.#events
      .filter((stored) => isInRange(stored, plan) && holds(stored.event))
      .map((stored) => ({ event: stored.event, place: placeOf(stored) }))
      .filter(({ place }) => after === undefined || comparePositions(place, after) > 0)
      .toSorted((a, b) => comparePositions(a.place, b.place))
    const page = found.slice(0, limit)
    const last = page.at(-1)
    return {
      events: page.map(({ event }) => (original ? event : withoutOriginal(event))),
      ...(found.length > limit && last ? { nextCursor: encodePosition(last.place) } : {}),
    }
  }

  async coverage(range: EventRange): Promise<EventCoverage> {
    this.#assertOpen()
    const plan = planRange(range)
    const found = this.#events.filter((stored) => isInRange(stored, plan))
    const times = found.map(({ time }) => time).toSorted()
    const [first, last] = [times[0], times.at(-1)]
    return {
      events: found.length,
      hosts: new Set(found.map(({ hostId }) => hostId)).size,
      hostDays: new Set(found.map(({ hostId, time }) => `${time.slice(0, 10)} ${hostId}`)).size,
      ...(first === undefined || last === undefined ? {} : { first, last }),
    }
  }

  async actions(query: EventQuery): Promise<{ readonly value: string; readonly count: number }[]> {
    this.#assertOpen()
    const plan = planEventQuery(query)
    const counts = new Map<string, number>()
    for (const stored of this.#events) {
      const value = stored.event.event?.action
      if (!value || !fits(stored, plan)) continue
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    return [...counts]
      .map(([value, count]) => ({ value, count }))
      .toSorted((a, b) => b.count - a.count || compare(a.value, b.value))
  }

  async processes(selection: ProcessSelection): Promise<{
    readonly processes: readonly StoredProcess[]
    readonly nextCursor?: string
  }> {
    this.#assertOpen()
    const { hostId, text, signers, running, after, limit } = planProcessSelection(selection)
    const found = this.#ofHost(hostId)
      .filter(isShown)
      .filter((facts) => text === undefined || processText(facts).includes(text))
      .filter(({ signer }) => signers === undefined || signers.includes(signer ?? ''))
      .filter(({ end }) => running === undefined || running === (end === undefined))
      .map((facts) => ({ facts, time: beginOf(facts), id: facts.entityId }))
      .filter((placed) => after === undefined || newestFirst(placed, after) > 0)
      .toSorted(newestFirst)
    const page = found.slice(0, limit)
    const last = page.at(-1)
    const counts = await this.#lookup(hostId).childCounts(page.map(({ id }) => id))
    return {
      processes: page.map(({ facts, id }) => storedProcess(facts, counts.get(id) ?? 0)),
      ...(found.length > limit && last ? { nextCursor: encodeCursor(last) } : {}),
    }
  }

  async processTree(
    hostId: HostId,
    entityId: ProcessEntityId,
    options: TreeOptions,
  ): Promise<{ readonly nodes: readonly StoredProcess[]; readonly truncated: boolean }> {
    this.#assertOpen()
    return await buildTree(this.#lookup(hostId), entityId, options)
  }

  #lookup(hostId: string): ProcessLookup {
    const all = this.#ofHost(hostId)
    const children = (ids: readonly string[]): ProcessFacts[] =>
      all.filter((facts) => isShown(facts) && ids.includes(facts.parent?.value ?? ''))
    return {
      byIds: async (ids) => all.filter(({ entityId }) => ids.includes(entityId)),
      childrenOf: async (ids, limit) =>
        children(ids)
          .toSorted((a, b) => compare(beginOf(a), beginOf(b)) || compare(a.entityId, b.entityId))
          .slice(0, limit),
      childCounts: async (ids) =>
        new Map(ids.map((id) => [id, children([id]).length] as const).filter(([, n]) => n > 0)),
    }
  }

  #ofHost(hostId: string): ProcessFacts[] {
    return [...this.#processes.values()].filter((facts) => facts.hostId === hostId)
  }

  async size(): Promise<{ readonly events: number; readonly bytes: number }> {
    this.#assertOpen()
    return { events: this.#events.length, bytes: this.#bytes }
  }

  async reset(): Promise<void> {
    this.#assertOpen()
    this.#events = []
    this.#bytes = 0
    this.#tokens.clear()
    this.#processes.clear()
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('ERR_STORE_CLOSED', 'The event store is closed.')
  }
}

function isInRange({ hostId, time }: Stored, { hostIds, from, to }: RangePlan): boolean {
  if (hostIds !== undefined && !hostIds.includes(hostId)) return false
  return (from === undefined || time >= from) && (to === undefined || time < to)
}

function placeOf({ id, hostId, time }: Stored): ScanPosition {
  return { time, host: hostId, sequence: sequenceOf(id), id }
}

function withoutOriginal(event: EcsEvent): EcsEvent {
  const { original: _, ...about } = event.event ?? {}
  return { ...event, event: about }
}

function fits({ event, hostId, time }: Stored, plan: EventPlan): boolean {
  const { from, to, actions, categories, processEntityId, text } = plan
  if (hostId !== plan.hostId) return false
  if (from !== undefined && time < from) return false
  if (to !== undefined && time >= to) return false
  if (actions !== undefined && !actions.includes(event.event?.action ?? '')) return false
  if (categories !== undefined) {
    if (!event.event?.category?.some((category) => categories.includes(category))) return false
  }
  if (processEntityId !== undefined && event.process?.entity_id !== processEntityId) return false
  return text === undefined || searchTextOf(event).includes(text)
}

function processText({ name, executable, commandLine }: ProcessFacts): string {
  return [name, executable, commandLine].join('\n').toLowerCase().toWellFormed()
}

interface Placed {
  readonly time: string
  readonly id: string
}

function newestFirst(a: Placed, b: Placed): number {
  return compare(b.time, a.time) || compare(b.id, a.id)
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
