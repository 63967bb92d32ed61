import type { DeadLetter, DeadLetterQuery, FacetValue, QueuedLetter } from '@pomona/schema'
import { boundText } from '../cursor.ts'
import { StoreError } from '../errors.ts'
import { type LetterSource, SOURCE_CHARACTERS_MAX, type StoredLetter } from './letters.ts'

/** What letters are counted by. */
export const LETTER_FACETS = ['stage', 'reason', 'host'] as const
/** One of {@link LETTER_FACETS}. */
export type LetterFacet = (typeof LETTER_FACETS)[number]

/** A query of letters, checked. */
export interface LetterPlan {
  readonly lists: Partial<Record<LetterFacet, readonly string[]>>
  readonly text?: string
  /** Only letters that were added before the one at this position. */
  readonly before?: number
  readonly limit: number
}

/** @throws StoreError ERR_QUERY_INVALID for a text or cursor that cannot be asked. */
export function planLetterQuery(query: DeadLetterQuery): LetterPlan {
  const lists: Partial<Record<LetterFacet, readonly string[]>> = {}
  for (const name of LETTER_FACETS) {
    const values = query[name]
    if (values !== undefined && values.length > 0) {
      lists[name] = values.map((value) => boundText(name, value))
    }
  }
  const { q, cursor, limit } = query
  return {
    lists,
    limit,
    ...(q ? { text: boundText('q', q).toLowerCase() } : {}),
    ...(cursor === undefined ? {} : { before: positionOf(cursor) }),
  }
}

function positionOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor)
  throw new StoreError('ERR_QUERY_INVALID', 'The cursor is not one of ours; start from page one.')
}

/** The value of a letter that a facet counts. */
export function facetKey(letter: DeadLetter, name: LetterFacet): string {
  if (name === 'host') return letter.host_id ?? ''
  return letter[name]
}

/** A letter as the queue shows it. */
export function queued({ source, ...letter }: StoredLetter): QueuedLetter {
  return { ...letter, replayable: source !== undefined }
}

/** The source, where it is small enough to be kept. */
export function keptSource(source: LetterSource | undefined): LetterSource | undefined {
  const isLong = source?.kind === 'event' && source.text.length > SOURCE_CHARACTERS_MAX
  return isLong ? undefined : source
}

/** Orders a facet: what there is most of first. */
export function orderLetterFacet(values: readonly FacetValue[]): FacetValue[] {
  return values.toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
}
