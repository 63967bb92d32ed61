import type { EcsEvent } from '@pomona/schema'
import type { DiscardReason } from './errors.ts'
import type { Subject } from './evidence.ts'

/** How far each sensor stream has come: an event at or before its mark was there before. */
export class Streams {
  readonly #streamsMax: number
  /** Highest sequence of each stream, the stream seen last at the end. */
  readonly #marks = new Map<string, number>()
  #behindMark = 0
  #forgotten = 0

  constructor(streamsMax: number) {
    this.#streamsMax = streamsMax
  }

  get behindMark(): number {
    return this.#behindMark
  }

  get forgotten(): number {
    return this.#forgotten
  }

  /** Takes note of an event. Its id is its stream's hash, a dash, and its place in the stream. */
  advance(eventId: string): void {
    const dash = eventId.lastIndexOf('-')
    const sequence = Number(eventId.slice(dash + 1))
    if (dash <= 0 || !Number.isSafeInteger(sequence)) return
    const stream = eventId.slice(0, dash)
    const before = this.#marks.get(stream) ?? -1
    if (sequence <= before) this.#behindMark += 1
    this.#marks.delete(stream)
    this.#marks.set(stream, Math.max(before, sequence))
    if (this.#marks.size <= this.#streamsMax) return
    const [oldest] = this.#marks.keys()
    if (oldest !== undefined) this.#marks.delete(oldest)
    this.#forgotten += 1
  }

  state(): readonly (readonly [stream: string, sequence: number])[] {
    return [...this.#marks]
  }

  restore(
    marks: readonly (readonly [stream: string, sequence: number])[],
    counts: { readonly behindMark: number; readonly forgotten: number },
  ): void {
    this.#marks.clear()
    for (const [stream, sequence] of marks) this.#marks.set(stream, sequence)
    this.#behindMark = counts.behindMark
    this.#forgotten = counts.forgotten
  }
}

/** The id of what may be an event. */
export function idOf(event: unknown): string | undefined {
  // Read defensively: the type of the caller may promise more than the data holds.
  const candidate = event as { readonly event?: { readonly id?: unknown } } | null | undefined
  const id = candidate?.event?.id
  return typeof id === 'string' ? id : undefined
}

/** Reads out of an event what every alert needs, or says what is missing. */
export function subjectOf(event: EcsEvent): Subject | DiscardReason {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return 'not_an_object'
  const eventId = idOf(event)
  if (eventId === undefined || eventId === '') return 'event_id_missing'
  const time: unknown = event['@timestamp']
  if (typeof time !== 'string' || time === '') return 'timestamp_missing'
  const hostId: unknown = event.host?.id
  if (typeof hostId !== 'string' || hostId === '') return 'host_id_missing'
  return { event, eventId, time, hostId }
}
