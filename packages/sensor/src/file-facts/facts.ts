/** What a file is, read from the disk beside the event that named it. Unknown is absent. */
export interface FileFacts {
  readonly path: string
  /** Lower-case hex; absent for files too large to be read, and beyond the budget. */
  readonly sha256?: string
  /** The first 16 bytes, lower-case hex. */
  readonly headerBytes: string
  readonly size: number
  /** RFC 3339 with nine digits. */
  readonly mtime: string
  /** Value of `com.apple.quarantine`. */
  readonly quarantine?: string
  /** Where it was downloaded from, and the page that led there; secrets are blanked out. */
  readonly originUrl?: string
  readonly originReferrerUrl?: string
}

/**
 * Why nothing is known of a file. `replaced`: the path leads to another file than the event was
 * about; `changed`: to the same, with another content; `dataless`: reading would fetch it from a
 * cloud; `stalled`: earlier files hang.
 */
export type FactsFailure =
  | 'missing'
  | 'not_regular'
  | 'not_permitted'
  | 'unreadable'
  | 'replaced'
  | 'changed'
  | 'dataless'
  | 'too_slow'
  | 'stalled'
  | 'budget'
  | 'throttled'
  | 'queue_full'
