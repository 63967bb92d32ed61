import { deriveId, type EcsEvent } from '@pomona/schema'
import type { StoredLetter } from '@pomona/store'

const LETTERS_PER_CHUNK_MAX = 100
const SAMPLE_CHARACTERS_MAX = 1_024

/** What could not be evaluated of a chunk. */
export interface Asides {
  readonly letters: StoredLetter[]
  readonly discards: Map<string, number>
  readonly time: string
}

/** An event that makes detection fail, and where it stands in the log. */
export interface Poisoned {
  readonly event: EcsEvent
  readonly place: { readonly offset: number; readonly index: number }
  readonly message: string
}

/** Sets an event aside that makes detection fail. */
export function setAside(
  { event, place, message }: Poisoned,
  { letters, discards, time }: Asides,
): void {
  addTo(discards, 'event_poison', 1)
  if (letters.length >= LETTERS_PER_CHUNK_MAX) return
  const id = `${place.offset}/${place.index}`
  letters.push({
    id: deriveId('dead-letter', ['engine', 'event', id]),
    time,
    stage: 'engine',
    reason: 'event_poison',
    ...(event.host?.id === undefined ? {} : { host_id: event.host.id }),
    detail: `Log place ${id}: ${message}`,
    sample: JSON.stringify(event).slice(0, SAMPLE_CHARACTERS_MAX),
    source: { kind: 'log', ...place },
  })
}

/** Adds to the count of a reason. */
export function addTo(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}
