import { type DeadLetter, deriveId, type EcsEvent } from '@pomona/schema'

const LETTERS_PER_CHUNK_MAX = 100
const SAMPLE_CHARACTERS_MAX = 1_024

/** What could not be evaluated of a chunk. */
export interface Asides {
  readonly letters: DeadLetter[]
  readonly discards: Map<string, number>
  readonly time: string
}

/** Sets an event aside that makes detection fail. */
export function setAside(
  { event, id, message }: { event: EcsEvent; id: string; message: string },
  { letters, discards, time }: Asides,
): void {
  addTo(discards, 'event_poison', 1)
  if (letters.length >= LETTERS_PER_CHUNK_MAX) return
  letters.push({
    id: deriveId('dead-letter', ['engine', 'event', id]),
    time,
    stage: 'engine',
    reason: 'event_poison',
    ...(event.host?.id === undefined ? {} : { host_id: event.host.id }),
    detail: `Log place ${id}: ${message}`,
    sample: JSON.stringify(event).slice(0, SAMPLE_CHARACTERS_MAX),
  })
}

/** Adds to the count of a reason. */
export function addTo(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}
