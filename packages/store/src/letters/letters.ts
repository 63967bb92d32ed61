import type { DeadLetter, DeadLetterCount, DeadLetterPage, DeadLetterQuery } from '@pomona/schema'

/** Where what a letter is about can be had again. */
export type LetterSource =
  | {
      /** An event that was refused at the door: its text, and what it had to fit. */
      readonly kind: 'event'
      readonly text: string
      readonly tenantId: string
      readonly streamId: string
      readonly firstSequence: number
      readonly lastSequence: number
    }
  | {
      /** An event of the log that could not be evaluated. */
      readonly kind: 'log'
      readonly offset: number
      readonly index: number
    }

/** A letter, with its source where there is one. */
export interface StoredLetter extends DeadLetter {
  readonly source?: LetterSource
}

/** Letters in the queue that have host, stage and reason in common. */
export interface LetterTally {
  readonly host_id?: string
  readonly stage: string
  readonly reason: string
  readonly count: number
  /** When the newest of them came. */
  readonly last: string
}

/** What people did with a letter. */
export type LetterOutcome = 'replayed' | 'discarded'

/** Characters of a source that are kept; a letter with a longer one cannot be tried again. */
export const SOURCE_CHARACTERS_MAX = 16_384

/** Records that could not be used, until somebody settles them. */
export interface LetterRecords {
  /**
   * Keeps the newest letters up to a limit, and of one host up to another, so that no host pushes
   * out the letters of all. What is turned away is counted by stage and reason. An id that is
   * there already, or was settled, is left alone.
   */
  add(letters: readonly StoredLetter[]): Promise<void>
  /** The newest letters. */
  newest(limit: number): Promise<readonly DeadLetter[]>
  /**
   * A page, newest first. A facet counts the letters that fit all filters except its own.
   * @throws StoreError ERR_QUERY_INVALID for a text or cursor that cannot be asked.
   */
  page(query: DeadLetterQuery): Promise<DeadLetterPage>
  /** Letters by id, unknown ones left out, oldest first. */
  get(ids: readonly string[]): Promise<readonly StoredLetter[]>
  /** Takes letters out of the queue. @returns Ids of those that were in it. */
  settle(ids: readonly string[], outcome: LetterOutcome): Promise<readonly string[]>
  /** Letters in the queue that came since a time, by host, stage and reason. */
  tallies(since: string): Promise<readonly LetterTally[]>
  /** All letters that ever came, by stage and reason, and what became of them. */
  counts(): Promise<readonly DeadLetterCount[]>
}
