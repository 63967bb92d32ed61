import { StoreError } from '../errors.ts'
import type { AppendResult, LogAppend } from './log.ts'

/** A range of a stream that is stored, and where. Ranges of one stream never overlap. */
export interface StoredRange {
  readonly offset: number
  readonly firstSequence: number
  readonly lastSequence: number
  readonly digest: string
}

/** Finds the stored range that starts last at or before `sequence`, if the stream has one. */
export type RangeLookup = (sequence: number) => StoredRange | undefined

/** Ranges one delivery may run through before it is told to go on from where they end. */
const RANGES_MAX = 1_000

/**
 * Judges a delivery against what its stream has stored.
 *
 * A range that nothing stored touches is new, wherever it lies: an agent that skips sequences and
 * fills them in later is never told "duplicate" for what was not stored.
 *
 * @returns `undefined` when the delivery is new and is to be stored.
 */
export function judge(entry: LogAppend, lookup: RangeLookup): AppendResult | undefined {
  const { firstSequence, lastSequence, digest } = entry
  const last = lookup(lastSequence)
  if (last === undefined || last.lastSequence < firstSequence) return undefined
  const first = lookup(firstSequence)
  // It starts in a hole and runs into something stored: no part of it can be taken on trust.
  if (first === undefined || first.lastSequence < firstSequence) {
    return { status: 'conflict', offset: last.offset }
  }
  if (first.firstSequence === firstSequence && first.lastSequence === lastSequence) {
    return { status: first.digest === digest ? 'duplicate' : 'conflict', offset: first.offset }
  }
  const covered = coveredUntil(first, lastSequence, lookup)
  if (covered >= lastSequence) return { status: 'duplicate', offset: first.offset }
  return { status: 'overlap', lastSequence: covered }
}

// Follows ranges that join without a hole, no further than asked.
function coveredUntil(first: StoredRange, lastSequence: number, lookup: RangeLookup): number {
  let covered = first.lastSequence
  for (let count = 1; count < RANGES_MAX && covered < lastSequence; count++) {
    const next = lookup(covered + 1)
    if (next === undefined || next.lastSequence <= covered) break
    covered = next.lastSequence
  }
  return covered
}

/** Refuses an entry no log could hold; the gateway checks before, so this is a caller's bug. */
export function assertAppend(entry: LogAppend): void {
  const { firstSequence, lastSequence, eventsCount } = entry
  const whole = [firstSequence, lastSequence, eventsCount].every(
    (value) => Number.isSafeInteger(value) && value >= 0,
  )
  if (whole && firstSequence <= lastSequence) return
  throw new StoreError('ERR_QUERY_INVALID', 'A delivery needs a range of whole numbers from 0.', {
    details: { first_sequence: firstSequence, last_sequence: lastSequence },
  })
}
